"""What sampling adds to a distance: its spread over fresh samples, and how often intervals cover the laws' distance."""

from __future__ import annotations

import numpy as np
import pytest

from swref.directions import directions
from swref.inference.sampling import Sampling
from swref.sliced import sw_losses


def estimates(n: int, m: int, d: int, shift: float, repeats: int, L: int, scale: float = 1.0) -> np.ndarray:
    """SW_2^2, its bias and its error, with that of directions, [repeats, 3], of fresh normal samples."""
    rng, rows = np.random.default_rng([n, m, d, L]), []
    for _ in range(repeats):
        x, y = rng.standard_normal((n, d)), scale * rng.standard_normal((m, d))
        y[:, 0] += shift
        theta = directions(rng, L, d)
        found = Sampling.of(x, y, theta, 2.0, rng)
        assert found.bias is not None
        losses = sw_losses(x, y, theta)
        rows.append((losses.mean(), found.bias, np.hypot(found.standard_error, losses.std(ddof=1) / np.sqrt(L))))
    return np.array(rows)


def test_spread_and_bias_are_those_of_fresh_samples():
    """Oracle: 150 fresh samples, and |shift|^2 / d for normal laws apart by a shift; five standard errors of each."""
    value, bias, error = estimates(60, 90, 3, 1.0, 150, L=20).T
    spread = value.std(ddof=1)
    assert abs(np.sqrt((error**2).mean()) / spread - 1) < 5 / np.sqrt(2 * 150) + 0.1
    assert abs((value - bias).mean() - 1 / 3) < 5 * spread / np.sqrt(150)
    assert abs(value.mean() - 1 / 3) > abs((value - bias).mean() - 1 / 3)


@pytest.mark.slow
@pytest.mark.parametrize(("p", "equal", "apart"), [(1.0, 0.126, 0.017), (2.0, 0.029, 0.027), (3.0, 0.011, 0.039)])
def test_what_sampling_adds_depends_on_the_distance_but_for_p_2(p, equal, apart):
    """Oracle: |theta_1|^p, SW_p^p of laws that are apart by 1; five standard errors of 500 fresh samples."""
    rng = np.random.default_rng(1)
    theta = directions(rng, 100, 3)
    for shift, stated in ((0.0, equal), (1.0, apart)):
        pairs = rng.standard_normal((500, 2, 200, 3))
        pairs[:, 1, :, 0] += shift
        added = [sw_losses(x, y, theta, p=p).mean() - np.mean(np.abs(shift * theta[:, 0]) ** p) for x, y in pairs]
        assert abs(np.mean(added) - stated) < 5 * np.std(added) / np.sqrt(500) + 0.0015


def test_halves_of_a_sample_are_as_far_apart_as_fresh_samples_of_half_the_size():
    """Oracle: the law itself."""
    rng = np.random.default_rng(0)
    theta, x = directions(rng, 30, 2), rng.standard_normal((200, 2))
    found = Sampling.of(x, x + 1, theta, 1.0, rng)
    fresh = [sw_losses(*rng.standard_normal((2, 100, 2)), theta, p=1.0).mean() for _ in range(100)]
    assert found.bias is None
    assert found.halves[0] == pytest.approx(np.mean(fresh), rel=0.25)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("n", "m", "d", "shift", "scale", "truth"),
    [
        (200, 200, 2, 0.3, 1.0, 0.09 / 2),
        (200, 200, 10, 0.3, 1.0, 0.09 / 10),
        (200, 200, 10, 1.0, 1.0, 1 / 10),
        (1000, 500, 2, 0.0, 1.5, 0.25),
        (1000, 500, 10, 0.0, 1.5, 0.25),
    ],
)
def test_intervals_cover(n, m, d, shift, scale, truth):
    """Oracle: the distances of normal laws, which 1.96 errors about the corrected value cover in 400 trials."""
    value, bias, error = estimates(n, m, d, shift, 400, 100, scale).T
    covered = np.mean(np.abs(value - bias - truth) < 1.96 * error)
    assert 0.9 <= covered <= 0.995
