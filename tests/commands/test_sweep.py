"""`swref sweep`. Oracle: the folder that it leaves, and the same sweep from Python."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import numpy as np
import pytest

from swref.errors import InputError
from swref.runs import choice
from swref.runs.sweep import load_sweep, sweep
from swref.runs.sweep.folder import State
from tests.commands.support import invoke, succeed

GIVEN = ["--as-in-paper", "--hidden", "4", "--batch", "8", "--steps", "12", "--source", "gaussian:2", "--workers", "1"]


@pytest.fixture
def points(short_evaluation):
    np.save("points.npy", np.random.default_rng(0).standard_normal((20, 2)))
    return "points.npy"


def test_a_sweep_from_flags_is_that_of_a_plan_and_its_commands_show_it(points):
    told = succeed("sweep", points, *GIVEN, "--step", "0.1,1e300", "--seeds", "2", "--out", "flags")
    assert told == "flags: 4 runs, 2 done, 2 diverged\n"
    config = {"target": points, "hidden": [4], "batch": 8, "steps": 12, "source": "gaussian:2"}
    sweep({"config": config, "grid": {"step": [0.1, 1e300]}, "seeds": 2, "as_in_paper": True}, "python")
    assert Path("flags", "results.csv").read_bytes() == Path("python", "results.csv").read_bytes()
    assert json.loads(succeed("sweep", "status", "flags", "--json"))["diverged"] == 2
    assert succeed("sweep", "results", "flags", "--csv").encode() == Path("flags", "results.csv").read_bytes()
    found = json.loads(succeed("sweep", "results", "flags", "--metric", "loss", "--json", "--out", "a.csv"))
    assert [entry["point"]["step"] for entry in found["best"]] == [0.1, 1e300]
    assert found["best"][1]["median"] is None
    with open("a.csv", newline="") as file:
        assert [row["run"] for row in csv.DictReader(file)] == [row["run"] for row in found["rows"]]
    lines = succeed("sweep", "results", "flags", "--metric", "loss").splitlines()
    assert lines[1].startswith("= ")
    assert lines[1].endswith("step = 0.1   (2 of 2 runs)")
    assert lines[2].endswith("step = 1e+300   (2 of 2 runs, 2 diverged)")
    (figure,) = json.loads(succeed("sweep", "plot", "flags", "--metric", "loss", "--json"))["figures"]
    assert Path(figure).stat().st_size > 0


def test_a_dry_run_leaves_nothing(points, monkeypatch):
    monkeypatch.setattr(choice, "MEASURED_SECONDS", 0.05)
    told = succeed("sweep", "run", points, *GIVEN, "--step", "0.1,0.2", "--dry-run")
    assert "2 runs, 2 missing, about " in told
    assert json.loads(succeed("sweep", points, *GIVEN, "--seeds", "3", "--dry-run", "--json"))["missing"] == 3
    assert not Path("runs").exists()


def test_a_failure_is_shown_and_retried(points):
    succeed("sweep", points, *GIVEN, "--seeds", "2", "--out", "s")
    found = load_sweep("s")
    (found.path / found.members[1].name / "summary.json").unlink()
    found.folder.write_failure(found.members[1], State("failed", "no memory"))
    result = invoke("sweep", points, *GIVEN, "--seeds", "2", "--out", "s")
    assert result.exit_code == 1
    assert f"failed: {found.members[1].name}: no memory\nagain: swref sweep retry s\n" in result.stdout
    assert succeed("sweep", "retry", "s", "--workers", "1") == "s: 2 runs, 2 done\n"


def test_what_is_worked_on_by_another_is_refused(points):
    succeed("sweep", points, *GIVEN, "--seeds", "2", "--out", "s")
    with load_sweep("s").folder.held():
        result = invoke("sweep", points, *GIVEN, "--seeds", "2", "--out", "s")
        assert result.exit_code == 2
        assert "s is in use by another sweep: process" in result.stderr
        assert "at work: process" in succeed("sweep", "status", "s")
    with pytest.raises(InputError):
        load_sweep("s").plot("lss")
