"""The ends of the number range: large and small scales, overflow, denormals, cancellation."""

from __future__ import annotations

import numpy as np

from swref.crosscheck.catalog.makers import USUAL, clouds, in_dtype
from swref.crosscheck.inputs import Inputs
from swref.crosscheck.kinds import Case
from swref.spec import uniform_directions

RANGE = (
    ("float64", 2.0, 1e150),
    ("float64", 2.0, 1e-150),
    ("float64", 1.0, 1e300),
    ("float64", 1.0, 1e-300),
    ("float64", 3.0, 1e100),
    ("float64", 3.0, 1e-100),
    ("float32", 2.0, 1e17),
    ("float32", 2.0, 1e-17),
    ("float32", 1.0, 1e35),
)
BEYOND = (("float64", 2.0, 1e200), ("float64", 3.0, 1e120), ("float32", 2.0, 1e30))
BELOW = (("float64", 2.0, 1e-200), ("float32", 2.0, 1e-30), ("float64", 3.0, 1e-150))


def cases() -> list[Case]:
    """The cases of this module."""
    return [*_range(), *_offsets(), *_shapes_of_scale()]


def _range() -> list[Case]:
    inside = "the p-th power is representable: no intermediate may overflow or vanish"
    beyond = "the p-th power is not representable: inf, NaN or an error, unless the root is computed with care"
    below = "the p-th power is below the smallest number: 0, not NaN"
    return [
        Case(f"{kind}-{_power(scale)}-p{p:g}-{dtype}", why, (kind, dtype), clouds(*USUAL, p, dtype, scale), expect)
        for kind, expect, why, keys in (
            ("scale", "answer", inside, RANGE),
            ("overflow", "overflow", beyond, BEYOND),
            ("underflow", "answer", below, BELOW),
        )
        for dtype, p, scale in keys
    ]


def _power(scale: float) -> str:
    return f"{scale:.0e}".replace("e+", "e")


def _offsets() -> list[Case]:
    why = "both clouds far from the origin: |x|^2 - 2 x.y + |y|^2 would lose every digit, x - y does not"
    return [
        Case(f"offset-{_power(far)}-{dtype}", why, ("cancellation", dtype), clouds(*USUAL, dtype=dtype, offset=far))
        for far, dtype in ((1e4, "float64"), (1e8, "float64"), (1e12, "float64"), (1e3, "float32"))
    ]


def _shapes_of_scale() -> list[Case]:
    def denormal(rng: np.random.Generator) -> Inputs:
        x, y = rng.integers(1, 1000, (64, 3)) * 5e-324, rng.integers(1, 1000, (64, 3)) * 5e-324
        return in_dtype(x, y, uniform_directions(rng, 16, 3), 1.0)

    def mixed(rng: np.random.Generator) -> Inputs:
        inputs = clouds(*USUAL)(rng)
        units = np.array([1e-6, 1.0, 1e6])
        return in_dtype(inputs.x * units, inputs.y * units, inputs.theta)

    def outlier(rng: np.random.Generator) -> Inputs:
        inputs = clouds(*USUAL)(rng)
        inputs.x[5] *= 1e6
        return inputs

    def close(rng: np.random.Generator) -> Inputs:
        x = np.round(rng.standard_normal((64, 3)) * 2**20) / 2**20
        return in_dtype(x, x + 2.0**-30, uniform_directions(rng, 16, 3))

    return [
        Case("denormal-p1", "denormal coordinates: 0 or the answer, not NaN", ("scale",), denormal),
        Case("mixed-units", "coordinates in units of 1e-6, 1 and 1e6", ("scale",), mixed),
        Case("outlier", "one point a million times farther than the others", ("scale",), outlier),
        Case("close-clouds", "clouds 1e-9 apart: the loss is 1e-18, not a rounded zero", ("cancellation",), close),
    ]
