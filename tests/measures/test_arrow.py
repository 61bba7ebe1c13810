"""Parquet and Arrow files, needing pyarrow; oracle: the table of text with the same cells."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from swref.errors import BackendError
from swref.measures import load_measure
from tests.measures.support import refused, table

CELLS: dict[str, list[Any]] = {
    "species": ["A", "A", "B", None],
    "length": [39.1, None, 46.5, 50.0],
    "mass": [3750, 3800, 3900, 5550],
    "one": [1, 1, 1, 1],
    "wild": [True, False, True, False],
}


def written(folder: Path, suffix: str) -> Path:
    pa = pytest.importorskip("pyarrow")
    from pyarrow import feather, ipc, parquet

    arrow = pa.table(CELLS)
    path = folder / f"x{suffix}"
    if suffix == ".parquet":
        parquet.write_table(arrow, path)
    elif suffix == ".feather":
        feather.write_feather(arrow, path)
    else:
        with pa.OSFile(str(path), "wb") as stream, ipc.new_stream(stream, arrow.schema) as writer:
            writer.write_table(arrow)
    return path


@pytest.mark.parametrize("suffix", [".parquet", ".feather", ".arrow"])
def test_the_same_points_as_from_text(tmp_path: Path, suffix: str) -> None:
    measure = load_measure(written(tmp_path, suffix))
    rows = zip(*[["" if cell is None else str(cell) for cell in cells] for cells in CELLS.values()], strict=True)
    text = "\n".join([",".join(CELLS), *(",".join(row).replace("True", "1").replace("False", "0") for row in rows)])
    same = load_measure(table(tmp_path, text))
    np.testing.assert_array_equal(measure.points, same.points)
    assert measure.names == same.names == ("length", "mass", "wild")
    assert measure.reading.notes[:2] == same.reading.notes[:2]
    assert measure.reading.notes[2].startswith("1 of 4 rows left out: missing values ('null')")
    assert load_measure(tmp_path / f"x{suffix}", columns="mass").points.tolist() == [
        [3750.0],
        [3800.0],
        [3900.0],
        [5550.0],
    ]


def test_refusals(tmp_path: Path) -> None:
    path = written(tmp_path, ".parquet")
    refused(path, r": column 'species' holds string, no numbers; choose numeric columns \(--columns\)$", ["species"])
    path.write_bytes(path.read_bytes()[:-40])
    refused(path, r": damaged, or no such table \(")


def test_without_pyarrow(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    (tmp_path / "x.parquet").write_bytes(b"PAR1")
    with pytest.raises(BackendError, match=r"x\.parquet: reading it needs pyarrow: pip install \"pyarrow>=16\"$"):
        load_measure(tmp_path / "x.parquet")


def test_the_index_of_pandas_is_left_out(tmp_path: Path) -> None:
    pd = pytest.importorskip("pandas")
    pd.DataFrame({"a": [1.5, 2.5], "b": [3.5, 1.5]}, index=[7, 9]).to_parquet(tmp_path / "x.parquet")
    measure = load_measure(tmp_path / "x.parquet")
    assert measure.names == ("a", "b")
    assert measure.reading.notes == ("column '__index_level_0__' left out: the index (else --columns)",)
