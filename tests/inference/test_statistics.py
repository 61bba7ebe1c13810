"""Estimates and their intervals: formulas solved again, and the coverage that the docstrings state, simulated."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pytest
from scipy import stats

from swref.errors import InputError
from swref.inference.statistics import (
    Estimate,
    geometric_mean,
    jackknife,
    mean,
    median,
    power_law,
    share,
)
from tests.support import tol

REPEATS = (5, 8, 12, 16, 20, 32, 60, 80, 160)  # about those of the experiments


def coverage(make: Callable[[np.random.Generator], np.ndarray], interval: Callable, truth: float, draws: int) -> float:
    """The share of `draws` samples whose interval holds the truth; infinite ends hold it."""
    rng = np.random.default_rng(26)
    found = (interval(make(rng)) for _ in range(draws))
    return float(np.mean([e.low <= truth <= e.high for e in found]))


def least(level: float, draws: int) -> float:
    """What a coverage of `level` reaches in `draws` samples but for one test in 10,000."""
    return float(stats.binom.ppf(1e-4, draws, level)) / draws


@pytest.mark.parametrize(("hits", "trials"), [(7, 40), (1, 20), (0, 73), (10, 10)])
def test_the_interval_of_a_share_is_that_of_scipy(hits, trials):
    """Oracle: scipy.stats.binomtest, exact; 72 trials without a hit are the fewest that --full can rest on."""
    found, oracle = share(np.arange(trials) < hits), stats.binomtest(hits, trials).proportion_ci(0.95, "exact")
    assert (found.low, found.high) == pytest.approx((oracle.low, oracle.high), abs=1e-12)
    assert share([False] * 72).high < 0.05 < share([False] * 71).high
    assert (share([]).low, share([]).high) == (0.0, 1.0)


@pytest.mark.parametrize("trials", [5, 20, 60, 80])
def test_a_share_is_covered_at_every_share(trials):
    """Oracle: the sum of the binomial probabilities of the hits whose interval holds the share, no simulation."""
    found = [share(np.arange(trials) < hits) for hits in range(trials + 1)]
    for p in np.linspace(0.001, 0.999, 499):
        held = [e.low <= p <= e.high for e in found]
        assert stats.binom.pmf(np.arange(trials + 1), trials, p)[held].sum() >= 0.95


def test_without_skewness_and_tails_the_interval_of_a_mean_is_students():
    """Oracle: scipy.stats.t, for two symmetric clusters, whose kurtosis is 1; the jackknife of the mean is the same."""
    samples = np.repeat([-1.0, 1.0], 5)
    oracle = stats.t.interval(0.95, 9, 0.0, stats.sem(samples))
    for found in (mean(samples), jackknife(samples, np.mean)):
        assert (found.low, found.high) == pytest.approx(oracle, rel=tol(np.float64, 100))
    assert mean(samples.reshape(5, 2)[:, ::-1]).value == 0.0
    assert geometric_mean(samples).high == pytest.approx(math.exp(oracle[1]), rel=tol(np.float64, 100))


def test_hall_s_ends_solve_his_equation():
    """Oracle: g(T) = T + a T^2/3 + a^2 T^3/27 + a/6 at the end of a skewed sample is Student's quantile again."""
    samples = np.random.default_rng(1).exponential(size=12) - 0.5
    R, sd, skewness = len(samples), samples.std(), stats.skew(samples)
    freedom = min(R - 1, 2 * R / (stats.kurtosis(samples, fisher=False) - 1))
    T, a = math.sqrt(R) * (samples.mean() - mean(samples).high) / sd, skewness / math.sqrt(R)
    quantile = stats.t.ppf(0.025, freedom) * math.sqrt(R / (R - 1))
    assert T + a * T**2 / 3 + a**2 * T**3 / 27 + a / 6 == pytest.approx(quantile, rel=1e-9)


def test_an_interval_follows_from_the_sample_alone():
    """Oracle: mirroring, scaling by powers of two, and the order of the repeats, which change nothing else."""
    samples = np.random.default_rng(2).lognormal(size=12)
    found = mean(samples)
    assert mean(samples) == found
    assert mean(-samples).triple == pytest.approx((-found.value, -found.high, -found.low), rel=tol(np.float64, 100))
    assert mean(0.125 * samples).triple == pytest.approx(tuple(0.125 * x for x in found.triple))
    assert mean(samples[::-1]).triple == pytest.approx(found.triple, rel=tol(np.float64, 100))
    with pytest.raises(InputError, match="at least 2"):
        mean([1.0])


def test_errors_that_are_nothing_but_rounding_do_not_make_a_mean_unbounded():
    """Half of the repeats are exact to 1e-15, half at 0.6: the mean of a sample in [0, 0.6] is in it, too."""
    found = mean(np.concatenate((np.geomspace(1e-16, 1e-14, 20), np.full(20, 0.6))))
    assert 0 < found.low < 0.3 < found.high < 0.6


