"""The experiment `noise`: the saddles in closed form, what SGD cannot do at silent ones, and the record."""

from __future__ import annotations

from itertools import product
from pathlib import Path

import numpy as np
import pytest

from swref import experiments
from swref.errors import InputError
from swref.experiments.frame.pool import Pool
from swref.experiments.frame.record import Record
from swref.experiments.frame.samples import Sample
from swref.experiments.noise import Config, Runs, changes, delays, facts_of, verdicts_of
from swref.experiments.noise.config import SEEDS
from swref.experiments.noise.runs import arms, descent, leave, race
from swref.experiments.noise.starts import (
    Start,
    agreement,
    all_starts,
    curvature,
    embedded,
    gradient_noise,
    narrower,
    pair_saddle,
    problem_of,
    search,
)
from swref.experiments.problems.planar import in_ball, planar_problem
from swref.sgd import sgd
from tests.support import tol

RECIPE = experiments.load("noise")
TINY = Config(
    points=4,
    batch=8,
    steps=40,
    searches=2,
    repeats=2,
    random_starts=2,
    saddles=1,
    minima=1,
    noises=(0.3,),
    bad=0.0,
    patience=100,
    leave_repeats=3,
)


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("parts")


@pytest.fixture(scope="module")
def record(kept: Path) -> Record:
    return RECIPE.run(TINY, Pool(folder=kept))


@pytest.mark.parametrize("n", [1, 2, 3, 5])
def test_agreement_of_two_batches(n: int) -> None:
    """Oracle: the mean of 1 - 2 |K - L|/n over all outcomes of 2 n coins."""
    values = [1 - 2 * abs(sum(c[:n]) - sum(c[n:])) / n for c in product((0, 1), repeat=2 * n)]
    assert agreement(n) == pytest.approx(np.mean(values), abs=tol(np.float64, 4**n))


@pytest.mark.parametrize("n", [2, 8, 32])
def test_the_pair_saddle_is_a_saddle_of_the_exact_loss(n: int) -> None:
    """Oracle: swref.theory's exact F, its gradient and its Hessian: one negative direction, from point to target."""
    config = Config(batch=n)
    F, r = problem_of(config, "two points")
    u, value = pair_saddle(n)
    assert F(u)[0] == pytest.approx(value, rel=tol(np.float64, 64))
    assert np.linalg.norm(F(u)[1]) < tol(np.float64, 64)
    values, direction = curvature(F, u, r)
    assert values[0] < -0.1 < 0.1 < values[1]
    np.testing.assert_allclose(np.abs(direction), [0, np.sqrt(0.5), 0, np.sqrt(0.5)], atol=1e-6)


def test_the_saddle_tends_to_that_of_full_measures() -> None:
    """Oracle: +-(2/pi, 0), of value 1/2 - 2/pi^2."""
    u, value = pair_saddle(10**6)
    assert u[0] == pytest.approx(2 / np.pi, rel=2e-3)
    assert value == pytest.approx(0.5 - 2 / np.pi**2, rel=2e-3)


def test_curvature_on_the_sphere_is_that_of_the_loss_along_it() -> None:
    """Oracle: second differences of t -> F along the great circle through a critical point of the sphere."""
    config = Config(points=4, batch=8)
    part = narrower(config, 0)
    (F, r), u = problem_of(config, "saddles"), part["u"][0]
    assert part["residual"][0] < config.residual
    assert np.linalg.norm(u) == pytest.approx(r)
    values, e = curvature(F, u, r)
    assert abs(e @ u) < 1e-12
    angle = 1e-3
    around = [F(np.cos(s) * u + r * np.sin(s) * e)[0] for s in (-angle, 0.0, angle)]
    assert (around[0] - 2 * around[1] + around[2]) / (r * angle) ** 2 == pytest.approx(values[0], rel=1e-3)


def test_an_embedded_network_is_the_same_function() -> None:
    """Oracle: the narrow network itself."""
    narrow, wide = planar_problem(4, 1), planar_problem(4, 3)
    u = in_ball(np.zeros(7), 1.0, 3)
    x = narrow.source.points
    np.testing.assert_allclose(wide.net.forward(embedded(u, 3), x)[0], narrow.net.forward(u, x)[0], rtol=1e-14)


def test_no_sample_moves_idle_units_but_noise_does() -> None:
    """Oracle: exact zeros; and exactly alpha a |xi| after one step with noise, by its order of size."""
    u = narrower(TINY, 1)["u"][0]
    value = problem_of(TINY, "saddles")[0](u)[0]
    idle = race([Start("silent saddles", u, value, value - TINY.margin)], TINY, (0, 0))["idle"]
    assert arms(TINY, "silent saddles")[:2] == [("SGD", 0.0), ("SGD", 0.3)]
    assert idle[0] == 0.0
    assert idle[1] > 0.1 * TINY.alpha * 0.3


