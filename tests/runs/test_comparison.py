"""Runs beside each other: their distances by hand, differences that pairing makes certain, and what is not fair."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from swref.directions import directions
from swref.errors import InputError
from swref.measures import Discrete
from swref.randomness import stream
from swref.runs import Run, RunFolder, comparison, train
from swref.runs.comparison import compare, different_settings
from swref.sliced import sw_loss
from tests.runs.support import QUICK, interrupt


@pytest.fixture(autouse=True)
def _few_directions(monkeypatch):
    monkeypatch.setattr(comparison, "DIRECTIONS", 30)


@pytest.fixture(scope="module")
def pair(tmp_path_factory):
    """A run of penguins, and a longer one."""
    path, config = tmp_path_factory.mktemp("pair"), dataclasses.replace(QUICK, target="penguins", source="gaussian:4")
    train(dataclasses.replace(config, steps=5), path / "short")
    train(dataclasses.replace(config, steps=600, directions=4), path / "long")
    return Run.load(path / "short"), Run.load(path / "long")


def test_distances_are_those_of_the_generators(pair):
    """Oracle: sw_loss of points drawn by hand, in the units of the first run."""
    result = compare(pair)
    first, held_out = pair[0], pair[0].kept.units.apply(pair[0].kept.held_out)
    theta = directions(stream(0, "evaluation: directions"), 30, 4)
    for run, row in zip(pair, result.runs, strict=True):
        draws = [run.generator.sample(stream(0, "comparison", r), len(held_out)) for r in range(20)]
        by_hand = [sw_loss(first.kept.units.apply(z), held_out, theta) ** 0.5 for z in draws]
        assert row.distance == pytest.approx(np.mean(by_hand), rel=1e-12)
        assert row.standard_error == pytest.approx(np.std(by_hand, ddof=1) / 20**0.5, rel=1e-9)
        assert (row.steps, row.loss) == (run.steps, pytest.approx(run.summary["loss"]))
    assert result.held_out == 171
    assert result.runs[0].difference == result.runs[0].paired_standard_error == 0.0
    assert result.runs[1].difference == pytest.approx(result.runs[1].distance - result.runs[0].distance)
    assert result.runs[1].difference < -3 * result.runs[1].paired_standard_error


def test_the_paired_error_is_that_of_fresh_held_out_points():
    """Oracle: the spread of the difference of two laws' distances over 200 fresh held-out samples."""
    rng = np.random.default_rng(0)
    a, b, theta = rng.standard_normal((300, 2)), rng.standard_normal((300, 2)) + 0.5, directions(rng, 30, 2)
    gaps, errors = [], []
    for _ in range(200):
        held_out = Discrete(rng.standard_normal((80, 2)) * 1.5)
        one, other = (sw_loss(z, held_out.points, theta) ** 0.5 for z in (a, b))
        influence = comparison._influence(b, held_out, theta, 2.0) - comparison._influence(a, held_out, theta, 2.0)
        gaps.append(other - one)
        errors.append(influence.std(ddof=1) / 80**0.5)
    assert np.mean(errors) == pytest.approx(np.std(gaps), rel=5 / 20)  # five standard errors of a standard deviation


def test_settings_that_differ(pair):
    assert different_settings(pair) == {"steps": [5, 600], "directions": [1, 4]}
    assert compare(pair).remarks == []


def test_what_is_not_fair_is_said(pair, tmp_path, finished):
    config = dataclasses.replace(pair[0].config, seed=1)
    train(config, tmp_path / "seed")
    (line,) = compare([pair[0], Run.load(tmp_path / "seed")]).remarks
    assert "has another seed or holdout: it trained on some of these held-out points" in line
    train(dataclasses.replace(config, target="gaussian:4"), tmp_path / "other")
    (line,) = compare([pair[0], Run.load(tmp_path / "other")]).remarks
    assert "learned other data (gaussian:4) than" in line
    with pytest.raises(InputError, match=r"runs must have one dimension: .*short has 4, .*finished 2"):
        compare([pair[0], Run.load(finished[0])])
    with pytest.raises(InputError, match="runs must be at least two"):
        compare(pair[:1])


def test_a_run_without_a_step_has_no_loss(pair, tmp_path):
    """It can be compared all the same: its generator is the initial one."""
    with pytest.raises(KeyboardInterrupt):
        train(pair[0].config, tmp_path / "run", interrupt(1))
    folder = RunFolder(tmp_path / "run")
    folder.write_checkpoint(dataclasses.replace(folder.checkpoint(), t=0))
    folder.history_path.write_text("step,loss,norm_u,norm_phi,seconds\n")
    assert compare([pair[0], Run.load(folder.path)]).to_dict()["runs"][1]["loss"] is None
