"""The NumPy specification against oracles that share no code with it: brute force, scipy, linear programs, formulas."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from scipy.optimize import linear_sum_assignment, linprog
from scipy.special import ndtri
from scipy.stats import binom, wasserstein_distance

from swref.directions import directions
from swref.sliced import sw_loss
from swref.spec import match, potential, project, stable_order, sw_estimate, sw_loss_and_grad, sw_losses, wasserstein_1d
from tests.support import central_difference, tol

ORDERS = (1.0, 1.5, 2.0, 3.0)
# Costs of order 1 that HiGHS returns are right to about its tolerances squared; 1e-9 leaves room.
LP = 1e-9
# Central differences with h = 1e-6 on functions of order 1: truncation 1e-12 f''', rounding 1e-10.
DIFFERENCE = 1e-7


def rng(seed: int) -> np.random.Generator:
    return np.random.default_rng(seed)


def some_weights(generator: np.random.Generator, n: int, zeros: int = 0) -> np.ndarray:
    w = generator.uniform(0.2, 1.0, n)
    w[generator.permutation(n)[:zeros]] = 0
    return w / w.sum()


def assert_near(got, want, terms: int = 1, scale: float = 1.0) -> None:
    np.testing.assert_allclose(got, want, rtol=0, atol=tol(np.float64, terms) * scale)


def lp_cost(x, y, p, wx, wy) -> float:
    """The transport problem as a linear program over all couplings."""
    n, m = len(x), len(y)
    cost = np.abs(x[:, None] - y[None, :]) ** p
    rows = np.kron(np.eye(n), np.ones(m))
    columns = np.kron(np.ones(n), np.eye(m))
    result = linprog(cost.ravel(), A_eq=np.vstack([rows, columns]), b_eq=np.concatenate([wx, wy]), method="highs")
    assert result.success
    return result.fun


def lp_potential(x, y, p, wx, wy, sign: float) -> np.ndarray:
    """The optimal dual f, centred, of largest (sign 1) or smallest (sign -1) rise from the first to the last x."""
    n, m = len(x), len(y)
    cost = np.abs(x[:, None] - y[None, :]) ** p
    value = lp_cost(x, y, p, wx, wy)
    pairs = np.hstack([np.kron(np.eye(n), np.ones((m, 1))), np.kron(np.ones((n, 1)), np.eye(m))])
    rise = np.zeros(n + m)
    rise[np.argmax(x)], rise[np.argmin(x)] = 1.0, -1.0
    result = linprog(
        -sign * rise,
        A_ub=pairs,
        b_ub=cost.ravel(),
        A_eq=[np.concatenate([wx, wy]), np.concatenate([wx, np.zeros(m)])],
        b_eq=[value, 0.0],
        bounds=(None, None),
        method="highs",
    )
    assert result.success
    return result.x[:n]


@pytest.mark.parametrize("p", ORDERS)
@pytest.mark.parametrize("n", [1, 2, 3, 5, 6])
def test_value_is_the_minimum_over_all_permutations(n, p):
    generator = rng(n)
    permutations = np.array(list(itertools.permutations(range(n))))
    for draw in (lambda: generator.standard_normal(n), lambda: generator.integers(-2, 3, n).astype(float)):
        x, y = draw(), draw()
        want = (np.abs(x - y[permutations]) ** p).mean(axis=1).min()
        assert_near(wasserstein_1d(x, y, p)[0], want, n, scale=want)


@pytest.mark.parametrize("p", ORDERS)
@pytest.mark.parametrize("n", [7, 23, 40])
def test_value_against_the_assignment_problem(n, p):
    x, y = rng(n).standard_normal((2, n))
    cost = np.abs(x[:, None] - y[None, :]) ** p
    want = cost[linear_sum_assignment(cost)].mean()
    assert_near(wasserstein_1d(x, y, p)[0], want, n, scale=want)


@pytest.mark.parametrize(("n", "m"), [(1, 1), (1, 9), (6, 6), (30, 17), (12, 36)])
@pytest.mark.parametrize("weighted", ["neither", "x", "y", "both"])
def test_value_at_order_1_against_scipy(n, m, weighted):
    generator = rng(10 * n + m)
    x, y = generator.standard_normal(n), generator.integers(-2, 3, m) / 2
    wx = some_weights(generator, n, n // 4) if weighted in ("x", "both") else None
    wy = some_weights(generator, m, m // 4) if weighted in ("y", "both") else None
    want = wasserstein_distance(x, y, wx, wy)
    assert_near(wasserstein_1d(x, y, 1.0, wx, wy)[0], want, n + m)


@pytest.mark.parametrize("p", ORDERS)
@pytest.mark.parametrize(("n", "m", "zeros"), [(1, 5, 0), (6, 4, 0), (7, 7, 0), (8, 6, 3)])
def test_value_against_a_linear_program(n, m, zeros, p):
    generator = rng(100 * n + m)
    x, y = generator.standard_normal(n), generator.standard_normal(m)
    wx, wy = some_weights(generator, n, zeros), some_weights(generator, m, zeros)
    assert wasserstein_1d(x, y, p, wx, wy)[0] == pytest.approx(lp_cost(x, y, p, wx, wy), rel=LP, abs=LP)


@pytest.mark.parametrize(("n", "m"), [(4, 6), (5, 5), (3, 9)])
def test_uniform_weights_given_or_not_is_the_same(n, m):
    x, y = rng(n).standard_normal(n), rng(m + 50).standard_normal(m)
    implicit = wasserstein_1d(x, y, 1.5)
    explicit = wasserstein_1d(x, y, 1.5, np.full(n, 1 / n), np.full(m, 1 / m))
    for a, b in zip(implicit, explicit, strict=True):
        assert_near(a, b, n + m, scale=10)


def test_a_repeated_point_is_a_point_of_twice_the_weight():
    x, y = rng(1).standard_normal(5), rng(2).standard_normal(4)
    loss, dx, dy = wasserstein_1d(np.repeat(x, 2), y, 2.0)
    want, dx_want, dy_want = wasserstein_1d(x, y, 2.0)
    assert_near(loss, want, 10, scale=10)
    assert_near(dx.reshape(5, 2).sum(axis=1), dx_want, 10, scale=10)
    assert_near(dy, dy_want, 10, scale=10)


def test_coupling_has_the_right_marginals_and_crosses_nowhere():
    generator = rng(3)
    x, y = generator.integers(0, 4, 9) / 2, generator.standard_normal(7)
    wx, wy = some_weights(generator, 9, 2), some_weights(generator, 7, 1)
    k = match(x, y, wx, wy)
    assert_near(np.bincount(k.i, k.mass, 9), wx, 16)
    assert_near(np.bincount(k.j, k.mass, 7), wy, 16)
    assert (k.mass > 0).all()
    assert (np.diff(x[k.i]) >= 0).all()
    assert (np.diff(y[k.j]) >= 0).all()


@pytest.mark.parametrize("p", [1.0, 1.5, 2.0, 3.0])
@pytest.mark.parametrize(("n", "m", "weighted"), [(6, 6, False), (5, 8, False), (7, 4, True)])
def test_gradients_against_central_differences(n, m, weighted, p):
    """Away from ties: sorted gaps and |D| are all far above the step."""
    generator = rng(17)
    x, y = generator.standard_normal(n), generator.standard_normal(m)
    wx, wy = (some_weights(generator, n, 1), some_weights(generator, m, 1)) if weighted else (None, None)
    gaps = np.diff(np.sort(np.concatenate([x, y])))
    assert gaps.min() > 1e-4
    _, dx, dy = wasserstein_1d(x, y, p, wx, wy)
    dx_want = central_difference(lambda v: wasserstein_1d(v, y, p, wx, wy)[0], x)
    dy_want = central_difference(lambda v: wasserstein_1d(x, v, p, wx, wy)[0], y)
    np.testing.assert_allclose(dx, dx_want, atol=DIFFERENCE)
    np.testing.assert_allclose(dy, dy_want, atol=DIFFERENCE)


@pytest.mark.parametrize("p", ORDERS)
def test_gradient_at_ties_is_the_stable_matching_s(p):
    """Of the gradients of all optimal permutations, the one that pairs equal ranks of (value, index)."""
    n, several = 5, 0
    permutations = np.array(list(itertools.permutations(range(n))))
    for seed in range(40):
        x, y = rng(seed).integers(-1, 3, (2, n)).astype(float)
        D = x - y[permutations]  # [n!, n]
        costs = (np.abs(D) ** p).mean(axis=1)
        slopes = p / n * np.sign(D) * np.abs(D) ** (p - 1)
        optimal = slopes[costs <= costs.min() * (1 + tol(np.float64, n))]
        several += len(np.unique(optimal, axis=0)) > 1

        xs = sorted(range(n), key=lambda i: (x[i], i))
        ys = sorted(range(n), key=lambda j: (y[j], j))
        want = np.empty(n)
        for i, j in zip(xs, ys, strict=True):
            gap = x[i] - y[j]
            want[i] = p / n * np.sign(gap) * abs(gap) ** (p - 1)
        _, dx, _ = wasserstein_1d(x, y, p)
        assert_near(dx, want, n, scale=10)
        assert np.abs(optimal - dx).max(axis=1).min() <= tol(np.float64, n) * 10
    if p > 1:
        assert several > 10  # the ties did leave a choice


def test_stable_order_ignores_the_sign_of_zero():
    assert stable_order(np.array([0.0, -0.0, -1.0, 0.0])).tolist() == [2, 0, 1, 3]


@pytest.mark.parametrize("p", ORDERS)
@pytest.mark.parametrize(("n", "m", "weighted"), [(6, 6, False), (6, 4, False), (5, 7, False), (7, 6, True)])
def test_potentials_are_an_optimal_dual_pair(n, m, weighted, p):
    """f_i + g_j + W <= c_ij with equality where mass moves; both centred.

    A point without weight is held by the points of weight on the other side: two without bind each other nowhere.
    """
    generator = rng(n + 7 * m)
    for grid in (False, True):
        draw = (lambda k: generator.integers(-2, 3, k) / 2) if grid else generator.standard_normal
        x, y = draw(n), draw(m)
        wx, wy = (some_weights(generator, n, 2), some_weights(generator, m, 1)) if weighted else (None, None)
        f, g = potential(x, y, p, wx, wy), potential(y, x, p, wy, wx)
        value = wasserstein_1d(x, y, p, wx, wy)[0]
        cost = np.abs(x[:, None] - y[None, :]) ** p
        slack = cost - f[:, None] - g[None, :] - value
        size = 1 + cost.max()
        k = match(x, y, wx, wy)
        bound = np.full((n, m), True) if not weighted else (wx[:, None] > 0) | (wy[None, :] > 0)
        assert slack[bound].min() >= -tol(np.float64, n + m) * size
        assert_near(slack[k.i, k.j], 0, n + m, scale=size)
        assert_near([f.mean() if wx is None else wx @ f, g.mean() if wy is None else wy @ g], 0, n + m, scale=size)


@pytest.mark.parametrize("p", ORDERS)
@pytest.mark.parametrize("tiny", [0.0, 3e-16])
def test_potentials_at_points_of_no_weight_beyond_the_others(p, tiny):
    """Weightless first and last points on both sides, where a level has no quantile on one side of it."""
    x, y = np.array([-2.0, -1.0, 0.3, 0.9, 2.5]), np.array([-3.0, -0.4, 0.5, 1.0, 4.0])
    wx, wy = np.array([0, 0.3, 0.5, 0.2, tiny]), np.array([0, 0.4, 0.35, 0.25, 0])
    f, g = potential(x, y, p, wx, wy), potential(y, x, p, wy, wx)
    cost = np.abs(x[:, None] - y[None, :]) ** p
    slack = cost - f[:, None] - g[None, :] - wasserstein_1d(x, y, p, wx, wy)[0]
    # Each is as large as the points of weight on the other side allow: the derivative in a weight that grows from 0.
    assert_near(slack[:, 1:-1].min(axis=1), 0, 10, scale=cost.max())
    assert_near(slack[1:-1, :].min(axis=0), 0, 10, scale=cost.max())


@pytest.mark.parametrize("p", [1.5, 2.0, 3.0])
@pytest.mark.parametrize(("n", "m"), [(5, 5), (6, 4), (4, 2)])
def test_potential_is_the_mean_of_the_extreme_duals(n, m, p):
    """Uniform weights: levels coincide, and the optimal duals are not unique (two linear programs)."""
    x, y = rng(n).standard_normal(n), rng(m + 9).standard_normal(m)
    wx, wy = np.full(n, 1 / n), np.full(m, 1 / m)
    high, low = (lp_potential(x, y, p, wx, wy, sign) for sign in (1.0, -1.0))
    assert np.abs(high - low).max() > 0.01
    # The duals are found on the face where the cost equals its optimum to the solver's tolerance, 1e-7.
    np.testing.assert_allclose(potential(x, y, p), (high + low) / 2, atol=1e-6)


@pytest.mark.parametrize("p", ORDERS)
def test_potential_against_differences_in_the_weights(p):
    """Along directions tangent to the simplex the value is linear until levels meet: differences are exact."""
    generator = rng(21)
    n, m, h = 6, 5, 1e-5
    x, y = generator.standard_normal(n), generator.standard_normal(m)
    wx, wy = some_weights(generator, n), some_weights(generator, m)
    f, g = potential(x, y, p, wx, wy), potential(y, x, p, wy, wx)
    for _ in range(5):
        v, w = generator.standard_normal(n), generator.standard_normal(m)
        v, w = v - v.mean(), w - w.mean()
        dv = wasserstein_1d(x, y, p, wx + h * v, wy)[0] - wasserstein_1d(x, y, p, wx - h * v, wy)[0]
        dw = wasserstein_1d(x, y, p, wx, wy + h * w)[0] - wasserstein_1d(x, y, p, wx, wy - h * w)[0]
        np.testing.assert_allclose([f @ v, g @ w], [dv / (2 * h), dw / (2 * h)], atol=DIFFERENCE)


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


def test_gaussian_quantiles_on_the_line():
    """x = m + s z for the same z: W_2^2 = m^2 + 2 m (s - 1) mean z + (s - 1)^2 mean z^2, exactly."""
    z, m, s = ndtri((np.arange(999) + 0.5) / 999), 1.25, 0.5
    want = m**2 + 2 * m * (s - 1) * z.mean() + (s - 1) ** 2 * (z**2).mean()
    assert_near(wasserstein_1d(rng(0).permutation(m + s * z), z)[0], want, 999)


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
