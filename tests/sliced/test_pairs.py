"""Many pairs at once. Oracle: sw_loss_and_grad of each pair, to the bit, which others hold to the specification."""

from __future__ import annotations

import numpy as np
import pytest

import swref
from swref.errors import InputError
from swref.kernels.cpu.keys import NARROW
from swref.sliced import WRT
from tests.sliced.support import some_weights


def assert_is_the_loop(x, y, theta, wrt="x", x_weights=None, y_weights=None, **options):
    """The same bits, dtypes and shapes."""
    losses, grads = swref.sw_pairs(x, y, theta, wrt=wrt, x_weights=x_weights, y_weights=y_weights, **options)
    assert losses.dtype == np.float64
    for b in range(len(x)):
        given = {"x_weights": x_weights, "y_weights": y_weights}
        weights = {name: None if w is None else w[b] for name, w in given.items()}
        directions = theta if np.ndim(theta) == 2 else theta[b]
        loss, one = swref.sw_loss_and_grad(x[b], y[b], directions, wrt=wrt, **weights, **options)
        assert losses[b] == loss or (np.isnan(loss) and np.isnan(losses[b]))
        for got, expected in zip(
            (grads,) if isinstance(wrt, str) else grads, (one,) if isinstance(wrt, str) else one, strict=True
        ):
            assert got[b].dtype == expected.dtype
            assert got[b].tobytes() == expected.tobytes()


@pytest.mark.parametrize("dtype", [np.float64, pytest.param(np.float32, marks=pytest.mark.slow)])  # a compilation
@pytest.mark.parametrize("each", [False, True], ids=["one theta", "theta each"])
@pytest.mark.parametrize("wrt", ["x", "y", (), ("y", "x"), ("x", "x")])
def test_small_pairs_have_the_bits_of_a_loop(wrt, each, dtype):
    rng = np.random.default_rng(1)
    for B, n, d, L, p in ((1, 1, 1, 1, 2.0), (7, 30, 2, 12, 2.0), (3, 33, 3, 9, 1.5)):
        x, y = rng.standard_normal((2, B, n, d)).astype(dtype)
        theta = swref.directions(2, B * L, d).astype(dtype).reshape(B, L, d)
        assert_is_the_loop(x, y, theta if each else theta[0], wrt, p=p)


@pytest.mark.parametrize(
    "case", ["sizes", "weights", "high dimension", "large", "backend", "every wrt", "dtypes", "list"]
)
def test_other_pairs_have_the_bits_of_a_loop(case):
    rng = np.random.default_rng(2)
    n, m, d = {"sizes": (5, 8, 2), "high dimension": (6, 6, 40), "large": (400, 400, 2)}.get(case, (6, 6, 2))
    x, y, theta = rng.standard_normal((3, n, d)), rng.standard_normal((3, m, d)), swref.directions(3, 50, d)
    options = {"backend": {"backend": "numpy"}, "every wrt": {"wrt": WRT}}.get(case, {})
    if case == "weights":
        options = {"x_weights": np.array([some_weights(rng, n) for _ in x]), "wrt": ("x", "x_weights")}
    if case == "dtypes":
        y = y.astype(np.float32)
    assert_is_the_loop(x.tolist() if case == "list" else x, y, theta, **options)


@pytest.mark.slow  # kernels of their own
def test_pairs_ordered_by_narrow_keys_have_the_bits_of_a_loop():
    """Points enough for keys of 32 bits, in one pair too crowded for them, in the last of two clusters."""
    rng = np.random.default_rng(4)
    x, y = rng.standard_normal((2, 4, NARROW[0], 2))
    x[2] = rng.standard_cauchy(x[2].shape) ** 3
    x[3] += 1e9 * rng.choice([-1, 1], (NARROW[0], 1))
    assert_is_the_loop(x, y, swref.directions(5, 9, 2), p=1.5)


def test_pairs_that_need_another_way_get_it_among_those_that_do_not():
    """Far from the origin, values that share their keys, and a loss beyond the range of floats."""
    rng = np.random.default_rng(3)
    x, y = rng.standard_normal((2, 5, 64, 1))
    x[1] += 1e12
    x[2, :, 0] = 1.0 + 2.0**-52 * np.arange(64)[::-1]
    x[2, 0] = -1.0
    x[3] *= 1e160
    theta = np.ones((3, 1))
    for wrt in ("x", ("x", "y"), ("y", "x")):
        assert_is_the_loop(x, y, theta, wrt)
    assert swref.sw_pairs(x, y, theta)[0][3] == np.inf


ONE, TWO = np.zeros((2, 3, 2)), np.zeros((2, 3, 3))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"x": ONE[0]}, r"x must have the axes \[B, n, d\], got shape \(3, 2\)"),
        ({"x": ONE[:0]}, r"x must hold at least one of the pairs"),
        ({"y": ONE[:1]}, r"y must hold 2 of the pairs, got shape \(1, 3, 2\)"),
        ({"y": TWO}, r"x\[0\] and y\[0\] must have as many columns"),
        (
            {"x": np.where(np.arange(12).reshape(2, 3, 2) == 9, np.nan, 0)},
            r"x\[1\] must be finite, got nan at \[1, 1\]",
        ),
        ({"theta": np.ones((3, 1, 2))}, r"theta must hold 2 of the pairs, got shape \(3, 1, 2\)"),
        ({"theta": np.ones((1, 2))}, "theta must have rows of length 1, got length 1.41421356 in row 0"),
        (
            {"theta": np.stack([np.eye(2), 2 * np.eye(2)])},
            r"theta\[1\] must have rows of length 1, got length 2 in row 0",
        ),
        ({"theta": [1.0, 0.0]}, r"theta must have the axes \[B, L, d\], got shape \(2,\)"),
        ({"theta": np.eye(3)}, "theta must have 2 columns"),
        ({"x_weights": np.ones(3) / 3}, r"x_weights must have the axes \[B, n\]"),
        ({"y_weights": np.full((2, 3), 0.5)}, r"y_weights\[0\] must sum to 1"),
        ({"p": 0.5}, "p must be >= 1"),
        ({"wrt": "z"}, "wrt must be one of"),
        ({"backend": "gpu"}, "backend must be one of"),
    ],
)
def test_what_is_wrong_is_named(change, message):
    with pytest.raises(InputError, match=message):
        swref.sw_pairs(**{"x": ONE, "y": ONE, "theta": np.eye(2)} | change)
