"""The experiment `flow`: what it refuses, and what it measures."""

from __future__ import annotations

import numpy as np
import pytest

from swref import experiments
from swref.errors import InputError
from swref.experiments.flow import NOISED, PLAIN, Config, one_repeat, problem_of, slope_of
from swref.experiments.frame.pool import Pool
from swref.experiments.frame.samples import Sample
from tests.experiments.support import TINY


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"alphas": (0.0, 0.1)}, "alphas must be at least two different numbers > 0"),
        ({"variant_alphas": (0.1, 0.1)}, "variant_alphas must be at least two different"),
        ({"repeats": 1}, "repeats must be >= 2"),
        ({"k_max": 0}, "k_max must be >= 1"),
        ({"etas": tuple(range(1, 9))}, "etas must be at most 7 numbers, got 8"),
        ({"k_max": 1}, r"etas must be above 2\^-k_max \+ delta = 0.501"),
        ({"share_below": 7.0}, "share_below must be between 0 and 1, got 7"),
        ({"start_norm": 20.0}, r"radius must be at least start_norm \+ start_radius = 20.1, got 2.15"),
    ],
)
def test_configs_that_do_not_fit_together_are_refused(values, words):
    with pytest.raises(InputError, match=words):
        Config(**values)


def test_the_distance_is_at_most_one_and_falls_with_the_step():
    """Oracle: d_c is a sum of 2^-k min(1, .), and Theorem 1: over the repeats, the smaller step is nearer."""
    d_c = np.array([one_repeat(TINY, PLAIN, repeat)["d_c"] for repeat in range(3)])
    assert np.all((d_c > 0) & (d_c < 1))
    assert np.all(d_c.mean(axis=0)[1:] < d_c.mean(axis=0)[:-1])


def test_the_losses_start_where_the_flow_does():
    """Oracle: the exact loss at one start, and its fall along the flow."""
    part = one_repeat(TINY, PLAIN, 0)
    assert np.all(part["loss"][:, 0] == part["flow_loss"][0])
    assert np.all(np.diff(part["flow_loss"]) <= 1e-9)
    assert part["residual"] < 1e-3


def test_a_slope_of_too_few_flows_is_unknown():
    sample = Sample(np.ones((1, 2)), {"repeat": (0,), "alpha": TINY.variant_alphas})
    slope = slope_of(TINY, NOISED, sample)
    assert np.isnan(slope.value)
    assert (slope.low, slope.high) == (-np.inf, np.inf)


def test_the_record_adds_the_bounds_before_it_compares_with_eta():
    """Oracle: counting in the table of every run."""
    record = experiments.load("flow").run(TINY, Pool())
    slack = 2.0**-TINY.k_max + TINY.delta
    for alpha in TINY.alphas:
        d_c = record.tables["repeats"].where(scheme=PLAIN, alpha=alpha).column("d_c")
        for eta in TINY.etas:
            found = record.tables["exceedance"].where(scheme=PLAIN, alpha=alpha, eta=eta).column("share above")
            assert found.tolist() == [np.mean(d_c + slack > eta)]
    bounds = problem_of(TINY).step_bounds()
    assert f"{bounds.printed:.2g} as printed" in record.notes[0]
    assert f"it is {bounds.sharp:.2g}" in record.notes[0]
