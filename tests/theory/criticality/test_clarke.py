"""The Clarke subdifferential of w_theta at ties: enumeration of all matchings, difference quotients, closed forms."""

from __future__ import annotations

import itertools
import json

import numpy as np
import pytest

from swref.errors import InputError
from swref.spec import sw_loss_and_grad, wasserstein_1d
from swref.theory import clarke_vertices
from swref.theory.criticality.clarke import arrangement_count, arrangements
from tests.support import tol

THETA = np.array([0.6, 0.8])
ACROSS = np.array([-0.8, 0.6])


def tied_cloud(heights, seed=0):
    """Points [n, 2] with these projections on THETA, and anything across it."""
    rng = np.random.default_rng(seed)
    return np.outer(heights, THETA) + np.outer(rng.standard_normal(len(heights)), ACROSS)


def w(x, y, p):
    return wasserstein_1d(x @ THETA, y @ THETA, p)[0]


CASES = [
    ([0.0, 0.0, 1.0, 1.0], [-1.0, 2.0, 0.5, 0.5]),
    ([1.0, 1.0, 1.0, 0.0], [3.0, 1.0, 1.0, -2.0]),
    ([2.0, 2.0, 2.0, 2.0], [0.0, 1.0, 2.0, 3.0]),
    ([0.0, 1.0, 2.0, 3.0], [1.0, 1.0, 1.0, 1.0]),
]


@pytest.mark.parametrize("p", [1.5, 2.0, 3.0])
@pytest.mark.parametrize(("heights", "targets"), CASES)
def test_vertices_are_the_gradients_of_the_active_matchings(heights, targets, p):
    """Oracle: all n! matchings; those that attain the minimum are active, their different gradients the vertices."""
    x, y = tied_cloud(heights), tied_cloud(targets, seed=1)
    px, py, n = x @ THETA, y @ THETA, len(heights)
    every = [np.abs(px - py[list(s)]) ** p for s in itertools.permutations(range(n))]
    least = min(cost.sum() for cost in every)
    active = [s for s, cost in zip(itertools.permutations(range(n)), every, strict=True) if cost.sum() < least + 1e-9]
    D = np.array([px - py[list(s)] for s in active])
    gradients = {tuple(row) for row in (p / n * np.sign(D) * np.abs(D) ** (p - 1)).round(7) + 0.0}
    found = clarke_vertices(x, y, THETA, p)
    assert {tuple(row) for row in found.values.round(7) + 0.0} == gradients
    assert len(found.values) == len(gradients)
    assert found.matrices.shape == (len(gradients), n, 2)
    np.testing.assert_allclose(found.matrices @ THETA, found.values, rtol=tol(np.float64, 4))


@pytest.mark.parametrize("p", [1.5, 2.0, 3.0])
@pytest.mark.parametrize(("heights", "targets"), CASES)
def test_directional_derivatives_by_difference_quotients(heights, targets, p):
    """One-sided along v from h = 1e-7; Clarke's along v is minus the one-sided one along -v, -w being regular."""
    x, y, rng = tied_cloud(heights), tied_cloud(targets, seed=1), np.random.default_rng(5)
    found, h = clarke_vertices(x, y, THETA, p), 1e-7
    for _ in range(5):
        v = rng.standard_normal(x.shape)
        forwards = (w(x + h * v, y, p) - w(x, y, p)) / h
        backwards = (w(x - h * v, y, p) - w(x, y, p)) / h
        # D^1.5 has an infinite second derivative at D = 0: the quotients are off by sqrt(h) there.
        allowed = 5e-3 if p < 2 else 1e-5
        assert found.derivative(v) == pytest.approx(forwards, abs=allowed)
        assert found.clarke_derivative(v) == pytest.approx(-backwards, abs=allowed)
        assert found.derivative(v) <= found.clarke_derivative(v)


def test_clarke_derivative_is_a_limit_over_nearby_points():
    """Oracle: the largest derivative along v among gradients at 300 points within 1e-6, where w_theta is smooth."""
    x, y, rng = tied_cloud([1.0, 1.0, 1.0]), tied_cloud([0.0, 1.0, 4.0], 1), np.random.default_rng(6)
    v = rng.standard_normal(x.shape)
    nearby = [x + 1e-6 * rng.standard_normal(x.shape) for _ in range(300)]
    products = [float(np.sum(sw_loss_and_grad(at, y, THETA[None, :])[1][0] * v)) for at in nearby]
    found = clarke_vertices(x, y, THETA)
    assert found.clarke_derivative(v) == pytest.approx(max(products), abs=1e-4)
    assert found.derivative(v) == pytest.approx(min(products), abs=1e-4)


