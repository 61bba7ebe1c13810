"""Means over the whole sphere that are known exactly: what a loss that draws its own directions must average to."""

from __future__ import annotations

import numpy as np

from swref.crosscheck.catalog.makers import clouds
from swref.crosscheck.inputs import Inputs
from swref.crosscheck.kinds import MeanCase


def cases() -> list[MeanCase]:
    """The cases of this module."""

    def one_point(rng: np.random.Generator) -> Inputs:
        return Inputs(np.array([[1.0, 2.0, 2.0]]), np.array([[0.5, 0.0, 0.0]]), np.eye(3))

    factor = "n = 1: E f = |x - y|^2 / d, the factor that unnormalised directions miss"
    arcs = "eight points in the plane: the integral over the circle, arc by arc"
    first, shift = "the same with p = 1: the mean of W_1 itself", "y = x + t in d = 16: E f = |t|^2 / d"
    plane, plane_1 = clouds(8, 8, 2, 1), clouds(8, 8, 2, 1, 1.0)
    return [
        MeanCase("mean-one-point", factor, ("mean", "n1"), one_point, _shift, _shift_gradient),
        MeanCase("mean-plane", arcs, ("mean",), plane, _population, _population_gradient),
        MeanCase("mean-plane-p1", first, ("mean", "p1"), plane_1, _population, _population_gradient),
        MeanCase("mean-translation", shift, ("mean",), _shifted, _shift, _shift_gradient),
    ]


def _shift(inputs: Inputs) -> float:
    return float(np.sum((inputs.y[0] - inputs.x[0]) ** 2)) / inputs.d


def _shift_gradient(inputs: Inputs) -> np.ndarray:
    return np.asarray(2 * (inputs.x - inputs.y) / (inputs.n * inputs.d))


def _shifted(rng: np.random.Generator) -> Inputs:
    x = np.round(rng.standard_normal((8, 16)) * 64) / 64
    return Inputs(x, x + np.arange(16) / 8, np.eye(16))


def _population(inputs: Inputs) -> float:
    return _integral(inputs)[0]


def _population_gradient(inputs: Inputs) -> np.ndarray:
    return _integral(inputs)[1]


def _integral(inputs: Inputs) -> tuple[float, np.ndarray]:
    from swref.theory import population_sw

    value, grad = population_sw(inputs.x, inputs.y, None, p=inputs.p, accuracy=1e-9)
    return value, grad
