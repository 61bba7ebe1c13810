"""Cases with a formula for the answer, so that the specification itself is held to something."""

from __future__ import annotations

import numpy as np

from swref.crosscheck.catalog.makers import Make
from swref.crosscheck.inputs import Inputs
from swref.crosscheck.kinds import Case

SHIFT = np.array([0.5, -1.0, 2.0])


def cases() -> list[Case]:
    """The cases of this module."""
    points, translations = (1.0, 1.5, 2.0, 3.0), (1.0, 2.0, 3.0)
    return [*map(_single_point, points), *map(_translation, translations), *_others()]


def _case(name: str, why: str, tag: str, make: Make, value: float, free: bool = False) -> Case:
    return Case(name, why, ("closed-form", tag), make, closed_form=value, direction_free=free)


def _basis(x: np.ndarray, y: np.ndarray, p: float = 2.0) -> Inputs:
    return Inputs(x, y, np.eye(x.shape[1]), p)


def _single_point(p: float) -> Case:
    def make(rng: np.random.Generator) -> Inputs:
        return _basis(np.array([[3.0, 4.0]]), np.array([[0.0, 0.0]]), p)

    why = "n = 1 on an orthonormal basis: (1/d) sum_k |x_k - y_k|^p"
    return _case(f"one-point-p{p:g}", why, "n1", make, (3.0**p + 4.0**p) / 2)


def _translation(p: float) -> Case:
    def make(rng: np.random.Generator) -> Inputs:
        x = rng.integers(-1000, 1000, (64, 3)) / 64  # exact under the shift
        return _basis(x, (x + SHIFT)[rng.permutation(64)], p)

    why = "y = x + t, shuffled, on an orthonormal basis: (1/d) sum_k |t_k|^p"
    return _case(f"translation-p{p:g}", why, "ties", make, float(np.mean(np.abs(SHIFT) ** p)))


def _others() -> list[Case]:
    def quantiles(rng: np.random.Generator) -> Inputs:
        grid = (np.arange(64)[:, None] + 0.5) / 64
        return Inputs(grid, 3.0 * grid[rng.permutation(64)], np.ones((1, 1)))

    def dirac(rng: np.random.Generator) -> Inputs:
        x = np.array([[1.0, 0.0], [-1.0, 0.0], [0.0, 2.0], [0.0, -2.0]])
        return _basis(x, np.zeros((1, 2)))

    def two_points(rng: np.random.Generator) -> Inputs:
        angle = np.pi * (np.arange(32) + 0.3) / 32
        theta = np.stack([np.cos(angle), np.sin(angle)], axis=1)
        return Inputs(np.array([[0.0, 0.0], [0.0, 0.0]]), np.array([[0.0, 1.0], [0.0, -1.0]]), theta)

    tripled, squares = "d = 1, x uniform quantiles, y = 3 x: 4 mean x^2", ((np.arange(64) + 0.5) / 64) ** 2
    variance = "y one point: the mean of |theta . x|^2 is theta^T Cov theta, here with Cov = diag(1/2, 2)"
    circle = "x at 0, y = +-e_2, equally spaced directions: the mean of sin^2 is 1/2"
    return [
        _case("scaled-quantiles", tripled, "dimension-1", quantiles, float(4 * np.mean(squares)), free=True),
        _case("dirac-target", variance, "unequal", dirac, 1.25),
        _case("two-points-grid", circle, "ties", two_points, 0.5),
    ]
