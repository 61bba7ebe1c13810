"""The one-dimensional cost against brute force, scipy, linear programs and difference quotients."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from scipy.optimize import linear_sum_assignment, linprog
from scipy.special import ndtri
from scipy.stats import wasserstein_distance

from swref.spec import match, potential, stable_order, wasserstein_1d
from swref.spec.one_dimension import quantiles_at_levels
from tests.spec.support import DIFFERENCE, ORDERS, assert_near, rng, some_weights
from tests.support import central_difference, tol

# Costs of order 1 that HiGHS returns are right to about its tolerances squared; 1e-9 leaves room.
LP = 1e-9


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
    """Weightless first and last points, where a level has no quantile on one side of it; 3e-16 is a weight as any."""
    x, y = np.array([-2.0, -1.0, 0.3, 0.9, 2.5]), np.array([-3.0, -0.4, 0.5, 1.0, 4.0])
    wx, wy = np.array([0, 0.3, 0.5, 0.2, tiny]), np.array([0, 0.4, 0.35, 0.25, 0])
    f, g = potential(x, y, p, wx, wy), potential(y, x, p, wy, wx)
    cost = np.abs(x[:, None] - y[None, :]) ** p
    slack = cost - f[:, None] - g[None, :] - wasserstein_1d(x, y, p, wx, wy)[0]
    # Each is as large as the points of weight on the other side allow: the derivative in a weight that grows from 0.
    assert_near(slack[:, wy > 0].min(axis=1), 0, 10, scale=cost.max())
    assert_near(slack[wx > 0, :].min(axis=0), 0, 10, scale=cost.max())


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


def test_gaussian_quantiles_on_the_line():
    """x = m + s z for the same z: W_2^2 = m^2 + 2 m (s - 1) mean z + (s - 1)^2 mean z^2, exactly."""
    z, m, s = ndtri((np.arange(999) + 0.5) / 999), 1.25, 0.5
    want = m**2 + 2 * m * (s - 1) * z.mean() + (s - 1) ** 2 * (z**2).mean()
    assert_near(wasserstein_1d(rng(0).permutation(m + s * z), z)[0], want, 999)


@pytest.mark.parametrize("given", ["x", "y", "both"])
def test_levels_that_are_one_but_for_rounding(given):
    """0.1 + 0.2 is not 0.3 in floats. Oracle: W_2^2 is linear in the weights between coincidences, and at them the
    potential's steps are the means of both slopes."""
    few, many = np.array([0.3, 0.7]), np.array([0.1, 0.2, 0.7])
    assert [k.tolist() for k in quantiles_at_levels(few, many, 1e-15)[1:]] == [[1], [2]]
    assert [k.tolist() for k in quantiles_at_levels(many, few, 1e-15)[1:]] == [[0, 0], [0, 1]]
    points, two = np.arange(10.0), np.array([20.0, 30.0])
    tenths = np.full(10, 0.1) if given == "both" else None
    arguments = (points, two, 2.0, tenths, few) if given in ("y", "both") else (two, points, 2.0, few, tenths)
    found = potential(*arguments)
    wx, wy = (
        np.full(len(a), 1 / len(a)) if w is None else np.array(w)
        for a, w in zip(arguments[:2], arguments[3:], strict=True)
    )
    mass, slopes = 2.0**-20, np.empty(len(wx) - 1)
    for k in range(len(wx) - 1):
        e = np.zeros(len(wx))
        e[k], e[k + 1] = -mass, mass
        ahead, behind = (wasserstein_1d(*arguments[:2], 2.0, wx + s * e, wy)[0] for s in (1, -1))
        slopes[k] = (ahead - behind) / (2 * mass)
    np.testing.assert_allclose(np.diff(found), slopes, rtol=1e-6)
