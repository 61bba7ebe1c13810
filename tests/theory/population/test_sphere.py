"""Means over the sphere: spec direction by direction, a case without variance, standard errors that are calibrated."""

from __future__ import annotations

import numpy as np
import pytest

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


def test_standard_errors_are_calibrated():
    """Over 40 seeds the squared errors in units of the standard error have a mean near 1 (t-law of 15 degrees)."""
    rng = np.random.default_rng(18)
    z, w = cloud(rng, 5, 3), cloud(rng, 6, 3)
    fine = population_sw(z, w, None, accuracy=1e-6, max_directions=1 << 17)
    runs = [population_sw(z, w, None, accuracy=1.0, seed=seed) for seed in range(40)]
    ratios = np.array([(run.value - fine.value) / run.standard_error for run in runs])
    assert 0.4 < np.mean(ratios**2) < 2.2


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
    assert mean.directions == sphere.RANDOMISATIONS * sphere.FIRST_DIRECTIONS
    np.testing.assert_allclose(mean.grad, (2 / 4 * wx[:, None] * (points - at))[order], atol=tol(np.float64, 64))
