"""Estimates with their uncertainty: shares, means, paired differences, slopes on logarithmic axes.

Intervals are at the level 0.95 throughout. The bootstraps draw from a stream of the seed that they are given, so that
the same record gives the same interval. With a handful of repeats a percentile bootstrap is too narrow: the jackknife,
there.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from typing import Any, Final

import numpy as np
from numpy.typing import ArrayLike

from swref.errors import InputError

LEVEL: Final = 0.95
RESAMPLES: Final = 4000
FEW: Final = 20  # repeats below which a percentile bootstrap covers less than 0.92 instead of 0.95


@dataclass(frozen=True)
class Estimate:
    """A number and its interval [low, high] at the level 0.95, by `method`."""

    value: float
    low: float
    high: float
    method: str

    @property
    def triple(self) -> tuple[float, float, float]:
        """(value, low, high), for the columns of a table."""
        return self.value, self.low, self.high

    def under(self, function: Callable[[float], float]) -> Estimate:
        """The estimate of an increasing function of the number."""
        value, low, high = (float(function(x)) for x in self.triple)
        return replace(self, value=value, low=low, high=high)

    def __str__(self) -> str:
        return f"{self.value:.3g} [{self.low:.3g}, {self.high:.3g}]"

    def to_dict(self) -> dict[str, Any]:
        """Plain values."""
        return asdict(self)


def mean_in_order(values: np.ndarray, axis: int) -> np.ndarray:
    """The mean along an axis, added one after the other: the order of a sum is part of its bits.

    >>> float(mean_in_order(np.array([1.0, 3.0]), 0))
    2.0
    """
    return np.asarray(np.add.accumulate(values, axis).take(-1, axis) / values.shape[axis])


def exact(value: float) -> Estimate:
    """A number without sampling error."""
    return Estimate(float(value), float(value), float(value), "exact")


def wilson(hits: int, trials: int) -> Estimate:
    """The share hits/trials with Wilson's score interval: right at shares of 0 and 1, too; of no trials, [0, 1].

    >>> print(wilson(0, 73))
    0 [0, 0.05]
    """
    if trials == 0:
        return Estimate(math.nan, 0.0, 1.0, "no trials")
    from scipy.stats import binomtest

    interval = binomtest(int(hits), int(trials)).proportion_ci(LEVEL, method="wilson")
    low, high = max(0.0, float(interval.low)), min(1.0, float(interval.high))
    return Estimate(hits / trials, 0.0 if hits == 0 else low, 1.0 if hits == trials else high, "Wilson")


def share(hits: ArrayLike, _seed: int = 0) -> Estimate:
    """The share of True among `hits` [R], with Wilson's interval.

    >>> print(share([True, False]))
    0.5 [0.0945, 0.905]
    """
    found = np.asarray(hits)
    return wilson(int(found.sum()), found.size)


def bootstrap(
    samples: ArrayLike, seed: int, statistic: Callable[[np.ndarray], np.ndarray | float] | None = None
) -> Estimate:
    """statistic(samples) with its percentile bootstrap interval, resampling the first axis of samples [R, ...].

    `statistic` maps samples to a number; the mean without one. With fewer than 20 repeats that interval is too narrow,
    and the jackknife's stands in its place. Raises InputError for fewer than 2 samples.

    >>> print(bootstrap([1.0, 1.0, 1.0], seed=0))
    1 [1, 1]
    """
    samples = np.asarray(samples, dtype=np.float64)
    if len(samples) < 2:
        raise InputError(f"samples must be at least 2 for an interval, got {len(samples)}")
    if len(samples) < FEW:
        return jackknife(samples, statistic)
    rng = np.random.default_rng([seed, 0xB007])
    drawn = rng.integers(len(samples), size=(RESAMPLES, len(samples)))  # the repeats of every resample
    if statistic is None:
        value, resampled = samples.mean(), samples[drawn].reshape(RESAMPLES, -1).mean(axis=1)
    else:
        value, resampled = statistic(samples), np.array([statistic(samples[rows]) for rows in drawn])
    tail = 50 * (1 - LEVEL)
    low, high = np.percentile(resampled, [tail, 100 - tail])
    return Estimate(float(value), float(low), float(high), f"bootstrap of {len(samples)} repeats")


def paired_difference(a: ArrayLike, b: ArrayLike, seed: int) -> Estimate:
    """The mean of a - b over pairs [R] with its bootstrap interval."""
    return bootstrap(np.asarray(a, dtype=np.float64) - np.asarray(b, dtype=np.float64), seed)


def jackknife(samples: ArrayLike, statistic: Callable[[np.ndarray], np.ndarray | float] | None = None) -> Estimate:
    """statistic(samples [R, ...]) with a jackknife standard error over the first axis and Student's quantile.

        value +- t_{R-1} ((R-1)/R sum_r (s_(r) - mean s)^2)^{1/2},    s_(r) the statistic without repeat r

    For the mean, the default, this is Student's interval. Raises InputError for fewer than 2 samples.
    Source: Efron and Tibshirani, An Introduction to the Bootstrap (1993), chapter 11.

    >>> print(jackknife([1.0, 2.0, 3.0]))
    2 [-0.484, 4.48]
    """
    from scipy.special import stdtrit

    rows = np.asarray(samples, dtype=np.float64)
    R = len(rows)
    if R < 2:
        raise InputError(f"samples must be at least 2 for an interval, got {R}")
    of = np.mean if statistic is None else statistic
    value = float(of(rows))
    without = np.array([of(np.delete(rows, r, axis=0)) for r in range(R)])
    half = float(stdtrit(R - 1, (1 + LEVEL) / 2) * np.sqrt((R - 1) * without.var()))
    return Estimate(value, value - half, value + half, f"jackknife of {R} repeats")


def geometric_mean(logs: ArrayLike) -> Estimate:
    """exp of the mean of logs [R, ...], with exp of Student's interval over the first axis.

    >>> print(geometric_mean(np.log([2.0, 2.0])))
    2 [2, 2]
    """
    return jackknife(logs).under(np.exp)


def power_law(x: ArrayLike, samples: ArrayLike, seed: int) -> Estimate:
    """The exponent b of the least-squares fit log mean_r samples[r, k] ~ a + b log x[k], with its bootstrap interval.

    x [K] > 0, samples [R, K] > 0: row r is one repeat over all x, and repeats are resampled whole, so that what the
    entries of a row share does not count twice.

    >>> print(power_law([1.0, 4.0, 16.0], [[1.0, 2.0, 4.0], [1.0, 2.0, 4.0]], seed=0))
    0.5 [0.5, 0.5]
    """
    log_x = np.log(np.asarray(x, dtype=np.float64))
    centred = log_x - log_x.mean()

    def slope(rows: np.ndarray) -> float:
        return float(centred @ np.log(rows.mean(axis=0)) / (centred @ centred))

    return bootstrap(samples, seed, slope)
