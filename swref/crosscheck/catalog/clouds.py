"""Random clouds: sizes, dimensions, orders and precisions. What an ordinary user does."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from swref.crosscheck.catalog.makers import SMALL, USUAL, Make, clouds
from swref.crosscheck.inputs import Inputs
from swref.crosscheck.kinds import Case

SHAPES = ((2, 2, 2, 4), SMALL, USUAL, (257, 257, 5, 16), (1000, 1000, 2, 16), (64, 64, 32, 16), (64, 64, 128, 16))
ORDERS = (1.0, 1.5, 2.0, 3.0)


def cases() -> list[Case]:
    """The cases of this module.

    >>> len(cases()) > 30
    True
    """
    return [*_sizes(), *_orders(), *_half_precisions(), *_large(), *_directions()]


def _sizes() -> list[Case]:
    return [
        Case(
            f"cloud-{n}x{d}-{dtype}",
            "random points in general position: value, factor, mean over points and directions",
            ("cloud", dtype),
            clouds(n, m, d, L, dtype=dtype),
        )
        for dtype in ("float64", "float32")
        for n, m, d, L in SHAPES
        if dtype == "float64" or d < 32
    ]


def _orders() -> list[Case]:
    return [
        Case(
            f"order-{p:g}-{n}x{d}-{dtype}",
            f"p = {p:g}: the power and the factor p of the gradient, the root 1/p",
            ("order", f"p{p:g}", dtype),
            clouds(n, m, d, L, p, dtype),
        )
        for n, m, d, L in (SMALL, USUAL)
        for p in ORDERS
        if p != 2
        for dtype in ("float64", "float32")
    ]


def _half_precisions() -> list[Case]:
    return [
        Case(
            f"{dtype}-{n}x{d}-p{p:g}",
            f"{dtype} points: sums must not lose more than the format does",
            ("half", dtype),
            clouds(n, m, d, L, p, dtype),
        )
        for dtype in ("float16", "bfloat16")
        for (n, m, d, L), p in ((SMALL, 2.0), (USUAL, 2.0), (USUAL, 1.0))
    ]


def _large() -> list[Case]:
    return [
        Case(
            f"large-{n}x{d}-{dtype}",
            "many points: accumulation over n, 16-bit indices, n x n memory",
            ("large", dtype),
            clouds(n, n, d, L, dtype=dtype),
        )
        for n, d, L in ((10_000, 3, 4), (70_000, 2, 2))
        for dtype in ("float64", "float32")
    ]


def _directions() -> list[Case]:
    def with_theta(shape: tuple[int, int, int, int], change: Callable[[np.ndarray], np.ndarray]) -> Make:
        def make(rng: np.random.Generator) -> Inputs:
            inputs = clouds(*shape)(rng)
            return replace(inputs, theta=np.ascontiguousarray(change(inputs.theta)))

        return make

    def one_dimension(sign: float) -> Make:
        return with_theta((64, 64, 1, 16), lambda theta: np.abs(theta) * sign)

    return [
        Case("one-direction", "L = 1, the paper's own setting", ("directions",), clouds(64, 64, 3, 1)),
        Case("many-directions", "L = 500 > n: the mean over directions", ("directions",), clouds(16, 16, 3, 500)),
        Case(
            "as-many-directions-as-dimensions",
            "L = d: theta may be read transposed",
            ("directions",),
            clouds(64, 64, 8, 8),
        ),
        Case(
            "opposite-directions",
            "theta and -theta see the same distance, in reversed order",
            ("directions",),
            with_theta(USUAL, lambda theta: np.vstack([theta[:8], -theta[:8]])),
        ),
        Case(
            "repeated-directions",
            "a direction that comes twice counts twice",
            ("directions",),
            with_theta(USUAL, lambda theta: np.vstack([theta[:4]] * 4)),
        ),
        Case(
            "axis-directions",
            "theta = e_k: zeros in theta, the marginals themselves",
            ("directions",),
            with_theta(USUAL, lambda theta: np.vstack([np.eye(3), -np.eye(3), np.eye(3), theta[:7]])),
        ),
        Case(
            "dimension-1-plus",
            "d = 1, theta = +1: W_p^p itself",
            ("dimension-1",),
            one_dimension(1.0),
            direction_free=True,
        ),
        Case("dimension-1-minus", "d = 1, theta = -1", ("dimension-1",), one_dimension(-1.0), direction_free=True),
        Case("dimension-1-mixed", "d = 1, both signs", ("dimension-1",), clouds(64, 64, 1, 16), direction_free=True),
    ]
