"""Relations between two answers (metamorphic tests): they hold without knowing either, and for every p."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from swref.crosscheck.catalog.makers import USUAL, clouds
from swref.crosscheck.inputs import Inputs
from swref.crosscheck.kinds import RelationCase

Change = Callable[[np.random.Generator, Inputs], Inputs]


def cases() -> list[RelationCase]:
    """The cases of this module."""
    both = [
        ("translated", "translating both clouds changes nothing", _translate, 1.0, True),
        ("permuted-x", "the order of the points does not matter", _permute_x, 1.0, True),
        ("permuted-y", "the order of the points does not matter", _permute_y, 1.0, True),
        ("swapped", "the loss is symmetric", lambda rng, i: i.swapped(), 1.0, True),
        ("reflected", "theta and -theta see the same distance", lambda rng, i: replace(i, x=-i.x, y=-i.y), 1.0, True),
        ("doubled", "every point twice: the same measures", _double, 1.0, True),
        ("rotated", "rotating points and directions changes nothing", _rotate, 1.0, False),
        ("permuted-directions", "the order of the directions does not matter", _permute_theta, 1.0, False),
    ]
    changes = [
        RelationCase(f"relation-{name}-p{p:g}", why, ("relation", f"p{p:g}"), _pair(change, p), factor, same)
        for name, why, change, factor, same in both
        for p in (1.0, 2.0)
    ]
    why = "points three times as large: SW_p^p is 3^p times as large"
    scalings = [
        RelationCase(f"relation-scaled-p{p:g}", why, ("relation", f"p{p:g}"), _pair(_scale, p), 3.0**p)
        for p in (1.0, 1.5, 2.0, 3.0)
    ]
    return changes + scalings


def _scale(rng: np.random.Generator, inputs: Inputs) -> Inputs:
    return replace(inputs, x=3 * inputs.x, y=3 * inputs.y)


def _pair(change: Change, p: float) -> Callable[[np.random.Generator], tuple[Inputs, Inputs]]:
    def make(rng: np.random.Generator) -> tuple[Inputs, Inputs]:
        before = clouds(*USUAL, p)(rng)
        return before, change(rng, before)

    return make


def _translate(rng: np.random.Generator, inputs: Inputs) -> Inputs:
    t = 2.0 * rng.standard_normal(inputs.d)
    return replace(inputs, x=inputs.x + t, y=inputs.y + t)


def _permute_x(rng: np.random.Generator, inputs: Inputs) -> Inputs:
    return replace(inputs, x=inputs.x[rng.permutation(inputs.n)])


def _permute_y(rng: np.random.Generator, inputs: Inputs) -> Inputs:
    return replace(inputs, y=inputs.y[rng.permutation(inputs.m)])


def _double(rng: np.random.Generator, inputs: Inputs) -> Inputs:
    return replace(inputs, x=np.repeat(inputs.x, 2, axis=0), y=np.tile(inputs.y, (2, 1)))


def _rotate(rng: np.random.Generator, inputs: Inputs) -> Inputs:
    q, _ = np.linalg.qr(rng.standard_normal((inputs.d, inputs.d)))
    return replace(inputs, x=inputs.x @ q, y=inputs.y @ q, theta=inputs.theta @ q)


def _permute_theta(rng: np.random.Generator, inputs: Inputs) -> Inputs:
    return replace(inputs, theta=inputs.theta[rng.permutation(inputs.L)])
