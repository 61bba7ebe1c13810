"""Experiments in their folders: interrupted, finished, refused, and their pages."""

from __future__ import annotations

import json
import re
from dataclasses import replace

import pytest

from swref.errors import RunError
from swref.experiments import load
from swref.experiments.frame import folder as runner
from swref.experiments.frame.overview import write_index
from swref.pages import typeset
from swref.runs.executors import Place
from tests.experiments.support import TINY
from tests.support import dask_in_threads


@pytest.mark.slow
def test_an_interrupted_experiment_goes_on_to_the_same_record(tmp_path):
    """Oracle: the record of a run without interruption, byte for byte; two workers against one."""
    config = TINY
    whole = runner.run("flow", config, tmp_path / "whole", place=Place(2))

    def interrupt(stage: str, done: int, total: int) -> None:
        if (stage, done) == ("noised-and-projected", 1):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        runner.run("flow", config, tmp_path / "cut", progress=interrupt)
    assert len(list((tmp_path / "cut" / "parts").iterdir())) == 4
    stages = []
    again = runner.run("flow", config, tmp_path / "cut", progress=lambda *told: stages.append(told))
    assert stages[0] == ("plain", 3, 3)
    assert whole.fresh
    assert again.fresh
    for name in ("record.json", "record.npz", "verdict.json", "repeats.csv", "figures/distance.svg"):
        assert (tmp_path / "cut" / name).read_bytes() == (tmp_path / "whole" / name).read_bytes(), name
    assert not (tmp_path / "cut" / "parts").exists()
    (tmp_path / "cut" / "run.json").write_text("damaged")
    assert not runner.run("flow", config, tmp_path / "cut").fresh
    with pytest.raises(RunError, match="config or version: seed is 0 there and 1 here"):
        runner.run("flow", replace(TINY, seed=1), tmp_path / "cut")
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "file").touch()
    with pytest.raises(RunError, match="must be new or empty"):
        runner.run("flow", config, tmp_path / "other")


@pytest.mark.slow
def test_an_experiment_on_dask_has_the_same_bytes(tmp_path):
    """Oracle: the record of one process here. The workers of Dask are threads of this process."""
    config = load("ball").config(points=3, hidden=1, batch=2, steps=6, repeats=2, looks=3, alpha=0.01)
    with dask_in_threads() as scheduler:
        runner.run("ball", config, tmp_path / "dask", place=Place(scheduler=scheduler))
    runner.run("ball", config, tmp_path / "here")
    for name in ("record.json", "record.npz", "verdict.json"):
        assert (tmp_path / "dask" / name).read_bytes() == (tmp_path / "here" / name).read_bytes(), name
    assert json.loads((tmp_path / "dask" / "run.json").read_text())["workers"] == "Dask"


@pytest.mark.slow
def test_the_page_is_one_file_without_network(tmp_path):
    outcome = runner.run("flow", TINY, tmp_path / "a", command="swref experiment flow --quick")
    text = outcome.page.read_text()
    shown = re.sub(r'"data:image/[^"]*"', '""', text)
    assert not re.search(r"<script|<link|https?:|src=\"[^\"]", shown)
    for words in (
        "swref experiment flow --quick",
        typeset(outcome.record.summary),
        "fixed before the run",
        "α<sub>0</sub>",
    ):
        assert words in shown
    for line in outcome.record.verdicts:
        assert line.outcome in shown
    verdict = json.loads((tmp_path / "a" / "verdict.json").read_text())
    assert {"claim", "statistic", "estimate", "criterion", "outcome", "seen"} <= set(verdict["verdicts"][0])


@pytest.mark.slow
def test_all_writes_an_index(tmp_path):
    outcome = runner.run("flow", TINY, tmp_path / "flow")
    index = write_index(tmp_path, [outcome]).read_text()
    assert 'href="flow/index.html"' in index
    assert typeset(outcome.record.summary) in index
    assert f"{len(outcome.record.verdicts)} verdicts: " in index


@pytest.mark.slow
@pytest.mark.parametrize("finished", [False, True])
def test_a_folder_of_an_earlier_format_says_what_to_do(tmp_path, finished):
    runner.run("flow", TINY, tmp_path)
    config = (tmp_path / "config.toml").read_text()
    (tmp_path / "config.toml").write_text(config.replace("format = 2", "format = 1"))
    if not finished:
        (tmp_path / "record.json").unlink()
    with pytest.raises(RunError, match="format is 1 there and 2 here; remove it, or choose another --out"):
        runner.run("flow", TINY, tmp_path)
