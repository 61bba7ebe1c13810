"""Is a loss that draws its own directions unbiased, and how does its variance compare with uniform directions?

A group-sequential test of H0: the mean of value and gradient is the exact one. After N_k = 2^k N_0 calls a t statistic
is formed for every coordinate; look k may reject with probability at most alpha / ((k+1)(k+2)), divided by the number
of coordinates, so that over all looks a correct loss is rejected with probability at most alpha (union bound; normal
approximation of means of N_0 >= 64 calls). It stops at a rejection, or when the value is known to `resolution`,
relative, or after the last look: then it passes, and biases below what it reports would have been missed.
"""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from typing import Any, Final

import numpy as np

from swref.crosscheck.inputs import Inputs
from swref.spec import sw_losses, uniform_directions

ALPHA: Final = 1e-4
FIRST_LOOK: Final = 128
LOOKS: Final = 6
RESOLUTION: Final = 0.002
VARIANCE_DRAWS: Final = 4096


@dataclass(frozen=True)
class MeanReport:
    """What was measured: calls, the mean found and the exact one, its standard error, the variance of one call, and how
    many independent uniform directions have that variance (more than the loss draws: it gains; None: no variance)."""

    case: str
    calls: int
    mean: float
    exact: float
    standard_error: float
    variance: float
    equivalent_directions: float | None
    alpha: float

    def to_dict(self) -> dict[str, Any]:
        """In JSON's types."""
        return asdict(self)

    def variance_in_words(self) -> str:
        """The variance of a call as a number of uniform directions."""
        if self.equivalent_directions is None:
            return "no variance"
        return f"the variance of {self.equivalent_directions:.3g} uniform directions"


def largest_excess(samples: np.ndarray, wanted: np.ndarray, look: int) -> tuple[int | None, float]:
    """The coordinate whose mean is rejected at this look, or None, and its distance in standard errors."""
    from scipy.stats import t

    N, coordinates = samples.shape
    error = samples.std(axis=0, ddof=1) / math.sqrt(N)
    gap = np.abs(samples.mean(axis=0) - wanted)
    # Where the estimate has no variance at all, roundings are all that may differ.
    rounding = 1e-9 * np.maximum(np.abs(wanted), np.abs(wanted).max())
    statistic = np.maximum(gap - rounding, 0) / np.maximum(error, 1e-300)
    critical = t.isf(ALPHA / ((look + 1) * (look + 2)) / coordinates / 2, N - 1)
    worst = int(np.argmax(statistic))
    return (worst if statistic[worst] > critical else None), float(min(statistic[worst], 1e6))


def mean_report(case: str, inputs: Inputs, values: np.ndarray, exact: float) -> MeanReport:
    """The report on `values` [N] of a loss at `inputs` whose mean should be `exact`."""
    theta = uniform_directions(np.random.default_rng(0), VARIANCE_DRAWS, inputs.d)
    one = float(np.var(sw_losses(inputs.x, inputs.y, theta, inputs.p), ddof=1))
    variance = float(values.var(ddof=1))
    equivalent = one / variance if variance > 1e-24 * exact**2 else None
    error = math.sqrt(variance / len(values))
    return MeanReport(case, len(values), float(values.mean()), exact, error, variance, equivalent, ALPHA)
