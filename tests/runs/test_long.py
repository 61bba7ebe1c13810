"""A long run: its memory stays, and its rows are what the mathematics says of their steps, however late."""

from __future__ import annotations

import dataclasses
import os
from pathlib import Path

import numpy as np
import pytest

from swref import spec
from swref.draws import Draws
from swref.runs import RunFolder, train
from swref.runs.problem import Problem
from tests.runs.support import QUICK
from tests.support import tol

STEPS = int(os.environ.get("SWREF_STEPS", "20000"))
CONFIG = dataclasses.replace(QUICK, hidden=(4,), batch=4, steps=STEPS, noise=0.1, radius=4.0)


def resident() -> float:
    """MB of this process in memory."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1e6


@pytest.mark.slow
@pytest.mark.skipif(not os.path.exists("/proc/self/statm"), reason="memory is read from /proc")
def test_memory_is_flat_and_late_steps_are_right(tmp_path):
    """Oracle: spec at the redrawn batch and the iterate before, at 20 random steps; SWREF_STEPS=1000000 for a million.

    Memory: 5 MB from a tenth of the run to its end.
    """
    wanted = {int(t) for t in np.random.default_rng(0).choice(np.arange(2, STEPS + 1), 20, replace=False)}
    before: dict[int, np.ndarray] = {}
    memory = []

    def watch(iterates, total):
        for iterate in iterates:
            if iterate.t + 1 in wanted:
                before[iterate.t + 1] = iterate.u.copy()
            if iterate.t % (STEPS // 10) == 0:
                memory.append(resident())
            yield iterate

    problem = Problem.of(CONFIG)
    train(problem, tmp_path / "run", watch)
    assert max(memory) - memory[0] < 5.0, memory
    history = RunFolder(tmp_path / "run").history()
    assert history["step"].tolist() == list(range(1, STEPS + 1))
    draws = Draws(problem.source, problem.target, n=4, L=CONFIG.directions, seed=CONFIG.seed, d_u=problem.net.n_params)
    for t in wanted:
        x, y, theta, _ = draws(t - 1)
        out, cache = problem.net.forward(before[t], x)
        loss, (dout,) = spec.sw_loss_and_grad(out, y, theta)
        phi = problem.net.backward(cache, dout)
        np.testing.assert_allclose(history["loss"][t - 1], loss, rtol=tol(np.float64, 100))
        np.testing.assert_allclose(history["norm_phi"][t - 1], np.linalg.norm(phi), rtol=tol(np.float64, 1000))
