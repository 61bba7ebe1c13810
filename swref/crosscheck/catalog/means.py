"""Means over the whole sphere that are known exactly: what a loss that draws its own directions must average to."""

from __future__ import annotations

import math

import numpy as np

from swref.crosscheck.catalog.makers import Make, clouds
from swref.crosscheck.inputs import Inputs
from swref.crosscheck.kinds import DrawsCase, MeanCase


def cases() -> list[MeanCase | DrawsCase]:
    """The cases of this module."""

    def one_point(rng: np.random.Generator) -> Inputs:
        return Inputs(np.array([[1.0, 2.0, 2.0]]), np.array([[0.5, 0.0, 0.0]]), np.eye(3))

    factor = "n = 1: E f = |x - y|^2 / d, the factor that unnormalised directions miss"
    arcs = "eight points in the plane: the integral over the circle, arc by arc"
    first, shift = "the same with p = 1: the mean of W_1 itself", "y = x + t in d = 16: E f = |t|^2 / d"
    pairs = "+-a and +-b: E (|theta.a| - |theta.b|)^2, which axes and cubes miss, although E theta theta^T = I / d"
    power = "n = 1, p = {:g}: |x - y|^p E |theta_1|^p, which axes and cubes miss"
    plane, plane_1 = clouds(8, 8, 2, 1), clouds(8, 8, 2, 1, 1.0)
    drawn = "fresh directions at every call, the same under one seed, from a generator that is not reseeded"
    return [
        DrawsCase("draws-seeds", drawn, ("mean", "seed"), one_point, _shift),
        MeanCase("mean-one-point", factor, ("mean", "n1"), one_point, _shift, _shift_gradient),
        MeanCase("mean-plane", arcs, ("mean",), plane, _population, _population_gradient),
        MeanCase("mean-plane-p1", first, ("mean", "p1"), plane_1, _population, _population_gradient),
        MeanCase("mean-translation", shift, ("mean",), _shifted, _shift, _shift_gradient),
        *(MeanCase(f"mean-pairs-d{d}", pairs, ("mean",), _pairs(d), _crossed, _crossed_gradient) for d in (3, 16)),
        *(
            MeanCase(f"mean-one-point-p{p:g}", power.format(p), ("mean", "n1"), _one_point(p), _power, _power_gradient)
            for p in (1.0, 4.0)
        ),
    ]


def _shift(inputs: Inputs) -> float:
    return float(np.sum((inputs.y[0] - inputs.x[0]) ** 2)) / inputs.d


def _shift_gradient(inputs: Inputs) -> np.ndarray:
    return np.asarray(2 * (inputs.x - inputs.y) / (inputs.n * inputs.d))


def _shifted(rng: np.random.Generator) -> Inputs:
    x = np.round(rng.standard_normal((8, 16)) * 64) / 64
    return Inputs(x, x + np.arange(16) / 8, np.eye(16))


def _pairs(d: int) -> Make:
    a, b = np.eye(d)[:1], np.eye(d)[1:2]
    return lambda rng: Inputs(np.vstack([a, -a]), np.vstack([b, -b]), np.eye(d))


def _crossed(inputs: Inputs) -> float:
    """(|a|^2 + |b|^2 - (4/pi) |a||b|) / d for orthogonal a and b: E |g h| = 2/pi for independent normal g, h."""
    a, b = (float(np.linalg.norm(z[0])) for z in (inputs.x, inputs.y))
    return (a**2 + b**2 - 4 / math.pi * a * b) / inputs.d


def _crossed_gradient(inputs: Inputs) -> np.ndarray:
    """Half the gradient in a for x_1 = a, minus that for x_2 = -a; the angle moves |a||b| at second order only."""
    a, b = (float(np.linalg.norm(z[0])) for z in (inputs.x, inputs.y))
    return np.asarray(inputs.x * (1 - 2 / math.pi * b / a) / inputs.d)


def _one_point(p: float) -> Make:
    return lambda rng: Inputs(np.array([[2.0, 0.0, 0.0]]), np.array([[0.0, 0.0, 0.0]]), np.eye(3), p)


def _moment(p: float, d: int) -> float:
    """E |theta_1|^p = Gamma(d/2) Gamma((p+1)/2) / (sqrt(pi) Gamma((d+p)/2)) on the sphere of R^d."""
    return math.gamma(d / 2) * math.gamma((p + 1) / 2) / (math.sqrt(math.pi) * math.gamma((d + p) / 2))


def _power(inputs: Inputs) -> float:
    return float(np.linalg.norm(inputs.x[0] - inputs.y[0])) ** inputs.p * _moment(inputs.p, inputs.d)


def _power_gradient(inputs: Inputs) -> np.ndarray:
    t, p = inputs.x - inputs.y, inputs.p
    return np.asarray(p * np.linalg.norm(t) ** (p - 2) * t * _moment(p, inputs.d))


def _population(inputs: Inputs) -> float:
    return _integral(inputs)[0]


def _population_gradient(inputs: Inputs) -> np.ndarray:
    return _integral(inputs)[1]


def _integral(inputs: Inputs) -> tuple[float, np.ndarray]:
    from swref.theory import population_sw

    value, grad = population_sw(inputs.x, inputs.y, None, p=inputs.p, accuracy=1e-9)
    return value, grad
