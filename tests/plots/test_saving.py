"""Files of figures, read back from the disk: whole, without dates, the old one kept when a write fails."""

from __future__ import annotations

import os
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import matplotlib
import matplotlib.image
import pytest
from matplotlib.figure import Figure

from swref import plots
from swref.errors import InputError
from tests.plots.support import FIGURES


@pytest.fixture(params=FIGURES)
def figure(request: pytest.FixtureRequest) -> Figure:
    return FIGURES[request.param]()


@pytest.mark.slow
@pytest.mark.parametrize("suffix", [".png", ".svg", ".pdf"])
def test_the_same_data_give_the_same_bytes_and_no_temporary_file(suffix: str, tmp_path: Path) -> None:
    for name in FIGURES if suffix != ".pdf" else ("loss", "pairs"):  # its fonts take time
        make = FIGURES[name]
        figure = make()
        paths = [tmp_path / f"{k}{suffix}" for k in range(3)]
        for path, each in zip(paths, (figure, figure, make()), strict=True):
            plots.save_figure(each, path)
        contents = [path.read_bytes() for path in paths]
        assert len(contents[0]) > 1000
        assert contents[0] == contents[1] == contents[2]
    assert sorted(tmp_path.iterdir()) == paths


def test_text_of_a_pdf_is_text_in_fonts_that_journals_take(tmp_path: Path) -> None:
    """Oracle: the kinds of fonts in the file: TrueType (CIDFontType2), none of type 3; and no date or version."""
    plots.save_figure(FIGURES["loss"](), tmp_path / "f.pdf")
    pdf = (tmp_path / "f.pdf").read_bytes()
    assert pdf.startswith(b"%PDF")
    assert b"CIDFontType2" in pdf
    for word in (b"/Type3", b"CreationDate", b"Producer", matplotlib.__version__.encode()):
        assert word not in pdf


def test_png_and_svg_are_whole_and_carry_no_version_or_date(tmp_path: Path) -> None:
    figure = FIGURES["pairs"]()
    plots.save_figure(figure, tmp_path / "f.png")
    plots.save_figure(figure, str(tmp_path / "f.SVG"))
    pixels = matplotlib.image.imread(tmp_path / "f.png")
    assert pixels.shape[:2] == (1330, 1400)  # 7 x 6.65 inches at 200 dots an inch
    assert pixels[..., :3].std() > 0.05
    svg = (tmp_path / "f.SVG").read_text()
    assert ElementTree.fromstring(svg).tag.endswith("svg")
    assert "<dc:date>" not in svg
    assert matplotlib.__version__ not in svg
    assert matplotlib.__version__.encode() not in (tmp_path / "f.png").read_bytes()


@pytest.mark.parametrize("name", ["missing/f.png", "file/f.png", "folder.png"])
def test_a_path_that_cannot_be_written_is_one_line_and_leaves_nothing(name: str, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    (tmp_path / "folder.png").mkdir()
    before = sorted(tmp_path.rglob("*"))
    with pytest.raises(InputError, match="cannot be written") as caught:
        plots.save_figure(plots.new_figure()[0], tmp_path / name)
    assert "\n" not in str(caught.value)
    assert str(tmp_path / name) in str(caught.value)
    assert sorted(tmp_path.rglob("*")) == before


def test_a_failed_write_keeps_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "f.png"
    path.write_bytes(b"old")

    def full(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(InputError, match="No space left on device"):
        plots.save_figure(plots.new_figure()[0], path)
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("name", ["f.gif", "f"])
def test_another_suffix_is_refused(name: str, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"path must end in .png, .svg or .pdf"):
        plots.save_figure(plots.new_figure()[0], tmp_path / name)
