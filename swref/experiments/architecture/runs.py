"""Runs of SGD with steps from small to large, and what becomes of |u|: unbounded without cut-off and projection."""

from __future__ import annotations

import math

import numpy as np

from swref.errors import DivergenceError
from swref.experiments.architecture.nets import Architecture
from swref.measures import Measure
from swref.sgd import sgd

ARMS = NEITHER, CUT, PROJECTED = ("neither", "cut-off", "projection")
TIMES = 61  # of a run that a record keeps


def norms(
    net: Architecture,
    source: Measure,
    target: Measure,
    *,
    step: float,
    batch: int,
    steps: int,
    radius: float,
    start_radius: float,
    limit: float,
    seed: int,
) -> np.ndarray:
    """|u^t| [steps + 1] of one run, infinite from where it passes `limit`; numbers that overflow have passed any limit.

    u0 is uniform in the ball of radius `start_radius`; `radius` is that of the projection, infinite for none.
    """
    T, found = net.network, np.full(steps + 1, math.inf)
    u0 = T.init(seed, "ball", start_radius)
    found[0] = np.linalg.norm(u0)
    run = sgd(T, source, target, u0, step=step, batch=batch, steps=steps, radius=radius, seed=seed, backend="cpu")
    try:
        for iterate in run:
            norm = float(np.linalg.norm(iterate.u))
            if norm > limit:
                break
            found[iterate.t] = norm
    except DivergenceError:
        return found
    return found


def farthest_reach(net: Architecture, target_radius: float, input_radius: float, step: float) -> float:
    """How far a run with a cut-off can get: beyond R_u + eps it stands still, and a step from inside is only so long.

    |phi(u, X, Y, theta)| <= 2 Lip_u (sup |T| + R_y)    gives    |u^t| <= R_u + eps + 2 alpha Lip_u (sup |T| + R_y)
    """
    if net.cut is None:
        return math.inf
    bounds = net.bounds(math.inf, input_radius)
    return net.cut.u + net.cut.eps + 2 * step * bounds.lip_u * (bounds.size + target_radius)


def times(steps: int) -> np.ndarray:
    """The steps from 0 to `steps` at which |u| is kept: every one at first, fewer later.

    >>> times(3).tolist()
    [0, 1, 2, 3]
    """
    return np.unique(np.r_[0, np.geomspace(1, steps, TIMES)].round().astype(int))
