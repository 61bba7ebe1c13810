"""Pictures as densities: pixels counted, coordinates, transparency; faults named."""

from __future__ import annotations

import contextlib
import sys
import warnings
import zlib
from pathlib import Path

import numpy as np
import pytest

from swref.errors import BackendError, DataError, InputError
from swref.measures import (
    load_measure,
)
from swref.measures.image import ImageDensity
from tests.measures.support import refused


def picture(path: Path, pixels: np.ndarray) -> Path:
    image = pytest.importorskip("PIL.Image")
    image.fromarray(pixels).save(path)
    return path


def pixel_counts(measure: ImageDensity, n: int) -> np.ndarray:
    """How many of n points fall in each pixel, [rows, cols], from the coordinates alone."""
    rows, cols = measure.mass.shape
    x = measure.sample(np.random.default_rng(0), n) * max(rows, cols) / 2.0
    col, row = np.floor(x[:, 0] + cols / 2.0).astype(int), np.floor(rows / 2.0 - x[:, 1]).astype(int)
    return np.bincount(row * cols + col, minlength=rows * cols).reshape(rows, cols)


def test_picture_is_drawn_by_darkness(tmp_path: Path) -> None:
    """Oracle: a pixel's frequency is its share of the darkness, within 5 standard errors; white is never drawn."""
    pixels = np.array([[255, 0, 255], [255, 204, 51]], np.uint8)  # darkness 0, 1, 0 / 0, 0.2, 0.8
    measure = load_measure(picture(tmp_path / "a.png", pixels))
    np.testing.assert_allclose(measure.mass, [[0, 1, 0], [0, 0.2, 0.8]], atol=1e-15)
    probability = np.array([[0, 0.5, 0], [0, 0.1, 0.4]])
    counts = pixel_counts(measure, 20_000)
    assert (counts[probability == 0] == 0).all()
    assert (abs(counts / 20_000 - probability) <= 5 * np.sqrt(probability * (1 - probability) / 20_000)).all()


def test_picture_coordinates(tmp_path: Path) -> None:
    """x to the right, y up, the longest side from -1 to 1, uniform inside the pixel (mean at its centre)."""
    pixels = np.full((2, 4), 255, np.uint8)
    pixels[0, 3] = 0  # top right
    x = load_measure(picture(tmp_path / "a.png", pixels)).sample(np.random.default_rng(0), 10_000)
    assert (x.min(axis=0) >= [0.5, 0.0]).all()
    assert (x.max(axis=0) <= [1.0, 0.5]).all()
    assert (abs(x.mean(axis=0) - [0.75, 0.25]) <= 5 * 0.5 / np.sqrt(12 * 10_000)).all()
    assert (abs(x.var(axis=0) - 0.25 / 12) <= 5 * 0.25 * np.sqrt(1 / 180 / 10_000)).all()


def test_transparent_pixels_hold_no_mass(tmp_path: Path) -> None:
    pixels = np.zeros((1, 2, 4), np.uint8)
    pixels[0, 1, 3] = 255  # black twice, the first fully transparent
    np.testing.assert_array_equal(load_measure(picture(tmp_path / "a.png", pixels)).mass, [[0.0, 1.0]])


def test_sixteen_bit_grey_is_scaled_not_clipped(tmp_path: Path) -> None:
    pixels = np.array([[0, 13107, 65535]], np.uint16)
    np.testing.assert_allclose(load_measure(picture(tmp_path / "a.png", pixels)).mass, [[1.0, 0.8, 0.0]], atol=1e-15)


def test_jpeg_is_read_and_its_orientation_kept(tmp_path: Path) -> None:
    """Orientation 3 means: show it turned by 180 degrees, as every viewer does."""
    image = pytest.importorskip("PIL.Image")
    pixels = np.full((16, 16), 255, np.uint8)
    pixels[:8] = 0
    exif = image.Exif()
    exif[0x0112] = 3
    image.fromarray(pixels).save(tmp_path / "plain.jpg")
    image.fromarray(pixels).save(tmp_path / "turned.jpeg", exif=exif)
    np.testing.assert_allclose(load_measure(tmp_path / "plain.jpg").mass, 1.0 - pixels / 255.0, atol=0.02)
    np.testing.assert_allclose(load_measure(tmp_path / "turned.jpeg").mass, 1.0 - pixels[::-1] / 255.0, atol=0.02)


