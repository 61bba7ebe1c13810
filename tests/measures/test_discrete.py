"""Discrete measures drawn from: frequencies against their weights, splits, read-only arrays, checksums."""

from __future__ import annotations

import math

import numpy as np
import pytest

from swref.errors import InputError, InputTypeError
from swref.measures import Discrete
from tests.measures.statistics import STANDARD_ERRORS, N, assert_mean, rng
from tests.support import tol

WEIGHTS = np.array([0.0, 0.1, 0.0, 0.25, 0.6, 0.05, 0.0])


@pytest.mark.parametrize("weights", [None, WEIGHTS], ids=["uniform", "weighted"])
def test_discrete_frequencies_by_chi_square(weights: np.ndarray | None) -> None:
    """Oracle: Pearson's statistic of k categories has mean k - 1 and variance about 2 (k - 1)."""
    measure = Discrete(np.arange(7.0)[:, None], weights)
    probability = np.full(7, 1 / 7) if weights is None else weights
    counts = np.bincount(measure.sample(rng(), N)[:, 0].astype(int), minlength=7)
    drawn = probability > 0
    expected = N * probability[drawn]
    statistic = ((counts[drawn] - expected) ** 2 / expected).sum()
    freedom = drawn.sum() - 1
    assert abs(statistic - freedom) < STANDARD_ERRORS * math.sqrt(2 * freedom)
    assert counts[~drawn].sum() == 0


class Fixed(np.random.Generator):
    """A generator whose uniform numbers are given: to reach the corners of [0, 1) that chance would not."""

    def __init__(self, value: float) -> None:
        super().__init__(np.random.PCG64(0))
        self.value = value

    def random(self, size=None):
        return np.full(size, self.value)


@pytest.mark.parametrize(("u", "point"), [(0.0, 1.0), (0.5, 3.0), (np.nextafter(1.0, 0.0), 3.0)])
def test_zero_weight_is_not_drawn_at_the_ends_of_the_unit_interval(u: float, point: float) -> None:
    measure = Discrete(np.arange(6.0)[:, None], [0.0, 0.5, 0.0, 0.5, 0.0, 0.0])
    np.testing.assert_array_equal(measure.sample(Fixed(u), 3), np.full((3, 1), point))


@pytest.mark.parametrize("m", [3, 7, 1000])
def test_last_positive_weight_catches_the_largest_uniform_number(m: int) -> None:
    """Weights like 1/3 or 0.001 do not add up to exactly 1: the last index must stay in range, before the weight 0."""
    weights = np.append(np.full(m, 1.0 / m), 0.0)
    measure = Discrete(np.arange(m + 1.0)[:, None], weights)
    assert measure.sample(Fixed(np.nextafter(1.0, 0.0)), 1)[0, 0] == m - 1


def test_discrete_draws_with_replacement_and_independently() -> None:
    """Oracle: of 2 draws from 2 points both agree with probability 1/2 (without replacement: never)."""
    pairs = Discrete([[0.0], [1.0]]).sample(rng(), N).reshape(-1, 2)
    assert_mean(pairs[:, 0] == pairs[:, 1], 0.5, 0.25)


def test_discrete_owns_its_arrays_and_cannot_be_written_to() -> None:
    points, weights = np.ones((2, 3)), np.array([0.5, 0.5])
    measure = Discrete(points, weights, names=["a", "b", "c"])
    points[0, 0], weights[0] = 9.0, 9.0
    assert measure.points[0, 0] == 1.0
    assert measure.weights[0] == 0.5
    assert (measure.m, measure.dim, measure.names) == (2, 3, ("a", "b", "c"))
    assert Discrete(points).weights is None
    for array in (measure.points, measure.weights):
        with pytest.raises(ValueError, match="read-only"):
            array[0] = 0.0
    with pytest.raises(AttributeError):
        measure.points = points
    measure.sample(rng(), 2)[0, 0] = 5.0  # a sample is the caller's


def test_discrete_sample_is_float64_for_other_inputs() -> None:
    for points in ([[1, 2]], np.ones((1, 2), np.float32), np.ones((1, 2), bool)):
        assert Discrete(points).points.dtype == np.float64


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (([1.0, 2.0],), r"points must have two axes \[n, d\], got shape \(2,\)"),
        ((np.empty((0, 2)),), r"points must hold at least one point"),
        (([[1.0, np.nan]],), r"points must be finite, got nan at \[0, 1\]"),
        (([[1.0]], [0.5, 0.5]), r"weights must have shape \(1,\), one weight a point, got \(2,\)"),
        (([[1.0], [2.0]], [0.5, 0.6]), r"weights must sum to 1, got a sum of 1.1"),
        (([[1.0], [2.0]], [1.5, -0.5]), r"weights must be non-negative, got -0.5 at \[1\]"),
        (([[1.0, 2.0]], None, ("a",)), r"names must have one entry for each of the 2 columns, got 1"),
        (([[1.0]], None, "a"), r"names must be a sequence of strings, got 'a'"),
    ],
)
def test_discrete_refuses(arguments: tuple, line: str) -> None:
    with pytest.raises((InputError, InputTypeError), match=line):
        Discrete(*arguments)


@pytest.mark.parametrize("weights", [None, np.arange(1.0, 11.0) / 55.0], ids=["uniform", "weighted"])
def test_split_parts_the_support(weights: np.ndarray | None) -> None:
    """Oracle: the two parts are disjoint, together the whole support, and weights keep their ratios."""
    measure = Discrete(np.arange(20.0).reshape(10, 2), weights, ("a", "b"))
    train, held_out = measure.split(0.7, rng())
    assert (train.m, held_out.m) == (7, 3)
    both = np.concatenate([train.points, held_out.points])
    np.testing.assert_array_equal(np.sort(both[:, 0]), measure.points[:, 0])
    for part in (train, held_out):
        assert part.names == ("a", "b")
        assert (np.diff(part.points[:, 0]) > 0).all()
        if weights is None:
            assert part.weights is None
        else:
            original = weights[(part.points[:, 0] / 2).astype(int)]
            np.testing.assert_allclose(part.weights, original / original.sum(), rtol=tol(np.float64, 10))
    again = measure.split(0.7, rng())[0]
    np.testing.assert_array_equal(again.points, train.points)
    assert not np.array_equal(measure.split(0.7, rng(5))[0].points, train.points)


@pytest.mark.parametrize(
    ("fraction", "line"),
    [
        (0.0, r"fraction must be > 0, got 0\.0"),
        (1.0, r"fraction must be < 1, got 1\.0"),
        (0.01, r"fraction 0.01 of 4 points leaves the train part empty"),
        (0.99, r"fraction 0.99 of 4 points leaves the held-out part empty"),
    ],
)
def test_split_refuses_empty_parts(fraction: float, line: str) -> None:
    with pytest.raises(InputError, match=line):
        Discrete(np.zeros((4, 1))).split(fraction, rng())


def test_split_refuses_a_part_of_weight_zero() -> None:
    with pytest.raises(InputError, match=r"part of the split holds only points of weight 0"):
        Discrete([[0.0], [1.0]], [1.0, 0.0]).split(0.5, rng())


def test_discrete_checksum_tells_points_and_weights_apart() -> None:
    points = np.array([[0.0], [1.0]])
    sums = {Discrete(p, w).to_dict()["sha256"] for p, w in [(points, None), (points + 1, None), (points, [0.5, 0.5])]}
    assert len(sums) == 3
    assert Discrete(np.asfortranarray(points)).to_dict() == Discrete(points).to_dict()
