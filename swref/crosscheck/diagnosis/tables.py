"""All mistakes of losses that are given their directions, the common ones first: that decides between equal fits."""

from __future__ import annotations

from typing import Final

from swref.crosscheck.diagnosis.clouds import CLOUDS, READING
from swref.crosscheck.diagnosis.directions import DIRECTIONS
from swref.crosscheck.diagnosis.gradients import GRADIENTS
from swref.crosscheck.diagnosis.mistake import Hypothesis
from swref.crosscheck.diagnosis.orders import ORDERS
from swref.crosscheck.diagnosis.projections import POINTS, PROJECTIONS
from swref.crosscheck.diagnosis.reductions import FACTORS, POWERS, REDUCTIONS, ROOTS, TRANSFORMS
from swref.crosscheck.diagnosis.resampling import GRIDS, PORTIONS, RESAMPLED
from swref.crosscheck.diagnosis.sizes import DISTRIBUTIONS, SIZES
from swref.crosscheck.diagnosis.weights import WEIGHTS

HYPOTHESES: Final[tuple[Hypothesis, ...]] = (
    *(*ROOTS, *FACTORS, *REDUCTIONS, *POWERS, *TRANSFORMS),
    *(*GRADIENTS, *ORDERS, *POINTS),
    *(*DIRECTIONS, *PROJECTIONS, *CLOUDS, *WEIGHTS),
    *(*SIZES, *DISTRIBUTIONS, *RESAMPLED, *GRIDS, *PORTIONS, *READING),
)
