"""Cases with a formula for the answer, so that the specification itself is held to something."""

from __future__ import annotations

import numpy as np

from swref.crosscheck.inputs import Inputs
from swref.crosscheck.kinds import Case

SHIFT = np.array([0.5, -1.0, 2.0])


def cases() -> list[Case]:
    """The cases of this module, each with its closed form.

    >>> all(case.closed_form is not None for case in cases())
    True
    """
    return [*_single_points(), *_translations(), *_others()]


def _basis(x: np.ndarray, y: np.ndarray, p: float = 2.0) -> Inputs:
    return Inputs(x, y, np.eye(x.shape[1]), p)


def _single_points() -> list[Case]:
    why = "n = 1 on an orthonormal basis: (1/d) sum_k |x_k - y_k|^p"

    def case(p: float) -> Case:
        def make(rng: np.random.Generator) -> Inputs:
            return _basis(np.array([[3.0, 4.0]]), np.array([[0.0, 0.0]]), p)

        return Case(f"one-point-p{p:g}", why, ("closed-form", "n1"), make, closed_form=(3.0**p + 4.0**p) / 2)

    return [case(p) for p in (1.0, 1.5, 2.0, 3.0)]


def _translations() -> list[Case]:
    why = "y = x + t, shuffled, on an orthonormal basis: (1/d) sum_k |t_k|^p"

    def case(p: float) -> Case:
        def make(rng: np.random.Generator) -> Inputs:
            x = rng.integers(-1000, 1000, (64, 3)) / 64  # exact under the shift
            return _basis(x, (x + SHIFT)[rng.permutation(64)], p)

        value = float(np.mean(np.abs(SHIFT) ** p))
        return Case(f"translation-p{p:g}", why, ("closed-form", "ties"), make, closed_form=value)

    return [case(p) for p in (1.0, 2.0, 3.0)]


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

    return [
        Case(
            "scaled-quantiles",
            "d = 1, x uniform quantiles, y = 3 x: 4 mean x^2",
            ("closed-form", "dimension-1"),
            quantiles,
            closed_form=float(4 * np.mean(((np.arange(64) + 0.5) / 64) ** 2)),
            direction_free=True,
        ),
        Case(
            "dirac-target",
            "y one point: the mean of |theta . x|^2 is theta^T Cov theta, here with Cov = diag(1/2, 2)",
            ("closed-form", "unequal"),
            dirac,
            closed_form=1.25,
        ),
        Case(
            "two-points-grid",
            "x at 0, y = +-e_2, equally spaced directions: the mean of sin^2 is 1/2",
            ("closed-form", "ties"),
            two_points,
            closed_form=0.5,
        ),
    ]
