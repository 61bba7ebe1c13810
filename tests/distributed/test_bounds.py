"""Bounds of W_p^p from cells hold. Oracle: the distance in rational numbers and 60 digits (support)."""

from __future__ import annotations

import os

import numpy as np
import pytest

from swref.distributed.bounds import bounds, common_ends
from swref.distributed.certified import bounded, tables_of
from swref.distributed.clouds import cloud_of
from swref.distributed.frame import Frame
from tests.distributed.support import exact_sw

CASES = int(os.environ.get("SWREF_BOUNDS", "40"))


def points(rng: np.random.Generator, n: int, d: int) -> np.ndarray:
    """Ordinary, tied, constant, far from 0, with heavy tails, or with values beyond all bins."""
    kind = rng.integers(7)
    x = rng.normal(size=(n, d))
    if kind == 1:
        x = rng.integers(-2, 3, (n, d)).astype(float)
    elif kind == 2:
        x = np.full((n, d), rng.normal())
    elif kind == 3:
        x = 1e6 + x
    elif kind == 4:
        x = np.sign(x) * np.exp(8 * np.abs(x))
    elif kind == 5:
        x[rng.random(n) < 0.3] *= 1e25
    elif kind == 6:
        x = rng.integers(-2, 3, (n, d)) + 1e-7 * x
    return x * 10.0 ** rng.integers(-3, 4)


def case(rng: np.random.Generator):
    """Clouds, a frame that need not fit them, the bits of either side, and p."""
    d, L = int(rng.integers(1, 4)), 2
    n, m = (int(k) for k in rng.integers(1, 13, 2))
    x = points(rng, n, d)
    y = [points(rng, m, d), x[::-1], x + 1e-7 * rng.normal(size=x.shape), x[: max(1, n // 2)] + 0.5][rng.integers(4)]
    x, y = (z.astype([np.float32, np.float64][rng.integers(2)]) for z in (x, y))
    wx, wy = (rng.dirichlet(np.full(len(z), 0.3)) if rng.random() < 0.3 else None for z in (x, y))
    theta = rng.normal(size=(L, d))
    theta /= np.linalg.norm(theta, axis=1)[:, None]
    frame = Frame.of([x, y], theta, 8)
    # Units from far too small to so large that all points share a few bins.
    frame = Frame(frame.theta, frame.centre, frame.centres + frame.units, frame.units * 2.0 ** rng.integers(-4, 12), 8)
    bits = [int(b) for b in (rng.integers(8, 13, 2) if wx is not None or wy is not None else rng.integers(1, 13, 2))]
    p = float([1, 2, 3, 10, rng.uniform(1, 2), rng.uniform(2, 6)][rng.integers(6)])
    return x, y, wx, wy, frame, bits, p


def test_bounds_hold_in_random_cases():
    """SWREF_BOUNDS says of how many, and the seed is the number of the case."""
    for seed in range(CASES):
        x, y, wx, wy, frame, bits, p = case(np.random.default_rng(seed))
        one, other = cloud_of("x", x, wx), cloud_of("y", y, wy)

        def one_pass(cloud, part, one=one, bits=bits):
            return tables_of(cloud, part.part(np.arange(2), bits[0 if cloud is one else 1]))

        found = bounded(one, other, frame, p, one_pass)
        for (lower, value, upper), exact in zip(found, exact_sw((x, wx), (y, wy), frame.theta, p), strict=True):
            assert lower <= exact <= upper, (seed, p, lower, float(exact), upper)
            assert lower <= value <= upper, seed


@pytest.mark.parametrize("p", [1.0, 1.5, 2.0, 3.0])
def test_bounds_are_narrow(p):
    """Of samples of ordinary laws, with the bits of a first pass; the estimate is nearer by far. Oracle: the spec."""
    from swref import spec

    rng = np.random.default_rng(0)
    x, y, theta = rng.normal(size=(20_000, 1)), 0.5 + 1.2 * rng.standard_t(5, size=(30_000, 1)), np.ones((1, 1))
    ((lower, value, upper),) = bounded(cloud_of("x", x, None), cloud_of("y", y, None), Frame.of([x, y], theta, 8), p)
    exact = spec.sw_losses(x, y, theta, p, None, None)[0]
    assert lower <= exact <= upper
    assert upper - lower < 2e-4 * exact
    assert abs(value - exact) < 2e-6 * exact


def test_an_order_beyond_floats_is_bounded_by_infinity():
    x, y = np.array([[0.0], [1.0]]), np.array([[1e200], [2e200]])
    tables = [tables_of(cloud_of("x", z, None), Frame.of([x, y], np.ones((1, 1)), 8)) for z in (x, y)]
    lower, _, upper = bounds(tables[0].cells(0), tables[1].cells(0), 2.0, float(tables[0].frame.units[0]))
    assert upper == np.inf
    assert 1e300 < lower < np.inf


def test_masses_without_a_common_total_keep_to_the_grid():
    """Oracle: what is said, less than a part in 2^62 for a cell."""
    primes = (1 << 61) - 1, (1 << 31) - 1
    one, other = (np.array([3, p // 3, p]) for p in primes)
    x_ends, y_ends, moved = common_ends(one, other)
    assert x_ends[-1] == y_ends[-1] == 1 << 62
    assert moved == 6 * 2.0**-62
    for ends, total, exact in ((x_ends, primes[0], one), (y_ends, primes[1], other)):
        assert all(0 <= e * (1 << 62) - total * k < total for k, e in zip(ends.tolist(), exact.tolist(), strict=True))
