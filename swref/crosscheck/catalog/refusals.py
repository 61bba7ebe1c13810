"""What is no input must raise or give NaN (or inf), never a finite answer: NaN, infinities, arrays that do not fit."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from swref.crosscheck.catalog.makers import USUAL, Make, clouds
from swref.crosscheck.inputs import Inputs
from swref.crosscheck.kinds import Case, RefusalCase
from swref.crosscheck.kinds.refusal import FAULTS

BAD = (
    ("nan-in-x", "x", float("nan")),
    ("nan-in-y", "y", float("nan")),
    ("inf-in-x", "x", float("inf")),
    ("minus-inf-in-y", "y", float("-inf")),
    ("nan-in-theta", "theta", float("nan")),
)


def cases() -> list[Case | RefusalCase]:
    """The cases of this module."""
    why = "a sort may hide it (NaN sorts last), and a finite loss would train on it"
    makes = [(name, _with(field, bad), field != "theta") for name, field, bad in BAD]
    single = [_case(name, why, make, free) for name, make, free in makes]
    return [
        *single,
        _case("inf-in-both", "inf - inf: the same infinite point on both sides", _both),
        _case("all-nan", "every point of both is NaN: no difference may be 0", _all_nan),
        *(
            RefusalCase(f"refuse-{fault}", sentence, ("invalid",), _good(fault), fault)
            for fault, (sentence, _) in FAULTS.items()
        ),
    ]


def _good(fault: str) -> Make:
    weighted, p = "weight" in fault, 3.0 if fault.startswith("p-") else 2.0

    def make(rng: np.random.Generator) -> Inputs:
        inputs = clouds(*USUAL, p)(rng)
        weights = [rng.dirichlet(np.ones(size)) for size in (inputs.n, inputs.m)]
        return replace(inputs, x_weights=weights[0], y_weights=weights[1]) if weighted else inputs

    return make


def _case(name: str, why: str, make: Make, free: bool = True) -> Case:
    return Case(f"refuse-{name}", why, ("invalid",), make, expect="refusal", direction_free=free)


def _with(field: str, bad: float) -> Make:
    def make(rng: np.random.Generator) -> Inputs:
        inputs = clouds(*USUAL)(rng)
        getattr(inputs, field)[3, 1] = bad
        return inputs

    return make


def _both(rng: np.random.Generator) -> Inputs:
    inputs = clouds(*USUAL)(rng)
    inputs.x[3], inputs.y[7] = np.inf, np.inf
    return inputs


def _all_nan(rng: np.random.Generator) -> Inputs:
    return replace(clouds(*USUAL)(rng), x=np.full((64, 3), np.nan), y=np.full((64, 3), np.nan))
