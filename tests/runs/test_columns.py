"""Columns and correlations of a run's evaluation: known laws, and the definitions by NumPy."""

from __future__ import annotations

import dataclasses
import json

import numpy as np
import pytest

from swref.measures import Discrete
from swref.runs.columns import LEVELS, MOST, Columns, correlations
from swref.runs.problem import Problem
from tests.runs.support import QUICK


def problem_of(d: int) -> Problem:
    return Problem.of(dataclasses.replace(QUICK, target=f"gaussian:{d}", standardize="none"))


def same(sets: list[tuple[Discrete, Discrete]]) -> dict[str, list[tuple[Discrete, Discrete]]]:
    return dict.fromkeys(("generated", "resampled", "halves"), sets)


def points(seed: int, n: int, d: int) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=(n, d))


def test_a_shifted_column_is_the_worst_and_its_ratio_that_of_the_distances():
    """Oracle: on one axis W_2 is the distance of the sorted values."""
    x, y, z = points(0, 40, 3), points(1, 40, 3), points(2, 40, 3) + np.array([0, 0, 2])
    found = Columns.of(
        {
            "generated": [(Discrete(z), Discrete(y))],
            "resampled": [(Discrete(x), Discrete(y))],
            "halves": [(Discrete(x), Discrete(y))],
        },
        problem_of(3),
    )
    expected = np.linalg.norm(np.sort(z, 0) - np.sort(y, 0), axis=0) / np.linalg.norm(
        np.sort(x, 0) - np.sort(y, 0), axis=0
    )
    assert [c.name for c in found.worst] == [str(j) for j in np.argsort(-expected)]
    assert [c.ratio for c in found.worst] == pytest.approx(np.sort(expected)[::-1], rel=1e-12)
    assert found.worst[0].name == "2"
    real = np.quantile(y[:, 2], LEVELS, method="inverted_cdf")
    assert found.worst[0].held_out == pytest.approx(real, rel=1e-12)
    gap = np.corrcoef(z, rowvar=False) - np.corrcoef(y, rowvar=False)
    assert found.correlation_error == pytest.approx(np.sqrt(np.mean(gap[np.triu_indices(3, 1)] ** 2)), rel=1e-10)
    assert json.loads(json.dumps(found.to_dict()))["worst"][0]["name"] == "2"


def test_weights_count_as_repeats_do():
    """Oracle: a point of twice the weight is two points."""
    x = points(3, 5, 2)
    weights = np.array([2, 1, 1, 1, 1]) / 6
    repeated = np.vstack([x[:1], x])
    np.testing.assert_allclose(
        correlations(Discrete(x, weights), np.arange(2)), np.corrcoef(repeated, rowvar=False), rtol=1e-12
    )
    one, other = (
        Columns.of(same([(Discrete(points(4, 6, 2)), data)]), problem_of(2))
        for data in (Discrete(x, weights), Discrete(repeated))
    )
    assert one.worst[0].held_out == other.worst[0].held_out
    assert one.worst[0].ratio == other.worst[0].ratio == 1


def test_a_column_that_resampling_leaves_as_it_is_has_no_ratio_and_many_are_cut():
    x = points(5, 8, MOST + 1)
    x[:, 0] = 1
    y = x[::-1] + np.where(np.arange(MOST + 1) > 0, 0.1, 0.0)
    sets = [(Discrete(x), Discrete(y))]
    found = Columns.of(same(sets), problem_of(MOST + 1))
    assert len(found.worst) == MOST
    assert "0" not in [c.name for c in found.worst]
    alone = Columns.of(same([(Discrete(x[:, :1]),) * 2]), problem_of(1))
    assert (alone.worst[0].ratio, alone.correlation_error) == (None, 0.0)