def test_gradient_noise_is_zero_along_idle_weights_only() -> None:
    """Oracle: the sample gradient, exactly 0 in the weights of the idle unit."""
    u = narrower(TINY, 1)["u"][0]
    F, _ = problem_of(TINY, "saddles")
    idle, live = np.eye(len(u))[1], np.eye(len(u))[-1]
    assert u[1] == 0.0
    assert gradient_noise(F, u, idle, seed=3) == 0.0
    assert gradient_noise(F, u, live, seed=3) > 0.01


@pytest.mark.slow
def test_where_all_units_idle_the_loss_has_a_gradient_but_no_hessian(kept: Path) -> None:
    """Oracle: F(u + h v) - F(u) is q(v) h^2 with q(v) = q(-v); no quadratic form has q(e) = q(f) = 0, q(e + f) < 0 and
    q(e - f) < 0, as here for e in the first layer and f in the second."""
    starts, _, _ = all_starts(TINY, Pool(folder=kept))
    u = next(s.u for s in starts if s.group == "silent saddles" and np.isnan(s.lowest))
    F, _ = problem_of(TINY, "silent saddles")
    value, gradient = F(u)
    assert np.linalg.norm(gradient) < tol(np.float64, 1000)
    e, f = np.eye(len(u))[0], np.eye(len(u))[6]  # a weight into the first hidden unit, and one out of it

    def q(v: np.ndarray, h: float) -> float:
        return (F(u + h * v)[0] - value) / h**2

    for h in (1e-2, 1e-3):
        assert abs(q(e, h)) < 1e-6 > abs(q(-e, h))
        assert q(f, h) == pytest.approx(q(-f, h), abs=1e-6)
        assert q(e + f, h) < q(f, h) - 0.01 > q(e - f, h)


def steps_of(*runs: tuple[float, float]) -> Sample:
    """Steps to leave of one saddle, without noise and with it."""
    return Sample(np.array([runs]), {"saddle": [("saddles", 0)], "repeat": range(len(runs)), "a": (0.0, 0.3)})


def outcomes(reached: float) -> Runs:
    """Two random starts and a silent saddle that nothing leaves; noise changes the loss reached by `reached`."""

    def of(group: str, row: list[float]) -> Sample:
        found = arms(TINY, group)
        return Sample(np.array([row[: len(found)]] * 2), {"run": [(0, 0), (0, 1)], "arm": found})

    changed = {"ended": 0.0, "idle": 0.0, "basin": 0.0, "reached": reached}
    return {
        group: {name: of(group, [1.0, 1.0 + by, 1.0] if by else [0.0] * 3) for name, by in changed.items()}
        for group in ("silent saddles", "random starts")
    }


def test_sentences_are_right_where_most_runs_stay_and_no_bad_minimum_is_found() -> None:
    """Oracle: by hand; 3 runs left, half of these within 20 steps, though half of all within none."""
    steps = [(10.0, 10.0), (20.0, 20.0), (30.0, 30.0), *[(np.inf, np.inf)] * 5]
    few, none = (verdicts_of(TINY, outcomes(0.01), steps_of(*part)) for part in (steps, steps[3:]))
    assert few[0].facts == {"left": 3, "runs": 8, "median": ", half of these within 20 steps."}
    assert none[0].facts == {"left": 0, "runs": 5, "median": "."}
    assert few[3].facts["seen"] == "No bad minimum was found."
    assert few[3].outcome == "undecided"


@pytest.mark.parametrize(("change", "words"), [(0.01, "0.010 higher"), (-0.01, "0.010 lower")])
def test_the_summary_has_the_sign_in_words(change: float, words: str) -> None:
    """Oracle: the definition."""
    facts = facts_of(TINY, outcomes(change), steps_of((np.inf, np.inf), (np.inf, np.inf)))
    assert facts["price"] == words
    assert facts["minima_left"] == ""


def test_exact_descent_stays_at_a_point_found_critical() -> None:
    """Oracle: a critical point does not move; from half way to it, descent falls and its basin is lower."""
    u, value = pair_saddle(TINY.batch)
    stays = descent([Start("two points", u, value, value - TINY.margin)], TINY, 0)
    assert np.ptp(stays["loss"]) < tol(np.float64, 64)
    assert stays["left"] == np.inf
    falls = descent([Start("two points", u + np.array([0.0, 0.2, 0.0, -0.2]), value, value - TINY.margin)], TINY, 0)
    assert falls["left"] < np.inf
    assert falls["basin"] < value - TINY.margin


