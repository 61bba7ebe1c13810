"""A fault at every operation on a run's files, of every kind: then the run goes on, to the bits of one without."""

from __future__ import annotations

import dataclasses
import json
import os
import shutil
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest

from swref.errors import RunError
from swref.runs import resume, train, training
from tests.faults import Disk, Fault, faults, watched
from tests.runs.support import QUICK, assert_same_run, interrupt

pytestmark = pytest.mark.skipif(not os.path.isdir("/proc/self/fd"), reason="names files by their descriptors")

SHARE = int(os.environ.get("SWREF_FAULTS", "11"))
SHORT = dataclasses.replace(QUICK, steps=3, track=("kkt", "dc"), track_every=1, batch=4, radius=9.0, source="uniform:2")
POINTS = np.random.default_rng(0).standard_normal((12, 2))


def begin(path: Path) -> None:
    train(SHORT, path, target=POINTS, source=POINTS)


def go_on(path: Path) -> None:
    """As a person does who finds the folder: resume it, or begin where there is no run yet."""
    if (path / "config.toml").exists():
        resume(path, target=POINTS, source=POINTS)
    else:
        begin(path)


def halfway(path: Path) -> None:
    with pytest.raises(KeyboardInterrupt):
        train(SHORT, path, interrupt(1), target=POINTS, source=POINTS)


def result(path: Path) -> dict[str, object]:
    """The summary without what differs from run to run."""
    summary = json.loads((path / "summary.json").read_text())
    return {key: value for key, value in summary.items() if key not in ("folder", "seconds")}


@pytest.fixture(scope="module")
def unharmed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("whole") / "run"
    begin(path)
    return path


@pytest.fixture(autouse=True)
def save_at_every_step(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(training, "CHECKPOINT_SECONDS", -1.0)


def check(
    act: Callable[[Path], None],
    path: Path,
    fault: Fault,
    unharmed: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with suppress(*fault.may_raise(RunError)), watched(Disk(path.parent, fault), monkeypatch):
        act(path)
    go_on(path)
    assert_same_run(path, unharmed)
    assert (path / "track.csv").read_bytes() == (unharmed / "track.csv").read_bytes(), fault
    assert result(path) == result(unharmed), fault
    assert {file.name for file in path.iterdir()} == {file.name for file in unharmed.iterdir()}, fault


@pytest.mark.parametrize("phase", ["train", "resume"])
@pytest.mark.parametrize("share", [83, pytest.param(SHARE, marks=pytest.mark.slow)])
def test_a_run_survives_a_fault_at_every_operation(phase, share, unharmed, tmp_path, monkeypatch):
    """Oracle: the run without faults. Of some 3,200 every 83rd, every 11th, or as SWREF_FAULTS says: 1 for all."""
    act = begin if phase == "train" else go_on
    before = tmp_path / "before" / "run"
    if phase == "resume":
        halfway(before)
    trial = tmp_path / "trial" / "run"

    def fresh() -> None:
        shutil.rmtree(trial.parent, ignore_errors=True)
        trial.parent.mkdir()
        if before.exists():
            shutil.copytree(before, trial)

    fresh()
    for fault in faults(lambda: act(trial), trial.parent, monkeypatch)[::share]:
        fresh()
        check(act, trial, fault, unharmed, monkeypatch)
