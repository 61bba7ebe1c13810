"""IDX files: known bytes, and faults named."""

from __future__ import annotations

import gzip
import struct
from pathlib import Path

import numpy as np
import pytest

from swref.measures import load_measure
from tests.measures.support import refused


def idx_bytes(array: np.ndarray, type_code: int = 8) -> bytes:
    return struct.pack(f">BBBB{array.ndim}I", 0, 0, type_code, array.ndim, *array.shape) + array.tobytes()


IMAGES = np.random.default_rng(1).integers(0, 256, (4, 3, 2), dtype=np.uint8)


@pytest.mark.parametrize("name", ["train-images-idx3-ubyte", "train-images.idx3-ubyte", "t10k-images-idx3-ubyte.gz"])
def test_idx_images(tmp_path: Path, name: str) -> None:
    content = idx_bytes(IMAGES)
    (tmp_path / name).write_bytes(gzip.compress(content, mtime=0) if name.endswith(".gz") else content)
    measure = load_measure(str(tmp_path / name))
    np.testing.assert_array_equal(measure.points, IMAGES.reshape(4, 6) / 255.0)
    np.testing.assert_array_equal(load_measure(tmp_path / name, columns=[5]).points, measure.points[:, 5:])


def test_idx_image_of_known_bytes(tmp_path: Path) -> None:
    """Oracle: one image [[0, 255], [51, 102]] written by hand from the description of the format."""
    (tmp_path / "a-idx3-ubyte").write_bytes(bytes.fromhex("00000803 00000001 00000002 00000002 00ff3366"))
    np.testing.assert_array_equal(load_measure(tmp_path / "a-idx3-ubyte").points, [[0.0, 1.0, 0.2, 0.4]])


@pytest.mark.parametrize(
    ("content", "line"),
    [
        (idx_bytes(np.zeros(4, np.uint8)), r": one byte a row \(idx1\), so these are labels, not points"),
        (idx_bytes(IMAGES)[:-1], r": truncated: the header announces \(4, 3, 2\), 24 bytes of numbers, got 23$"),
        (idx_bytes(IMAGES) + b"0", r": too long: the header announces \(4, 3, 2\), 24 bytes of numbers, got more$"),
        (idx_bytes(IMAGES)[:10], r": truncated: the header needs 16 bytes, the file has 10$"),
        (idx_bytes(np.zeros((0, 2, 2), np.uint8)), r": nothing in it: the header announces \(0, 2, 2\)$"),
        (idx_bytes(IMAGES, 10), r": expected type code 8, 9, .*, got type 10, 3 axes$"),
        (
            idx_bytes(np.array([[1.0, np.nan]], ">f4"), 13),
            r": item 0, number 1 \(both counted from 0\): nan is not finite$",
        ),
        (b"", r": no IDX file: it must begin with two zero bytes"),
        (b"hello world", r": no IDX file"),
        (gzip.compress(idx_bytes(IMAGES), mtime=0)[:-9], r": damaged or truncated packed file \("),
        (b"\x1f\x8bnot gzip", r": damaged or truncated packed file \("),
    ],
)
def test_faulty_idx(tmp_path: Path, content: bytes, line: str) -> None:
    (tmp_path / "x-idx3-ubyte").write_bytes(content)
    refused(tmp_path / "x-idx3-ubyte", line)


@pytest.mark.parametrize(("code", "dtype"), [(9, ">i1"), (11, ">i2"), (12, ">i4"), (13, ">f4"), (14, ">f8")])
def test_numbers_of_every_type_are_taken_as_they_are(tmp_path: Path, code: int, dtype: str) -> None:
    array = np.arange(-6, 6).reshape(3, 4).astype(dtype)
    (tmp_path / "x-idx2").write_bytes(idx_bytes(array, code))
    np.testing.assert_array_equal(load_measure(tmp_path / "x-idx2").points, array.astype(float))
    (tmp_path / "x-idx1").write_bytes(idx_bytes(array[0], code))
    np.testing.assert_array_equal(load_measure(tmp_path / "x-idx1").points, array[0, :, None].astype(float))
