"""What a law says of its support: closed forms, and many draws that come near the radius and never beyond."""

from __future__ import annotations

import math

import numpy as np
import pytest

from swref.measures import Discrete, Gaussian, Measure, Shape, Standardize, Uniform, standardized, support_of
from swref.measures.image import ImageDensity
from tests.support import tol

NORMAL = Gaussian(np.zeros(2), np.eye(2))


class Unheard:
    """A measure of the user's."""

    dim = 2

    def sample(self, rng: np.random.Generator, n: int) -> np.ndarray:
        return rng.random((n, 2))

    def to_dict(self) -> dict[str, str]:
        return {"kind": "unheard"}


@pytest.mark.parametrize(
    ("measure", "radius", "count"),
    [
        (Discrete([[3.0, 4.0], [9.0, 9.0], [3.0, 4.0]], [0.5, 0.0, 0.5]), 5.0, 1),
        (Uniform("cube", 4, 1.0), 2.0, math.inf),
        (Uniform("sphere", 1, 2.0), 2.0, 2),
        (Uniform("ball", 2, 1.0, [3.0, 4.0]), 6.0, math.inf),
        (Gaussian([3.0, 4.0], np.zeros((2, 2))), 5.0, 1),
        (NORMAL, math.inf, math.inf),
        (Shape("moons"), math.inf, math.inf),
        (Shape("eight_gaussians", 0.0), 3.0, 8),
        (standardized(Uniform("ball", 2), Standardize([0.0, 1.0], [0.5, 2.0])), 4.0, math.inf),
        (Unheard(), None, None),
    ],
)
def test_radius_and_number_of_atoms_of_a_support(measure, radius, count):
    assert isinstance(measure, Measure)
    support = support_of(measure)
    if radius is None:
        assert support is None
    else:
        assert support.radius == pytest.approx(radius)
        assert support.atoms == count


@pytest.mark.parametrize("name", ["moons", "circles", "swissroll", "eight_gaussians", "checkerboard", "spiral"])
def test_radius_of_the_shapes_without_noise(name):
    """Oracle: 20 000 draws come near the radius and never beyond."""
    shape = Shape(name, 0.0)
    farthest = np.linalg.norm(shape.sample(np.random.default_rng(0), 20_000), axis=1).max()
    assert 0.98 * shape.support.radius <= farthest <= shape.support.radius * (1 + tol(float))


def test_a_picture_lies_within_its_half_diagonal():
    """Oracle: many draws, which come near the corner of the one pixel in a corner that has mass."""
    mass = np.zeros((3, 4))
    mass[0, 3] = 1.0
    picture = ImageDensity(mass)
    farthest = np.linalg.norm(picture.sample(np.random.default_rng(0), 20_000), axis=1).max()
    assert 0.98 * picture.support.radius <= farthest <= picture.support.radius