def test_without_ties_there_is_the_gradient_alone():
    rng = np.random.default_rng(7)
    x, y = rng.standard_normal((6, 2)), rng.standard_normal((6, 2))
    found = clarke_vertices(x, y, THETA)
    assert found.groups == ()
    (matrix,) = found.matrices
    np.testing.assert_allclose(matrix, sw_loss_and_grad(x, y, THETA[None, :])[1][0], rtol=tol(np.float64, 6))
    np.testing.assert_allclose(found.least(), matrix, rtol=1e-12)


@pytest.mark.parametrize("p", [1.5, 2.0, 3.0])
@pytest.mark.parametrize(("heights", "targets"), CASES)
def test_the_least_element_is_the_mean_within_ties(heights, targets, p):
    """Permutations of one sequence have their least convex combination at its mean, in each group by itself."""
    x, y = tied_cloud(heights), tied_cloud(targets, seed=1)
    found = clarke_vertices(x, y, THETA, p)
    expected = found.values[0].copy()
    for group in found.groups:
        expected[list(group)] = expected[list(group)].mean()
    np.testing.assert_allclose(found.least(), np.outer(expected, THETA), atol=1e-12)


@pytest.mark.parametrize("p", [1.5, 2.0, 3.0])
def test_the_least_element_of_full_ties(p):
    """Oracle: the mean, by symmetry."""
    rng = np.random.default_rng(9)
    for _ in range(300):
        y = rng.integers(-2, 3, rng.integers(2, 6)).astype(np.float64)
        g = p / len(y) * np.sign(-y) * np.abs(y) ** (p - 1)
        least = clarke_vertices(np.zeros((len(y), 1)), y[:, None], [1.0], p).least()
        np.testing.assert_allclose(least[:, 0], np.full(len(y), g.mean()), atol=1e-14)


def test_what_counts_as_tied_has_one_projection():
    """Oracle: the ties made exact. A wide `tie` merges what lies apart, and the least element is still the mean."""
    wide = clarke_vertices([[0.0], [0.1], [0.2]], [[-1.0], [0.0], [1.0]], [1.0], 3.0, tie=1.0)
    exact = clarke_vertices([[0.1]] * 3, [[-1.0], [0.0], [1.0]], [1.0], 3.0)
    assert np.array_equal(wide.values, exact.values)
    assert np.array_equal(wide.least(), exact.least())


def test_the_count_of_vertices_is_the_product_of_multinomials():
    x = np.array([0.0, 0, 0, 0, 5, 5, 5])[:, None]
    y = np.array([1.0, 1, 2, 2, 7, 8, 8])[:, None]
    found = clarke_vertices(x, y, [1.0])
    assert len(found.values) == 6 * 3
    assert len({tuple(row) for row in found.values}) == 18
    assert found.groups == ((0, 1, 2, 3), (4, 5, 6))
    values = np.array([1.0, 1.0, 2.0, 3.0])
    assert arrangements(values) == sorted(set(itertools.permutations(values.tolist())))
    assert arrangement_count(values) == 12


def test_too_many_vertices_are_refused_before_they_are_made():
    with pytest.raises(InputError, match="they make 2432902008176640000 vertices, more than 10000"):
        clarke_vertices(np.zeros((20, 1)), np.arange(20.0)[:, None], [1.0])
    assert len(clarke_vertices(np.zeros((20, 1)), np.zeros((20, 1)), [1.0]).values) == 1
    with pytest.raises(InputError, match="they make 6 vertices, more than 5"):
        clarke_vertices(np.zeros((3, 1)), np.arange(3.0)[:, None], [1.0], max_vertices=5)


def test_ties_of_rounded_projections_are_found():
    """theta.x of equal heights differ in the last bits; with tie = 0 they are no ties."""
    x = tied_cloud([1.0] * 5, seed=3)
    assert len(set(x @ THETA)) > 1
    y = tied_cloud(range(5), seed=4)
    assert clarke_vertices(x, y, THETA).groups != ()
    assert len(clarke_vertices(x, y, THETA).values) == 120
    assert len(clarke_vertices(x, y, THETA, tie=0.0).values) < 120


def test_record_and_refusals():
    x, y = np.zeros((2, 2)), np.eye(2)
    found = clarke_vertices(x, y, THETA)
    record = json.loads(json.dumps(found.to_dict()))
    assert record["groups"] == [[0, 1]]
    assert np.array_equal(record["values"], found.values)
    for arguments, message in [
        ((x, y[:1], THETA), r"x and y must have one shape \[n, d\], got \(2, 2\) and \(1, 2\)"),
        ((x, y, [1.0]), r"theta must have shape \(2,\), one direction"),
        ((x, y, [1.0, 1.0]), "theta must have norm 1"),
        ((x, y, THETA, 1.0), "p must be > 1"),
    ]:
        with pytest.raises(InputError, match=message):
            clarke_vertices(*arguments)
    with pytest.raises(InputError, match="v must have 2 rows"):
        found.derivative(np.zeros((3, 2)))