def test_without_spread_there_is_no_interval():
    """Oracle: the rule; equal repeats do not show the events that none of them had."""
    for found in (
        mean([0.1] * 20),
        mean([0.1, 0.1 + 1e-12]),
        jackknife(np.ones(4), np.mean),
        power_law([1, 2], np.ones((3, 2))),
    ):
        assert (found.low, found.high) == (-math.inf, math.inf)
    assert math.isfinite(mean([0.0] * 19 + [1.0]).high)


def test_power_law_finds_the_exponent_through_noise():
    """Oracle: samples x^0.5 e^xi with known exponent."""
    rng = np.random.default_rng(3)
    x = np.array([0.01, 0.03, 0.1, 0.3])
    samples = x**0.5 * np.exp(0.1 * rng.standard_normal((200, 4)))
    estimate = power_law(x, samples)
    assert estimate.low < 0.5 < estimate.high
    assert estimate.high - estimate.low < 0.05


@pytest.mark.parametrize(("R", "k"), [(5, 0), (6, 1), (20, 6), (42, 15)])
def test_the_ends_of_a_median_are_those_of_the_sign_test(R, k):
    """Oracle: tables of the sign test: k of R observations are left out at either side at the level 0.05."""
    values = np.random.default_rng(R).permutation(np.arange(1.0, R + 1))
    found = median(values)
    assert (found.low, found.high) == ((k, R + 1 - k) if k else (-math.inf, math.inf))
    assert found.value == (R + 1) / 2


def test_an_increasing_function_takes_the_ends_along():
    """Oracle: the definition."""
    assert Estimate(0.0, -1.0, 1.0, "m").under(math.exp) == Estimate(1.0, math.exp(-1.0), math.e, "m")


@pytest.mark.slow
@pytest.mark.parametrize("R", REPEATS)
def test_coverage_of_a_mean(R):
    """Normal and lognormal samples, and events of any probability among repeats that are alike otherwise."""
    draws = 1000
    laws = {
        "normal": (lambda rng: rng.standard_normal(R), 0.0, 0.95),
        "normal far from 0": (lambda rng: 10 + rng.standard_normal(R), 10.0, 0.95),
        "lognormal 0.5": (lambda rng: rng.lognormal(0.0, 0.5, R), math.exp(0.125), 0.95),
        "lognormal 1": (lambda rng: rng.lognormal(0.0, 1.0, R), math.exp(0.5), 0.95),
        "lognormal 0.5 less 1": (lambda rng: rng.lognormal(0.0, 0.5, R) - 1, math.exp(0.125) - 1, 0.94),
        "lognormal 1 less 1": (
            lambda rng: rng.lognormal(0.0, 1.0, R) - 1,
            math.exp(0.5) - 1,
            float(np.interp(R, (5, 12, 20, 32), (0.88, 0.915, 0.93, 0.94))),
        ),
        **{
            f"an event of {p}": (lambda rng, p=p: (rng.random(R) < p).astype(float), p, 0.95)
            for p in (0.02, 0.05, 0.1, 0.2, 0.5)
        },
    }
    for name, (make, truth, level) in laws.items():
        found = coverage(make, mean, truth, draws)
        print(f"R = {R}, {name}: {found:.3f}")
        assert found >= least(level, draws), (name, found)


@pytest.mark.slow
@pytest.mark.parametrize("R", [8, 12, 16, 40, 80])
@pytest.mark.parametrize("shared", [0.0, 0.7])
@pytest.mark.parametrize("even", [True, False])
def test_coverage_of_an_exponent(R, shared, even):
    """Lognormal samples around x^0.5, of spread 1 and less or the same at every x, part of it shared along the rows."""
    draws, x = 600, np.array([0.1, 0.03, 0.01, 0.003, 0.001])
    shape = np.ones(5) if even else np.linspace(0.3, 1.0, 5)
    for spread, level in ((0.5, 0.945), (1.0, 0.94 if R >= 12 else 0.93)):
        sd = spread * shape

        def make(rng: np.random.Generator, sd: np.ndarray = sd) -> np.ndarray:
            xi = math.sqrt(1 - shared) * rng.standard_normal((R, 5)) + math.sqrt(shared) * rng.standard_normal((R, 1))
            return x**0.5 * np.exp(sd * xi - sd**2 / 2)

        found = coverage(make, lambda rows: power_law(x, rows), 0.5, draws)
        print(f"R = {R}, spread {spread}, shared {shared}, even {even}: {found:.3f}")
        assert found >= least(level, draws), found


@pytest.mark.slow
@pytest.mark.parametrize("R", [6, 12, 20, 42, 160])
def test_coverage_of_a_median(R):
    """Whatever the law: the median of lognormal samples is 1."""
    assert coverage(lambda rng: rng.lognormal(size=R), median, 1.0, 1000) >= least(0.95, 1000)


@pytest.mark.slow
@pytest.mark.parametrize("R", REPEATS)
def test_coverage_of_a_geometric_mean(R):
    """Of lognormal samples, whose geometric mean is 1."""
    assert coverage(lambda rng: rng.standard_normal(R), geometric_mean, 1.0, 1000) >= least(0.95, 1000)
