"""The table of a sweep. Oracle: the summaries of its runs, and pandas-free readers of CSV and Parquet."""

from __future__ import annotations

import csv
import io

import pytest

from swref.errors import InputError
from swref.runs.sweep import sweep
from swref.runs.sweep.folder import State
from swref.runs.sweep.table import columns, rows, to_csv, write_table
from tests.runs.sweep.support import values


def test_a_row_says_what_the_summary_says(tmp_path):
    plan = values(tmp_path, grid={"step": [0.1, 1e300], "hidden": [[3], [2, 2]]})
    found = sweep(plan, tmp_path / "sweep")
    lost = found.members[1]
    for path in (tmp_path / "sweep" / lost.name).iterdir():
        path.unlink()
    found.folder.write_failure(lost, State("failed", "no, none"))
    table = rows(found.folder, found.members)
    assert [row["outcome"] for row in table] == ["done", "failed", "diverged", "diverged"]
    summary = found.folder.run(found.members[0]).summary()
    assert (table[0]["hidden"], table[0]["loss"]) == ("3", summary["loss"])
    assert table[0]["ratio_to_resampled"] == summary["distances"]["ratio_to_resampled"]
    assert (table[1]["steps_done"], table[1]["loss"], table[1]["reason"]) == (0, None, "no, none")
    read = list(csv.DictReader(io.StringIO(to_csv(table))))
    assert tuple(read[0]) == columns(found.plan.varied)
    assert float(read[0]["loss"]) == summary["loss"]
    write_table(tmp_path / "a.csv", table)
    assert (tmp_path / "a.csv").read_text() == to_csv(table)
    with pytest.raises(InputError, match=r"out must end in \.csv or \.parquet, got"):
        write_table(tmp_path / "a.xls", table)
    parquet = pytest.importorskip("pyarrow.parquet")
    write_table(tmp_path / "a.parquet", table)
    assert parquet.read_table(tmp_path / "a.parquet").to_pylist() == table
