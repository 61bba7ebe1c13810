"""The gradient between bounds. Oracle: that of the quantile coupling, in rational numbers and 60 digits (support)."""

from __future__ import annotations

import os

import numpy as np

from swref import directions, distributed, sw_loss_and_grad
from swref.distributed.clouds import cloud_of
from swref.distributed.frame import Frame
from swref.distributed.gradient import blocks
from tests.distributed.support import exact_gradient
from tests.distributed.test_bounds import case

CASES = int(os.environ.get("SWREF_BOUNDS", "15"))


def test_bounds_of_the_gradient_hold_in_random_cases():
    """SWREF_BOUNDS says of how many, and the seed is the number of the case."""
    for seed in range(CASES):
        x, y, wx, wy, frame, bits, p = case(np.random.default_rng(seed))
        frame = Frame(frame.theta, frame.centre, frame.centres, frame.units, max(bits))
        (block,) = blocks(cloud_of("x", x, wx), cloud_of("y", y, wy), frame, p)
        for row, exact in enumerate(exact_gradient((x, wx), (y, wy), frame.theta, p)):
            for k, entry in enumerate(exact):
                assert abs(float(block.dx[row, k] - float(entry))) <= block.bound[row, k] * (1 + 1e-15), (seed, row, k)


def test_the_gradient_of_files_is_near_that_in_memory(tmp_path):
    rng = np.random.default_rng(0)
    x, y, theta = rng.normal(size=(5000, 3)), 0.5 + rng.normal(size=(7000, 3)), directions(0, 8, 3)
    np.save(tmp_path / "0.npy", x[:1])
    np.save(tmp_path / "1.npy", x[1:])
    found = list(distributed.gradient([tmp_path / "0.npy", tmp_path / "1.npy"], y, theta, bits=12))
    assert [block.start for block in found] == [0, 1]
    dx, bound = (np.concatenate([getattr(block, name) for block in found]) for name in ("dx", "bound"))
    exact = sw_loss_and_grad(x, y, theta)[1]
    assert (np.abs(dx - exact) <= bound).all()
    assert np.median(bound) < 1e-3 * np.abs(exact).max()
    (whole,) = distributed.gradient(x, y, theta, bits=12)
    np.testing.assert_array_equal(whole.dx, dx)
