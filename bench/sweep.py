"""What a sweep costs beyond its runs: `python -m bench.sweep [RUNS] [STEPS]`, on two processes, twice each in turn.

The runs alone are the same calls of `train` in a loop, half of them in each of two processes. Processor time, which
other programs on the machine do not change, is that of all processes.
"""

from __future__ import annotations

import resource
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from swref.runs import train
from swref.runs.executors import Place, one_thread, opened
from swref.runs.problem import Problem
from swref.runs.sweep import prepared
from swref.runs.sweep.members import Member


def alone(members: Sequence[Member], folder: Path) -> None:
    """The runs, one after the other."""
    with one_thread():
        for member in members:
            train(Problem.of(member.config, *member.data), folder / member.name)


def on_two_processes(members: Sequence[Member], folder: Path) -> None:
    """Half of the runs in each."""
    folder.mkdir()
    with opened(Place(2)) as executor:
        for future in [executor.submit(alone, members[k::2], folder) for k in range(2)]:
            future.result()


def timed(act: Callable[[], object]) -> tuple[float, float]:
    """Seconds, and seconds of processors, of this process and of those that it starts."""

    def now() -> tuple[float, float]:
        used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
        return time.perf_counter(), sum(one.ru_utime + one.ru_stime for one in used)

    before = now()
    act()
    after = now()
    return after[0] - before[0], after[1] - before[1]


def main(runs: int = 2000, steps: int = 60) -> None:
    """Print both times of either, and their ratios."""
    with TemporaryDirectory() as name:
        root = Path(name)
        np.save(root / "points.npy", np.random.default_rng(0).standard_normal((8, 1)))
        config = {"target": str(root / "points.npy"), "source": "gaussian:1", "hidden": [4], "batch": 16}
        plan = {"config": {**config, "steps": steps}, "as_in_paper": True, "seeds": runs}
        for turn in range(2):
            found = prepared(plan, root / f"sweep-{turn}")
            swept = timed(lambda found=found: found.go_on(Place(2)))
            bare = timed(lambda found=found, turn=turn: on_two_processes(found.members, root / f"alone-{turn}"))
            each = 1e3 * bare[1] / runs
            print(f"{runs} runs of {each:.0f} ms: the sweep {swept[0]:.1f} s, the runs alone {bare[0]:.1f} s,", end=" ")
            print(f"over {swept[0] / bare[0]:.3f}; of processors {swept[1]:.1f} s, {bare[1]:.1f} s,", end=" ")
            print(f"over {swept[1] / bare[1]:.3f}", flush=True)


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
