"""Powers of R and of m: fitted to what was found, beside those that are proven."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from swref.experiments.architecture.config import ArchitectureConfig
from swref.experiments.architecture.growth import QUANTITIES, TYPICAL
from swref.experiments.architecture.nets import proven, proven_powers
from swref.experiments.frame.seeds import derived_seed
from swref.experiments.frame.statistics import Estimate, bootstrap, exact, power_law

SUPPORT = 1.0  # R_x of the points and of the disc, and |x| in the measurement of growth


@dataclass(frozen=True)
class Power:
    """A power of R, found and proven; `typical` is that of the mean over random u."""

    found: Estimate
    proven: float
    typical: float


def fitted_powers(config: ArchitectureConfig, growth: np.ndarray, on_ball: np.ndarray) -> list[list[Power]]:
    """For every network and quantity; [G][3]."""
    radii = np.array(config.radii)
    fitted = radii >= config.fit_from
    found = []
    for g, net in enumerate(config.measured()):
        limits = proven_powers(net, SUPPORT)
        found.append([])
        for q in range(len(QUANTITIES)):
            power = _fit(radii[fitted], on_ball[g][:, fitted, q], derived_seed(config.seed, 5, g, q))
            typical = growth[g, :, TYPICAL, :, q].mean(axis=0)[fitted]
            slope = float(np.polyfit(np.log(radii[fitted]), np.log(typical), 1)[0]) if typical.min() > 0 else np.nan
            found[-1].append(Power(power, limits[q], 0.0 if _flat(typical[None]) else slope))
    return found


def _fit(radii: np.ndarray, samples: np.ndarray, seed: int) -> Estimate:
    """The power of `power_law`; where nothing grows it is 0 and not a rounding error."""
    return exact(0.0) if _flat(samples) else power_law(radii, samples, seed)


def _flat(samples: np.ndarray) -> bool:
    """Whether no row [K] of positive samples changes but by roundings."""
    return bool((np.ptp(samples, axis=1) <= 1e-9 * samples.max(axis=1)).all() and samples.max() > 0)


def bound_ratios(config: ArchitectureConfig, on_ball: np.ndarray) -> np.ndarray:
    """The largest value found over all repeats in units of the proven bound: [G, K, 3]."""
    bounds = [[proven(net, radius, SUPPORT) for radius in config.radii] for net in config.measured()]
    return on_ball.max(axis=1) / np.array(bounds)


def tails(config: ArchitectureConfig, farthest: np.ndarray) -> list[Estimate]:
    """The power of m with which the farthest of m draws grows, for every law: the mean of the repeats' slopes.

    Of their slopes and not of their means, since the farthest of m Cauchy draws has no mean.
    """
    log_m = np.log(config.draws)
    slopes = [np.polyfit(log_m, np.log(rows).T, 1)[0] for rows in farthest]  # [W][R]
    return [bootstrap(row, derived_seed(config.seed, 6, k)) for k, row in enumerate(slopes)]
