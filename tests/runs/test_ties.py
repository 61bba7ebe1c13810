"""Tied columns: which are, that their law is that of the training points, and that a run's folder keeps the map."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from swref.measures import Discrete
from swref.randomness import stream
from swref.runs import Problem, Run, TrainConfig, chosen, train
from swref.runs.evaluation import HeldOut
from swref.runs.ties import Ties

RNG = np.random.default_rng(0)
N = 400
COLUMNS = {
    "0/1": (RNG.integers(0, 2, N), True),
    "ages": (RNG.integers(18, 90, N), True),
    "half zeros": (np.where(RNG.random(N) < 0.5, 0.0, RNG.random(N)), True),
    "a tenth of zeros": (np.where(RNG.random(N) < 0.1, 0.0, RNG.random(N)), True),
    "constant": (np.full(N, 3.5), True),
    "normal": (RNG.standard_normal(N), False),
    "two decimals, wide": (RNG.uniform(0, 100, N).round(2), False),
}
TABLE = Discrete(np.stack([values for values, _ in COLUMNS.values()], axis=1).astype(float), names=list(COLUMNS))


def test_which_columns_are_tied():
    expected = [name for name, (_, tied) in COLUMNS.items() if tied]
    assert [list(COLUMNS)[j] for j in Ties.of(TABLE).columns] == expected


def test_a_mapped_column_has_the_law_of_the_training_points_and_keeps_its_order():
    """Oracle: the shares of the training values, for a generator of another law; four errors of drawing."""
    ties = Ties.of(TABLE)
    points, reference = (np.exp(np.random.default_rng(k).standard_normal((20_000, TABLE.dim))) for k in (1, 2))
    mapped = ties.map(points, reference)
    for j in ties.columns:
        order = np.argsort(points[:, j])
        assert (np.diff(mapped[order, j]) >= 0).all()
        for value in np.unique(TABLE.points[:, j])[:10]:
            share = (TABLE.points[:, j] == value).mean()
            error = np.sqrt(2 * share * (1 - share) / 20_000)  # of the points and of the reference
            assert abs((mapped[:, j] == value).mean() - share) <= 4 * error + 1e-4
    for j in set(range(TABLE.dim)) - set(ties.columns):
        assert np.array_equal(mapped[:, j], points[:, j])


def test_weights_count():
    ties = Ties.of(Discrete([[0.0], [0.0], [0.0], [1.0], [1.0], [2.0]], weights=[0.25, 0.25, 0.25, 0.25, 0.0, 0.0]))
    assert ties.values[0].tolist() == [0.0, 1.0]
    assert ties.cumulative[0].tolist() == [0.75, 1.0]


@pytest.mark.parametrize("holdout", [0.3, 0.5])
def test_only_training_points_make_the_map(holdout):
    """Oracle: the values of a column that repeats in the training part alone."""
    config = TrainConfig(target="x", ties="map", holdout=holdout)
    problem = Problem.of(config, TABLE)
    raw = problem.units.invert(problem.train.points)
    j = list(COLUMNS).index("ages")
    assert set(problem.ties.values[problem.ties.columns.index(j)]) == set(raw[:, j].round())


def test_samples_of_a_run_have_values_of_the_data(tmp_path):
    """The folder alone maps; ties = none in it does not; an evaluation sees what is sampled."""
    choice = chosen({"steps": 40, "hidden": (8,), "batch": 32}, target=TABLE)
    assert any(note.startswith("ties map (columns 0/1, ages") for note in choice.notes)
    train(choice.problem, tmp_path / "run")
    points = Run.load(tmp_path / "run").sample(300)
    assert set(points[:, 0]) == {0.0, 1.0}
    assert set(points[:, 1]) <= set(COLUMNS["ages"][0])
    assert len(set(points[:, 5])) == 300
    problem, u = choice.problem, Run.load(tmp_path / "run").u
    seen = next(problem.generate(u, stream(0, "evaluation: generated points"), 300))
    assert set(problem.units.invert(seen)[:, 0].round(12)) == {0.0, 1.0}
    assert HeldOut(problem, 20).generated(u, 2).shape == (2,)
    text = (tmp_path / "run" / "config.toml").read_text()
    (tmp_path / "run" / "config.toml").write_text(text.replace('ties = "map"', 'ties = "none"'))
    assert len(set(Run.load(tmp_path / "run").sample(300)[:, 0])) == 300


def test_arrays_and_back():
    ties = Ties.of(TABLE)
    again = Ties.from_arrays(ties.to_arrays())
    assert again.columns == ties.columns
    assert all(np.array_equal(a, b) for a, b in zip(again.values, ties.values, strict=True))
    assert Ties.from_arrays({}).columns == ()
    arrays = ties.to_arrays()
    arrays["tied_values_0"] = arrays["tied_values_0"][::-1]
    with pytest.raises(ValueError, match="tied columns"):
        Ties.from_arrays(arrays)


def test_a_law_and_the_paper_have_no_ties():
    assert Problem.of(TrainConfig(target="moons", ties="map")).ties.columns == ()
    assert Problem.of(TrainConfig(target="digits")).ties.columns == ()
    assert Problem.of(dataclasses.replace(TrainConfig(target="digits"), ties="map")).ties.columns != ()


def test_an_evaluation_tries_the_map_where_ties_are_not_mapped(tmp_path):
    """Oracle: the evaluation of the same points, mapped."""
    config = TrainConfig(target="x", steps=40, hidden=(8,), batch=32)
    plain = train(Problem.of(config, TABLE), tmp_path / "plain").evaluation
    mapped = train(Problem.of(dataclasses.replace(config, ties="map"), TABLE), tmp_path / "mapped").evaluation
    assert mapped.rank_mapped is None
    assert plain.rank_mapped == pytest.approx(mapped.rank_generated, rel=1e-12)
    assert plain.rank_mapped < 0.9 * plain.rank_generated
