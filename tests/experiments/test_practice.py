"""Plain SGD, noise and projection, and a decreasing step on real data: special cases, and a tiny run."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from swref.errors import InputError
from swref.experiments import load
from swref.experiments.frame.pool import Pool
from swref.experiments.frame.record import Record
from swref.experiments.frame.samples import Sample
from swref.experiments.practice import ARMS, DECREASING, PLAIN, WEAK, Config, looks_of, one_run, ratios_of
from tests.support import tol

TINY = Config(
    penguins_hidden=(4,),
    penguins_batch=16,
    penguins_steps=30,
    penguins_repeats=2,
    digits_hidden=(4,),
    digits_batch=16,
    digits_directions=4,
    digits_steps=20,
    digits_repeats=3,
    points=4,
    curve_draws=1,
    final_draws=2,
    eval_directions=5,
    splits=2,
)
TIGHT = "weak noise, tight ball"


def test_a_tiny_run_has_every_scheme_and_draws_from_the_disk(tmp_path) -> None:
    """Shapes by counting; a resumed run has the same numbers as the first."""
    with Pool(folder=tmp_path / "parts") as pool:
        record = load("practice").run(TINY, pool)
    with Pool(folder=tmp_path / "parts") as pool:
        again = load("practice").run(TINY, pool)
    assert all(record.tables[name].to_csv() == again.tables[name].to_csv() for name in record.tables)
    assert record.samples["penguins_curve"].values.shape == (2, len(ARMS), 4)
    assert record.samples["digits_curve"].values.shape == (3, len(ARMS), 4)
    assert len(record.tables["runs"]) == (2 + 3) * len(ARMS)
    assert len(record.verdicts) == 4
    record.write(tmp_path)
    assert [drawing.name for drawing in load("practice").figures(Record.read(tmp_path))] == ["training", "ratios"]


def test_without_noise_and_in_a_ball_that_is_never_left_it_is_plain_sgd() -> None:
    """Same bits: the schemes share split, start, batches and directions, and differ by nothing else."""
    config = replace(TINY, weak=0.0, wide=1e6)
    plain, ball = (one_run(config, "penguins", 0, arm, norm=1.0) for arm in (PLAIN, WEAK))
    assert (plain["curve"] == ball["curve"]).all()
    assert plain["final"] == ball["final"]
    assert ball["on_sphere"] == 0


def test_every_iterate_stays_in_the_tight_ball() -> None:
    """|u| <= r, the start included, and the ball is felt."""
    part = one_run(TINY, "penguins", 0, TIGHT, norm=2.0)
    assert part["radius"] == TINY.tight * 2.0
    assert (part["norms"] <= part["radius"]).all()
    assert part["on_sphere"] > 0


def test_the_decreasing_step_follows_the_flow_as_far_as_the_constant_one() -> None:
    """Oracle: a decreasing sum exceeds its integral, alpha T, by less than its first term."""
    plain, decreasing = (TINY.training("penguins", 0, arm) for arm in (PLAIN, DECREASING))
    steps = decreasing.step / (1 + np.arange(decreasing.steps) / decreasing.decay)
    assert 0 < steps.sum() - plain.step * plain.steps < steps[0]
    assert decreasing.departures() != []


def test_the_ratio_is_paired() -> None:
    """A factor common to all schemes of a seed drops out: every seed at 0.9 of its plain run gives 0.9.

    Without spread there is no interval.
    """
    final = Sample([[1.0, 1.0, 1.0, 1.0, 0.9], [5.0, 5.0, 5.0, 5.0, 4.5]], {"repeat": (0, 1), "scheme": tuple(ARMS)})
    found = ratios_of(TINY, final).at(scheme=DECREASING).estimate()
    assert found.value == pytest.approx(0.9, rel=tol(np.float64))
    assert (found.low, found.high) == (0.0, np.inf)


def test_the_last_look_is_at_the_last_step() -> None:
    """And the first at the start."""
    for data, steps in (("penguins", 30), ("digits", 20)):
        assert looks_of(TINY, data)[[0, -1]].tolist() == [0, steps]


def test_a_tight_ball_wider_than_the_wide_one_is_refused() -> None:
    """One line, naming the field."""
    with pytest.raises(InputError, match="tight must be positive and below wide = 1"):
        replace(TINY, wide=1.0, tight=1.0)


def test_full_is_a_config() -> None:
    """What --full changes passes the checks."""
    assert Config.of(Config.full()).points == Config.full()["points"]
