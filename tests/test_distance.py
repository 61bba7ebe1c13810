"""Distances between measures: weights against repeated points, and the loss over the same directions."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from swref import spec
from swref.directions import directions
from swref.distance import distance_between, points_distance, sampled_pair
from swref.errors import InputError
from swref.measures import Discrete, Gaussian, Standardize
from swref.randomness import stream
from tests.support import central_difference, tol


def test_weights_of_data_count():
    """Oracle: the same law written with repeated points instead of weights."""
    weighted = Discrete([[0.0, 0.0], [1.0, 2.0]], weights=[0.25, 0.75])
    repeated = Discrete([[0.0, 0.0], [1.0, 2.0], [1.0, 2.0], [1.0, 2.0]])
    other = Discrete(np.random.default_rng(0).standard_normal((5, 2)))
    one, two = distance_between(weighted, other), distance_between(repeated, other)
    assert one.value == pytest.approx(two.value, rel=tol(np.float64, 1000))
    assert one.standard_error == pytest.approx(two.standard_error, rel=tol(np.float64, 1000))


def measures():
    rng = np.random.default_rng(1)
    x, y = rng.standard_normal((7, 2)), rng.standard_normal((5, 2)) + 1
    return Discrete(x, rng.dirichlet(np.ones(7))), Discrete(y)


@pytest.mark.parametrize("p", [1.0, 2.0, 3.0])
def test_value_error_and_root_are_those_of_the_losses_over_the_directions(p):
    """Oracle: the losses of spec over the directions of the same stream."""
    a, b = measures()
    found = distance_between(a, b, directions=40, p=p, seed=3)
    losses = spec.sw_losses(a.points, b.points, directions(stream(3, "directions"), 40, 2), p, a.weights, None)
    assert found.value == pytest.approx(losses.mean(), rel=tol(np.float64, 40))
    assert found.distance == pytest.approx(losses.mean() ** (1 / p), rel=tol(np.float64, 40))
    assert found.standard_error == pytest.approx(losses.std(ddof=1) / np.sqrt(40), rel=tol(np.float64, 400))
    assert (found.n, found.m, found.dim, found.directions) == (7, 5, 2, 40)
    assert found.gradient is None
    assert "gradient" not in found.to_dict()


@pytest.mark.slow
@pytest.mark.parametrize(("d", "L", "level"), [(2, 50, 0.945), (10, 50, 0.93), (100, 50, 0.92), (10, 1000, 0.945)])
def test_students_interval_covers_what_is_said(d, L, level):
    """1000 seeds, two points: |x - y|^2/d is known. All but one in 10,000 tests pass at the stated coverage."""
    a, b, t = Discrete(np.eye(1, d)), Discrete(np.zeros((1, d))), stats.t.ppf(0.975, L - 1)
    runs = [distance_between(a, b, directions=L, seed=seed) for seed in range(1000)]
    held = sum(abs(run.value - 1 / d) <= t * run.standard_error for run in runs)
    assert stats.binom.ppf(1e-4, 1000, level) <= held <= stats.binom.ppf(1 - 1e-4, 1000, 0.95)


def test_the_gradient_by_differences():
    a, b = measures()
    found = distance_between(a, b, directions=10, gradient=True)

    def value(x):
        return distance_between(Discrete(x, a.weights), b, directions=10).value

    np.testing.assert_allclose(found.gradient, central_difference(value, np.array(a.points)), atol=1e-7)


def test_laws_are_drawn_from_streams_of_their_own():
    """Oracle: n points of each law from its stream by hand; equal laws are not equal draws."""
    law = Gaussian([0.0, 0.0], np.eye(2))
    found = distance_between(law, law, directions=5, n=30, seed=2)
    x, y = (Discrete(law.sample(stream(2, purpose), 30)) for purpose in ("source", "target"))
    assert found.value == distance_between(x, y, directions=5, seed=2).value > 0


@pytest.mark.parametrize("scheme", ["orthogonal", "sobol", "grid"])
def test_dependent_directions_have_no_standard_error(scheme):
    a, b = measures()
    assert distance_between(a, b, directions=8, scheme=scheme).standard_error is None
    assert distance_between(a, b, directions=1).standard_error is None


@pytest.mark.parametrize("backend", ["numpy", "cpu"])
def test_points_over_given_directions(backend):
    """Oracle: spec, with the root."""
    a, b = measures()
    theta = directions(0, 6, 2)
    expected = spec.sw_losses(a.points, b.points, theta, 1.5, a.weights, None).mean() ** (1 / 1.5)
    assert points_distance(a, b, theta, p=1.5, backend=backend) == pytest.approx(expected, rel=tol(np.float64, 60))


def test_measures_that_do_not_fit_are_refused():
    a, b = measures()
    with pytest.raises(InputError, match="a and b must have the same dimension, got 2 and 1"):
        distance_between(a, Discrete([[1.0]]))
    with pytest.raises(InputError, match=r"a gradient needs data as a: .*, got Gaussian"):
        distance_between(Gaussian([0.0, 0.0], np.eye(2)), b, gradient=True)
    with pytest.raises(InputError, match="n must be >= 1"):
        distance_between(a, b, n=0)


def test_common_units_forget_to_which_measure_a_point_belongs():
    """Oracle: Standardize of all points; unequal sizes, and a measure with weights."""
    rng = np.random.default_rng(0)
    x, y = rng.standard_normal((5, 2)) * 10, rng.standard_normal((20, 2)) + 3
    units = Standardize.fit(np.concatenate((x, y)))
    one, other = sampled_pair(Discrete(x), Discrete(y), standardize="column")
    np.testing.assert_allclose(one.points, units.apply(x), rtol=1e-12)
    np.testing.assert_allclose(other.points, units.apply(y), rtol=1e-12)
    weighted, _ = sampled_pair(Discrete(x, np.full(5, 0.2)), Discrete(y), standardize="column")
    np.testing.assert_allclose(weighted.points, one.points, rtol=1e-12)
    same, _ = sampled_pair(Discrete(x), Discrete(y))
    np.testing.assert_array_equal(same.points, x)
