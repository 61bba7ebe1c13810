"""Shapes in the plane: the implicit equations of their curves, their noise, their parts."""

from __future__ import annotations

import math

import numpy as np
import pytest

from swref.errors import InputError
from swref.measures import Shape
from swref.measures.shapes import SHAPES
from tests.measures.statistics import STANDARD_ERRORS, N, assert_mean, rng
from tests.support import tol

SHAPE_NAMES = tuple(SHAPES)


@pytest.mark.parametrize("name", SHAPE_NAMES)
def test_shape_fits_its_window(name: str) -> None:
    x = Shape(name).sample(rng(), N)
    assert x.shape == (N, 2)
    assert np.isfinite(x).all()
    assert 2.0 < np.abs(x).max() < 5.0
    assert (np.abs(x) <= 4.0).all(axis=1).mean() > 0.99


def shape_distance(name: str, x: np.ndarray) -> np.ndarray:
    """|residual| of the implicit equation that the noiseless shape satisfies."""
    radius = np.hypot(x[:, 0], x[:, 1])
    if name == "moons":
        return np.minimum(
            abs(np.hypot(x[:, 0] + 1.0, x[:, 1] + 0.5) - 2.0), abs(np.hypot(x[:, 0] - 1.0, x[:, 1] - 0.5) - 2.0)
        )
    if name == "circles":
        return np.minimum(abs(radius - 1.5), abs(radius - 3.0))
    if name == "eight_gaussians":
        return abs(x[:, 0] + 1j * x[:, 1] - 3.0 * np.exp(1j * np.arange(8)[:, None] * np.pi / 4)).min(axis=0)
    # Archimedean spirals r = c t: the angle is t up to a whole turn (or half a turn, where there are two arms).
    turn, slope = (2 * np.pi, 4.5 * np.pi / 3.5) if name == "swissroll" else (np.pi, 3.0 * np.pi / 3.5)
    angle = np.arctan2(x[:, 1], x[:, 0]) - slope * radius
    return abs(np.remainder(angle + turn / 2, turn) - turn / 2)


@pytest.mark.parametrize("name", ["moons", "circles", "eight_gaussians", "swissroll", "spiral"])
def test_shape_without_noise_lies_on_its_curve(name: str) -> None:
    """Oracle: the implicit equation of the curve."""
    x = Shape(name, noise=0.0).sample(rng(), 2000)
    if name == "spiral":  # the angle is ill-conditioned at the centre
        x = x[np.hypot(x[:, 0], x[:, 1]) > 0.01]
    assert shape_distance(name, x).max() < 1e-9


@pytest.mark.parametrize("name", ["moons", "circles", "eight_gaussians", "swissroll", "checkerboard", "spiral"])
def test_shape_noise_is_a_gaussian_of_that_deviation(name: str) -> None:
    """Oracle: the same stream with and without noise differs by noise g, g ~ N(0, I)."""
    step = (Shape(name, 0.2).sample(rng(), N) - Shape(name, 0.0).sample(rng(), N)) / 0.2
    assert_mean(step, np.zeros(2), 1.0)
    assert_mean(step**2, np.ones(2), 2.0)


def test_checkerboard_fills_its_eight_squares_evenly() -> None:
    x = Shape("checkerboard").sample(rng(), N)
    cell = np.floor((x + 4.0) / 2.0).astype(int)
    assert ((cell >= 0) & (cell < 4)).all()
    assert (cell.sum(axis=1) % 2 == 0).all()
    squares, counts = np.unique(cell, axis=0, return_counts=True)
    assert len(squares) == 8
    assert (abs(counts / N - 1 / 8) < STANDARD_ERRORS * math.sqrt(7 / 64 / N)).all()
    assert_mean(np.mod(x, 2.0), np.ones(2), 1 / 3)


def test_pinwheel_without_thickness_lies_on_its_five_arms() -> None:
    """Oracle: at signed radius r = 2 g the angle is 2 pi k/5 + exp(g)/4."""
    x = Shape("pinwheel", noise=0.0).sample(rng(), 2000)
    g = np.hypot(x[:, 0], x[:, 1]) / 2.0
    turn = 2 * np.pi / 5
    angle = np.arctan2(x[:, 1], x[:, 0]) - 0.25 * np.exp(g)
    residual = abs(np.remainder(angle + turn / 2, turn) - turn / 2)
    # g = 1 + 0.3 z is negative, and the point beyond the centre, with probability P(z < -10/3) = 4.3e-4.
    assert (residual < 1e-9).sum() >= 1990


@pytest.mark.parametrize("name", ["moons", "circles", "spiral"])
def test_components_are_drawn_at_random_row_by_row(name: str) -> None:
    """Oracle: in pairs of rows the components agree with probability 1/2; n/2 and n/2 in order would give 1."""
    x = Shape(name, noise=0.0).sample(rng(), N)
    if name == "circles":
        component = np.hypot(x[:, 0], x[:, 1]) > 2.0
    elif name == "moons":
        component = abs(np.hypot(x[:, 0] + 1.0, x[:, 1] + 0.5) - 2.0) < 1e-9
    else:
        t = np.hypot(x[:, 0], x[:, 1]) * 3.0 * np.pi / 3.5
        component = x[:, 0] * np.cos(t) + x[:, 1] * np.sin(t) > 0
    assert_mean(component, 0.5, 0.25)
    assert_mean(component[::2] == component[1::2], 0.5, 0.25)


def test_shape_refuses() -> None:
    with pytest.raises(InputError, match=r"got 'moon'; did you mean 'moons'\?"):
        Shape("moon")
    with pytest.raises(InputError, match=r"noise must be >= 0, got -0\.1"):
        Shape("moons", -0.1)


@pytest.mark.parametrize("name", ["moons", "circles", "swissroll", "eight_gaussians", "checkerboard", "spiral"])
def test_radius_of_the_shapes_without_noise(name):
    """Oracle: 20 000 draws come near the radius and never beyond."""
    shape = Shape(name, 0.0)
    farthest = np.linalg.norm(shape.sample(np.random.default_rng(0), 20_000), axis=1).max()
    assert 0.98 * shape.support.radius <= farthest <= shape.support.radius * (1 + tol(float))


def test_the_arms_of_a_pinwheel_are_turned_and_not_sheared() -> None:
    """Oracle: its draws, turned as complex numbers."""
    draws, n = np.random.default_rng(3), 50
    g = (draws.standard_normal((n, 2)) * [0.3, 0.2] + [1.0, 0.0]) @ [1.0, 1.0j]
    t = draws.integers(5, size=n) * (2.0 * np.pi / 5.0) + 0.25 * np.exp(g.real)
    x = Shape("pinwheel", noise=0.2).sample(np.random.default_rng(3), n)
    np.testing.assert_allclose(x @ [1.0, 1.0j], 2.0 * g * np.exp(1j * t), rtol=tol(np.float64, 8))
