"""Judgements: a number, a gradient or a vector that came, held against the right one."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass, replace
from typing import Any, Final

import numpy as np

from swref.crosscheck.answer.expected import Answer
from swref.crosscheck.answer.hull import GradientSet
from swref.crosscheck.inputs import Inputs
from swref.crosscheck.observation import Observation
from swref.messages import json_number

BAD: Final = ("fail", "error", "invalid", "timeout", "crash")
LOSES: Final = "loses digits"  # beyond the tolerance, within n eps, as masses are that come from cumulated weights
WIDENS: Final = "other dtype"  # a gradient in more bits than the points have
UNCHECKED: Final = "unchecked"  # a number comes of arguments that are none
LENIENT: Final = (LOSES, WIDENS, UNCHECKED)  # wrong where one is strict


@dataclass(frozen=True)
class Judgement:
    """`status`: pass, skip, one of LENIENT, or one of BAD: fail (another number), error (it raised), invalid (wrong
    shape, dtype, NaN), timeout, crash. `relative` is the error over the size of the answer, `ulp` the error in units
    in the last place of it, `tolerance` the relative error that is allowed; None where there is nothing to measure.

    >>> Judgement("a", "value", "pass").ok, Judgement("a", "value", "crash").ok
    (True, False)
    """

    case: str
    level: str
    status: str
    relative: float | None = None
    ulp: float | None = None
    tolerance: float | None = None
    detail: str = ""
    seconds: float = 0.0
    compile_seconds: float = 0.0

    @property
    def ok(self) -> bool:
        """Whether nothing is wrong: it passed, or did not apply."""
        return self.status not in BAD

    def to_dict(self) -> dict[str, Any]:
        """In JSON's types: numbers that are not finite become null."""
        return asdict(self) | {name: json_number(getattr(self, name)) for name in ("relative", "ulp", "tolerance")}


def apart(one: float, other: float, digits: int) -> tuple[str, str]:
    """Two numbers with `digits`, or with as many more as it takes to tell them apart.

    >>> apart(0.1, 0.2, 6), apart(1.0, 1.0 + 2e-12, 6)
    (('0.1', '0.2'), ('1', '1.000000000002'))
    """
    texts = ((f"{one:.{k}g}", f"{other:.{k}g}") for k in range(digits, 18))
    return next((pair for pair in texts if pair[0] != pair[1]), (f"{one:.{digits}g}", f"{other:.{digits}g}"))


def judge_value(case: str, number: float, answer: Answer) -> Judgement:
    """Whether `number` lies in the interval of the answer.

    >>> answer = Answer(Inputs(np.array([[3.0, 4.0]]), np.zeros((1, 2)), np.eye(2)))
    >>> [judge_value("demo", number, answer).status for number in (12.5, 25.0, float("nan"))]
    ['pass', 'fail', 'invalid']
    """
    if not math.isfinite(number):
        return Judgement(case, "value", "invalid", detail=f"returned {number:g}")
    interval, inputs = answer.value, answer.inputs
    error, size = abs(number - interval.centre), abs(interval.centre)
    ulp = error / max(inputs.eps * size, inputs.tiny * inputs.eps)
    relative = error / size if size else error
    status = "pass" if interval.holds(number) else "fail"
    if status == "fail" and not inputs.half and answer.cumulated.holds(number):
        status = LOSES
    detail = "" if status == "pass" else "returned {}, expected {}".format(*apart(number, interval.centre, 9))
    return Judgement(case, "value", status, relative, ulp, interval.relative_tolerance(), detail)


def judge_overflow(case: str, number: float, answer: Answer) -> Judgement:
    """Whether `number` is not finite, as the p-th power, or right all the same.

    A sum in a wider format is, and a root of points that were scaled before the power.
    """
    if not math.isfinite(number):
        return Judgement(case, "value", "pass", detail=f"returned {number:g}")
    right: float | None = answer.convention.value(answer.losses, answer.inputs.p, answer.inputs.n)
    if right is None or not math.isfinite(right):
        right = _scaled_root(answer)
    ok = right is not None and abs(number - right) <= 1e-3 * right
    return Judgement(case, "value", "pass" if ok else "fail", detail=f"returned {number:g} beyond the range")


def _scaled_root(answer: Answer) -> float | None:
    if answer.convention.returns == "sw_pp":
        return None
    exact = answer.inputs.in_float64()
    scale = float(max(np.abs(exact.x).max(), np.abs(exact.y).max()))
    smaller = Answer(replace(exact, x=exact.x / scale, y=exact.y / scale), answer.convention)
    return scale * smaller.value.centre


