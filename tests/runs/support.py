"""What the tests of runs share: a quick configuration, children to kill, and what equal runs have in common."""

from __future__ import annotations

import dataclasses
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from swref.runs import RunFolder, TrainConfig
from swref.runs.progress import Progress
from tests.support import ROOT

QUICK = TrainConfig(target="moons", source="gaussian:2", hidden=(8,), batch=32, steps=200)


def after_each(act: Callable[[int], object]) -> Progress:
    """What calls act(t) after step t."""

    def progress(iterates, total):
        for iterate in iterates:
            act(iterate.t)
            yield iterate

    return progress


def interrupt(at: int) -> Progress:
    """Ctrl-C after step `at`."""

    def act(t: int) -> None:
        if t == at:
            raise KeyboardInterrupt

    return after_each(act)


def finish(path: Path) -> tuple[np.ndarray, list[list[str]]]:
    """The last iterate of a run and the text of its history without the times: what must have equal bits."""
    rows = RunFolder(path).history_path.read_text().splitlines()
    checkpoint = RunFolder(path).checkpoint()
    assert checkpoint is not None
    return checkpoint.u, [row.split(",")[:-1] for row in rows]


def assert_same_run(one: Path, other: Path) -> None:
    (u, rows), (v, lines) = finish(one), finish(other)
    assert u.dtype == v.dtype
    assert np.array_equal(u, v)
    assert rows == lines


def contents(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


CHILD = """
import signal, sys, time
from pathlib import Path
from swref.runs import TrainConfig, train, training
signal.signal(signal.SIGINT, signal.default_int_handler)  # a parent in the background may have it ignored
training.CHECKPOINT_SECONDS = 0.02
def slowly(iterates, total):  # no child may be done before its signal comes
    for iterate in iterates:
        time.sleep(0.0005)
        yield iterate
train(TrainConfig.from_values(TrainConfig.read(sys.argv[1])), Path(sys.argv[2]), slowly)
"""

KILLED = dataclasses.replace(QUICK, steps=6000, noise=0.1, radius=4.0)


def start_child(folder: Path, config: TrainConfig) -> subprocess.Popen:
    """Train in a fresh process; returns once its first checkpoint is on the disk."""
    folder.parent.mkdir(exist_ok=True)
    toml = folder.parent / "wanted.toml"
    toml.write_text(config.to_toml())
    child = subprocess.Popen([sys.executable, "-c", CHILD, str(toml), str(folder)], cwd=ROOT)
    deadline = time.monotonic() + 60
    while not (folder / "checkpoint.npz").exists():
        assert child.poll() is None
        assert time.monotonic() < deadline
        time.sleep(0.001)
    return child
