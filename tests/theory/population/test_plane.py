"""The sweeps over the half-turn against the plain version of spec, on clouds in every degenerate position."""

from __future__ import annotations

import numpy as np
import pytest

from swref.spec.population import population_sw_by_arcs
from swref.theory import population_sw
from swref.theory.population.atoms import atoms_of_both
from swref.theory.population.plane import half_turn, planar_sw
from tests.support import tol
from tests.theory.population.support import TIGHT, cloud, filled, size, weights


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
