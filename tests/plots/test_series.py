"""Thinning and smoothing against brute-force loops."""

from __future__ import annotations

import numpy as np
import pytest

from swref import plots
from tests.plots.support import loss_run, rng
from tests.support import tol


@pytest.mark.parametrize("T", [1, 4, 5, 99, 100, 101, 1000, 1237])
@pytest.mark.parametrize("limit", [4, 7, 100])
def test_thinning_keeps_ends_and_extremes_within_the_limit(T: int, limit: int) -> None:
    values = rng().normal(size=T)
    index = plots.thin_extremes(values, limit)
    assert len(index) <= limit
    assert (np.diff(index) > 0).all()
    assert (index[0], index[-1]) == (0, T - 1)
    assert {int(values.argmin()), int(values.argmax())} <= set(index.tolist())


def test_thinning_keeps_the_extremes_of_each_bin_of_a_long_run() -> None:
    values = rng().normal(size=10**6)
    shown = set(plots.thin_extremes(values).tolist())
    size = -(-(10**6) // 2499)  # (5000 - 2) / 2 bins
    for first in range(0, 10**6, size):
        part = values[first : first + size]
        assert {first + int(part.argmin()), first + int(part.argmax())} <= shown


@pytest.mark.parametrize("T", [1, 2, 39, 40, 41, 400, 1000])
def test_running_mean_equals_a_plain_loop(T: int) -> None:
    values = loss_run(T)
    index, mean = plots.running_mean(values, share=0.05)
    assert (index[0], index[-1]) == (0, T - 1)
    half = (T // 20) // 2
    expected = []
    for t in index:
        window = [values[s] for s in range(T) if abs(s - t) <= half]
        expected.append(sum(window) / len(window))
    np.testing.assert_allclose(mean, expected, rtol=tol(np.float64, T))


def test_running_mean_keeps_a_loss_that_falls_by_twenty_orders_of_magnitude() -> None:
    values = np.concatenate([np.full(500, 1e8), np.full(500, 1e-12)])
    _, mean = plots.running_mean(values)
    assert mean[-1] == pytest.approx(1e-12, rel=tol(np.float64, 1000))


def test_running_mean_of_a_long_run_has_few_windows() -> None:
    index, mean = plots.running_mean(np.ones(10**6))
    assert len(index) == len(mean) == 401
    assert (mean == 1).all()
