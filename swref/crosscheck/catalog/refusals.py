"""Numbers that are not: a NaN or an infinity must raise or give NaN (or inf), never a finite answer."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from swref.crosscheck.catalog.makers import USUAL, Make, clouds
from swref.crosscheck.inputs import Inputs
from swref.crosscheck.kinds import Case

BAD = (
    ("nan-in-x", "x", float("nan")),
    ("nan-in-y", "y", float("nan")),
    ("inf-in-x", "x", float("inf")),
    ("minus-inf-in-y", "y", float("-inf")),
    ("nan-in-theta", "theta", float("nan")),
)


def cases() -> list[Case]:
    """The cases of this module.

    >>> {case.expect for case in cases()}
    {'refusal'}
    """
    why = "a sort may hide it (NaN sorts last), and a finite loss would train on it"
    single = [
        Case(f"refuse-{name}", why, ("invalid",), _with(field, bad), expect="refusal", direction_free=field != "theta")
        for name, field, bad in BAD
    ]
    return [
        *single,
        Case(
            "refuse-inf-in-both",
            "inf - inf: the same infinite point on both sides",
            ("invalid",),
            _both,
            expect="refusal",
            direction_free=True,
        ),
        Case(
            "refuse-all-nan",
            "every point of both is NaN: no difference may be 0",
            ("invalid",),
            lambda rng: replace(clouds(*USUAL)(rng), x=np.full((64, 3), np.nan), y=np.full((64, 3), np.nan)),
            expect="refusal",
            direction_free=True,
        ),
    ]


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
