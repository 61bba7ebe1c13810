"""Estimates with their uncertainty: shares, means, medians, exponents on logarithmic axes.

Intervals are at the level 0.95 throughout, and follow from the sample alone: nothing is resampled, so that no verdict
hangs on a seed. Beside each stands its coverage, as the slow tests simulate it at 5 to 200 repeats.

No interval knows of what no repeat showed: an event of probability 3/R is absent from one sample of R repeats in
twenty. A sample without any spread therefore has no interval, and what hangs on it stays undecided; where a few repeats
carry the spread, their kurtosis widens it. An event that is rare among repeats that differ anyway is beyond any rule:
where such events are known (runs that are lost), their share is to be judged, and not a mean.
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
WIDEST: Final = 2.0  # standard deviation of the logs up to which samples may be lognormal
NO_SPREAD: Final = 1e-9  # of the largest |value|: below this, repeats differ by roundings
Statistic = Callable[[np.ndarray], np.ndarray | float]
Interval = tuple[float, float]


@dataclass(frozen=True)
class Estimate:
    """A number and its interval [low, high] at the level 0.95, by `method`; infinite ends where there is none."""

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


def share(hits: ArrayLike) -> Estimate:
    """The share of True among `hits` [R], with the interval of Clopper and Pearson; of no hits at all, [0, 1].

    Covers at least 0.95 at every share and R (Wilson's, narrower, only 0.84 at some shares).

    >>> print(share([True, False]), share([False] * 72))
    0.5 [0.0126, 0.987] 0 [0, 0.0499]
    """
    found = np.asarray(hits, dtype=bool)
    k, R = int(found.sum()), found.size
    if R == 0:
        return Estimate(math.nan, 0.0, 1.0, "no trials")
    from scipy.special import betaincinv

    tail = (1 - LEVEL) / 2
    low = 0.0 if k == 0 else float(betaincinv(k, R - k + 1, tail))
    high = 1.0 if k == R else float(betaincinv(k + 1, R - k, 1 - tail))
    return Estimate(k / R, low, high, f"Clopper and Pearson, {R} trials")


def mean(samples: ArrayLike) -> Estimate:
    """The mean of samples [R, ...] with an interval over the first axis, R >= 2.

    The widest of three: Student's and Hall's (see `jackknife`), and, where all repeats have one sign, Cox's for
    lognormal samples, exp(m + v/2 -+ t_{R-1} (v/R + v^2/(2 (R-1)))^{1/2}) with m, v the mean and variance of the logs:
    v at most 4, for what is wider is a mixture, as of errors that are 0 to rounding with others, and no lognormal law.

    Covers 0.95 to 0.97 for normal samples and for positive lognormal ones of spread 0.5 and 1 (standard deviation of
    the logs), R >= 5; where such samples have another zero, so that signs differ, of spread 0.5 at least 0.94, and of
    spread 1 0.89 (R = 5), 0.92 (12), 0.93 (20), 0.95 (40). Of events of any probability among R >= 5 repeats that are
    alike otherwise, at least 0.95. Raises InputError for fewer than 2 samples.
    Source: Hall (1992), J. R. Statist. Soc. B 54; Zhou and Gao (1997), Statistics in Medicine 16, for Cox's.

    >>> print(mean([1.0, 2.0, 3.0]), mean([1.0, 1.0, 1.0]))
    2 [-0.484, 9.81] 1 [-inf, inf]
    """
    rows = _repeats(samples)
    values = rows.reshape(len(rows), -1).mean(axis=1)
    return _estimate(float(rows.mean()), values, "mean", _student, _hall, _cox)


def jackknife(samples: ArrayLike, statistic: Statistic) -> Estimate:
    """statistic(samples [R, ...]) with an interval from its pseudo-values q_r = R s - (R-1) s_(r) over the first axis.

        s -+ t_f S R^{-1/2},    S^2 = sum_r (q_r - mean q)^2 / (R-1),    f = min(R-1, 2 R/(kurtosis of q - 1))

    with s_(r) the statistic without repeat r: Student's interval, its degrees of freedom f those that the kurtosis
    leaves to S^2; and where it reaches further Hall's, which takes out the skewness of q. The statistic must be smooth
    in the weights of the repeats: no median. Coverage: see `power_law`. Raises InputError for fewer than 2 samples.
    Source: Efron and Tibshirani, An Introduction to the Bootstrap (1993), chapter 11; Hall (1992).

    >>> print(jackknife([1.0, 2.0, 3.0], lambda rows: float(rows.mean())))
    2 [-0.484, 4.48]
    """
    rows = _repeats(samples)
    R, value = len(rows), float(statistic(rows))
    without = np.array([float(statistic(np.delete(rows, r, axis=0))) for r in range(R)])
    return _estimate(value, R * value - (R - 1) * without, "jackknife", _student, _hall)


def geometric_mean(logs: ArrayLike) -> Estimate:
    """exp of the mean of logs [R, ...], with exp of its interval over the first axis; coverage: that of `mean`.

    >>> print(geometric_mean(np.log([2.0, 4.0, 8.0])))
    4 [0.715, 22.4]
    """
    rows = _repeats(logs)
    values = rows.reshape(len(rows), -1).mean(axis=1)
    return _estimate(float(rows.mean()), values, "mean of the logs", _student, _hall).under(np.exp)


def power_law(x: ArrayLike, samples: ArrayLike) -> Estimate:
    """The exponent b of the least-squares fit log mean_r samples[r, k] ~ a + b log x[k], with a jackknife interval.

    x [K] > 0, samples [R, K] > 0: row r is one repeat over all x, and repeats are left out whole, so that what the
    entries of a row share does not count twice.

    Covers 0.95 to 0.96 for normal and lognormal samples of relative spread up to 0.5, R >= 8; for lognormal ones of
    spread 1 at least 0.94 from R = 12 on, and 0.93 at R = 8.

    >>> print(power_law([1.0, 4.0, 16.0], [[1.0, 2.0, 4.2], [1.0, 2.0, 3.8]]))
    0.5 [0.271, 0.729]
    """
    log_x = np.log(np.asarray(x, dtype=np.float64))
    centred = log_x - log_x.mean()
    return jackknife(samples, lambda rows: float(centred @ np.log(rows.mean(axis=0)) / (centred @ centred)))


def median(samples: ArrayLike, level: float = LEVEL) -> Estimate:
    """The median of samples [R] between two of them, x_(k) and x_(R+1-k), that enclose it at the level.

    k is the largest with P(Binomial(R, 1/2) < k) <= (1 - level)/2: at least the level is covered, whatever the law;
    infinite ends where R is too small for that. Entries may be infinite.

    >>> print(median([5.0, 1.0, 2.0, 3.0, 4.0, 6.0]))
    3.5 [1, 6]
    """
    from scipy.special import bdtr

    values = np.sort(_repeats(samples).ravel())
    R = len(values)
    k = int(np.sum(bdtr(np.arange(R // 2), R, 0.5) <= (1 - level) / 2))
    low, high = (float(values[k - 1]), float(values[R - k])) if k else (-math.inf, math.inf)
    return Estimate(float(np.median(values)), low, high, f"order statistics of {R} repeats")


def _repeats(samples: ArrayLike) -> np.ndarray:
    rows = np.asarray(samples, dtype=np.float64)
    if len(rows) < 2:
        raise InputError(f"samples must be at least 2 for an interval, got {len(rows)}")
    return rows


def _estimate(
    value: float, values: np.ndarray, method: str, *intervals: Callable[[float, np.ndarray], Interval]
) -> Estimate:
    """`value` with the widest of the intervals for the mean of values [R]."""
    R = len(values)
    if np.ptp(values) <= NO_SPREAD * np.abs(values).max():
        return Estimate(value, -math.inf, math.inf, f"{R} repeats without spread: no interval")
    ends = [interval(value, values) for interval in intervals]
    return Estimate(value, min(low for low, _ in ends), max(high for _, high in ends), f"{method} of {R} repeats")


def _quantile(freedom: float) -> float:
    from scipy.special import stdtrit

    return float(stdtrit(freedom, (1 + LEVEL) / 2))


def _freedom(values: np.ndarray) -> float:
    """The degrees of freedom that the kurtosis of values [R] leaves to their variance, at most R - 1."""
    R, squares = len(values), np.square(values - values.mean())
    excess = float(np.mean(squares**2) / np.mean(squares) ** 2) - 1
    return min(R - 1.0, 2 * R / excess) if excess > 0 else R - 1.0


def _student(value: float, values: np.ndarray) -> Interval:
    half = _quantile(_freedom(values)) * float(values.std(ddof=1)) / math.sqrt(len(values))
    return value - half, value + half


def _hall(value: float, values: np.ndarray) -> Interval:
    """Where g(T) = T + a T^2/3 + a^2 T^3/27 + a/6 meets Student's quantiles, T = R^{1/2} (value - mu)/sd.

    a = R^{-1/2} times the skewness: g(T) is nearly normal where T is skew, and increases.
    """
    R, sd = len(values), float(values.std())
    a = float(np.mean(((values - values.mean()) / sd) ** 3)) / math.sqrt(R)
    quantile = _quantile(_freedom(values)) * math.sqrt(R / (R - 1))

    def inverse(y: float) -> float:  # of g: (3/a) (c - 1), c^3 = 1 + a w, without a division by a
        w = y - a / 6
        c = float(np.cbrt(1 + a * w))
        return 3 * w / (c * c + c + 1)

    return value - inverse(quantile) * sd / math.sqrt(R), value - inverse(-quantile) * sd / math.sqrt(R)


def _cox(_value: float, values: np.ndarray) -> Interval:
    """Cox's for samples of one sign, and of a spread that a lognormal law may have; of others, empty."""
    if values.min() <= 0 <= values.max():
        return math.inf, -math.inf
    logs, R = np.log(np.abs(values)), len(values)
    m, v = float(logs.mean()), float(logs.var(ddof=1))
    if v > WIDEST**2:
        return math.inf, -math.inf
    half = _quantile(R - 1) * math.sqrt(v / R + v**2 / (2 * (R - 1)))
    with np.errstate(over="ignore"):
        low, high = float(np.exp(m + v / 2 - half)), float(np.exp(m + v / 2 + half))
    return (low, high) if values[0] > 0 else (-high, -low)
