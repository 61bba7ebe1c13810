"""swref runs: the table of the library as text, JSON and CSV."""

from __future__ import annotations

import csv
import io
import json
import shutil
from pathlib import Path

from swref.runs.listing import COLUMNS, as_text, list_runs
from tests.commands.support import invoke, refuse, succeed


def test_text_json_and_csv_hold_the_same_rows(run):
    """Oracle: list_runs."""
    shutil.copytree(run, "runs/one")
    (row,), _ = list_runs(Path("runs"))
    assert succeed("runs") == as_text([row]) + "\n"
    assert json.loads(succeed("runs", "runs", "--json")) == {"runs": [row.to_dict()]}
    (line,) = csv.DictReader(io.StringIO(succeed("runs", "--csv")))
    assert tuple(line) == COLUMNS
    assert (line["name"], float(line["ratio"])) == ("one", row.ratio)


def test_order_and_refusals(run, short_evaluation):
    shutil.copytree(run, "runs/one")
    succeed("train", "moons", "--hidden", "4", "--steps", "3", "--batch", "4", "--no-figures", "--out", "runs/two")
    shown = succeed("runs", "--sort", "steps", "--descending").splitlines()
    assert [line.split()[0] for line in shown] == ["name", "one", "two"]
    assert [line.split()[0] for line in succeed("runs", "--sort", "steps").splitlines()] == ["name", "two", "one"]
    assert "sort must be one of" in refuse("runs", "--sort", "lost")


def test_an_empty_folder_and_an_unreadable_run_are_said():
    Path("runs").mkdir()
    assert succeed("runs") == "no runs below runs\n"
    Path("runs/config.toml").write_text("a = ")
    assert invoke("runs").stderr.startswith("Left out: runs/config.toml: not a TOML file")
