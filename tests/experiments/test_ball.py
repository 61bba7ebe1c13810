"""The experiment `ball`: the ball itself, runs that never meet the sphere, and the record."""

from __future__ import annotations

import math
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from swref import experiments
from swref.errors import InputError
from swref.experiments.ball import FREE, SEEDS, Config, facts_of, looks_of, one_start, problem_of
from swref.experiments.frame.pool import Pool
from swref.experiments.frame.record import Record
from swref.experiments.frame.samples import Sample
from swref.experiments.problems.planar import in_ball
from swref.sgd import sgd

RECIPE = experiments.load("ball")
TINY = Config(
    points=4, hidden=2, batch=4, steps=60, radii=(0.55, 1.0, 7.0), wide=7.0, repeats=2, looks=7, start_radius=0.55
)


@pytest.fixture(scope="module")
def record() -> Record:
    return RECIPE.run(TINY, Pool())


def test_the_largest_excess_is_that_of_exact_arithmetic() -> None:
    """Oracle: |u|^2 in rational numbers, for which |u| <= r (1 + k eps) is decided without any rounding."""
    problem, r = problem_of(TINY), 0.55
    u0 = in_ball(np.zeros(problem.net.n_params), r, SEEDS("start", TINY.seed, 0))
    iterates = sgd(
        problem.net, problem.source, problem.target, u0, step=TINY.alpha, batch=TINY.batch, steps=TINY.steps,
        noise=0.5, radius=r, seed=SEEDS("run", TINY.seed, 0), backend="cpu",
    )  # fmt: skip
    largest = max(sum(Fraction(float(v)) ** 2 for v in it.u) for it in iterates)
    units = float(one_start(TINY, 0.5, 0)["excess"][0])
    eps = Fraction(float(np.finfo(np.float64).eps))
    low, high = (Fraction(r) ** 2 * (1 + k * eps) ** 2 for k in (math.floor(units) - 1, math.ceil(units) + 1))
    assert low <= largest <= high
    assert abs(units) <= TINY.rounding


def test_a_ball_that_holds_the_run_changes_no_bit(record: Record) -> None:
    """Oracle: the definition; where no step is projected the projected scheme is the other one."""
    assert np.all(record.samples["largest"].at(r=FREE).values < 7.0)
    for name in ("loss", "norm", "largest"):
        assert np.array_equal(record.samples[name].at(r="7").values, record.samples[name].at(r=FREE).values)
    assert np.all(record.samples["share"].at(r="7").values == 0)


def test_steps_on_the_sphere_are_counted() -> None:
    """Oracle: counting, with the norms of a run made here."""
    part = one_start(TINY, 0.0, 0)
    problem = problem_of(TINY)
    u0 = in_ball(np.zeros(problem.net.n_params), 0.55, SEEDS("start", TINY.seed, 0))
    iterates = sgd(
        problem.net, problem.source, problem.target, u0, step=TINY.alpha, batch=TINY.batch, steps=TINY.steps,
        radius=0.55, seed=SEEDS("run", TINY.seed, 0), backend="cpu",
    )  # fmt: skip
    norms = np.array([np.linalg.norm(it.u) for it in iterates])
    assert 0 < part["share"][0] == np.mean(norms >= 0.55 * (1 - 1e-12)) < 1
    np.testing.assert_allclose(part["norm"][0][1:], norms[looks_of(TINY)[1:] - 1], rtol=1e-14)


def test_the_price_of_the_radius_does_not_grow_with_it(record: Record) -> None:
    """Oracle: what exact descent reaches is at most what SGD ended with, and the smallest ball costs the most."""
    floor, last = record.samples["floor"], record.samples["loss"].at(look=TINY.steps)
    assert np.all(floor.at(a=0.0).values <= last.at(a=0.0).values + 1e-12)
    assert np.all(floor.at(a=0.0, r="0.55").values > floor.at(a=0.0, r=FREE).values)
    assert np.isnan(floor.at(a=0.5).values).all()


def test_the_record_has_a_row_for_every_ball_and_a_verdict_for_every_claim(record: Record) -> None:
    assert len(record.tables["costs"]) == 2 * 4
    assert len(record.tables["repeats"]) == 2 * 4 * TINY.repeats
    assert record.verdicts[0].outcome == "agree"
    assert len(record.verdicts) == 5
    assert record.samples["loss"].values.shape == (2, TINY.repeats, 4, TINY.looks)


def test_figures_are_drawn_from_what_was_written(record: Record, tmp_path: Path) -> None:
    record.write(tmp_path)
    names = [drawing.name for drawing in RECIPE.figures(Record.read(tmp_path))]
    assert names == ["runs", "cost", "excess"]


def test_resumed_parts_give_the_same_bits(record: Record, tmp_path: Path) -> None:
    """Oracle: the run without a folder; half of the parts are kept by an earlier run of another pool."""
    Pool(folder=tmp_path).map("runs", one_start, [(TINY, 0.0, 0), (TINY, 0.0, 1)])
    again = RECIPE.run(TINY, Pool(folder=tmp_path))
    for name, sample in record.samples.items():
        assert np.array_equal(sample.values, again.samples[name].values, equal_nan=True)
    assert [v.to_dict() for v in again.verdicts] == [v.to_dict() for v in record.verdicts]


def test_the_full_config_is_one() -> None:
    assert Config.of(Config.full()).steps > Config().steps


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"start_radius": 1.1}, "start_radius must be at most"),
        ({"noises": (0.1, 0.2)}, "noises must be 0"),
        ({"wide": 3.3}, "wide must be one of radii"),
    ],
)
def test_configs_that_do_not_fit_together_are_refused(change: dict[str, object], named: str) -> None:
    with pytest.raises(InputError, match=named):
        Config.of(change)


def test_a_ball_beyond_the_cut_off_is_refused() -> None:
    with pytest.raises(InputError, match=r"radii must be at most 39\.5"):
        Config(radii=(1.0, 40.0), wide=40.0)


def test_runs_without_projection_that_meet_the_cut_off_are_counted(record: Record) -> None:
    """Oracle: by hand; one of two runs went beyond 39.5."""
    assert "; 0 of 2 runs" in record.verdicts[-1].seen
    largest = record.samples["largest"]
    further = largest.values.copy()
    further[-1, 0, -1] = 39.6
    of = {**record.samples, "largest": Sample(further, largest.axes)}
    assert facts_of(TINY, of, record.samples["reached"])["lost"] == 1


def test_full_runs_with_noise_end_with_a_network_that_is_not_cut_off() -> None:
    """Oracle: the network without cut-off, far beyond the norm that pure noise reaches in the steps of --full."""
    config = Config.of(Config.full())
    net = problem_of(config).net
    norm = 2 * config.alpha * config.noises[-1] * math.sqrt(config.steps * net.n_params)
    u, x = norm * np.ones(net.n_params) / math.sqrt(net.n_params), problem_of(config).source.points
    assert norm > max(config.radii)
    assert np.array_equal(net.forward(u, x)[0], net.net.forward(u, x)[0])