def test_the_starts_are_what_their_group_says(record: Record, kept: Path) -> None:
    """Oracle: the definitions, with the exact loss."""
    starts, best, counts = all_starts(TINY, Pool(folder=kept))
    F, _ = problem_of(TINY, "saddles")
    for start in starts:
        if start.group != "two points":
            assert F(start.u)[0] == pytest.approx(start.value, rel=1e-12)
            assert start.value >= best - 1e-12 or start.group == "silent saddles"
        if start.group == "bad minima":
            assert start.lowest > TINY.curvature
        if start.group == "saddles":
            assert start.lowest < -TINY.curvature < 0 < TINY.silent < start.noise
    assert [s.group for s in starts].count("silent saddles") >= 1
    assert counts["points_searched"] == 2 * TINY.searches


def test_pairs_are_differenced_within_a_run() -> None:
    """Oracle: arithmetic by hand."""
    axes = {"run": [(0, 0), (0, 1)], "arm": [("SGD", 0.0), ("SGD", 0.3)]}
    runs = {
        "bad minima": {
            "reached": Sample(np.array([[1.0, 1.25]] * 2), axes),
            "ended": Sample(np.array([[False, True]] * 2), axes),
        }
    }
    assert changes(TINY, runs, "bad minima", "reached").at(a=0.3).values.tolist() == [0.25, 0.25]
    assert changes(TINY, runs, "bad minima", "ended").at(a=0.3).values.tolist() == [1.0, 1.0]
    assert changes(TINY, runs, "saddles", "reached").at(a=0.3).values.tolist() == []


def test_delays_are_ratios_of_steps_and_runs_that_stay_count_with_their_length() -> None:
    """Oracle: arithmetic by hand."""
    found = delays(TINY, steps_of((10.0, 20.0), (np.inf, 30.0)))
    np.testing.assert_allclose(found.at(a=0.3).values, np.log([[2.0, 30.0 / TINY.patience]]))


def test_the_steps_to_leave_are_those_of_the_run() -> None:
    """Oracle: the run made again, F evaluated at every second step."""
    u, value = pair_saddle(TINY.batch)
    start = Start("two points", u, value, value - TINY.margin)
    steps = leave([start], TINY, (start.group, 0))["steps"]
    F, r = problem_of(TINY, "two points")
    iterates = sgd(
        F.net, F.source, F.target, u, step=TINY.alpha, batch=TINY.batch, steps=TINY.patience,
        radius=r, seed=SEEDS("short_run", TINY.seed, 0, 1), backend="cpu",
    )  # fmt: skip
    assert steps.shape == (TINY.leave_repeats, 2)
    assert steps[1, 0] == next(it.t for it in iterates if it.t % 2 == 0 and F(it.u)[0] < start.goal)


def test_the_record_is_whole_and_resumed_parts_give_the_same_bits(record: Record, kept: Path) -> None:
    """Oracle: the same run again, from the parts that it kept but for two."""
    for path in sorted(kept.glob("race-*"))[:2]:
        path.unlink()
    again = RECIPE.run(TINY, Pool(folder=kept))
    assert len(record.verdicts) == 5
    assert record.samples["loss of random starts"].values.shape == (2, 2, TINY.steps // TINY.every + 1)
    for name, sample in record.samples.items():
        assert np.array_equal(sample.values, again.samples[name].values, equal_nan=True)
    assert record.summary == again.summary


def test_figures_are_drawn_from_what_was_written(record: Record, tmp_path: Path) -> None:
    record.write(tmp_path)
    assert [drawing.name for drawing in RECIPE.figures(Record.read(tmp_path))] == ["loss", "left", "differences"]


def test_search_certifies_what_it_finds(kept: Path) -> None:
    """Oracle: the gradient of the exact loss, which at a critical point of the sphere is parallel to -u."""
    part = Pool(folder=kept).map("search", search, [(TINY, 0)])[0]
    F, _ = problem_of(TINY, "saddles")
    u = part["u"][1]
    g = F(u)[1]
    assert part["residual"][1] <= TINY.residual
    along = g @ u / (np.linalg.norm(g) * np.linalg.norm(u))
    assert np.linalg.norm(g) < 1e-9 or along == pytest.approx(-1.0, abs=1e-9)


def test_configs() -> None:
    assert Config.of(Config.full()).searches > Config().searches
    with pytest.raises(InputError, match="level must be one of noises"):
        Config(level=0.2)
