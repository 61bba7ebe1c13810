"""The catalogue for losses that take no float64: the same cases, rounded to a narrower format where they survive it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Final

import numpy as np

from swref.crosscheck.catalog.makers import in_dtype
from swref.crosscheck.inputs import EPS, TINY, Inputs
from swref.crosscheck.kinds import AnyCase, Case

LARGEST: Final = {"float32": 2.0**127, "float16": 2.0**15, "bfloat16": 2.0**127}
HALF_POINTS: Final = 1000  # in 16 bits sums of more lose too much to be compared


def in_dtypes(chosen: Sequence[AnyCase], dtypes: Sequence[str]) -> list[AnyCase]:
    """`chosen`, with those of float64 rounded to the widest of `dtypes` if float64 is none of them.

    A case keeps its name; one whose numbers the format does not hold stays as it is, and is skipped.

    >>> from swref.crosscheck.catalog import find
    >>> [in_dtypes([find(name)], ["float32"])[0].inputs.dtype for name in ("lattice", "scale-1e100-p3-float64")]
    ['float32', 'float64']
    """
    widest = min(dtypes, key=EPS.__getitem__)
    return list(chosen) if widest == "float64" else [_rounded(case, widest) for case in chosen]


def _rounded(case: Any, dtype: str) -> Any:
    all_inputs = case.question().inputs
    if not hasattr(case, "make") or not all(each.dtype == "float64" and _fits(each, dtype) for each in all_inputs):
        return case
    if dtype != "float32" and not isinstance(case, Case):  # sums in 16 bits are compared for plain clouds alone
        return case

    def cast(inputs: Inputs) -> Inputs:
        weights = inputs.x_weights, inputs.y_weights
        return in_dtype(inputs.x, inputs.y, inputs.theta, inputs.p, *weights, dtype)

    def make(rng: np.random.Generator) -> Any:
        made = case.make(rng)
        return tuple(map(cast, made)) if isinstance(made, tuple) else cast(made)

    return replace(case, make=make)


def _fits(inputs: Inputs, dtype: str) -> bool:
    """Whether the p-th powers of differences, and their sums, are normal numbers of the format."""
    clouds = [np.abs(cloud[np.isfinite(cloud)]) for cloud in (inputs.x, inputs.y)]
    largest = max((float(cloud.max()) for cloud in clouds if cloud.size), default=0.0)
    if dtype != "float32" and (max(inputs.n, inputs.m) > HALF_POINTS or inputs.n != inputs.m or not inputs.uniform):
        return False
    weights = [w[w > 0] for w in (inputs.x_weights, inputs.y_weights) if w is not None]
    if any(float(w.min()) < TINY[dtype] for w in weights):
        return False
    with np.errstate(over="ignore", under="ignore"):
        power, range_of = np.float64(2 * largest) ** inputs.p, LARGEST[dtype]
    return largest == 0 or bool(TINY[dtype] < power * EPS[dtype] and power * max(inputs.n, inputs.L) < range_of)
