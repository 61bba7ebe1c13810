"""docs/formats.md names every file that a run and an experiment leave."""

from __future__ import annotations

from pathlib import Path

import pytest

from swref import experiments, runs
from swref.experiments.frame import folder
from swref.experiments.frame import record as experiment_record
from swref.runs.config import FORMAT, TrainConfig
from tests.support import ROOT

PAGE = (ROOT / "docs" / "formats.md").read_text(encoding="utf-8")


def written(path: Path) -> set[str]:
    """The names of the files under a folder, figures and tables by their kind."""
    return {file.name for file in path.rglob("*") if file.is_file() and file.parent.name != "figures"}


def test_files_of_a_run(tmp_path: Path) -> None:
    """Oracle: a short run."""
    config = TrainConfig.from_values({"target": "moons", "steps": 3, "batch": 4, "hidden": (2,)})
    runs.train(config, tmp_path / "run")
    names = written(tmp_path / "run")
    assert {"config.toml", "history.csv", "checkpoint.npz", "summary.json"} <= names
    for name in names:
        assert f"`{name}`" in PAGE, name
    assert f"`swref train`, format {FORMAT}" in PAGE


@pytest.mark.slow
def test_files_of_an_experiment(tmp_path: Path) -> None:
    """Oracle: the smallest experiment, whose tables are known by its record."""
    settings = experiments.load("ball").config(points=3, hidden=1, batch=2, steps=6, repeats=2, looks=3, alpha=0.01)
    record = folder.run("ball", settings, tmp_path / "ball").record
    names = written(tmp_path / "ball") - {f"{table}.csv" for table in record.tables}
    assert {"config.toml", "record.npz", "record.json", "verdict.json", "run.json", "index.html"} <= names
    for name in names:
        assert f"`{name}`" in PAGE, name
    assert f"`swref experiment NAME`, format {experiment_record.FORMAT}" in PAGE


@pytest.mark.parametrize("promise", ["Nothing is pickled", "temporary", "CHANGELOG"])
def test_the_promise_is_written_down(promise: str) -> None:
    assert promise in PAGE
