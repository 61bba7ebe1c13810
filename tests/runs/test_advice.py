"""The verdict on a run, by the signs of its numbers."""

from __future__ import annotations

import dataclasses

import pytest

from swref.runs import TrainConfig
from swref.runs.advice import advice
from swref.runs.columns import Columns
from swref.runs.evaluation import HeldOutDistances

PERFECT = HeldOutDistances(
    **dict.fromkeys(("generated", "halves", "resampled", "rank_generated", "rank_halves", "rank_resampled"), 0.1),
    **{f"{name}_standard_error": 0.01 for name in ("generated", "halves", "resampled")},
    untrained=1.0,
    directions=100,
    rows=100,
    points=50,
    heavy=(),
    mapped=None,
    columns=Columns((), 0.1, 0.1),
)
POOR = dataclasses.replace(PERFECT, generated=0.2, rank_generated=0.2)
CHOSEN = TrainConfig(schedule="linear", ties="map")


def test_good_and_fair():
    assert advice(PERFECT, 0.1, 0.1, CHOSEN) == [
        "good: as near to the held-out data as the training points resampled (1.00 times)"
    ]
    assert advice(dataclasses.replace(PERFECT, generated=0.15), 0.1, 0.1, CHOSEN)[-1].startswith("fair: 1.50 times")


@pytest.mark.parametrize(
    ("loss", "config", "remedy"),
    [
        (0.3, TrainConfig(), "--step to be chosen"),
        (0.3, CHOSEN, "larger network or source"),
        (0.15, CHOSEN, "more steps"),
        (0.05, CHOSEN, "outliers"),
        (0.1, TrainConfig(), "if more steps change nothing"),
        (0.1, CHOSEN, "if more steps change nothing"),
    ],
)
def test_signs_and_remedies(loss, config, remedy):
    (line,) = advice(POOR, loss, 0.1, config)
    assert line.startswith("poor: 2.00 times as far")
    assert remedy in line


def test_the_map_of_ties_is_named_where_it_helps_and_correlations_where_they_are_off():
    tied = dataclasses.replace(POOR, mapped=0.11)
    assert advice(tied, 0.3, 0.1, TrainConfig())[-1].endswith("--ties map lessens the distance by 45%")
    assert "ties" not in advice(dataclasses.replace(POOR, mapped=0.19), 0.3, 0.1, TrainConfig())[-1]
    off = dataclasses.replace(POOR, columns=Columns((), 0.25, 0.1))
    assert "correlations are off by 0.25, those of two halves by 0.1: try" in advice(off, 0.1, 0.1, CHOSEN)[-1]


def test_what_is_said_first():
    tiny = dataclasses.replace(PERFECT, rows=19, points=10)
    assert "19 rows are too few" in advice(tiny, 0.1, 0.1, CHOSEN)[0]
    assert tiny.ratio_to_halves is None
    first, second, last = advice(dataclasses.replace(POOR, rows=1000, heavy=("pay",)), 0.1, 0.1, CHOSEN)
    assert "50 points of each half of the 1000" in first
    assert "heavy tails in pay" in second
    assert last.startswith("poor")
    assert advice(dataclasses.replace(PERFECT, generated=9.0, heavy=("pay",)), 0.1, 0.1, CHOSEN)[-1].startswith("good")