def test_faulty_pictures(tmp_path: Path) -> None:
    refused(picture(tmp_path / "white.png", np.full((2, 2), 255, np.uint8)), r": every pixel is white or transparent")
    noise = np.random.default_rng(0).integers(0, 256, (40, 40), dtype=np.uint8)
    for name in ("cut.png", "cut.jpg"):
        path = picture(tmp_path / name, noise)
        content = path.read_bytes()
        path.write_bytes(content[: len(content) // 2])
        refused(path, r": damaged or truncated picture \(")
        path.write_bytes(b"hello")
        refused(path, r": not a readable picture \(")
    with pytest.raises(InputError, match=r"columns cannot be chosen from a picture, a continuous law"):
        load_measure(picture(tmp_path / "a.png", noise), columns=[0])


def test_other_formats_behind_a_png_suffix_are_refused(tmp_path: Path) -> None:
    """Pillow would hand PostScript to an external program."""
    pytest.importorskip("PIL.Image")
    path = tmp_path / "a.png"
    path.write_bytes(b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 2 2\n%%EndComments\nshowpage\n")
    refused(path, r": not a readable picture \(")


def test_pillow_missing_is_said_in_one_line(tmp_path: Path, monkeypatch) -> None:
    (tmp_path / "a.png").write_bytes(b"")
    monkeypatch.setitem(sys.modules, "PIL", None)
    with pytest.raises(BackendError, match=r'a\.png: reading a picture needs Pillow: pip install "pillow>=10.3"$'):
        load_measure(tmp_path / "a.png")


@pytest.mark.parametrize("mass", [[[0.0, 0.0]], [[1.0, -1.0]]])
def test_image_density_refuses_masses_that_are_none(mass) -> None:
    with pytest.raises(InputError, match="mass must be non-negative and not 0 everywhere"):
        ImageDensity(mass)


def test_a_picture_lies_within_its_half_diagonal():
    """Oracle: many draws, which come near the corner of the one pixel in a corner that has mass."""
    mass = np.zeros((3, 4))
    mass[0, 3] = 1.0
    picture = ImageDensity(mass)
    farthest = np.linalg.norm(picture.sample(np.random.default_rng(0), 20_000), axis=1).max()
    assert 0.98 * picture.support.radius <= farthest <= picture.support.radius


def test_tiff_is_the_same_picture(tmp_path: Path) -> None:
    """Oracle: the PNG of the same pixels, of 8 and of 16 bits; several pictures or floats in one file are refused."""
    image = pytest.importorskip("PIL.Image")
    pixels = np.array([[255, 0, 204], [255, 204, 51]], np.uint8)
    for levels in (pixels, pixels.astype(np.uint16) * 257):
        masses = [load_measure(picture(tmp_path / name, levels)).mass for name in ("a.png", "a.tif", "a.tiff")]
        np.testing.assert_array_equal(masses[0], masses[1])
        np.testing.assert_array_equal(masses[0], masses[2])
    frames = [image.fromarray(pixels), image.fromarray(pixels)]
    frames[0].save(tmp_path / "two.tif", save_all=True, append_images=frames[1:])
    refused(tmp_path / "two.tif", r": expected one picture of 8 or 16 bits a pixel, got 2 pictures$")
    refused(picture(tmp_path / "f.tif", pixels.astype(np.float32)), r": expected .*, got pixels of floating point$")


def test_the_transparent_level_of_a_grey_picture_has_no_mass(tmp_path: Path) -> None:
    """Oracle: of two pixels the first has the level that stands for none, in 8 and in 16 bits."""
    image = pytest.importorskip("PIL.Image")
    for levels, white in ((np.array([[0, 117]], np.uint8), 255), (np.array([[0, 30_000]], np.uint16), 65_535)):
        image.fromarray(levels).save(tmp_path / "a.png", transparency=0)
        np.testing.assert_allclose(load_measure(tmp_path / "a.png").mass, [[0.0, 1 - levels[0, 1] / white]], rtol=1e-12)


@pytest.mark.slow
def test_damaged_tiff_is_one_line(tmp_path: Path) -> None:
    """Every byte of the file flipped in turn: read, or refused with DataError; Pillow raises half a dozen kinds."""
    path = picture(tmp_path / "a.tif", np.arange(16, dtype=np.uint8).reshape(4, 4))
    content = path.read_bytes()
    for at in range(len(content)):
        path.write_bytes(content[:at] + bytes([content[at] ^ 0xA5]) + content[at + 1 :])
        with contextlib.suppress(DataError), warnings.catch_warnings():
            warnings.simplefilter("ignore")  # Pillow's, of the same damage
            load_measure(path)


def test_the_pixels_of_a_picture_are_counted_before_they_are_read(tmp_path):
    """Oracle: the header alone is there, of a picture of 81 million pixels."""
    path = tmp_path / "a.png"
    pytest.importorskip("PIL.Image").new("L", (8, 8)).save(path)
    content = bytearray(path.read_bytes())
    content[16:24] = 2 * (9_000).to_bytes(4, "big")
    content[29:33] = zlib.crc32(content[12:29]).to_bytes(4, "big")
    path.write_bytes(content)
    refused(path, r"9000 x 9000 pixels, and 128 for each of its \d+ bytes and 4194304 in all are the most")
