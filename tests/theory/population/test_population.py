"""The population loss against enumeration, closed forms, Monte Carlo, identities and finite differences."""

from __future__ import annotations

import itertools
import json
import math
import time

import numpy as np
import pytest

from swref import MLP, Discrete, spec
from swref.errors import InputError, InputTypeError
from swref.spec.order_statistics import coupling, expected_loss, order_statistic_weights
from swref.spec.population import order_change_angles, population_sw_by_arcs
from swref.theory import population_loss, population_loss_and_grad, population_sw
from swref.theory.population.atoms import atoms_of_both
from swref.theory.population.kernels.batch_sweep import binomial_tail
from swref.theory.population.plane import half_turn, planar_sw
from tests.support import central_difference, tol

TIGHT = 1e-12  # what "exact" is held to, relative to sum wx |z|^2 + sum wy |w|^2


def cloud(rng, m, d=2, kind="normal"):
    """Points [m, d]; "lattice" has coincident and collinear points and many changes of order at one angle."""
    return rng.integers(-1, 2, (m, d)).astype(float) if kind == "lattice" else rng.normal(size=(m, d))


def weights(rng, m, kind):
    if kind == "uniform":
        return None
    w = rng.random(m)
    if kind == "zeros":
        w[rng.integers(m)] = 0.0 if m > 1 else 1.0
    return w / w.sum()


def filled(weights, m):
    return np.full(m, 1 / m) if weights is None else weights


def size(z, w, wx, wy):
    return filled(wx, len(z)) @ np.sum(z**2, axis=1) + filled(wy, len(w)) @ np.sum(w**2, axis=1)


def quadrature(p):
    """Nodes and weights on [0, 1]: Gauss-Legendre, or tanh-sinh where |D|^p has a fractional power at an end."""
    if float(p).is_integer():
        x, v = np.polynomial.legendre.leggauss(24)
        return (x + 1) / 2, v / 2
    t = np.linspace(-3.2, 3.2, 65)
    x = 1 / (1 + np.exp(-np.pi * np.sinh(t)))
    v = np.pi * np.cosh(t) * x * (1 - x)
    return x, v / v.sum()


def enumerated(z, w, n, wx, wy, p):
    """F over all m^n mt^n minibatches, each integrated over the arcs between changes of sign or order."""
    pairs = z[:, None, :] - w[None, :, :]
    pairs = pairs.reshape(-1, 2)
    pairs = pairs[np.any(pairs != 0, axis=1)]
    crossings = np.mod(np.arctan2(pairs[:, 0], -pairs[:, 1]), np.pi)
    cuts = np.unique(np.concatenate(([0, np.pi], order_change_angles(z), order_change_angles(w), crossings)))
    x, v = quadrature(p)
    angle = (cuts[:-1, None] + np.diff(cuts)[:, None] * x).ravel()
    measure = (np.diff(cuts)[:, None] * v).ravel() / np.pi
    theta = np.stack([np.cos(angle), np.sin(angle)])  # [2, nodes]
    sides = []
    for points, mass in ((z, filled(wx, len(z))), (w, filled(wy, len(w)))):
        index = np.array(list(itertools.product(range(len(points)), repeat=n)))  # [m^n, n]
        sides.append((np.sort((points @ theta)[index], axis=1), np.prod(mass[index], axis=1)))
    (xs, px), (ys, py) = sides  # [m^n, n, nodes], [m^n]
    total = 0.0
    for x_sorted, probability in zip(xs, px, strict=True):
        total += probability * (py @ (np.mean(np.abs(x_sorted - ys) ** p, axis=1) @ measure))
    return total


@pytest.mark.parametrize("seed", range(60))
def test_minibatches_enumerated(seed):
    """Oracle: all m^n mt^n minibatches, Gauss-Legendre on each arc; m, mt <= 4, n <= 3, weights random."""
    rng = np.random.default_rng(seed)
    m, mt, n = (int(k) for k in rng.integers(1, (5, 5, 4)))
    z, w = (cloud(rng, k, kind=rng.choice(["normal", "lattice"])) for k in (m, mt))
    wx, wy = (weights(rng, k, rng.choice(["uniform", "random", "zeros"])) for k in (m, mt))
    F = population_sw(z, w, n, wx, wy)
    assert abs(F.value - enumerated(z, w, n, wx, wy, 2)) <= TIGHT * size(z, w, wx, wy)
    assert F.exact
    assert F.standard_error == 0


