"""The sweeps of any order against those of order 2, and the masses that a swap moves against spec."""

from __future__ import annotations

import numpy as np
import pytest

from swref.spec.order_statistics import coupling
from swref.theory.population.atoms import atoms_of_both
from swref.theory.population.kernels.batch_sweep import both_levels
from swref.theory.population.kernels.power_sweep import (
    batch_power_sweep,
    moved_levels,
    moved_masses,
    power_sweep,
)
from swref.theory.population.kernels.sweep import levels
from swref.theory.population.kernels.tails import masses, shares, tail_table
from swref.theory.population.plane import half_turns, planar_sw, share_tables
from tests.support import tol
from tests.theory.population.support import cloud, weights

BEFORE, AFTER = np.array([0.1, 0.4, 0.2, 0.3]), np.array([0.1, 0.2, 0.4, 0.3])
OTHER = np.array([0.25, 0.15, 0.35, 0.25])


def test_the_generic_sweeps_at_order_two():
    """p = 2 has sweeps of its own; the pair by pair ones tend to them as p -> 2, and are exact at 2 as well."""
    rng = np.random.default_rng(4)
    za, wa = atoms_of_both(cloud(rng, 9), cloud(rng, 7), weights(rng, 9, "random"), None)
    arguments = (*half_turns(za, wa), za.points, wa.points, za.weights, wa.weights)
    for n in (None, 3, 50):
        value, grad = planar_sw(za, wa, n, 2.0)
        G = np.zeros(za.points.shape)
        if n is None:
            F = power_sweep(*arguments, 1.0, 1.0, False, 2.0, G)
        else:
            F = batch_power_sweep(*arguments, *share_tables(za, wa, n), 2.0, G)
        assert F / np.pi == pytest.approx(value, rel=tol(np.float64, 200))
        np.testing.assert_allclose(G / np.pi, grad, atol=tol(np.float64, 200))


def test_a_swap_of_levels_moves_the_difference_of_two_couplings():
    """Oracle: the couplings of spec before and after two neighbours of different weights change places."""
    order, c, moved = np.arange(4), levels(BEFORE, 1.0), np.zeros(4)
    a, b, start, stop = moved_levels(order, c, BEFORE, 1, levels(OTHER, 1.0), moved)
    assert (a, b, order.tolist()) == (1, 2, [0, 2, 1, 3])
    gained = coupling(AFTER, OTHER, None)[1] - coupling(BEFORE, OTHER, None)[2]  # b was of rank 2, and is of rank 1
    np.testing.assert_allclose(moved[start:stop], gained[start:stop], atol=tol(np.float64, 12))
    np.testing.assert_allclose(np.delete(gained, np.arange(start, stop)), 0, atol=tol(np.float64))


def test_a_swap_in_batches_moves_the_difference_of_two_couplings():
    """Oracle: the couplings of spec, before and after; the table of masses is that of the new order."""
    order, moved = np.arange(4), np.zeros(4)
    below, above = both_levels(BEFORE)
    Phi, Phi_other = tail_table(below, above, 3), tail_table(*both_levels(OTHER), 3)
    A, B = shares(Phi), shares(Phi_other)
    Pi = masses(A, B)
    assert moved_masses(order, below, above, BEFORE, 1, Phi, A, B, Pi, np.empty(3), moved) == (1, 2)
    after = coupling(AFTER, OTHER, 3)
    np.testing.assert_allclose(moved, after[1] - coupling(BEFORE, OTHER, 3)[2], atol=tol(np.float64, 12))
    np.testing.assert_allclose(Pi, after, rtol=tol(np.float64, 12))
