"""The sliced loss of the specification against difference quotients, closed forms and identities."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from scipy.stats import binom

from swref.directions import directions
from swref.sliced import sw_loss
from swref.spec import project, sw_estimate, sw_loss_and_grad, sw_losses
from swref.spec.sliced import centred
from tests.spec.support import DIFFERENCE, ORDERS, assert_near, rng, some_weights
from tests.support import central_difference


def test_projections_add_the_coordinates_in_order_each_rounded():
    """Bit for bit the scalar loop of Python floats."""
    generator = rng(5)
    x, theta = generator.standard_normal((7, 5)), directions(1, 3, 5)
    for l, i in itertools.product(range(3), range(7)):
        total = 0.0
        for k in range(5):
            total += float(theta[l, k]) * float(x[i, k])
        assert project(x, theta)[l, i] == total


@pytest.mark.parametrize("p", ORDERS)
@pytest.mark.parametrize(("n", "m", "weighted"), [(4, 4, False), (5, 3, True)])
def test_sliced_gradients_against_central_differences(n, m, weighted, p):
    generator = rng(8)
    x, y, theta = generator.standard_normal((n, 3)), generator.standard_normal((m, 3)), directions(2, 4, 3)
    w = (some_weights(generator, n), some_weights(generator, m)) if weighted else (None, None)
    loss, (dx, dy, dtheta) = sw_loss_and_grad(x, y, theta, p, *w, wrt=("x", "y", "theta"))
    assert_near(loss, sw_losses(x, y, theta, p, *w).mean(), 4, scale=loss)
    value = lambda a, b, c: sw_losses(a, b, c, p, *w).mean()  # noqa: E731
    np.testing.assert_allclose(dx, central_difference(lambda v: value(v, y, theta), x), atol=DIFFERENCE)
    np.testing.assert_allclose(dy, central_difference(lambda v: value(x, v, theta), y), atol=DIFFERENCE)
    np.testing.assert_allclose(dtheta, central_difference(lambda v: value(x, y, v), theta), atol=DIFFERENCE)


def test_sliced_weight_gradients_are_means_of_potentials_and_difference_quotients():
    generator = rng(9)
    x, y, theta = generator.standard_normal((5, 2)), generator.standard_normal((4, 2)), directions(3, 6, 2)
    wx, wy = some_weights(generator, 5), some_weights(generator, 4)
    _, (f, g) = sw_loss_and_grad(x, y, theta, 2.0, wx, wy, ("x_weights", "y_weights"))
    v, w, h = generator.standard_normal(5), generator.standard_normal(4), 1e-6
    v, w = v - v.mean(), w - w.mean()
    value = lambda a, b: sw_losses(x, y, theta, 2.0, a, b).mean()  # noqa: E731
    dv = (value(wx + h * v, wy) - value(wx - h * v, wy)) / (2 * h)
    dw = (value(wx, wy + h * w) - value(wx, wy - h * w)) / (2 * h)
    np.testing.assert_allclose([f @ v, g @ w], [dv, dw], atol=DIFFERENCE)


@pytest.mark.parametrize("d", [1, 2, 5])
def test_single_points_give_their_squared_distance_over_d(d):
    """sum_l theta_l theta_l^T = (L/d) I for whole orthogonal blocks: exact, not only in the mean."""
    x, y = rng(d).standard_normal((2, 1, d))
    loss, (dx,) = sw_loss_and_grad(x, y, directions(4, 3 * d, d, "orthogonal"))
    assert_near(loss, ((x - y) ** 2).sum() / d, 9 * d, scale=10)
    assert_near(dx, 2 * (x - y) / d, 9 * d, scale=10)


def two_points(h: np.ndarray, g: np.ndarray, shift: np.ndarray) -> float:
    """SW_2^2 between shift + {h, -h} and {g, -g} over the whole sphere (math of the arc-sine kernel)."""
    d, a, b = len(h), np.linalg.norm(h), np.linalg.norm(g)
    angle = np.arccos(min(1.0, abs(h @ g) / (a * b)))
    cross = 4 * a * b / (np.pi * d) * (np.sin(angle) + (np.pi / 2 - angle) * np.cos(angle))
    return float((shift @ shift + a * a + b * b) / d - cross)


@pytest.mark.parametrize("d", [2, 3, 6])
def test_two_points_formula_within_the_standard_error(d):
    h, g, shift = rng(d).standard_normal((3, d))
    estimate = sw_estimate(np.stack([shift + h, shift - h]), np.stack([g, -g]), rng(60 + d), 3000)
    error = estimate.value - two_points(h, g, shift)
    assert abs(error) < 4 * estimate.value_standard_error


def test_two_points_formula_on_a_grid_of_angles():
    """The integrand has kinks, so the error of equally spaced angles is O(L^-2): here under (pi/L)^2 |h| |g|."""
    L = 2000
    for seed in range(4):
        h, g, shift = rng(seed).standard_normal((3, 2))
        x, y = np.stack([shift + h, shift - h]), np.stack([g, -g])
        got = sw_losses(x, y, directions(seed, L, 2, "grid")).mean()
        assert abs(got - two_points(h, g, shift)) < (np.pi / L) ** 2 * np.linalg.norm(h) * np.linalg.norm(g)


def test_isotropic_gaussians_by_samples():
    """|m1 - m2|^2/d + (s1 - s2)^2, within 4 standard errors of 20 independent repeats plus the bias of a sample.

    E W_2^2 between a normal law and its sample is of the order s^2 log log n / n (Bobkov and Ledoux 2019): the bias is
    allowed three times that for both samples.
    """
    d, n, repeats, s1, s2 = 3, 4000, 20, 1.0, 0.5
    shift = np.array([1.0, -0.5, 2.0])
    values = np.empty(repeats)
    for r in range(repeats):
        generator = rng(1000 + r)
        x = shift + s1 * generator.standard_normal((n, d))
        y = s2 * generator.standard_normal((n, d))
        values[r] = sw_losses(x, y, directions(generator, 6, d, "orthogonal")).mean()
    bias = (s1**2 + s2**2) * 3 * np.log(np.log(n)) / n
    want = shift @ shift / d + (s1 - s2) ** 2
    assert abs(values.mean() - want) < 4 * values.std(ddof=1) / np.sqrt(repeats) + bias
    assert 4 * values.std(ddof=1) / np.sqrt(repeats) + bias < 0.05 * want


@pytest.mark.parametrize(("n", "m"), [(6, 6), (5, 9)])
def test_rows_of_the_gradient_sum_to_the_pull_between_the_means(n, m):
    """p = 2: sum_k grad_k = (2/L) sum_l theta_l theta_l^T (mean X - mean Y), whatever the matchings are."""
    generator = rng(n)
    x, y, theta = generator.standard_normal((n, 3)), generator.standard_normal((m, 3)), directions(1, 7, 3)
    _, (dx, dy) = sw_loss_and_grad(x, y, theta, wrt=("x", "y"))
    want = 2 / 7 * theta.T @ theta @ (x.mean(axis=0) - y.mean(axis=0))
    assert_near(dx.sum(axis=0), want, 7 * n, scale=10)
    assert_near(dy.sum(axis=0), -want, 7 * m, scale=10)


@pytest.mark.parametrize("p", ORDERS)
@pytest.mark.parametrize("grid", [False, True])
def test_equal_clouds_have_loss_and_gradient_exactly_zero(p, grid):
    generator = rng(30)
    x = generator.integers(-1, 2, (12, 3)).astype(float) if grid else generator.standard_normal((12, 3))
    theta = directions(5, 6, 3)
    for y in (x, x[generator.permutation(12)], np.repeat(x, 2, axis=0)):
        loss, grads = sw_loss_and_grad(x, y, theta, p, wrt=("x", "y", "theta"))
        assert loss == 0
        assert not any(grad.any() for grad in grads)


def test_estimate_repeats_the_loss_over_its_directions():
    x, y = rng(1).standard_normal((2, 6, 3))
    estimate = sw_estimate(x, y, rng(77), 50, 1.5)
    theta = directions(rng(77), 50, 3)
    loss, (dx,) = sw_loss_and_grad(x, y, theta, 1.5)
    assert estimate.directions == 50
    assert_near(estimate.value, sw_loss(x, y, theta, p=1.5, backend="numpy"), 50, scale=loss)
    assert_near(estimate.grad, dx, 50, scale=np.abs(dx).max())
    each = np.array([sw_loss_and_grad(x, y, theta[l : l + 1], 1.5)[1][0] for l in range(50)])
    np.testing.assert_allclose(estimate.value_standard_error, sw_losses(x, y, theta, 1.5).std(ddof=1) / 50**0.5)
    np.testing.assert_allclose(estimate.grad_standard_error, each.std(axis=0, ddof=1) / 50**0.5)
    assert set(estimate.to_dict()) == {
        "value",
        "value_standard_error",
        "directions",
        "grad",
        "grad_standard_error",
    }


@pytest.mark.slow
def test_standard_errors_are_calibrated():
    """n = 1, where value and gradient are known: 95 % intervals cover them as often as a fair coin of 0.95 would.

    Bounds: the two-sided 1e-4 quantiles of Binomial(200, 0.95); 2 % are left for the skewness of (theta . v)^2.
    """
    d, L, repeats = 3, 150, 200
    x, y = rng(4).standard_normal((2, 1, d))
    covered = np.zeros(2)
    for r in range(repeats):
        e = sw_estimate(x, y, rng(5000 + r), L)
        covered[0] += abs(e.value - ((x - y) ** 2).sum() / d) <= 1.96 * e.value_standard_error
        covered[1] += abs(e.grad - 2 * (x - y) / d)[0, 0] <= 1.96 * e.grad_standard_error[0, 0]
    low, high = binom.ppf(0.5e-4, repeats, 0.93), binom.ppf(1 - 0.5e-4, repeats, 0.95)
    assert (low <= covered).all(), covered
    assert (covered <= high).all(), covered


@pytest.mark.parametrize("offset", [1e12, -1e12])
def test_a_cloud_far_from_0_on_either_side_is_centred(offset):
    """Oracle: the same cloud near 0, whose coordinates are exact there, too."""
    x, y = np.array([[0.0, 0.25], [0.5, 1.0]]), np.array([[0.75, 0.5], [0.25, 0.0]])
    moved = centred(x + offset, y + offset)
    np.testing.assert_array_equal(moved[0] - moved[1], x - y)
    assert max(np.abs(z).max() for z in moved) <= 1.0
