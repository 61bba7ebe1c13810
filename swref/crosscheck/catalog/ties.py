"""Ties, duplicates and near-ties: where the gradient is a set, and where zero must come out as zero."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from swref.crosscheck.catalog.makers import SMALL, Make, in_dtype
from swref.crosscheck.inputs import Inputs
from swref.crosscheck.kinds import Case
from swref.spec import uniform_directions

Clouds = tuple[np.ndarray, np.ndarray]
MakeClouds = Callable[[np.random.Generator], Clouds]


def cases() -> list[Case]:
    """The cases of this module."""
    return [*_zero_loss(), *_tied(), *_near_ties(), *_kinks()]


def _case(name: str, why: str, make: Make, *tags: str, free: bool = False) -> Case:
    return Case(name, why, ("ties", *tags), make, direction_free=free)


def _make(
    points: MakeClouds, p: float = 2.0, dtype: str = "float64", d: int = 3, L: int = 16, axes: bool = False
) -> Make:
    def make(rng: np.random.Generator) -> Inputs:
        x, y = points(rng)
        theta = np.eye(d)[np.arange(L) % d] if axes else uniform_directions(rng, L, d)
        return in_dtype(x, y, theta, p, dtype=dtype)

    return make


def _gaussian(rng: np.random.Generator, n: int = 64, d: int = 3) -> np.ndarray:
    return rng.standard_normal((n, d))


def _permuted_copy(rng: np.random.Generator) -> Clouds:
    x = _gaussian(rng)
    return x, x[rng.permutation(len(x))]


def _zero_loss() -> list[Case]:
    def same(rng: np.random.Generator) -> Clouds:
        x = _gaussian(rng)
        return x, x.copy()

    why = "x and y are the same set: loss 0 and gradient 0, not NaN"
    copies = [
        _case(f"permuted-copy-p{p:g}-{dtype}", why, _make(_permuted_copy, p, dtype), "zero", free=True)
        for p in (1.0, 1.5, 2.0, 3.0)
        for dtype in ("float64", "float32")
    ]
    equal = _make(lambda rng: (np.ones((64, 3)), np.ones((64, 3))))
    return [
        *copies,
        _case("identical", "x is y: loss 0, gradient 0", _make(same), "zero", free=True),
        _case("all-points-equal", "every point of x and y is the same point", equal, "zero", free=True),
    ]


def _tied() -> list[Case]:
    def collapsed(rng: np.random.Generator) -> Clouds:
        return np.tile(_gaussian(rng, 1), (64, 1)), _gaussian(rng)

    def duplicates(rng: np.random.Generator) -> Clouds:
        return np.repeat(_gaussian(rng, 32), 2, axis=0), _gaussian(rng)

    def duplicates_in_y(rng: np.random.Generator) -> Clouds:
        return _gaussian(rng), np.repeat(_gaussian(rng, 32), 2, axis=0)

    def duplicates_in_both(rng: np.random.Generator) -> Clouds:
        return np.repeat(_gaussian(rng, 16), 4, axis=0), np.repeat(_gaussian(rng, 32), 2, axis=0)

    def lattice(rng: np.random.Generator) -> Clouds:
        return rng.integers(-2, 3, (64, 3)).astype(float), rng.integers(-2, 3, (64, 3)).astype(float)

    def scattered(rng: np.random.Generator) -> Clouds:
        return np.tile(_gaussian(rng, 4), (16, 1)), _gaussian(rng, 48)

    def symmetric(rng: np.random.Generator) -> Inputs:
        return Inputs(np.array([[1.0, 0.0], [-1.0, 0.0]]), np.array([[0.0, 1.0], [0.0, -2.0]]), np.eye(2))

    why = "tied projections of x: any matching of a tied group is right, and no other"
    shared = "tied groups of 16 and n != m: mass of a group is shared"
    return [
        _case("collapsed", "all points of x equal: their gradients share those of one group", _make(collapsed)),
        _case("duplicates", why, _make(duplicates)),
        _case("duplicates-float32", why, _make(duplicates, dtype="float32"), "float32"),
        _case("duplicates-p1", why, _make(duplicates, 1.0), "p1"),
        _case("duplicates-p3", why, _make(duplicates, 3.0), "p3"),
        _case("duplicates-in-y", "tied projections of y: the gradient in x is unique", _make(duplicates_in_y)),
        _case("duplicates-in-both", why, _make(duplicates_in_both)),
        _case("duplicates-unequal", shared, _make(scattered), "unequal"),
        _case("lattice-axes", "integer points seen along the axes: large tied groups", _make(lattice, axes=True)),
        _case("lattice", "integer points, general directions: duplicates tie, others do not", _make(lattice)),
        _case("symmetric-pairs", "x = +-a seen along a normal of a: two points tie on one direction only", symmetric),
    ]


def _near_ties() -> list[Case]:
    def one_ulp(swap: bool) -> MakeClouds:
        def points(rng: np.random.Generator) -> Clouds:
            x = np.repeat(rng.standard_normal((4, 1)), 2, axis=0)
            x[int(swap) :: 2] = np.nextafter(x[int(swap) :: 2], np.inf)
            return x, rng.standard_normal((8, 1))

        return points

    def sorted_along_first(sign: int) -> Make:
        def make(rng: np.random.Generator) -> Inputs:
            x, y = _gaussian(rng, 8, 2), _gaussian(rng, 8, 2)
            order_x, order_y = np.argsort(sign * x[:, 0]), np.argsort(y[:, 0])
            return Inputs(x[order_x], y[order_y], uniform_directions(rng, SMALL[3], 2))

        return make

    why = "neighbours one ulp apart: the order is decided by the last bit"
    near, reverse = (_make(one_ulp(swap), d=1, L=1, axes=True) for swap in (False, True))
    ascending, descending = sorted_along_first(1), sorted_along_first(-1)
    return [
        _case("near-tie", why, near, "near-tie", free=True),
        _case("near-tie-reversed", why, reverse, "near-tie", free=True),
        _case("sorted-input", "points sorted along the first axis: not so along others", ascending, "order"),
        _case("reversed-input", "points in reversed order along the first axis", descending, "order"),
    ]


def _kinks() -> list[Case]:
    def half_equal(rng: np.random.Generator) -> Clouds:
        x = np.sort(rng.standard_normal((8, 1)), axis=0)
        y = x.copy()
        y[4:] += 3.0
        return x, y

    why = "D = 0 on some pairs only: for p = 1 any slope in [-1, 1] is valid there, for p > 1 it is 0"
    return [
        _case(f"half-equal-p{p:g}", why, _make(half_equal, p, d=1, L=1, axes=True), "kink", f"p{p:g}", free=True)
        for p in (1.0, 1.5, 2.0)
    ]
