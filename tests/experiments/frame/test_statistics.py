"""Estimates and their intervals."""

from __future__ import annotations

import math

import numpy as np
import pytest

from swref.errors import InputError
from swref.experiments.frame.statistics import Estimate, bootstrap, paired_difference, power_law, share, wilson


def test_wilson_solves_the_score_equation():
    """Oracle: the ends are where the score test of the share is rejected at exactly the level 0.05."""
    estimate = wilson(7, 40)
    for end in (estimate.low, estimate.high):
        z = (7 / 40 - end) / math.sqrt(end * (1 - end) / 40)
        assert abs(abs(z) - 1.959963984540054) < 1e-9
    assert (wilson(0, 10).low, wilson(10, 10).high) == (0.0, 1.0)
    assert wilson(0, 73).high < 0.05 < wilson(0, 72).high  # the number of repeats that --full rests on


def test_bootstrap_interval_of_a_normal_mean_is_near_the_exact_one():
    """Oracle: mean +- 1.96 s/sqrt(R), to 10 % of its width at R = 400."""
    samples = np.random.default_rng(0).standard_normal(400)
    estimate = bootstrap(samples, seed=1)
    half = 1.96 * samples.std(ddof=1) / 20
    assert estimate.value == samples.mean()
    assert abs(estimate.low - (samples.mean() - half)) < 0.2 * half
    assert abs(estimate.high - (samples.mean() + half)) < 0.2 * half
    assert bootstrap(samples, seed=1) == estimate
    assert paired_difference(samples + 1.0, samples, seed=2).value == pytest.approx(1.0)
    with pytest.raises(InputError, match="at least 2"):
        bootstrap([1.0], seed=0)


def test_power_law_finds_the_exponent_through_noise():
    """Oracle: samples x^0.5 e^xi with known exponent."""
    rng = np.random.default_rng(3)
    x = np.array([0.01, 0.03, 0.1, 0.3])
    samples = x**0.5 * np.exp(0.1 * rng.standard_normal((200, 4)))
    estimate = power_law(x, samples, seed=0)
    assert estimate.low < 0.5 < estimate.high
    assert estimate.high - estimate.low < 0.05


def test_an_increasing_function_takes_the_ends_along():
    """Oracle: the definition."""
    assert Estimate(0.0, -1.0, 1.0, "m").under(math.exp) == Estimate(1.0, math.exp(-1.0), math.e, "m")
    assert share(np.array([True, False, False])) == wilson(1, 3)
