"""All mistakes of losses that are given their directions, the common ones first: that decides between equal fits."""

from __future__ import annotations

from typing import Final

from swref.crosscheck.diagnosis.clouds import CLOUDS, READING, WEIGHTS
from swref.crosscheck.diagnosis.directions import DIRECTIONS
from swref.crosscheck.diagnosis.gradients import GRADIENTS
from swref.crosscheck.diagnosis.mistake import Hypothesis
from swref.crosscheck.diagnosis.orders import ORDERS
from swref.crosscheck.diagnosis.reductions import FACTORS, POWERS, REDUCTIONS, ROOTS
from swref.crosscheck.diagnosis.sizes import DISTRIBUTIONS, GRIDS, SIZES

HYPOTHESES: Final[tuple[Hypothesis, ...]] = (
    *ROOTS,
    *FACTORS,
    *REDUCTIONS,
    *POWERS,
    *GRADIENTS,
    *ORDERS,
    *DIRECTIONS,
    *CLOUDS,
    *WEIGHTS,
    *SIZES,
    *DISTRIBUTIONS,
    *GRIDS,
    *READING,
)
