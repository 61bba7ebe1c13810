"""The verdict on a run, by the signs of its numbers."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from swref.runs import TrainConfig, chosen, train_chosen
from swref.runs.advice import advice
from swref.runs.columns import Column, Columns
from swref.runs.evaluation import HeldOutDistances

PERFECT = HeldOutDistances(
    **dict.fromkeys(("generated", "halves", "resampled", "rank_generated", "rank_halves", "rank_resampled"), 0.1),
    **{f"{name}_standard_error": 0.01 for name in ("generated", "halves", "resampled")},
    untrained=1.0,
    directions=100,
    rows=100,
    points=50,
    images=False,
    heavy=(),
    rank_mapped=None,
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


def test_the_map_of_ties_is_named_where_it_helps():
    tied = dataclasses.replace(PERFECT, rank_generated=0.4, rank_mapped=0.11)
    first, last = advice(tied, 0.1, 0.1, TrainConfig())
    assert first.endswith("--ties map brings the ratio of ranks from 4.00 to 1.10")
    assert last.startswith("good")
    assert len(advice(dataclasses.replace(PERFECT, rank_mapped=0.095), 0.1, 0.1, TrainConfig())) == 1


def test_correlations_that_are_off():
    off = dataclasses.replace(POOR, columns=Columns((), 0.25, 0.1))
    assert advice(off, 0.1, 0.1, CHOSEN)[-1].endswith(
        "correlations are off: try --minutes 2, or a larger network or source"
    )
    two = tuple(Column(j, name, 1.0, (), ()) for j, name in enumerate("ab"))
    flat = dataclasses.replace(POOR, columns=Columns(two, 0.25, 0.1))
    line = advice(flat, 0.3, 0.1, TrainConfig(source="gaussian:1"))[-1]
    assert "gaussian:1 has fewer dimensions than the data: leave --source to be chosen" in line
    assert "fewer" not in advice(flat, 0.3, 0.1, TrainConfig(source="gaussian:2"))[-1]


def test_what_is_said_first():
    tiny = dataclasses.replace(PERFECT, rows=19, points=10)
    assert "19 rows are too few" in advice(tiny, 0.1, 0.1, CHOSEN)[0]
    assert tiny.ratio_to_halves is None
    first, second, last = advice(dataclasses.replace(POOR, rows=1000, heavy=("pay",)), 0.1, 0.1, CHOSEN)
    assert "50 points of each half of the 1000, at random: an error below what so many leave" in first
    assert "heavy tails in pay" in second
    assert last.startswith("poor")
    assert last.endswith("learn logarithms (--transform) of pay, shifted above 0 where they are not")
    assert advice(dataclasses.replace(PERFECT, generated=9.0, heavy=("pay",)), 0.1, 0.1, CHOSEN)[-1].startswith("good")
    same = dataclasses.replace(PERFECT, **dict.fromkeys(("generated", "resampled", "rank_resampled"), 0.0))
    assert advice(same, 0.0, 0.0, CHOSEN) == ["no ratio: the training points, resampled, are the held-out data"]


def test_pixels_are_not_transformed():
    heavy = dataclasses.replace(POOR, heavy=("7",))
    assert "--transform" in advice(heavy, 0.1, 0.1, CHOSEN)[-1]
    assert "--transform" not in advice(dataclasses.replace(heavy, images=True), 0.1, 0.1, CHOSEN)[-1]


LATENT = np.random.default_rng(0).normal(size=(1500, 3)) @ np.array([[1, 0.6, 0.2], [0, 0.8, 0.3], [0, 0, 0.9]])
SKEWED = np.column_stack([np.exp(2 * LATENT[:, 0]), np.exp(0.5 * LATENT[:, 1]), LATENT[:, 2]])
TIED = np.column_stack([np.floor(np.exp(LATENT[:, 0])), LATENT[:, 1] > 0.5, LATENT[:, 2]])


@pytest.mark.slow
@pytest.mark.parametrize(
    ("target", "before", "said", "after"),
    [
        (SKEWED, {}, "learn logarithms (--transform)", {"transform": ("log", "log", "none")}),
        (TIED, {"ties": "none"}, "--ties map", {}),
        (LATENT, {"source": "gaussian:1"}, "leave --source to be chosen", {}),
        ("moons", {"steps": 300}, "try --minutes 2", {"steps": 20_000}),
        ("moons", {"steps": 1500}, "try more steps", {"steps": 20_000}),
        ("moons", {"as_in_paper": True, "step": 1e-3}, "leave --source, --directions and --step to be chosen", {}),
    ],
    ids=["heavy", "tied", "source", "far", "falls", "paper"],
)
def test_doing_what_is_said_halves_the_excess(target, before, said, after, tmp_path):
    """Oracle: the ratio that is read, less 1; of tied columns that of ranks."""

    def excess(name, values):
        values = {"steps": 3000} | values
        paper = values.pop("as_in_paper", False)
        data = {"target": target} if isinstance(target, str) else {}
        given = None if data else target
        found = train_chosen(chosen(data, values, target=given, as_in_paper=paper), tmp_path / name)
        distances = found.evaluation
        ratio = distances.rank_ratio if target is SKEWED or target is TIED else distances.ratio_to_resampled
        return ratio - 1, " ".join(found.advice)

    poor, words = excess("before", before)
    assert said in words
    better, _ = excess("after", after)
    assert better < 0.5 * poor
