"""Laws of the input x, bounded and heavy-tailed, and what more and more draws from them show of A3 and A4."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from swref import checks
from swref.experiments.problems.isotropic import Isotropic
from swref.experiments.problems.planar import sunflower
from swref.measures import Gaussian, Measure, Uniform
from swref.theory import alpha_0


@dataclass(frozen=True)
class Law:
    """A law of x with what is known of it: how fast the farthest of m draws grows, and whether E |x|, E |x|^2 exist."""

    name: str
    measure: Measure
    bounded: bool  # A3
    tail: float  # the farthest of m draws grows like m to this power (0 for the normal law: slower than any)
    mean_exists: bool  # E |x| is finite, so that g(x) = C (1 + |x|) is integrable
    square_exists: bool  # E |x|^2 is finite, so that the loss of order 2 is, where T grows with |x|


NAMES = ("points", "disc", "normal", "Student t", "Cauchy")


def law(name: str, points: int, df: float) -> Law:
    """The law of this name on R^2: `points` points of the unit disc, or Student's with `df` degrees of freedom.

    >>> law("Cauchy", 10, 2.0).tail, law("Student t", 10, 2.0).mean_exists
    (1.0, True)
    """
    if checks.one_of("law", name, NAMES) == "points":
        return Law(name, sunflower(points), True, 0.0, True, True)
    if name == "disc":
        return Law(name, Uniform("ball", 2), True, 0.0, True, True)
    if name == "normal":
        return Law(name, Gaussian(np.zeros(2), 0.5 * np.eye(2)), False, 0.0, True, True)
    df = 1.0 if name == "Cauchy" else df
    median = float(np.sqrt(df * np.expm1(2 * np.log(2) / df)))  # of the usual law, P(|x| > r) = (1 + r^2/df)^(-df/2)
    return Law(name, Isotropic("student", median, df), False, 1 / df, df > 1, df > 2)


def draw_extremes(law: Law, draws: tuple[int, ...], seed: int) -> tuple[np.ndarray, np.ndarray]:
    """max |x| and the mean of |x| over the first m of one sequence of draws, for every m of `draws`: two [M]."""
    norms = np.linalg.norm(law.measure.sample(np.random.default_rng(seed), max(draws)), axis=1)
    farthest, total = np.maximum.accumulate(norms), np.cumsum(norms)
    index = np.array(draws) - 1
    return farthest[index], total[index] / np.array(draws)


def largest_step(farthest: float, target_radius: float) -> float:
    """alpha_0 of one affine layer, whose M is 2 max(1, R_x)^2, where x is known by draws up to R_x = `farthest`.

    >>> largest_step(1.0, 1.0) > 100 * largest_step(11.0, 1.0)
    True
    """
    return alpha_0(2, target_radius, 6, 2 * max(1.0, farthest) ** 2)
