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
    """The cases of this module."""
    return [*_sizes(), *_orders(), *_half_precisions(), *_large(), *_directions()]


def _sizes() -> list[Case]:
    why = "random points in general position: value, factor, mean over points and directions"
    return [
        Case(f"cloud-{n}x{d}-{dtype}", why, ("cloud", dtype), clouds(n, m, d, L, dtype=dtype))
        for dtype in ("float64", "float32")
        for n, m, d, L in SHAPES
        if dtype == "float64" or d < 32
    ]


def _orders() -> list[Case]:
    why = "p = {:g}: the power and the factor p of the gradient, the root 1/p"
    return [
        Case(f"order-{p:g}-{s[0]}x{s[2]}-{dtype}", why.format(p), ("order", f"p{p:g}", dtype), clouds(*s, p, dtype))
        for s in (SMALL, USUAL)
        for p in ORDERS
        if p != 2
        for dtype in ("float64", "float32")
    ]


def _half_precisions() -> list[Case]:
    why = "{} points: sums must not lose more than the format does"
    return [
        Case(f"{dtype}-{s[0]}x{s[2]}-p{p:g}", why.format(dtype), ("half", dtype), clouds(*s, p, dtype))
        for dtype in ("float16", "bfloat16")
        for s, p in ((SMALL, 2.0), (USUAL, 2.0), (USUAL, 1.0))
    ]


def _large() -> list[Case]:
    why = "many points: accumulation over n, 16-bit indices, n x n memory"
    return [
        Case(f"large-{n}x{d}-{dtype}", why, ("large", dtype), clouds(n, n, d, L, dtype=dtype))
        for n, d, L in ((10_000, 3, 4), (70_000, 2, 2))
        for dtype in ("float64", "float32")
    ] + [
        Case(f"large-{what}", f"{what}, the other sizes small", ("large",), clouds(n, n, d, L))
        for what, n, d, L in (("n-131075", 2**17 + 3, 1, 1), ("d-300", 16, 300, 4), ("L-1000", 8, 3, 1000))
    ]


def _directions() -> list[Case]:
    def thetas(change: Callable[[np.ndarray], np.ndarray], shape: tuple[int, int, int, int] = USUAL) -> Make:
        def make(rng: np.random.Generator) -> Inputs:
            inputs = clouds(*shape)(rng)
            return replace(inputs, theta=np.ascontiguousarray(change(inputs.theta)))

        return make

    axes, line = np.vstack([np.eye(3), -np.eye(3), np.eye(3)]), (64, 64, 1, 16)
    opposite = thetas(lambda theta: np.vstack([theta[:8], -theta[:8]]))
    repeated = thetas(lambda theta: np.vstack([theta[:4]] * 4))
    along_axes = thetas(lambda theta: np.vstack([axes, theta[:7]]))
    minus = thetas(lambda theta: -np.abs(theta), line)
    return [
        _case("one-direction", "L = 1, the paper's own setting", clouds(64, 64, 3, 1)),
        _case("many-directions", "L = 500 > n: the mean over directions", clouds(16, 16, 3, 500)),
        _case("as-many-directions-as-dimensions", "L = d: theta may be read transposed", clouds(64, 64, 8, 8)),
        _case("opposite-directions", "theta and -theta see the same distance, in reversed order", opposite),
        _case("repeated-directions", "a direction that comes twice counts twice", repeated),
        _case("axis-directions", "theta = e_k: zeros in theta, the marginals themselves", along_axes),
        _case("dimension-1-plus", "d = 1, theta = +1: W_p^p itself", thetas(np.abs, line), "dimension-1"),
        _case("dimension-1-minus", "d = 1, theta = -1", minus, "dimension-1"),
        _case("dimension-1-mixed", "d = 1, both signs", clouds(*line), "dimension-1"),
    ]


def _case(name: str, why: str, make: Make, tag: str = "directions") -> Case:
    return Case(name, why, (tag,), make, direction_free=tag == "dimension-1")
