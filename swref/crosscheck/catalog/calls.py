"""Calls: right formulas in code that keeps state, reuses a buffer, or gets automatic differentiation half right."""

from __future__ import annotations

import numpy as np

from swref.crosscheck.catalog.makers import UNEQUAL, USUAL, Make, clouds, in_dtype
from swref.crosscheck.inputs import Inputs
from swref.crosscheck.kinds import CallsCase


def cases() -> list[CallsCase]:
    """The cases of this module."""
    why = "asked again and again, without a gradient, in x and in y alone, under another cotangent"
    makes: tuple[tuple[str, Make, int], ...] = (
        ("cloud", clouds(*USUAL), 50),
        ("cloud-float32", clouds(*USUAL, dtype="float32"), 3),
        ("unequal", clouds(*UNEQUAL), 3),
        ("weights", _weighted, 3),
    )
    given = [CallsCase(f"calls-{name}", why, ("calls",), make, repeats=repeats) for name, make, repeats in makes]
    on_the_line = clouds(64, 64, 1, 16)
    return [*given, CallsCase("calls-line", f"d = 1: {why}", ("calls", "dimension-1"), on_the_line, True)]


def _weighted(rng: np.random.Generator) -> Inputs:
    inputs = clouds(*USUAL)(rng)
    weights = rng.dirichlet(np.ones(inputs.n), size=2)
    return in_dtype(inputs.x, inputs.y, inputs.theta, 2.0, *weights)
