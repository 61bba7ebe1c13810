"""What a step and a distance cost, in seconds, from their sizes alone: the same numbers on every machine.

Fitted to times of float32 steps on two cores with AVX-512, one thread of the BLAS: within a third of them from 2 to 784
dimensions. They decide how many steps a default run has, not how long it takes: that is the machine's.
"""

from __future__ import annotations

import math
from itertools import pairwise

from swref.runs.config import TrainConfig

STEP = 7.6e-5  # calls, and the row of the record
WEIGHT = 8.5e-11  # a point and a weight: forward, backward and the activations
PROJECTED = 1.4e-10  # a direction, a point and a coordinate
SORTED = 7.1e-10  # a direction, a point and a bit of the number of points
SOURCE = 7.6e-11  # a point and an entry of the covariance of a Gaussian source


def step_seconds(config: TrainConfig, dx: int, d: int) -> float:
    """Of one step of `config` with dx inputs and d outputs.

    >>> round(1e6 * step_seconds(TrainConfig(directions=32), 4, 4))
    397
    """
    n, L = config.batch, config.directions
    weights = sum((a + 1) * b for a, b in pairwise((dx, *config.hidden, d)))
    sort = L * n * max(1.0, math.log2(n))
    return STEP + WEIGHT * n * weights + PROJECTED * L * n * d + SORTED * sort + SOURCE * n * dx * dx


def distance_seconds(points: int, d: int, L: int) -> float:
    """Of one distance over L directions, between sets of `points` points altogether: value alone.

    >>> round(1e3 * distance_seconds(342, 4, 1000), 1)
    2.3
    """
    return STEP + L * points * (PROJECTED * d + SORTED * max(1.0, math.log2(points)))
