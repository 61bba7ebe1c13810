"""What a run is told at its end: distances of a perfect generator, and warnings with their rate of false alarms."""

from __future__ import annotations

import dataclasses
import math
import re

import numpy as np

from swref.measures import Discrete
from swref.runs import RunFolder, train
from swref.runs.evaluation import HeldOut, LossReference, evaluate, warnings_of
from swref.runs.problem import Problem
from tests.runs.support import QUICK


def test_evaluation_of_a_perfect_generator(tmp_path):
    """Oracle: a generator of the target's own law is as far from held-out points as two halves are from each other."""
    config = dataclasses.replace(QUICK, target="gaussian:2", hidden=(), standardize="none")
    problem = Problem.of(config)
    identity = np.concatenate([np.eye(2).ravel(), np.zeros(2)])
    perfect = evaluate(problem, identity)
    error = math.hypot(perfect.generated_standard_error, perfect.halves_standard_error)
    # The held-out half is one draw: its own spread is that of one split, not of their mean.
    spread = math.hypot(error, perfect.halves_standard_error * math.sqrt(20))
    assert abs(perfect.generated - perfect.halves) < 4 * spread
    assert evaluate(problem, 3 * identity).generated > 5 * perfect.generated


def test_equal_halves_have_no_ratio(tmp_path):
    data = tmp_path / "constant.npy"
    np.save(data, np.ones((10, 2)))
    summary = train(dataclasses.replace(QUICK, target=str(data), steps=5), tmp_path / "run")
    assert summary.evaluation.halves == 0
    assert RunFolder(tmp_path / "run").summary()["distances"]["ratio_to_halves"] is None


def test_a_pixel_that_is_dark_once_decides_where_each_has_a_unit_of_its_own(tmp_path):
    """Oracle: one value of 60 has all of the variance of that column, and a hundredth of that of all 16."""
    images = np.random.default_rng(0).normal(size=(60, 16))
    images[:, 7] = 3.0 * (np.arange(60) == 5)
    np.save(tmp_path / "images.npy", images)
    for standardize, heavy in (("column", ("7",)), ("global", ()), ("none", ())):
        config = dataclasses.replace(QUICK, target=str(tmp_path / "images.npy"), standardize=standardize)
        problem = Problem.of(config)
        found = evaluate(problem, problem.initial())
        assert (found.images, found.heavy) == (True, heavy)


def test_a_target_of_one_point_is_never_stuck_high():
    assert warnings_of(falling(400, 1.0, 1e-5), LossReference(floor=0.0, collapsed=0.0)) == []


def falling(T: int, start: float, end: float) -> np.ndarray:
    """Losses that fall from start to end exponentially, with 30 % of noise."""
    noise = 1 + 0.3 * np.random.default_rng(0).standard_normal(T)
    return (end + (start - end) * np.exp(-np.arange(T) / (T / 10))) * noise


REFERENCE = LossReference(floor=0.1, collapsed=1.0)


def test_a_good_record_has_no_warnings():
    for T in (40, 200, 5000):
        assert warnings_of(falling(T, 2.0, 0.12), REFERENCE) == []


def test_a_flat_record_did_not_go_down():
    (line,) = warnings_of(falling(2000, 0.2, 0.2), REFERENCE)
    means = r"mean 0\.\d+ over the first 100 steps, 0\.\d+ over the last 200"
    assert re.match(rf"the loss did not go down beyond the noise of the batches: {means}; try another step", line)
    assert "more directions" in line


def test_a_rising_record_did_not_go_down_and_is_stuck():
    down, stuck = warnings_of(falling(2000, 0.2, 2.0), REFERENCE)
    assert down.startswith("the loss did not go down but up: mean ")
    assert "noise" not in down
    assert stuck.startswith("the loss is stuck high: ")
    for advice in ("directions", "smaller step", "noise", "radius"):
        assert advice in stuck


def test_a_noised_run_is_not_told_to_add_noise():
    assert "less noise" in warnings_of(falling(2000, 0.2, 2.0), REFERENCE, noise=0.1)[1]
    assert "less noise" not in warnings_of(falling(2000, 0.2, 2.0), REFERENCE)[1]


def test_a_slow_fall_is_seen_by_the_means_over_more_steps():
    """A fall of less than half the noise's level: 50 first steps hide it in half of the trials, 200 rarely."""
    rng = np.random.default_rng(1)
    falls = [np.linspace(0.34, 0.3, 5000) + 0.1 * rng.standard_normal(5000) for _ in range(20)]
    assert sum(bool(warnings_of(losses, REFERENCE)) for losses in falls) <= 3


def test_a_record_that_falls_and_stays_high_is_stuck():
    (line,) = warnings_of(falling(2000, 5.0, 0.9), REFERENCE)
    assert line.startswith("the loss is stuck high")


def test_short_records_are_not_judged():
    assert warnings_of(np.ones(39), REFERENCE) == []


def test_false_alarms_of_the_first_test_are_rare():
    """Records that fall by five standard errors raise no alarm in 200 trials; flat ones nearly always do."""
    rng = np.random.default_rng(0)
    flat = sum(bool(warnings_of(0.3 + 0.1 * rng.standard_normal(400), REFERENCE)) for _ in range(200))
    assert flat >= 190  # at the 1 % level, 2 are expected to pass for a fall
    falls = np.where(np.arange(400) < 40, 0.45, 0.3)
    assert not any(warnings_of(falls + 0.1 * rng.standard_normal(400), REFERENCE) for _ in range(200))


def test_a_short_flat_record_passes_for_a_fall_as_rarely_as_a_long_one():
    """At most the 1 % level with 20 steps at either end, where the normal quantile let 1.3 % pass: 10,000 trials."""
    rng = np.random.default_rng(2)
    quiet = sum(not warnings_of(0.3 + 0.1 * rng.standard_normal(40), REFERENCE) for _ in range(10_000))
    assert quiet <= 100


def test_a_run_stuck_by_a_small_ball_is_warned_of(tmp_path):
    """A radius of 0.1 collapses the generator to a point: its summary says that the loss is stuck."""
    summary = train(dataclasses.replace(QUICK, radius=0.1), tmp_path / "run")
    assert any(line.startswith("the loss is stuck high") for line in summary.warnings)


def test_the_resampled_training_points_are_a_yardstick():
    """Oracle: the distances taken one by one; of few rows there is no ratio."""
    problem = Problem.of(dataclasses.replace(QUICK, target="penguins"))
    found = evaluate(problem, problem.initial())
    train, held_out, rng = problem.train, HeldOut(problem, 30), np.random.default_rng(5)
    own = [held_out.distance(Discrete(train.points[rng.integers(171, size=171)]), problem.held_out) for _ in range(20)]
    spread = math.hypot(np.std(own, ddof=1) / 20**0.5, found.resampled_standard_error)
    assert abs(found.resampled - np.mean(own)) < 5 * spread
    assert found.ratio_to_resampled == found.generated / found.resampled
    assert (found.rows, found.points, found.sampled) == (342, 171, False)
    assert found.rank_ratio > 2  # the untrained network
    few = Problem.of(QUICK, np.random.default_rng(0).standard_normal((19, 2)))
    assert evaluate(few, few.initial()).ratio_to_halves is None
