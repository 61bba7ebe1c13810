"""Unequal sizes and weights: the quantile coupling, where equal ranks no longer pair."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from swref.crosscheck.catalog.makers import UNEQUAL, USUAL, Make, clouds, in_dtype
from swref.crosscheck.inputs import Inputs
from swref.crosscheck.kinds import Case

Shape = tuple[int, int, int, int]
Weights = Callable[[np.random.Generator, int], np.ndarray]


def cases() -> list[Case]:
    """The cases of this module."""
    return [*_unequal(), *_weighted(), *_on_the_line(), *_repeated()]


def _unequal() -> list[Case]:
    why = "n != m: mass splits; truncating, subsampling or interpolating quantiles is another number"
    sizes = ((5, 7), (7, 5), (1, 9), (9, 1), (64, 32), (63, 64), (100, 300))
    by_size = [Case(f"unequal-{n}-{m}", why, ("unequal",), clouds(n, m, 3, 16)) for n, m in sizes]
    by_order = [
        Case(f"unequal-p{p:g}-{dtype}", f"n != m with p = {p:g}", ("unequal", f"p{p:g}", dtype), make)
        for p in (1.0, 1.5, 2.0, 3.0)
        for dtype in ("float64", "float32")
        for make in [clouds(*UNEQUAL, p, dtype)]
    ]
    return by_size + by_order


def _weighted() -> list[Case]:
    return [
        _case("random", "weights of both: permuted by the sort, as the points are", _dirichlet, _dirichlet),
        _case("x", "weights of x alone", _dirichlet, None),
        _case("y", "weights of y alone", None, _dirichlet),
        _case("random-unequal", "weights and n != m", _dirichlet, _dirichlet, UNEQUAL),
        _case("p1", "weights and p = 1", _dirichlet, _dirichlet, p=1.0),
        _case("p1.5", "weights and p = 1.5", _dirichlet, _dirichlet, p=1.5),
        _case("p3", "weights and p = 3", _dirichlet, _dirichlet, p=3.0),
        _case("float32", "weights in float32: cumulative sums lose digits", _dirichlet, _dirichlet, dtype="float32"),
        _case("zero", "zero weights: those points have no gradient and move nothing", _half_zero, _half_zero),
        _case("zero-x", "zero weights of x alone", _half_zero, None),
        _case("one-hot", "all mass on one point", _one_hot, _dirichlet),
        _case("uniform", "weights 1/n given: as if they were not", _equal, _equal),
        _case("dyadic", "multiples of 1/128: cumulative weights coincide exactly", _dyadic, _dyadic),
        _case("uneven", "weights from 1e-12 to 1: none may vanish", _uneven, _uneven),
    ]


def _on_the_line() -> list[Case]:
    """d = 1: no direction changes the answer, so that losses which draw their own are held to it."""
    why = "{} on the line, where directions change nothing"
    larger, smaller, equal = (64, 48, 1, 16), (48, 64, 1, 16), (64, 64, 1, 16)
    sizes = [
        Case(f"unequal-line-{s[0]}-{s[1]}-p{p:g}", why.format("n != m"), ("unequal", "dimension-1"), clouds(*s, p))
        for s, p in ((larger, 2.0), (smaller, 2.0), (larger, 1.0))
    ]
    weighted = [
        _case("line", why.format("weights"), _dirichlet, _dirichlet, equal),
        _case("line-unequal", why.format("weights and n != m"), _dirichlet, _dirichlet, larger),
        _case("line-x", why.format("weights of x alone"), _dirichlet, None, equal),
    ]
    return [replace(case, direction_free=True) for case in (*sizes, *weighted)]


def _repeated() -> list[Case]:
    """W = 0 between measures that are given with other sizes: levels that miss each other by rounding show there."""

    def halves(dtype: str) -> Make:
        def make(rng: np.random.Generator) -> Inputs:
            inputs = clouds(*USUAL, dtype=dtype)(rng)
            w = np.asarray(_dyadic(rng, 64), dtype=dtype)
            y, wy = np.repeat(inputs.x, 2, axis=0), np.repeat(w / 2, 2)  # exact, and so are their sums
            return replace(inputs, y=y, x_weights=w, y_weights=wy)

        return make

    def twice(dtype: str) -> Make:
        def make(rng: np.random.Generator) -> Inputs:
            inputs = clouds(60, 60, 3, 16, dtype=dtype)(rng)
            return replace(inputs, y=np.repeat(inputs.x, 2, axis=0))

        return make

    why = "a cloud, and every point of it twice{}: W = 0"
    makes = (("", twice, ""), ("-weighted", halves, ", with half its weight"))
    return [
        Case(f"unequal-repeated{name}-{dtype}", why.format(what), ("unequal", "ties", dtype), make(dtype))
        for name, make, what in makes
        for dtype in ("float64", "float32")
    ]


def _case(
    name: str,
    why: str,
    wx: Weights | None,
    wy: Weights | None,
    shape: Shape = USUAL,
    p: float = 2.0,
    dtype: str = "float64",
) -> Case:
    def make(rng: np.random.Generator) -> Inputs:
        inputs = clouds(*shape, p)(rng)
        x_weights = None if wx is None else wx(rng, inputs.n)
        y_weights = None if wy is None else wy(rng, inputs.m)
        return in_dtype(inputs.x, inputs.y, inputs.theta, p, x_weights, y_weights, dtype)

    return Case(f"weights-{name}", why, ("weights",), make)


def _dirichlet(rng: np.random.Generator, n: int) -> np.ndarray:
    return rng.dirichlet(np.ones(n))


def _half_zero(rng: np.random.Generator, n: int) -> np.ndarray:
    w = rng.dirichlet(np.ones(n))
    w[rng.permutation(n)[: n // 2]] = 0.0
    return np.asarray(w / w.sum())


def _one_hot(rng: np.random.Generator, n: int) -> np.ndarray:
    w = np.zeros(n)
    w[int(rng.integers(n))] = 1.0
    return w


def _equal(rng: np.random.Generator, n: int) -> np.ndarray:
    return np.full(n, 1.0 / n)


def _dyadic(rng: np.random.Generator, n: int) -> np.ndarray:
    counts = np.ones(n)
    np.add.at(counts, rng.integers(n, size=128 - n), 1.0)
    return counts / 128


def _uneven(rng: np.random.Generator, n: int) -> np.ndarray:
    w = 10.0 ** -rng.uniform(0, 12, n)
    return np.asarray(w / w.sum())
