"""The "cpu" backend against the NumPy specification: kinds, sizes, dtypes, weights, seams of groups and blocks."""

from __future__ import annotations

import itertools
import os
from collections.abc import Iterable

import numpy as np
import pytest

from swref.directions import directions
from swref.kernels.cpu import backend as cpu
from swref.sliced import WRT
from tests.sliced.support import DTYPES, KINDS, ORDERS, SIZES, assert_agrees, assert_same_order, cloud, some_weights


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("sizes", SIZES)
@pytest.mark.parametrize("kind", KINDS)
def test_cpu_agrees_with_the_specification(kind, sizes, weighted, dtype):
    """All orders and gradients, in d = 1 and 3; with weights a quarter of them are zero."""
    n, m = SIZES[sizes]
    generator = np.random.default_rng([n, m, KINDS.index(kind)])
    for p, d in itertools.product(ORDERS, (1, 3)):
        x, y = (cloud(kind, generator, k, d).astype(dtype) for k in (n, m))
        theta = directions(generator, 5, d)
        wx, wy = (some_weights(generator, n), some_weights(generator, m)) if weighted else (None, None)
        assert_agrees(x, y, theta, p, wx, wy)
        assert_agrees(x, y, theta, p, wx, None)
        assert_agrees(x, y, theta, p, wx, wy, ("x",))
        assert_agrees(x, y, theta, p, wx, wy, ("y",))
        assert_same_order(x, theta)


@pytest.mark.parametrize("p", [1.0, 1.5, 2.0])
@pytest.mark.parametrize("kind", ["tiny", "huge", "denormal"])
def test_extreme_scales(kind, p):
    """1e-150 and 1e150 square to 1e-300 and 1e300: inside float64; multiples of 5e-324 are denormals."""
    generator = np.random.default_rng(3)
    for n, m in ((9, 9), (7, 10)):
        x, y, theta = cloud(kind, generator, n, 2), cloud(kind, generator, m, 2), directions(1, 4, 2)
        for wrt in (("x",), ("y",), ("x", "y", "x_weights", "y_weights")):
            assert_agrees(x, y, theta, p, wrt=wrt)
        assert_same_order(x, theta)


@pytest.mark.parametrize("p", ORDERS)
@pytest.mark.parametrize("tiny", [0.0, 3e-16])
def test_points_of_no_weight_beyond_the_others(p, tiny):
    """First and last in both orders of the line: there a level has a quantile on one side only."""
    x, y = np.array([[-2.0], [-1.0], [0.3], [0.9], [2.5]]), np.array([[-3.0], [-0.4], [0.5], [1.0], [4.0]])
    wx, wy = [0, 0.3, 0.5, 0.2, tiny], [tiny, 0.4, 0.35, 0.25, 0]
    for theta in ([[1.0]], [[-1.0]]):
        assert_agrees(x, y, theta, p, wx, wy)
        assert_agrees(x, y, theta, p, wx, None)
        assert_agrees(x, y, theta, p, None, wy)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("kind", ["random", "tied"])
def test_sizes_around_powers_of_two(kind, dtype):
    """The index takes the low ceil(log2 n) bits of a key; tiles hold 1024 points."""
    for n in (1, 2, 3, 4, 5, 63, 64, 65, 127, 128, 129, 1023, 1024, 1025, 2049):
        generator = np.random.default_rng(n)
        x, y = (cloud(kind, generator, n, 2).astype(dtype) for _ in range(2))
        theta = directions(generator, 3, 2)
        assert_agrees(x, y, theta, wrt=("x",))
        assert_same_order(x, theta)
        assert_agrees(x, y[: n // 2 + 1], theta, wrt=("x", "y"))


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("kind", KINDS)
def test_a_value_alone_has_the_bits_of_the_one_beside_a_gradient(kind, dtype):
    """Oracle: the path that orders; in few and many dimensions, on either side of the size where threads begin."""
    for n, d, L in ((1, 1, 1), (7, 3, 5), (130, 2, 200), (130, 40, 20)):
        generator = np.random.default_rng([n, d])
        x, y = (cloud(kind, generator, n, d).astype(dtype) for _ in range(2))
        theta = directions(generator, L, d).astype(dtype)
        for p in ORDERS:
            alone, none = cpu.sw_losses_and_grads(x, y, theta, p, wrt=())
            beside, _ = cpu.sw_losses_and_grads(x, y, theta, p, wrt=("x",))
            assert (alone.tobytes(), none) == (beside.tobytes(), ())


def fuzz(cases: Iterable[int]) -> None:
    """Random small cases: any mixture of kinds, sizes, dtypes, weights and orders; a failure names its seed."""
    for seed in cases:
        generator = np.random.default_rng([2307, seed])
        n, m, d, L = (int(generator.integers(1, top)) for top in (13, 13, 5, 5))
        if generator.random() < 0.4:
            m = n
        dtype = DTYPES[int(generator.integers(2))]
        kinds = KINDS if dtype == np.float32 else (*KINDS, "denormal", "tiny", "huge")
        p = float(generator.choice([1.0, 1.5, 2.0, 3.0, 2.5]))
        kind = kinds[int(generator.integers(len(kinds)))]
        if kind == "huge":
            p = min(p, 2.0)
        x, y = (cloud(kind, generator, k, d).astype(dtype) for k in (n, m))
        if generator.random() < 0.3:
            x, y = x * dtype(2.0**-20), y * dtype(2.0**-20)
        theta = directions(generator, L, d) if generator.random() < 0.7 else np.eye(d)[generator.integers(0, d, L)]
        wx = some_weights(generator, n) if generator.random() < 0.3 else None
        wy = some_weights(generator, m) if generator.random() < 0.3 else None
        wrt = ("x",) if generator.random() < 0.3 else WRT
        try:
            assert_agrees(x, y, theta, p, wx, wy, wrt)
            assert_same_order(x, theta)
        except Exception as error:
            error.add_note(f"case {seed}: {kind}, {dtype.__name__}, n={n}, m={m}, d={d}, L={L}, p={p}, wrt={wrt}")
            raise


def test_fuzz():
    fuzz([*range(300), 883_892])  # of the last, far from the origin, one difference is that of the centring


@pytest.mark.slow
def test_fuzz_at_length():
    """SWREF_FUZZ=1000000 makes it a matter of half an hour."""
    fuzz(range(300, 300 + int(os.environ.get("SWREF_FUZZ", "10000"))))
