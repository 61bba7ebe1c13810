"""The pool: parts that are kept, and workers that fail."""

from __future__ import annotations

import multiprocessing
import os
import shutil
import time
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest

from swref.errors import RunError, SwrefError
from swref.experiments.frame.pool import Pool
from tests.faults import Disk, faults, watched


def part(x: float, folder: str | None = None) -> dict[str, np.ndarray]:
    """A part that notes its call."""
    if folder is not None:
        Path(folder, f"called-{x:g}-{os.getpid()}-{np.random.default_rng().integers(2**60)}").touch()
    if x < 0:
        raise ValueError("negative")
    if x > 100:
        os._exit(3)
    rng = np.random.default_rng(int(x))
    return {"y": rng.standard_normal((40, 40)) @ rng.standard_normal(40), "x": x}


@pytest.mark.parametrize("workers", [1, 2])
def test_parts_are_kept_and_not_computed_again(tmp_path, workers):
    calls, kept = tmp_path / "calls", tmp_path / "parts"
    calls.mkdir()
    arguments = [(float(x), str(calls)) for x in (1, 2, 3, -1)]
    with pytest.raises(ValueError, match="negative"), Pool(workers, kept) as pool:
        pool.map("stage", part, arguments)
    done = len(list(kept.iterdir()))
    arguments[3] = (4.0, str(calls))
    told = []
    with Pool(workers, kept, lambda *progress: told.append(progress)) as pool:
        parts = pool.map("stage", part, arguments)
    assert told[0] == ("stage", done, 4)
    assert told[-1] == ("stage", 4, 4)
    assert len(list(kept.iterdir())) == 4
    for x, found in zip((1.0, 2.0, 3.0, 4.0), parts, strict=True):
        np.testing.assert_array_equal(found["y"], part(x)["y"])
    if workers == 1:
        assert sorted(path.name.split("-")[1] for path in calls.iterdir() if path.name[7] != "-") == list("1234")


def test_a_worker_that_is_killed_is_one_clear_error(tmp_path):
    with pytest.raises(RunError, match="worker process was killed"), Pool(2, tmp_path) as pool:
        pool.map("stage", part, [(1.0,), (200.0,)])


class Stubborn(Exception):
    """Does not survive pickling: it takes two arguments and keeps one."""

    def __init__(self, a: str, b: str):
        super().__init__(a + b)


def failing(x: float) -> dict[str, float]:
    if x == 0:
        raise Stubborn("no ", "way")
    time.sleep(0.2)
    return {"x": x}


def test_what_a_worker_raises_is_told_and_what_others_finish_is_kept(tmp_path):
    bystander = multiprocessing.get_context("spawn").Process(target=time.sleep, args=(60,))
    bystander.start()
    with pytest.raises(SwrefError, match="Stubborn: no way"), Pool(2, tmp_path) as pool:
        pool.map("stage", failing, [(1.0,), (0.0,), (2.0,)])
    assert (tmp_path / "stage-00000.npz").exists()
    assert bystander.is_alive()
    bystander.kill()
    bystander.join()


def test_a_damaged_part_is_computed_again(tmp_path):
    (tmp_path / "stage-00000.npz").write_bytes(b"PK\x03\x04 cut")
    with Pool(1, tmp_path) as pool:
        (found,) = pool.map("stage", part, [(1.0,)])
    np.testing.assert_array_equal(found["y"], part(1.0)["y"])


def test_parts_survive_a_fault_at_every_operation(tmp_path, monkeypatch):
    """Oracle: the part itself, asked for again after each kind of fault."""
    kept = tmp_path / "disk" / "parts"

    def ask() -> None:
        with Pool(1, kept) as pool:
            found = pool.map("stage", part, [(1.0,), (2.0,)])
        np.testing.assert_array_equal(found[1]["y"], part(2.0)["y"])

    kept.parent.mkdir()
    for fault in faults(ask, kept.parent, monkeypatch):
        shutil.rmtree(kept, ignore_errors=True)
        with suppress(*fault.may_raise(RunError)), watched(Disk(kept.parent, fault), monkeypatch):
            ask()
        ask()
