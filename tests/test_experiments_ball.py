"""The experiment `ball`: the ball itself, runs that never meet the sphere, and the record."""

from __future__ import annotations

import math
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from swref.errors import InputError
from swref.experiments.ball import CONFIG, FULL, figures, run
from swref.experiments.ball.measure import looks_of, one_start, problem_of
from swref.experiments.ball.report import verdicts_of
from swref.experiments.planar import in_ball
from swref.experiments.pool import Pool
from swref.experiments.record import Record
from swref.experiments.statistics import derived_seed
from swref.sgd import sgd

TINY = CONFIG(points=4, hidden=2, batch=4, steps=60, radii=(0.55, 1.0, 7.0), wide=7.0, repeats=2, looks=7,
              start_radius=0.55)  # fmt: skip


@pytest.fixture(scope="module", autouse=True)
def few_resamples() -> Iterator[None]:
    """The widths of intervals are not tested here, and 4000 resamples take longer than all runs."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("swref.experiments.statistics.RESAMPLES", 40)
        yield


@pytest.fixture(scope="module")
def record(few_resamples: None) -> Record:
    return run(TINY, Pool())


def test_the_largest_excess_is_that_of_exact_arithmetic() -> None:
    """Oracle: |u|^2 in rational numbers, for which |u| <= r (1 + k eps) is decided without any rounding."""
    problem, r = problem_of(TINY), 0.55
    u0 = in_ball(np.zeros(problem.net.n_params), r, derived_seed(TINY.seed, 0, 0))
    iterates = sgd(
        problem.net, problem.source, problem.target, u0, step=TINY.alpha, batch=TINY.batch, steps=TINY.steps,
        noise=0.5, radius=r, seed=derived_seed(TINY.seed, 0, 1), backend="cpu",
    )  # fmt: skip
    largest = max(sum(Fraction(float(v)) ** 2 for v in it.u) for it in iterates)
    units = float(one_start(TINY, 1, 0)["excess"][0])
    eps = Fraction(float(np.finfo(np.float64).eps))
    low, high = (Fraction(r) ** 2 * (1 + k * eps) ** 2 for k in (math.floor(units) - 1, math.ceil(units) + 1))
    assert low <= largest <= high
    assert abs(units) <= TINY.rounding


def test_a_ball_that_holds_the_run_changes_no_bit(record: Record) -> None:
    """Oracle: the definition; where no step is projected the projected scheme is the other one."""
    assert np.all(record.arrays["largest"][..., -1] < 7.0)
    for name in ("loss", "norm", "largest"):
        values = record.arrays[name]  # [A, R, K + 1, ...]
        assert np.array_equal(values[:, :, 2], values[:, :, -1])
    assert np.all(record.arrays["share"][..., 2] == 0)


def test_steps_on_the_sphere_are_counted() -> None:
    """Oracle: counting, with the norms of a run made here."""
    part = one_start(TINY, 0, 0)
    problem = problem_of(TINY)
    u0 = in_ball(np.zeros(problem.net.n_params), 0.55, derived_seed(TINY.seed, 0, 0))
    iterates = sgd(
        problem.net, problem.source, problem.target, u0, step=TINY.alpha, batch=TINY.batch, steps=TINY.steps,
        radius=0.55, seed=derived_seed(TINY.seed, 0, 1), backend="cpu",
    )  # fmt: skip
    norms = np.array([np.linalg.norm(it.u) for it in iterates])
    assert 0 < part["share"][0] == np.mean(norms >= 0.55 * (1 - 1e-12)) < 1
    np.testing.assert_allclose(part["norm"][0][1:], norms[looks_of(TINY)[1:] - 1], rtol=1e-14)


def test_the_price_of_the_radius_does_not_grow_with_it(record: Record) -> None:
    """Oracle: what exact descent reaches is at most what SGD ended with, and the smallest ball costs the most."""
    ends = record.arrays["loss"][0, ..., -1]
    assert np.all(record.arrays["floor"][0] <= ends + 1e-12)
    assert np.all(record.arrays["floor"][0, :, 0] > record.arrays["floor"][0, :, -1])
    assert np.isnan(record.arrays["floor"][1]).all()


def test_the_record_has_a_row_for_every_ball_and_a_verdict_for_every_claim(record: Record) -> None:
    assert len(record.tables["costs"]) == 2 * 4
    assert len(record.tables["repeats"]) == 2 * 4 * TINY.repeats
    assert record.verdicts[0].outcome == "agree"
    assert len(record.verdicts) == 5
    assert record.arrays["loss"].shape == (2, TINY.repeats, 4, TINY.looks)


def test_figures_are_drawn_from_what_was_written(record: Record, tmp_path: Path) -> None:
    record.write(tmp_path)
    names = [drawing.name for drawing in figures(Record.read(tmp_path))]
    assert names == ["runs", "cost", "excess"]


def test_resumed_parts_give_the_same_bits(record: Record, tmp_path: Path) -> None:
    """Oracle: the run without a folder; half of the parts are kept by an earlier run of another pool."""
    Pool(folder=tmp_path).map("runs", one_start, [(TINY, 0, 0), (TINY, 0, 1)])
    again = run(TINY, Pool(folder=tmp_path))
    for name, values in record.arrays.items():
        assert np.array_equal(values, again.arrays[name], equal_nan=True)
    assert [v.to_dict() for v in again.verdicts] == [v.to_dict() for v in record.verdicts]


def test_the_full_config_is_one() -> None:
    assert CONFIG.of(FULL).steps > CONFIG().steps


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
        CONFIG.of(change)


def test_a_ball_beyond_the_cut_off_is_refused() -> None:
    with pytest.raises(InputError, match=r"radii must be at most 39\.5"):
        run(CONFIG(radii=(1.0, 40.0), wide=40.0), Pool())


def test_runs_without_projection_that_meet_the_cut_off_are_counted(record: Record) -> None:
    """Oracle: by hand; one of two runs went beyond 39.5."""
    largest = record.arrays["largest"].copy()
    assert "; 0 of 2 runs" in record.verdicts[-1].seen
    largest[-1, 0, -1] = 39.6
    verdict = verdicts_of(TINY, {**record.arrays, "largest": largest}, record.arrays["reached"])[-1]
    assert "; 1 of 2 runs" in verdict.seen


def test_full_runs_with_noise_end_with_a_network_that_is_not_cut_off() -> None:
    """Oracle: the network without cut-off, far beyond the norm that pure noise reaches in the steps of --full."""
    config = CONFIG.of(FULL)
    net = problem_of(config).net
    norm = 2 * config.alpha * config.noises[-1] * math.sqrt(config.steps * net.n_params)
    u, x = norm * np.ones(net.n_params) / math.sqrt(net.n_params), problem_of(config).source.points
    assert norm > max(config.radii)
    assert np.array_equal(net.forward(u, x)[0], net.net.forward(u, x)[0])
