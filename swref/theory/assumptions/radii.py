"""How far a measure reaches: sup |x| over its support (A3), infinite where it is not compact, None where unknown."""

from __future__ import annotations

import math
from typing import Final

import numpy as np

from swref.measures import Discrete, Gaussian, Measure, Shape, Uniform
from swref.measures.standardize import Standardized

# sup |x| of the shapes without their noise. The pinwheel has Gaussian tails even then.
SHAPE_RADII: Final = {
    "moons": math.hypot(3.0, 0.5),  # the ends of the half circles
    "circles": 3.0,
    "swissroll": 3.5,
    "eight_gaussians": 3.0,
    "checkerboard": 4 * math.sqrt(2),
    "spiral": 3.5,
    "pinwheel": math.inf,
}


def support_radius(measure: Measure) -> float | None:
    """sup |x| over the support of `measure`: R_x or R_y; infinite for tails, None for a measure of an unknown kind.

    For the image of a law under a Standardize step, a bound from the triangle inequality.

    >>> support_radius(Discrete([[3.0, 4.0]])), support_radius(Shape("moons")), support_radius(Uniform("cube", 4))
    (5.0, inf, 2.0)
    """
    if isinstance(measure, Discrete):
        return float(np.linalg.norm(atoms(measure), axis=1).max())
    if isinstance(measure, Gaussian):
        return math.inf if measure.covariance.any() else float(np.linalg.norm(measure.mean))
    if isinstance(measure, Uniform):
        corner = measure.radius * (math.sqrt(measure.dim) if measure.shape == "cube" else 1.0)
        return float(np.linalg.norm(measure.center)) + corner
    if isinstance(measure, Shape):
        return SHAPE_RADII[measure.name] if measure.noise == 0 else math.inf
    if isinstance(measure, Standardized):
        inner = support_radius(measure.measure)
        if inner is None:
            return None
        return (inner + float(np.linalg.norm(measure.transform.mean))) / float(measure.transform.scale.min())
    return None


def atom_count(measure: Measure) -> float | None:
    """The number of distinct points of the support, infinite for a continuous law; None for an unknown kind.

    >>> atom_count(Discrete([[1.0], [1.0], [2.0]])), atom_count(Uniform("sphere", 1)), atom_count(Uniform("ball", 1))
    (2, 2, inf)
    """
    if isinstance(measure, Discrete):
        return len(np.unique(atoms(measure), axis=0))
    if isinstance(measure, Gaussian):
        return math.inf if measure.covariance.any() else 1
    if isinstance(measure, Uniform):
        return 2 if measure.shape == "sphere" and measure.dim == 1 else math.inf
    if isinstance(measure, Shape):
        return 8 if measure.name == "eight_gaussians" and measure.noise == 0 else math.inf
    if isinstance(measure, Standardized):
        return atom_count(measure.measure)
    return None


def atoms(measure: Discrete) -> np.ndarray:
    """The points [k, d] of positive weight, as they come.

    >>> atoms(Discrete([[1.0], [2.0]], weights=[1.0, 0.0]))
    array([[1.]])
    """
    return measure.points if measure.weights is None else measure.points[measure.weights > 0]
