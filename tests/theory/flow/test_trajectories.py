"""Interpolated runs and the distance d_c: closed forms, dense sampling, metric axioms."""

from __future__ import annotations

import json

import numpy as np
import pytest

from swref import MLP, Discrete, sgd
from swref.errors import InputError
from swref.theory import Trajectory, distance_c, interpolate
from tests.support import tol


def random_curve(rng, end=6.0, d=3, scale=0.3):
    times = np.concatenate(([0.0], np.sort(rng.uniform(0, end, 9)), [end]))
    return Trajectory(times, scale * np.cumsum(rng.normal(size=(11, d)), axis=0))


def sampled(v, w, k_max, count=20001):
    """d_c from below: the maximum over equally spaced times."""
    s = np.linspace(0, k_max, count)
    gaps = np.maximum.accumulate(np.linalg.norm(v(s) - w(s), axis=1))
    ends = np.arange(1, k_max + 1)
    return np.sum(0.5**ends * np.minimum(1, gaps[np.searchsorted(s, ends, side="right") - 1]))


def test_evaluation():
    """Oracle: numpy.interp, coordinate by coordinate; exact at the breakpoints."""
    v = random_curve(np.random.default_rng(0))
    s = np.linspace(0, 6, 101)
    expected = np.stack([np.interp(s, v.times, v.points[:, k]) for k in range(3)], axis=1)
    np.testing.assert_allclose(v(s), expected, atol=tol(np.float64, 2))
    np.testing.assert_array_equal(v(v.times), v.points)
    np.testing.assert_array_equal(v(s[7]), v(s)[7])
    assert v(1.5).shape == (3,)
    assert v([]).shape == (0, 3)


def test_a_single_point():
    v = Trajectory([2.0], [[1.0, 3.0]])
    assert v(2.0).tolist() == [1.0, 3.0]
    with pytest.raises(InputError, match=r"s must lie in \[2, 2\], got 2.5"):
        v([2.0, 2.5])


def test_the_curve_keeps_its_own_points():
    points = np.array([[0.0], [1.0]])
    v = Trajectory([0.0, 1.0], points)
    points[1] = 9.0
    assert v(1.0).tolist() == [1.0]
    with pytest.raises(ValueError, match="read-only"):
        v.points[0] = 1.0
    assert json.loads(json.dumps(v.to_dict())) == {"times": [0.0, 1.0], "points": [[0.0], [1.0]]}


