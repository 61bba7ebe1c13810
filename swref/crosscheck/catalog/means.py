"""Means over the whole sphere that are known exactly: what a loss that draws its own directions must average to."""

from __future__ import annotations

import numpy as np

from swref.crosscheck.catalog.makers import clouds
from swref.crosscheck.inputs import Inputs
from swref.crosscheck.kinds import MeanCase


def cases() -> list[MeanCase]:
    """The cases of this module.

    >>> [round(case.value(case.inputs), 3) for case in cases() if case.name == "mean-one-point"]
    [2.75]
    """
    return [
        MeanCase(
            "mean-one-point",
            "n = 1: E f = |x - y|^2 / d, the factor that unnormalised directions miss",
            ("mean", "n1"),
            lambda rng: Inputs(np.array([[1.0, 2.0, 2.0]]), np.array([[0.5, 0.0, 0.0]]), np.eye(3)),
            lambda i: float(np.sum((i.x - i.y) ** 2)) / i.d,
            lambda i: 2 * (i.x - i.y) / i.d,
        ),
        MeanCase(
            "mean-plane",
            "eight points in the plane: the integral over the circle, arc by arc",
            ("mean",),
            clouds(8, 8, 2, 1),
            lambda i: _population(i)[0],
            lambda i: _population(i)[1],
        ),
        MeanCase(
            "mean-plane-p1",
            "the same with p = 1: the mean of W_1 itself",
            ("mean", "p1"),
            clouds(8, 8, 2, 1, 1.0),
            lambda i: _population(i)[0],
            lambda i: _population(i)[1],
        ),
        MeanCase(
            "mean-translation",
            "y = x + t in d = 16: E f = |t|^2 / d",
            ("mean",),
            _shifted,
            lambda i: float(np.sum((i.y[0] - i.x[0]) ** 2)) / i.d,
            lambda i: 2 * (i.x - i.y) / (i.n * i.d),
        ),
    ]


def _shifted(rng: np.random.Generator) -> Inputs:
    x = np.round(rng.standard_normal((8, 16)) * 64) / 64
    return Inputs(x, x + np.arange(16) / 8, np.eye(16))


def _population(inputs: Inputs) -> tuple[float, np.ndarray]:
    from swref.theory import population_sw

    value, grad = population_sw(inputs.x, inputs.y, None, p=inputs.p, accuracy=1e-9)
    return value, grad