@pytest.mark.parametrize("p", [1, 1.5, 3, 4])
@pytest.mark.parametrize("seed", range(4))
def test_minibatches_enumerated_for_other_orders(seed, p):
    rng = np.random.default_rng(100 + seed)
    m, mt, n = (int(k) for k in rng.integers(1, (5, 5, 4)))
    z, w = cloud(rng, m), cloud(rng, mt, kind="lattice")
    wx, wy = weights(rng, m, "random"), weights(rng, mt, "uniform" if seed % 2 else "zeros")
    F = population_sw(z, w, n, wx, wy, p)
    assert abs(F.value - enumerated(z, w, n, wx, wy, p)) <= 1e-11 * F.scale
    assert F.exact


@pytest.mark.parametrize("batch", [None, 1, 2, 3, 40])
@pytest.mark.parametrize("seed", range(8))
def test_sweeps_against_the_plain_version(seed, batch):
    """Oracle: spec, which sorts and couples afresh on every arc. Gradients are compared where no points coincide."""
    rng = np.random.default_rng(seed)
    m, mt = (int(k) for k in rng.integers(1, 10, 2))
    z, w = cloud(rng, m, kind=["normal", "lattice"][seed % 2]), cloud(rng, mt, kind=["lattice", "normal"][seed // 4])
    wx, wy = (weights(rng, k, ["uniform", "random", "zeros"][seed % 3]) for k in (m, mt))
    value, grad = population_sw(z, w, batch, wx, wy)
    expected, expected_grad = population_sw_by_arcs(z, w, filled(wx, m), filled(wy, mt), batch)
    assert abs(value - expected) <= tol(np.float64, m * mt) * size(z, w, wx, wy)
    np.testing.assert_allclose(grad.sum(axis=0), expected_grad.sum(axis=0), atol=tol(np.float64, m * mt) * 4)
    if len(np.unique(z, axis=0)) == m:
        np.testing.assert_allclose(grad, expected_grad, atol=tol(np.float64, m * mt))


def degenerate_clouds():
    line = np.arange(9)[:, None] * np.array([[0.1, 0.3]])
    grid = np.stack(np.meshgrid(np.arange(4.0), np.arange(3.0)), axis=-1).reshape(-1, 2)
    turn = 2 * np.pi * np.arange(8) / 8
    circle = np.stack([np.cos(turn), np.sin(turn)], axis=1)
    close = np.array([[0.3, 0.1], [0.3 + 1e-13, 0.1], [0.3, 0.1 + 2e-13], [1.0, -2.0], [0.3, 0.1 - 1e-15]])
    return {
        "line": line,
        "vertical": line[:, ::-1] * [1.0, 0.0],
        "horizontal": line * [1.0, 0.0],
        "grid": grid,
        "circle": circle,
        "close": close,
        "one point": np.zeros((5, 2)),
        "signed zeros": np.array([[0.0, 1.0], [-0.0, 1.0], [0.0, -0.0], [-0.0, 0.0]]),
    }


@pytest.mark.parametrize("batch", [None, 2, 30])
@pytest.mark.parametrize("name", degenerate_clouds())
def test_simultaneous_changes_of_order(name, batch):
    """Oracle: the plain version, for collinear, coincident, nearly coincident and regular points on either side."""
    x = degenerate_clouds()[name]
    other = cloud(np.random.default_rng(5), 6)
    wx, wy = np.full(len(x), 1 / len(x)), np.full(6, 1 / 6)
    for z, w, a, b in ((x, other, wx, wy), (other, x, wy, wx), (x, x[::-1] + 0.5, wx, wx)):
        expected = population_sw_by_arcs(z, w, a, b, batch)[0]
        assert abs(population_sw(z, w, batch).value - expected) <= TIGHT * size(z, w, a, b)
        for p in (1.0, 3.0):
            shuffled = population_sw(z[::-1].copy(), w, batch, p=p)
            assert abs(population_sw(z, w, batch, p=p).value - shuffled.value) <= TIGHT * shuffled.scale


def ill_conditioned_cloud(rng, m):
    """Collinear up to rounding, closer than rounding, or spread over three hundred orders of magnitude."""
    kind = rng.integers(4)
    if kind == 0:
        return np.outer(rng.normal(size=m), rng.normal(size=2)) + 10.0 ** rng.integers(-17, -10) * cloud(rng, m)
    if kind == 1:
        return rng.normal(size=2) + 10.0 ** rng.integers(-17, -5) * cloud(rng, m)
    if kind == 2:
        return cloud(rng, m) * 10.0 ** rng.integers(-300, 1, (m, 2))
    return np.linspace(0, 1, m)[:, None] * rng.normal(size=2) + rng.normal(size=2)


@pytest.mark.parametrize("seed", range(40))
def test_ill_conditioned_clouds(seed):
    """Angles that differ by their rounding alone come in no possible order: the plain version sorts, and agrees."""
    rng = np.random.default_rng(200 + seed)
    m, mt = (int(k) for k in rng.integers(2, 12, 2))
    z, w = ill_conditioned_cloud(rng, m), ill_conditioned_cloud(rng, mt)
    wx, wy = weights(rng, m, "random" if seed % 2 else "uniform"), weights(rng, mt, "uniform")
    batch = [None, 2, 5][seed % 3]
    expected = population_sw_by_arcs(z, w, filled(wx, m), filled(wy, mt), batch)[0]
    assert abs(population_sw(z, w, batch, wx, wy).value - expected) <= TIGHT * size(z, w, wx, wy)


@pytest.mark.parametrize("name", [*degenerate_clouds(), "normal"])
def test_half_turn_reverses_the_order(name):
    """The swaps, applied one by one, end at the reverse; between angles well apart the order is the sorted one."""
    x = np.unique(degenerate_clouds().get(name, cloud(np.random.default_rng(2), 12)) + 0.0, axis=0)
    angles, ranks = half_turn(x)
    order = np.arange(len(x))
    assert np.all(np.diff(angles) >= 0)
    for s, (angle, rank) in enumerate(zip(angles, ranks, strict=True)):
        order[[rank, rank + 1]] = order[[rank + 1, rank]]
        following = angles[s + 1] if s + 1 < len(angles) else np.pi
        if following - angle > 1e-3:
            middle = (angle + following) / 2
            heights = x @ [np.cos(middle), np.sin(middle)]
            assert np.all(np.diff(heights[order]) >= -1e-15)
    np.testing.assert_array_equal(order, np.arange(len(x))[::-1])


@pytest.mark.parametrize("n", [1, 2, 7, 64, 5000])
@pytest.mark.parametrize("c", [0.0, 1e-300, 1e-9, 0.013, 0.5, 0.7, 1 - 1e-12, 1.0])
def test_binomial_tail(n, c):
    """Oracle: SciPy's regularised incomplete beta function."""
    from scipy.special import betainc

    out = np.empty(n)
    binomial_tail(c, out)
    k = np.arange(1, n + 1)
    np.testing.assert_allclose(out, betainc(k, n - k + 1, c), atol=tol(np.float64, n), rtol=1e-10)


def test_order_statistic_weights_are_probabilities():
    """Rows sum to 1, columns to n times the weight."""
    c = np.array([0.0, 0.2, 0.2, 0.7, 1.0])
    A = order_statistic_weights(c, 5)
    np.testing.assert_allclose(A.sum(axis=1), 1, rtol=tol(np.float64, 4))
    np.testing.assert_allclose(A.sum(axis=0), 5 * np.diff(c), atol=tol(np.float64, 5))


@pytest.mark.parametrize("p", [1, 2, 2.5])
@pytest.mark.parametrize("seed", range(6))
def test_the_expectation_by_order_statistics_is_that_over_all_minibatches(seed, p):
    """Oracle: the definition, every minibatch of n = 1, 2, 3 points and its probability."""
    rng = np.random.default_rng(seed)
    m, mt, n = (int(k) for k in rng.integers(1, (5, 4, 4)))
    z, w = rng.integers(-2, 3, m).astype(float), rng.normal(size=mt)
    wx, wy = weights(rng, m, "zeros"), weights(rng, mt, "random")
    expected = spec.expected_loss_by_enumeration(z, w, wx, wy, n, p)
    assert spec.expected_loss(z, w, wx, wy, n, p)[0] == pytest.approx(expected, rel=tol(np.float64, m**n * mt**n))


@pytest.mark.parametrize("n", [3, None])
def test_coupling_has_the_given_marginals(n):
    rng = np.random.default_rng(0)
    c, e = (np.concatenate(([0.0], np.cumsum(rng.dirichlet(np.ones(k))))) for k in (5, 3))
    Pi = coupling(c, e, n)
    np.testing.assert_allclose(Pi.sum(axis=1), np.diff(c), atol=tol(np.float64, 5))
    np.testing.assert_allclose(Pi.sum(axis=0), np.diff(e), atol=tol(np.float64, 5))


@pytest.mark.parametrize("d", [1, 2, 3, 6])
def test_single_draws(d):
    """n = 1, p = 2: F = (1/d) E|z - w|^2, and dz = (2/d) wx (z - mean w)."""
    rng = np.random.default_rng(d)
    z, w, wx, wy = cloud(rng, 5, d), cloud(rng, 4, d), weights(rng, 5, "zeros"), weights(rng, 4, "random")
    value, grad = population_sw(z, w, 1, wx, wy)
    squares = np.sum((z[:, None] - w[None]) ** 2, axis=2)
    assert value == pytest.approx(wx @ squares @ wy / d, rel=tol(np.float64, 20))
    np.testing.assert_allclose(grad, 2 / d * wx[:, None] * (z - wy @ w), atol=tol(np.float64, 20))


@pytest.mark.parametrize("p", [1, 1.3, 2, 2.5, 4, 30])
def test_single_draws_by_the_sweep(p):
    """Two ways that share nothing: c_{2,p} E|z - w|^p and the half-turn with batches of one."""
    rng = np.random.default_rng(3)
    z, w, wx, wy = cloud(rng, 6), cloud(rng, 5), weights(rng, 6, "random"), weights(rng, 5, "random")
    F = population_sw(z, w, 1, wx, wy, p)
    value, grad = planar_sw(*atoms_of_both(z[np.lexsort(z.T[::-1])], w, wx[np.lexsort(z.T[::-1])], wy), 1, p)
    assert value == pytest.approx(F.value, rel=tol(np.float64, 100))
    atol = tol(np.float64, 100) * np.abs(F.grad).max()
    np.testing.assert_allclose(grad, F.grad[np.lexsort(z.T[::-1])], atol=atol)


def test_the_generic_sweep_at_order_two():
    """p = 2 has sweeps of its own; the pair by pair one tends to them as p -> 2, and is exact at 2 as well."""
    from swref.theory.population.kernels.power_sweep import power_sweep
    from swref.theory.population.plane import half_turns, tail_tables

    rng = np.random.default_rng(4)
    za, wa = atoms_of_both(cloud(rng, 9), cloud(rng, 7), weights(rng, 9, "random"), None)
    for n in (None, 3, 50):
        value, grad = planar_sw(za, wa, n, 2.0)
        G = np.zeros(za.points.shape)
        F = power_sweep(
            *half_turns(za, wa), za.points, wa.points, za.weights, wa.weights, za.total, *tail_tables(za, wa, n), 2.0, G
        )
        assert F / np.pi == pytest.approx(value, rel=tol(np.float64, 200))
        np.testing.assert_allclose(G / np.pi, grad, atol=tol(np.float64, 200))


@pytest.mark.parametrize("batch", [None, 2])
@pytest.mark.parametrize("d", [2, 3, 5])
def test_two_points_each(d, batch):
    """The closed form with the half-differences h, g and the angle between their lines; n = 2 turns the 4 into a 1."""
    rng = np.random.default_rng(10 * d)
    z, w = cloud(rng, 2, d), cloud(rng, 2, d)
    h, g = (z[1] - z[0]) / 2, (w[1] - w[0]) / 2
    a, b = np.linalg.norm(h), np.linalg.norm(g)
    angle = math.acos(min(1.0, abs(h @ g) / (a * b)))
    factor = 4.0 if batch is None else 1.0
    shift = np.sum((z.mean(axis=0) - w.mean(axis=0)) ** 2)
    coupled = factor * a * b / (np.pi * d) * (math.sin(angle) + (np.pi / 2 - angle) * math.cos(angle))
    expected = shift / d + (a**2 + b**2) / d - coupled
    F = population_sw(z, w, batch, accuracy=1e-5)
    assert F.met
    assert abs(F.value - expected) <= (TIGHT * F.scale if d == 2 else 4 * F.standard_error)


@pytest.mark.parametrize("batch", [None, 1, 4, 9])
@pytest.mark.parametrize("p", [1, 1.5, 2, 3])
def test_on_the_line(p, batch):
    """d = 1: the plain expectation of order_statistics.py, without any integral; d = 2 with all points on a line
    through 0 is E|theta_1|^p times that."""
    rng = np.random.default_rng(6)
    z, w, wx, wy = cloud(rng, 6, 1), cloud(rng, 4, 1), weights(rng, 6, "random"), weights(rng, 4, "zeros")
    F = population_sw(z, w, batch, wx, wy, p)
    expected, grad = expected_loss(z[:, 0], w[:, 0], wx, wy, batch, p)
    assert F.value == pytest.approx(expected, rel=tol(np.float64, 100))
    np.testing.assert_allclose(F.grad[:, 0], grad, atol=tol(np.float64, 100))
    line = np.array([[0.6, -0.8]])
    share = math.gamma((p + 1) / 2) / (math.sqrt(math.pi) * math.gamma(p / 2 + 1))
    flat = population_sw(z @ line, w @ line, batch, wx, wy, p)
    assert flat.value == pytest.approx(share * expected, rel=1e-12)


@pytest.mark.parametrize(("d", "n", "p"), [(2, 3, 2.0), (2, 2, 1.5), (3, 2, 2.0), (3, 4, 1.0)])
def test_monte_carlo(d, n, p):
    """Oracle: minibatches and directions drawn, losses and sample gradients by swref.spec, within 4.5 standard errors.
    Two points of z coincide: the mean of the sample gradient fixes how the gradient is shared."""
    rng = np.random.default_rng(11)
    m, mt, draws = 4, 3, 3000
    z, w, wx, wy = cloud(rng, m, d), cloud(rng, mt, d), weights(rng, m, "random"), weights(rng, mt, "random")
    z[3] = z[1]
    losses, grads = np.empty(draws), np.zeros((draws, m, d))
    for k in range(draws):
        i, j = rng.choice(m, n, p=wx), rng.choice(mt, n, p=wy)
        losses[k], (dx,) = spec.sw_loss_and_grad(z[i], w[j], spec.uniform_directions(rng, 1, d), p)
        np.add.at(grads[k], i, dx)
    F = population_sw(z, w, n, wx, wy, p, accuracy=1e-3)
    error = np.hypot(losses.std() / math.sqrt(draws), F.standard_error)
    assert abs(losses.mean() - F.value) < 4.5 * error
    grad_error = np.hypot(grads.std(axis=0) / math.sqrt(draws), F.grad_standard_error)
    assert np.all(np.abs(grads.mean(axis=0) - F.grad) < 4.5 * grad_error)


@pytest.mark.parametrize("batch", [None, 1, 3])
@pytest.mark.parametrize("d", [1, 2, 3])
def test_rows_of_the_gradient_sum_to_the_shift(d, batch):
    """p = 2, every batch: sum_k grad_k = (2/d) (mean Z - mean W), also far from the origin."""
    rng = np.random.default_rng(7)
    z, w, wx, wy = cloud(rng, 6, d), cloud(rng, 5, d) + 2.0, weights(rng, 6, "zeros"), weights(rng, 5, "random")
    F = population_sw(z, w, batch, wx, wy, accuracy=1e-3)
    np.testing.assert_allclose(F.grad.sum(axis=0), 2 / d * (wx @ z - wy @ w), atol=tol(np.float64, 200))


@pytest.mark.parametrize("p", [1.5, 2.0])
@pytest.mark.parametrize("batch", [None, 3])
def test_symmetries(batch, p):
    """Translation, rotation, reflection, scaling (order p), permutation, and the exchange of the two measures."""
    rng = np.random.default_rng(8)
    z, w, wx, wy = cloud(rng, 7), cloud(rng, 5), weights(rng, 7, "random"), weights(rng, 5, "random")
    F = population_sw(z, w, batch, wx, wy, p)
    atol = tol(np.float64, 500) * F.scale
    turn = np.array([[0.8, 0.6], [0.6, -0.8]])  # a reflection
    value, grad = population_sw(3 * z @ turn + 5, 3 * w @ turn + 5, batch, wx, wy, p)
    assert abs(value - 3**p * F.value) <= 3**p * atol
    np.testing.assert_allclose(grad, 3 ** (p - 1) * F.grad @ turn, atol=3**p * atol)
    order = rng.permutation(7)
    value, grad = population_sw(z[order], w, batch, wx[order], wy, p)
    assert abs(value - F.value) <= atol
    np.testing.assert_allclose(grad, F.grad[order], atol=atol)
    assert abs(population_sw(w, z, batch, wy, wx, p).value - F.value) <= atol


def test_far_from_the_origin():
    """Accuracy is relative to the spread of the clouds: an offset that the points carry exactly changes nothing."""
    rng = np.random.default_rng(9)
    z, w = rng.integers(-8, 9, (6, 2)) / 8, rng.integers(-8, 9, (5, 2)) / 8
    for batch, p in itertools.product((None, 3), (1.0, 2.0)):
        near, far = population_sw(z, w, batch, p=p), population_sw(z + 2.0**40, w + 2.0**40, batch, p=p)
        assert abs(near.value - far.value) <= 1e-12 * near.scale
        np.testing.assert_allclose(far.grad, near.grad, atol=1e-12)


@pytest.mark.parametrize("p", [1.0, 2.0, 2.5])
def test_batches_decrease_to_the_full_distance(p):
    """F(n) decreases in n and tends to SW_p^p of the measures; for z = w it is positive all the same."""
    rng = np.random.default_rng(12)
    z, w = cloud(rng, 5), cloud(rng, 4)
    values = [population_sw(z, w, n, p=p).value for n in (1, 2, 4, 16, 64, 256)]
    full = population_sw(z, w, None, p=p).value
    assert np.all(np.diff(values) < 0)
    assert 0 < values[-1] - full < 0.02 * full
    assert population_sw(z, w, 10**6, p=p).value == pytest.approx(full, rel=1e-10)
    assert population_sw(z, z, 8, p=p).value > 0.01
    assert abs(population_sw(z, z, None, p=p).value) <= TIGHT * population_sw(z, z, None, p=p).scale


@pytest.mark.parametrize("batch", [1, 2, 10])
def test_large_tables_are_replaced_by_small_ones(batch):
    """Equal weights with n > mt take tables of rank mt; a hair of inequality in the weights takes those of rank n."""
    rng = np.random.default_rng(13)
    z, w = cloud(rng, 6), cloud(rng, 3)
    hair = np.full(6, 1 / 6) + 1e-15 * np.array([1, -1, 1, -1, 1, -1])
    for p in (2.0, 3.0):
        even, uneven = population_sw(z, w, batch, p=p), population_sw(z, w, batch, hair, p=p)
        assert even.value == pytest.approx(uneven.value, rel=1e-13)
        np.testing.assert_allclose(even.grad, uneven.grad, atol=1e-13)


@pytest.mark.parametrize("p", [1.0, 1.5, 2.0, 3.0])
@pytest.mark.parametrize("batch", [None, 3])
@pytest.mark.parametrize("d", [1, 2, 3])
def test_gradient_by_finite_differences(d, batch, p):
    """Off coincidences; in d = 3 the same seed gives the same directions, so that the estimate is differentiated."""
    rng = np.random.default_rng(14)
    z, w, wx = cloud(rng, 4, d), cloud(rng, 3, d), weights(rng, 4, "random")

    def value(z):
        return population_sw(z, w, batch, wx, p=p, max_directions=512).value

    grad = population_sw(z, w, batch, wx, p=p, max_directions=512).grad
    np.testing.assert_allclose(grad, central_difference(value, z), atol=2e-3 if d == 3 and p == 1 else 1e-6)


def test_directional_derivatives_at_coincident_points():
    """E(z + t v) at coincident points: the one-sided derivatives bracket <grad, v>, the gradient being a Clarke one
    and the loss a smooth function minus a convex one."""
    rng = np.random.default_rng(15)
    z, w = cloud(rng, 4), cloud(rng, 4)
    z[1] = z[2] = z[0]
    F = population_sw(z, w, None)
    h = 1e-7
    for v in rng.normal(size=(10, 4, 2)):
        ahead = (population_sw(z + h * v, w, None).value - F.value) / h
        behind = (F.value - population_sw(z - h * v, w, None).value) / h
        slope = float(np.sum(F.grad * v))
        assert ahead - 1e-6 <= slope <= behind + 1e-6
        assert behind - ahead > 1e-3  # it is a kink


def test_zero_weights_change_nothing():
    rng = np.random.default_rng(16)
    z, w, wx = cloud(rng, 5), cloud(rng, 4), weights(rng, 5, "random")
    for batch, p in itertools.product((None, 3), (2.0, 3.0)):
        F = population_sw(z, w, batch, wx, p=p)
        G = population_sw(np.vstack([z, [[50.0, 3.0]], z[:1]]), w, batch, np.append(wx, [0.0, 0.0]), p=p)
        assert G.value == F.value
        np.testing.assert_array_equal(G.grad[:5], F.grad)
        np.testing.assert_array_equal(G.grad[5:], 0)


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


def test_result_unpacks_and_serialises():
    F = population_sw([[0.0, 1.0]], [[1.0, 1.0]], 2)
    value, grad = F
    assert value == F.value
    assert grad is F.grad
    assert json.loads(json.dumps(F.to_dict()))["value"] == F.value


def test_same_bits_for_any_thread_count():
    from swref import get_num_threads, set_num_threads

    rng = np.random.default_rng(19)
    z, w = cloud(rng, 20), cloud(rng, 30)
    before, results = get_num_threads(), []
    try:
        for count in (1, 2, 3):
            set_num_threads(count)
            results.append(population_sw(z, w, 8))
    finally:
        set_num_threads(before)
    for result in results[1:]:
        assert result.value == results[0].value
        np.testing.assert_array_equal(result.grad, results[0].grad)


@pytest.mark.parametrize(
    ("arguments", "options", "error", "message"),
    [
        (([0.0, 1.0], [[0.0]], 1), {}, InputError, r"z must have two axes"),
        (([[0.0]], [[0.0, 1.0]], 1), {}, InputError, r"z and w must have as many columns, got shapes \(1, 1\)"),
        (([[0.0]], [[np.nan]], 1), {}, InputError, r"w must be finite, got nan at \[0, 0\]"),
        (([[0.0]], [[1.0]], 0), {}, InputError, r"batch must be >= 1, got 0"),
        (([[0.0]], [[1.0]], 2.0), {}, InputTypeError, r"batch must be an integer, got 2.0"),
        (([[0.0]], [[1.0]], 1, [0.5]), {}, InputError, r"z_weights must sum to 1"),
        (([[0.0]], [[1.0]], 1, None, [0.5, 0.5]), {}, InputError, r"w_weights must have shape \(1,\)"),
        (([[0.0]], [[1.0]], 1), {"p": 0.5}, InputError, r"p must be >= 1"),
        (([[0.0]], [[1.0]], 1), {"accuracy": 0.0}, InputError, r"accuracy must be > 0"),
        (([[0.0]], [[1.0]], 1), {"max_directions": 0}, InputError, r"max_directions must be >= 1"),
        (([[0.0, 0.0]], [[1e200, 0.0]], 2), {}, InputError, r"z and w must be small enough for \|z - w\|\^2"),
    ],
)
def test_bad_input(arguments, options, error, message):
    with pytest.raises(error, match=message):
        population_sw(*arguments, **options)


@pytest.mark.parametrize("batch", [None, 1, 4])
@pytest.mark.parametrize("p", [2.0, 1.5])
def test_network_gradient(batch, p):
    """Chain rule: du against central differences of the loss in u; weighted, coincident inputs included."""
    rng = np.random.default_rng(20)
    net = MLP((2, 5, 2), "tanh")
    u = net.init(3)
    points = np.vstack([cloud(rng, 4), [[0.3, 0.3], [0.3, 0.3]]])
    source, target = Discrete(points, weights(rng, 6, "random")), Discrete(cloud(rng, 5))
    F = population_loss_and_grad(net, u, source, target, batch, p)
    assert F.value == population_loss(net, u, source, target, batch, p)
    assert F.value == population_sw(net.forward(u, points)[0], target.points, batch, source.weights, p=p).value
    numeric = central_difference(lambda u: population_loss(net, u, source, target, batch, p), u)
    np.testing.assert_allclose(F.grad, numeric, atol=1e-7)
    assert F.exact


def test_network_gradient_in_float32():
    net = MLP((1, 4, 2), "tanh")
    u = net.init(1)
    source, target = Discrete([[0.0], [1.0], [0.5]]), Discrete([[0.0, 1.0], [1.0, 0.0]])
    wide, narrow = (population_loss_and_grad(net, v, source, target, 3) for v in (u, u.astype(np.float32)))
    assert narrow.grad.dtype == np.float32
    assert narrow.value == pytest.approx(wide.value, rel=1e-5)
    np.testing.assert_allclose(narrow.grad, wide.grad, atol=1e-5)


def test_network_in_three_dimensions_reports_its_error():
    net = MLP((1, 3))
    F = population_loss_and_grad(net, net.init(0), Discrete([[0.0], [1.0]]), Discrete(np.eye(3)), None, accuracy=1e-2)
    assert not F.exact
    assert F.standard_error > 0
    assert F.grad_standard_error is None
    assert F.to_dict()["grad_standard_error"] is None


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        ({"u": np.zeros(3)}, InputError, r"u must have shape \(9,\), got \(3,\)"),
        ({"source": np.zeros((2, 2))}, InputTypeError, r"source must be a Discrete measure"),
        ({"source": Discrete([[0.0]])}, InputError, r"source must have dimension 2"),
        ({"target": Discrete([[0.0]])}, InputError, r"target must have dimension 3"),
    ],
)
def test_network_bad_input(change, error, message):
    net = MLP((2, 3))
    arguments = {"u": np.zeros(9), "source": Discrete(np.eye(2)), "target": Discrete(np.eye(3)), "batch": 1, **change}
    with pytest.raises(error, match=message):
        population_loss(net, **arguments)


