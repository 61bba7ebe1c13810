"""How the Lipschitz constant and M grow with the inputs: at the farthest of m draws from each law of x."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from swref.experiments.architecture.config import ArchitectureConfig
from swref.experiments.architecture.growth import QUANTITIES, WORST, search_radii
from swref.experiments.architecture.nets import proven
from swref.experiments.frame.seeds import derived_seed
from swref.experiments.frame.statistics import Estimate, bootstrap
from swref.experiments.frame.tables import Table

DERIVATIVES = (1, 2)  # of QUANTITIES: the Lipschitz constant and M


class FarPower(NamedTuple):
    """A power found, and that of the proven bound at the same R and |x|, a median over the repeats."""

    found: Estimate
    bound: float


def search_far(config: ArchitectureConfig, i: int, farthest: np.ndarray, seed: int) -> dict[str, np.ndarray]:
    """Lip and M of the i-th network at |x| = farthest [W, M]: found and bound, [W, M, far radii, 2] each.

    The laws do not prefer a direction, so that of x is drawn. What was found counts for the larger balls and for the
    larger m too.
    """
    net = config.trained(config.far_activations[i], False)
    kinds = list(DERIVATIVES)
    found = np.empty((*farthest.shape, len(config.far_radii), len(kinds)))
    bound = np.empty_like(found)
    for index, norm in np.ndenumerate(farthest):
        key = derived_seed(seed, *index)
        values = search_radii(net, config.far_radii, config.far_starts, config.far_moves, 1, key, norm)
        found[index] = values[WORST][:, kinds]
        bound[index] = [np.array(proven(net, radius, norm))[kinds] for radius in config.far_radii]
    return {"found": np.maximum.accumulate(np.maximum.accumulate(found, axis=2), axis=1), "bound": bound}


def far_table(config: ArchitectureConfig, found: np.ndarray, bound: np.ndarray) -> Table:
    """found, bound [A', R', W, M, K', 2]: powers of m at the smallest R, and of R at the largest m."""
    rows = []
    for i, act in enumerate(config.far_activations):
        name = config.trained(act, False).name
        for k, law in enumerate(config.laws):
            for q, kind in enumerate(DERIVATIVES):
                values, limits = found[i, :, k, ..., q], bound[i, :, k, ..., q]  # [R', M, K']
                seed = derived_seed(config.seed, 8, i, k, q)
                of_m = _power(config.draws, values[:, :, 0], limits[:, :, 0], seed)
                of_R = _power(config.far_radii, values[:, -1], limits[:, -1], seed)
                ratio = float((values / limits).max())
                rows.append((name, law, QUANTITIES[kind], *of_m.found.triple, of_m.bound, *of_R.found.triple,
                             of_R.bound, ratio))  # fmt: skip
    names = ("power of m", "low", "high", "of its bound", "power of R", "low of it", "high of it", "of its bound in R",
             "largest found / bound")  # fmt: skip
    radius, m = min(config.far_radii), max(config.draws)
    return Table.of_rows(
        f"Growth at the farthest of m draws of x, no cut-off: with m at R = {radius:g}, with R at m = {m:g}",
        {"network": "", "law of x": "", "quantity": "", **dict.fromkeys(names, "1")},
        rows,
    )


def _power(x: tuple[float, ...], values: np.ndarray, limits: np.ndarray, seed: int) -> FarPower:
    """The mean of the repeats' slopes on logarithmic axes, of values [R', X]; not of means, which Cauchy x lack."""
    slopes, bounds = (np.polyfit(np.log(x), np.log(rows).T, 1)[0].round(9) for rows in (values, limits))
    return FarPower(bootstrap(slopes, seed), float(np.median(bounds)))
