"""Means over the sphere: spec direction by direction, a case without variance, intervals that cover."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from swref.directions import directions
from swref.spec.order_statistics import expected_loss
from swref.theory import population_sw
from swref.theory.population import sphere
from swref.theory.population.atoms import atoms_of_both
from swref.theory.population.sphere import directional_sw, sphere_mean
from tests.support import tol
from tests.theory.population.support import cloud, weights


def test_accuracy_is_met_or_reported():
    """d = 3: a standard error below what was asked, or met = False; both within it of a finer estimate."""
    rng = np.random.default_rng(17)
    z, w = cloud(rng, 12, 3), cloud(rng, 9, 3)
    fine = population_sw(z, w, 8, accuracy=1e-5)
    for accuracy, limit, met in ((1e-2, 1 << 18, True), (1e-3, 1 << 18, True), (1e-9, 2048, False)):
        F = population_sw(z, w, 8, accuracy=accuracy, max_directions=limit, seed=3)
        assert F.met is met
        assert not F.exact
        assert (F.standard_error <= accuracy * F.scale) is met
        assert 0 < F.directions <= limit
        assert abs(F.value - fine.value) < 5 * np.hypot(F.standard_error, fine.standard_error)


def test_the_result_is_from_fresh_randomisations():
    """Oracle: the second 16 streams of the seed, where the first look of 32 directions each was enough."""
    z, w = atoms_of_both(cloud(np.random.default_rng(5), 5, 3), cloud(np.random.default_rng(6), 4, 3), None, None)
    found = sphere_mean(z, w, None, 1.5, target=1e9, budget=1 << 12, seed=7)
    fresh = np.random.SeedSequence(7).spawn(32)[16:]
    values = [directional_sw(z, w, None, 1.5, directions(np.random.default_rng(s), 64, 3, "sobol"))[0] for s in fresh]
    assert found.value == pytest.approx(np.mean(values), rel=tol(np.float64, 64))
    assert found.standard_error == pytest.approx(np.std(values, ddof=1) / 4, rel=1e-9)
    assert found.directions == 16 * 64


def test_the_interval_is_students():
    """Oracle: scipy.stats.t with 15 degrees of freedom; an exact value is its own interval."""
    rng = np.random.default_rng(18)
    F = population_sw(cloud(rng, 5, 3), cloud(rng, 6, 3), None, accuracy=1.0)
    assert F.interval == pytest.approx(stats.t.interval(0.95, 15, F.value, F.standard_error), rel=1e-12)
    plane = population_sw([[0.0, 1.0]], [[0.0, 3.0]], batch=None)
    assert plane.interval == (2.0, 2.0)


@pytest.mark.slow
@pytest.mark.parametrize("accuracy", [1.0, 3e-3])
def test_intervals_cover(accuracy):
    """400 seeds, against a finer value: as often as a coin of 0.95 but for one test in 10,000; entries of grad, too."""
    rng = np.random.default_rng(18)
    z, w = cloud(rng, 5, 3), cloud(rng, 6, 3)
    fine = population_sw(z, w, None, accuracy=1e-9, max_directions=1 << 19, seed=999)
    runs = [population_sw(z, w, None, accuracy=accuracy, seed=seed) for seed in range(400)]
    held = [F.interval[0] <= fine.value <= F.interval[1] for F in runs]
    t = stats.t.ppf(0.975, 15)
    errors = [abs(F.grad[0, 0] - fine.grad[0, 0]) <= t * F.grad_standard_error[0, 0] for F in runs]
    for found in (held, errors):
        assert stats.binom.ppf(1e-4, 400, 0.95) <= np.sum(found) <= stats.binom.ppf(1 - 1e-4, 400, 0.95)


@pytest.mark.parametrize("p", [1.5, 2.0])
@pytest.mark.parametrize("batch", [None, 3])
@pytest.mark.parametrize("kind", ["uniform", "random"])
def test_the_mean_over_given_directions_is_that_of_spec(batch, kind, p, monkeypatch):
    """Oracle: spec.expected_loss, direction by direction, chained by hand; blocks of one direction change nothing."""
    rng = np.random.default_rng(7)
    z, w = atoms_of_both(cloud(rng, 5, 3), cloud(rng, 4, 3), weights(rng, 5, kind), weights(rng, 4, kind))
    theta = directions(1, 6, 3)
    value, grad = directional_sw(z, w, batch, p, theta)
    expected, expected_grad = 0.0, np.zeros(grad.shape)
    for t in theta:
        loss, slope = expected_loss(z.points @ t, w.points @ t, z.probabilities, w.probabilities, batch, p)
        expected += loss / 6
        expected_grad += np.outer(slope, t) / 6
    assert value == pytest.approx(expected, rel=tol(np.float64, 120))
    np.testing.assert_allclose(grad, expected_grad, atol=tol(np.float64, 120))
    monkeypatch.setattr(sphere, "BLOCK_NUMBERS", 1)
    again, again_grad = directional_sw(z, w, batch, p, theta)
    assert again == pytest.approx(value, rel=tol(np.float64, 6))
    np.testing.assert_allclose(again_grad, grad, atol=tol(np.float64, 6))


@pytest.mark.parametrize("batch", [None, 4])
def test_the_control_variate_leaves_nothing_where_there_is_nothing_to_match(batch):
    """Oracle: against a single point F = E|z - w|^2/d, batch or not; every randomisation gives it to rounding."""
    rng = np.random.default_rng(8)
    points, at, wx = cloud(rng, 6, 4), cloud(rng, 1, 4), weights(rng, 6, "random")
    mean = sphere_mean(*atoms_of_both(points, at, wx, None), batch, 2.0, target=1e-3, budget=1 << 12, seed=0)
    order = np.lexsort(points.T[::-1])  # as the atoms are sorted
    expected = float(wx @ np.sum((points - at) ** 2, axis=1)) / 4
    assert mean.value == pytest.approx(expected, rel=tol(np.float64, 32))
    assert mean.standard_error <= tol(np.float64, 32) * expected
    assert mean.directions == 2 * sphere.RANDOMISATIONS * sphere.FIRST_DIRECTIONS
    np.testing.assert_allclose(mean.grad, (2 / 4 * wx[:, None] * (points - at))[order], atol=tol(np.float64, 64))
