"""The population loss against enumeration, closed forms, Monte Carlo, identities and finite differences."""

from __future__ import annotations

import itertools
import json
import math
import time

import numpy as np
import pytest

from swref import MLP, Discrete, Shape, spec
from swref.errors import InputError, InputTypeError
from swref.spec.order_statistics import expected_loss
from swref.theory import population_loss, population_loss_and_grad, population_sw
from tests.support import central_difference, slowness, tol
from tests.theory.population.support import TIGHT, cloud, enumerated, size, weights


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


@pytest.mark.parametrize("d", [1, 2, 3, 6])
def test_single_draws(d):
    """n = 1, p = 2: F = (1/d) E|z - w|^2, and dz = (2/d) wx (z - mean w)."""
    rng = np.random.default_rng(d)
    z, w, wx, wy = cloud(rng, 5, d), cloud(rng, 4, d), weights(rng, 5, "zeros"), weights(rng, 4, "random")
    value, grad = population_sw(z, w, 1, wx, wy)
    squares = np.sum((z[:, None] - w[None]) ** 2, axis=2)
    assert value == pytest.approx(wx @ squares @ wy / d, rel=tol(np.float64, 20))
    np.testing.assert_allclose(grad, 2 / d * wx[:, None] * (z - wy @ w), atol=tol(np.float64, 20))


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


def test_result_unpacks_and_serialises():
    F = population_sw([[0.0, 1.0]], [[1.0, 1.0]], 2)
    value, grad = F
    assert value == F.value
    assert grad is F.grad
    assert json.loads(json.dumps(F.to_dict()))["value"] == F.value


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
        ({"source": Shape("moons")}, InputTypeError, r"source must be a Discrete measure"),
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
    assert min(seconds) < limit * slowness()


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