@pytest.mark.parametrize("alpha", [0.1, 0.25, 3.0])
def test_interpolation(alpha):
    """u_alpha(s) = u^t + (s/alpha - t)(u^{t+1} - u^t), t = floor(s/alpha)."""
    u = np.random.default_rng(1).normal(size=(6, 4))
    curve = interpolate(u, alpha)
    for s in np.random.default_rng(2).uniform(0, 5 * alpha, 20):
        t = int(s // alpha)
        np.testing.assert_allclose(curve(s), u[t] + (s / alpha - t) * (u[t + 1] - u[t]), atol=tol(np.float64, 4))
    np.testing.assert_array_equal(interpolate(u.tolist(), alpha).points, u)


def test_interpolation_of_a_run():
    """What sgd yields starts after the first step; u0 completes it. A run continued from step 3 starts at 3 alpha."""
    net = MLP((1, 2))
    dots, u0 = Discrete([[0.0], [1.0]]), net.init(0)
    target = Discrete([[0.0, 1.0], [2.0, 0.0]])
    run = list(sgd(net, dots, target, u0, step=0.1, batch=2, steps=5))
    whole = interpolate(run, 0.1, u0)
    np.testing.assert_array_equal(whole.points, [u0, *(iterate.u for iterate in run)])
    np.testing.assert_allclose(whole.times, 0.1 * np.arange(6), rtol=tol(np.float64))
    rest = interpolate(iter(run[3:]), 0.1, run[2].u)
    np.testing.assert_array_equal(rest(0.4), whole(0.4))
    np.testing.assert_array_equal(rest.times, whole.times[3:])
    assert interpolate(run, 0.1).times[0] == 0.1
    with pytest.raises(InputError, match=r"iterates must be consecutive, got t = 4 after 2"):
        interpolate([run[1], run[3]], 0.1)
    with pytest.raises(InputError, match=r"u0 must have shape \(4,\)"):
        interpolate(run, 0.1, [0.0])


@pytest.mark.parametrize("slope", [0.1, 0.5, 3.0])
def test_distance_of_straight_lines(slope):
    """v = 0, w(s) = slope s: sum_k 2^-k min(1, k slope); to infinity the sum is below the truncation bound away."""
    v, w = Trajectory([0.0, 30.0], np.zeros((2, 2))), Trajectory([0.0, 30.0], [[0, 0], [0, 30 * slope]])
    k = np.arange(1, 31)
    full = np.sum(0.5**k * np.minimum(1, k * slope))
    for k_max in (1, 4, 20):
        value, bound = distance_c(v, w, k_max)
        assert value == pytest.approx(np.sum((0.5**k * np.minimum(1, k * slope))[:k_max]), rel=tol(np.float64, 30))
        assert bound == 0.5**k_max
        assert value <= full <= value + bound


def test_a_peak_between_whole_numbers_counts():
    """|v - w| peaks at s = 1.5 with 0.8 and is 0 at every whole number: 0.8 for k >= 2."""
    v = Trajectory([0.0, 1.0, 1.5, 2.0, 4.0], [[0.0], [0.0], [0.8], [0.0], [0.0]])
    still = Trajectory([0.0, 4.0], [[0.0], [0.0]])
    assert distance_c(v, still, 4)[0] == pytest.approx(0.8 * (1 / 4 + 1 / 8 + 1 / 16), rel=tol(np.float64, 4))


@pytest.mark.parametrize("seed", range(5))
def test_distance_by_dense_sampling(seed):
    """Dense sampling approaches the value from below."""
    rng = np.random.default_rng(seed)
    v, w = random_curve(rng), random_curve(rng)
    value, _ = distance_c(v, w, 6)
    below = sampled(v, w, 6)
    assert below <= value + tol(np.float64, 6)
    assert value - below < 2e-3


@pytest.mark.parametrize("seed", range(5))
def test_metric_axioms(seed):
    rng = np.random.default_rng(seed)
    u, v, w = (random_curve(rng) for _ in range(3))
    uv, vw, uw = (distance_c(a, b, 5)[0] for a, b in ((u, v), (v, w), (u, w)))
    assert distance_c(v, u, 5)[0] == uv
    assert distance_c(u, u, 5)[0] == 0
    assert 0 < uw <= uv + vw
    assert uw <= 1 - 0.5**5


def test_blocks_of_times_agree(monkeypatch):
    rng = np.random.default_rng(9)
    v, w = random_curve(rng), random_curve(rng)
    whole = distance_c(v, w, 6)
    monkeypatch.setattr("swref.theory.flow.trajectories.BLOCK_NUMBERS", 9)
    assert distance_c(v, w, 6) == whole


def test_times_that_miss_a_whole_number_by_rounding():
    """0.1 * 30 steps make 3.0000000000000004, and 1/3 * 3 may make less than 1: both reach k."""
    still = Trajectory([0.0, 5.0], [[0.0], [0.0]])
    for steps, alpha, k in ((30, 0.1, 3), (7, 1 / 7, 1), (49, 1 / 49, 1), (10, 0.3 - 1e-16, 3)):
        curve = interpolate(np.linspace(0, 1, steps + 1)[:, None], alpha)
        short = Trajectory(curve.times * (1 - 1e-15), curve.points)
        assert distance_c(short, still, k)[0] == pytest.approx(distance_c(curve, still, k)[0], rel=1e-12)


@pytest.mark.parametrize(
    ("v", "w", "k_max", "message"),
    [
        ("short", "long", 3, r"v must reach s = k_max = 3, got an end at 2"),
        ("long", "late", 3, r"w must start at s = 0, got 1"),
        ("long", "wide", 3, r"v and w must have the same dimension, got 1 and 2"),
        ("long", "long", 0, r"k_max must be >= 1"),
    ],
)
def test_bad_pairs(v, w, k_max, message):
    curves = {
        "short": Trajectory([0.0, 2.0], [[0.0], [0.0]]),
        "long": Trajectory([0.0, 9.0], [[0.0], [0.0]]),
        "late": Trajectory([1.0, 9.0], [[0.0], [0.0]]),
        "wide": Trajectory([0.0, 9.0], np.zeros((2, 2))),
    }
    with pytest.raises(InputError, match=message):
        distance_c(curves[v], curves[w], k_max)


@pytest.mark.parametrize("s", [-0.1, 6.1, np.nan, [[1.0]]])
def test_bad_times(s):
    with pytest.raises(InputError, match="s must"):
        random_curve(np.random.default_rng(0))(s)