def judge_gradients(case: str, seen: Observation, answer: Answer) -> Judgement:
    """Whether dx, and dy where it came, belong to the valid sets of the answer."""
    if not answer.differentiable:
        return Judgement(case, "gradient", "skip", detail="the root of 0 has no derivative")
    if "gradient" in seen.notes:
        return Judgement(case, "gradient", "error", detail=seen.notes["gradient"])
    if "dx" not in seen.arrays:
        return Judgement(case, "gradient", "invalid", detail="no gradient in x came")
    in_x = judge_gradient(case, "dx", seen.arrays["dx"], answer.gradient, answer.inputs)
    if "dy" not in seen.arrays or not in_x.ok:
        return in_x
    in_y = judge_gradient(case, "dy", seen.arrays["dy"], answer.gradient_y, answer.inputs.swapped())
    return in_x if in_y.ok else in_y


def judge_gradient(case: str, name: str, got: np.ndarray, valid: GradientSet, inputs: Inputs) -> Judgement:
    """Membership of the valid set; the error shown is that to the stable matching's gradient where that is unique."""
    problem = _malformed(name, got, inputs)
    if problem:
        return Judgement(case, "gradient", "invalid", detail=problem)
    got_dtype, got = got.dtype, got.astype(np.float64)
    wanted, allowance = valid.stable, valid.allowance
    error = np.abs(got - wanted)
    size = float(np.abs(wanted).max())
    passed = bool((error <= allowance).all())
    if passed:
        distance = float(error.max())
    else:
        distance = valid.distance(got) if valid.tied or inputs.p < 2 else float(error.max())
        if distance == 0:
            detail = "another matching of tied points than the stable one, as valid"
            return Judgement(case, "gradient", "pass", 0.0, 0.0, float(allowance.max() / (size or 1)), detail)
    relative = distance / size if size else distance
    ulp = distance / max(inputs.eps * size, inputs.tiny * inputs.eps)
    tolerance = float(allowance.max() / size) if size else float(allowance.max())
    status, detail = "pass", ""
    if passed and got_dtype.itemsize > inputs.x.dtype.itemsize:
        status, detail = WIDENS, f"{name} came as {got_dtype} for {inputs.dtype} points"
    if not passed:
        status = LOSES if not inputs.half and valid.cumulated().distance(got) == 0 else "fail"
        row, column = np.unravel_index(int(np.argmax(error - allowance)), error.shape)
        outside = "outside the hull of valid gradients: " if valid.tied else ""
        shown = apart(got[row, column], wanted[row, column], 6)
        detail = "{}{}[{}, {}] is {}, expected {}".format(outside, name, row, column, *shown)
    return Judgement(case, "gradient", status, relative, ulp, tolerance, detail)


def _malformed(name: str, got: np.ndarray, inputs: Inputs) -> str:
    if got.shape != inputs.x.shape:
        return f"{name} must have shape {inputs.x.shape}, got {got.shape}"
    if not np.isfinite(got).all():
        row, column = np.argwhere(~np.isfinite(got))[0]
        return f"{name}[{row}, {column}] is {got[row, column]}"
    if inputs.dtype == "float64" and got.dtype != np.float64:
        return f"{name} came as {got.dtype} for float64 points"
    return ""


def judge_vector(case: str, level: str, got: np.ndarray, wanted: np.ndarray, tolerance: float, eps: float) -> Judgement:
    """Whether the largest error of a vector is at most `tolerance` times its largest entry."""
    if got.shape != wanted.shape:
        return Judgement(case, level, "invalid", detail=f"must have shape {wanted.shape}, got {got.shape}")
    if not np.isfinite(got).all():
        return Judgement(case, level, "invalid", detail=f"entry {int(np.argmin(np.isfinite(got)))} is not finite")
    size = float(np.abs(wanted).max())
    error = np.abs(got.astype(np.float64) - wanted)
    relative = float(error.max()) / size
    worst = int(np.argmax(error))
    status = "pass" if relative <= tolerance else "fail"
    detail = (
        "" if status == "pass" else "entry {} is {}, expected {}".format(worst, *apart(got[worst], wanted[worst], 6))
    )
    return Judgement(case, level, status, relative, relative / eps, tolerance, detail)
