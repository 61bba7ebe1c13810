"""What the parts of `landscape` add up to, and the estimates made of it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from swref.experiments.frame.pool import Part
from swref.experiments.frame.seeds import derived_seed
from swref.experiments.frame.statistics import Estimate, bootstrap, power_law, wilson
from swref.experiments.landscape.config import LandscapeConfig


@dataclass(frozen=True, eq=False)
class Measured:
    """R repeats over J numbers of directions; K methods of descent, block-coordinate ones first, then SGD."""

    config: LandscapeConfig
    error: np.ndarray  # [R, J] largest |E_L - E| over the disc
    missed: np.ndarray  # [R, J] what the grid of angles may have missed of it
    distance: np.ndarray  # [R, J] of the furthest critical point of E_L from those of E
    further: np.ndarray  # [R, J] pairs of minima beside +-z
    value: np.ndarray  # [R, J] the mean of E_L at those, NaN without any
    costs: np.ndarray  # [R, K, T] W_2^2 at the iterations that are shown
    final: np.ndarray  # [R, K] W_2^2 at the end points
    updates: np.ndarray  # [R, K] iterations made
    first: np.ndarray  # [R, K] the first exact iterate, infinite without

    @classmethod
    def of_parts(
        cls, config: LandscapeConfig, uniform: list[Part], minima: list[Part], searches: list[Part]
    ) -> Measured:
        """From the parts, those of one L after the other and in the order of the repeats."""
        J, I = len(config.uniform_directions), len(config.minima_directions)
        return cls(
            config,
            *(_columns(uniform, name, J) for name in ("error", "missed")),
            *(_columns(minima, name, I) for name in ("distance", "further", "value")),
            *(np.array([part[name] for part in searches]) for name in ("costs", "final", "updates", "first")),
        )

    @cached_property
    def rate(self) -> Estimate:
        """The exponent of the error over the disc."""
        return power_law(self.config.uniform_directions, self.error, derived_seed(self.config.seed, 11))

    @cached_property
    def approach(self) -> Estimate:
        """The exponent of the distance of the critical points."""
        return power_law(self.config.minima_directions, self.distance, derived_seed(self.config.seed, 12))

    @cached_property
    def stuck(self) -> Estimate:
        """The mean W_2^2 at which descents with few directions end."""
        return bootstrap(self.final[:, self.method(self.config.few)], derived_seed(self.config.seed, 13))

    def method(self, L: int) -> int:
        """The row of block-coordinate descent with L directions."""
        return self.config.descent_directions.index(L)

    def exact(self, k: int) -> Estimate:
        """The share of runs of method k that end exactly."""
        return wilson(int(np.sum(self.final[:, k] < self.config.exact_below)), len(self.final))

    def sorts(self, k: int, iterations: np.ndarray) -> np.ndarray:
        """Sorts of n numbers in the first `iterations`: L in each and L for Z once; with SGD 2 in each, of Y and Z."""
        descents = self.config.descent_directions
        return descents[k] * (iterations + 1) if k < len(descents) else 2 * iterations

    def typical_first(self, k: int) -> float:
        """The median of the first exact iterate over the runs of method k that have one, NaN where none has."""
        return _median(self.first[np.isfinite(self.first[:, k]), k])

    def times_as_many(self, in_sorts: bool) -> Estimate:
        """How many times the iterations, or sorts, of the descent with enough directions the best SGD takes to exact.

        Of medians: for the descent over its exact runs, for SGD over all, a run that never is counted at its last.
        """
        k, split = self.method(self.config.enough), len(self.config.descent_directions)
        rows = np.column_stack((self.first[:, k], np.minimum(self.first[:, split:], self.config.sgd_iterations)))
        if in_sorts:
            rows = np.column_stack((self.sorts(k, rows[:, 0]), self.sorts(split, rows[:, 1:])))

        def ratio(rows: np.ndarray) -> float:
            return float(np.median(rows[:, 1:], axis=0).min()) / _median(rows[np.isfinite(rows[:, 0]), 0])

        return bootstrap(rows, derived_seed(self.config.seed, 14), ratio)


def _columns(parts: list[Part], name: str, count: int) -> np.ndarray:
    """Parts that hold blocks of repeats, those of one column after the other, as [R, count]."""
    return np.concatenate([part[name] for part in parts]).reshape(count, -1).T


def _median(values: np.ndarray) -> float:
    return float(np.median(values)) if len(values) else np.nan
