"""Cells of E_L for two points: the formula, sampled signs, the minima of stable cells and where descents end."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest

from swref import directions, sw_loss, sw_loss_and_grad
from swref.errors import InputError
from swref.theory import block_coordinate_descent, cells, count_cells, stable_cells


def formula(L, d):
    return 2 * sum(math.comb(L - 1, i) for i in range(d))


@pytest.mark.parametrize(("L", "count"), [(10, 512), (15, 2942), pytest.param(20, 10072, marks=pytest.mark.slow)])
def test_cells_in_dimension_five(L, count):
    """math.md, section 5: enumerated, each with a point that has its signs and no other cell's."""
    theta = directions(L, L, 5)
    found = cells(theta)
    assert len(found) == count == formula(L, 5)
    assert np.array_equal(np.sign(found.witnesses @ theta.T), found.signs)
    assert len(np.unique(found.signs, axis=0)) == count
    assert np.array_equal(-found.signs[::-1], found.signs)  # with h, -h: the lexicographic order turned round


@pytest.mark.parametrize(("L", "d"), [(1, 1), (4, 1), (1, 3), (3, 2), (7, 2), (3, 3), (6, 3), (6, 4), (2, 4)])
def test_general_position(L, d):
    theta = directions(L + 10 * d, L, d)
    assert count_cells(theta) == formula(1 if d == 1 else L, d)


@pytest.mark.parametrize("seed", range(4))
def test_sampled_signs_are_exactly_the_cells(seed):
    """Oracle: the signs of 200 000 random h. In the plane and in space, with few directions, they meet every cell."""
    rng = np.random.default_rng(seed)
    theta = directions(seed, 5, 2 + seed % 2)
    sampled = np.unique(np.sign(rng.standard_normal((200_000, theta.shape[1])) @ theta.T), axis=0)
    assert np.array_equal(sampled, cells(theta).signs)


def test_hyperplanes_that_coincide_or_meet_in_a_line():
    """Degenerate arrangements by hand: repeated and opposite directions split nothing; three planes through a line."""
    e = np.eye(3)
    assert count_cells([e[0], e[0], -e[0]]) == 2
    assert cells([e[0], -e[0]]).signs.tolist() == [[-1, 1], [1, -1]]
    assert count_cells([e[0], e[1], (e[0] + e[1])]) == 6  # 8 in general position
    assert count_cells([e[0], e[1], e[0] + e[1], e[2]]) == 12
    assert count_cells([[3.0], [-1.0]]) == 2
    assert count_cells(e) == 8


def quadratic_value(signs, y, z, theta):
    """The quadratic of a cell: the loss with its matchings kept, whatever the order of y."""
    swapped = signs * np.sign(theta @ (z[0] - z[1])) < 0
    matched = np.where(swapped[:, None, None], z[::-1], z)  # [L, 2, d]
    return np.mean(0.5 * np.sum(np.einsum("lkd,ld->lk", y - matched, theta) ** 2, axis=1))


def test_stable_cells_hold_the_minima_of_their_quadratics():
    """Oracle: no cell but the stable ones has its quadratic's minimum inside; the gradient of E_L there is 0."""
    rng = np.random.default_rng(0)
    theta, z = directions(3, 8, 3), rng.standard_normal((2, 3))
    found = stable_cells(theta, z)
    assert 2 <= len(found) < count_cells(theta)
    for signs, y, value in zip(found.signs, found.points, found.values, strict=True):
        loss, grad = sw_loss_and_grad(y, z, theta)
        assert loss == pytest.approx(value, abs=1e-15)
        assert np.abs(grad).max() < 1e-13
        assert np.array_equal(np.sign(theta @ (y[0] - y[1])), signs)
        assert quadratic_value(signs, y, z, theta) == pytest.approx(value, abs=1e-15)
        for _ in range(20):  # and it is the least of the quadratic
            other = y + 0.1 * rng.standard_normal(y.shape)
            assert quadratic_value(signs, other, z, theta) > value
    stable = {tuple(signs) for signs in found.signs}
    every = cells(theta)
    for signs, h in zip(every.signs, every.witnesses, strict=True):
        if tuple(signs) not in stable:  # one update with the cell's matchings leaves it
            update = block_coordinate_descent(np.stack([h, -h]), z, theta, tolerance=0.0, max_iterations=1).points
            assert not np.array_equal(np.sign(theta @ (update[0] - update[1])), signs)


def test_the_target_is_stable_and_the_only_one_of_value_zero():
    """L > d directions identify z almost surely: value 0 at z and z swapped alone; L <= d do not: every cell has 0."""
    z = np.random.default_rng(1).standard_normal((2, 3))
    found = stable_cells(directions(0, 9, 3), z)
    assert np.sum(found.values < 1e-20) == 2
    assert any(np.allclose(y, z) for y in found.points[:2])
    assert np.all(np.diff(found.values) >= 0)
    few = stable_cells(directions(0, 3, 3), z)
    assert len(few) == 8
    assert np.all(few.values < 1e-20)


def test_descents_end_in_stable_cells():
    """Oracle: block coordinate descent from 40 starts, each ending at the minimum of some stable cell."""
    rng = np.random.default_rng(2)
    theta, z = directions(5, 7, 3), rng.standard_normal((2, 3))
    found = stable_cells(theta, z)
    for _ in range(40):
        run = block_coordinate_descent(2 * rng.standard_normal((2, 3)), z, theta, tolerance=0.0)
        nearest = np.argmin(np.abs(found.points - run.points).max(axis=(1, 2)))
        np.testing.assert_allclose(found.points[nearest], run.points, atol=1e-12)
        assert sw_loss(run.points, z, theta) == pytest.approx(found.values[nearest], abs=1e-14)


def test_records_and_refusals():
    theta = directions(0, 3, 2)
    record = json.loads(json.dumps(cells(theta).to_dict()))
    assert record["cells"] == len(record["signs"]) == len(record["witnesses"]) == 6
    stable = json.loads(json.dumps(stable_cells(theta, np.eye(2)).to_dict()))
    assert len(stable["signs"]) == len(stable["values"])
    with pytest.raises(InputError, match=r"theta must have no zero row, got one at \[1\]"):
        cells([[1.0, 0.0], [0.0, 0.0]])
    with pytest.raises(InputError, match="theta must make at most 200000 cells"):
        cells(np.random.default_rng(0).standard_normal((60, 8)))
    with pytest.raises(InputError, match="z must hold two points"):
        stable_cells(theta, np.zeros((3, 2)))
    with pytest.raises(InputError, match=r"theta must span R\^2, got rank 1"):
        stable_cells([[1.0, 0.0]], np.eye(2))


@pytest.mark.parametrize(
    ("theta", "z", "at"),
    [
        (np.eye(2), [[1.0, 0.0], [-1.0, 0.0]], 1),
        (directions(1, 5, 2), np.ones((2, 2)), 0),
        ([[1.0, 0.0], [0.9**0.5, -(0.1**0.5)]], [[0.1, 0.3], [0.0, 0.0]], 1),  # orthogonal up to rounding
    ],
)
def test_directions_along_which_the_target_is_one_point_are_refused(theta, z, at):
    """Oracle: for the first, Y = z has E_L = 0, a global minimum, but theta_2 . (y_1 - y_2) = 0 is on no side."""
    assert sw_loss(z, z, np.array(theta)) == 0.0
    with pytest.raises(InputError, match=rf"theta must have no row orthogonal to z\[0\] - z\[1\], got one at \[{at}\]"):
        stable_cells(theta, z)