@pytest.mark.slow
@pytest.mark.parametrize(("m", "batch", "limit"), [(200, 64, 0.3), (2000, None, 5.0)])
@pytest.mark.parametrize("kind", ["uniform", "random"])
def test_speed(m, batch, limit, kind):
    """Value and gradient on two cores, the kernels compiled; the best of three, the machine being shared."""
    rng = np.random.default_rng(21)
    z, w, wx, wy = cloud(rng, m), cloud(rng, m), weights(rng, m, kind), weights(rng, m, kind)
    population_sw(z[:20], w[:20], batch)
    seconds = []
    for _ in range(3):
        start = time.perf_counter()
        population_sw(z, w, batch, wx, wy)
        seconds.append(time.perf_counter() - start)
    assert min(seconds) < limit


@pytest.mark.slow
@pytest.mark.parametrize("batch", [None, 64])
def test_rounding_at_size(batch):
    """m = 1000: half a million changes of order on each side leave the value good to 1e-12, and the gradient too.
    Oracle: the turned clouds, whose half-turn starts elsewhere and meets the same arcs in another order."""
    rng = np.random.default_rng(22)
    z, w = cloud(rng, 1000), cloud(rng, 1000)
    F = population_sw(z, w, batch)
    turn = np.array([[math.cos(1.0), -math.sin(1.0)], [math.sin(1.0), math.cos(1.0)]])
    turned = population_sw(z @ turn.T, w @ turn.T, batch)
    assert abs(F.value - turned.value) <= TIGHT * F.scale
    np.testing.assert_allclose(turned.grad, F.grad @ turn.T, atol=TIGHT * np.abs(F.grad).max())
