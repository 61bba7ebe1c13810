"""What several test files share: the one tolerance, and small makers of inputs."""

from __future__ import annotations

import logging
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest

ROOT = Path(__file__).resolve().parent.parent  # the clone


def tol(dtype: np.typing.DTypeLike, n_terms: int = 1) -> float:
    """Relative tolerance for a result that sums `n_terms` rounded terms in `dtype`.

    Rounding errors of a sum add up like a random walk, so the allowance grows with the square root of the number of
    terms; the factor 16 covers the handful of operations that each term takes.
    """
    return 16.0 * float(np.finfo(dtype).eps) * float(np.sqrt(max(1, n_terms)))


def slowness() -> float:
    """How many times longer than two idle cores this machine takes at the moment, at least 1.

    Limits in seconds are multiplied by it. The work measured is the start of an interpreter with the core dependencies,
    which takes 0.34 s there.
    """
    seconds = []
    for _ in range(3):
        start = time.perf_counter()
        subprocess.run([sys.executable, "-c", "import numba, scipy.special, click"], check=True)
        seconds.append(time.perf_counter() - start)
    return max(1.0, min(seconds) / 0.34)


def central_difference(f: Callable[[np.ndarray], float], at: np.ndarray, h: float = 1e-6) -> np.ndarray:
    """The gradient of `f` at the float64 array `at` by central differences: truncation O(h^2), rounding O(eps/h)."""
    gradient = np.empty(at.shape)
    for index in np.ndindex(at.shape):
        step = np.zeros(at.shape)
        step[index] = h
        gradient[index] = (f(at + step) - f(at - step)) / (2 * h)
    return gradient


def resumed_record(run: Callable, config: object, parts: Path) -> object:
    """The record of an experiment, once it is seen to be the same when every other part had been lost."""
    from swref.experiments.frame.pool import Pool

    with Pool(folder=parts) as pool:
        record = run(config, pool)
    for path in sorted(parts.glob("*.npz"))[::2]:
        path.unlink()
    with Pool(folder=parts) as pool:
        again = run(config, pool)
    assert record.arrays.keys() == again.arrays.keys()
    for name, array in record.arrays.items():
        np.testing.assert_array_equal(array, again.arrays[name])
    assert record.summary == again.summary
    return record


def run_python(script: str, *, timeout: float, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run `script` in a fresh interpreter that imports this checkout; a hang raises subprocess.TimeoutExpired."""
    root = str(ROOT)
    path = os.pathsep.join(filter(None, (root, os.environ.get("PYTHONPATH"))))
    return subprocess.run(
        [sys.executable, "-c", script],
        env={**os.environ, "PYTHONPATH": path, **environment},
        capture_output=True,
        text=True,
        timeout=timeout,
    )


@contextmanager
def dask_in_threads() -> Iterator[str]:
    """The address of a Dask scheduler with two workers, threads of this process; a test that has no Dask is skipped."""
    distributed = pytest.importorskip("distributed", reason="needs the extra dask")
    logging.getLogger("distributed").setLevel(logging.CRITICAL)
    options: dict[str, Any] = {"n_workers": 2, "threads_per_worker": 1, "processes": False, "protocol": "tcp"}
    with distributed.LocalCluster(dashboard_address=":0", **options) as cluster:
        yield cluster.scheduler_address
