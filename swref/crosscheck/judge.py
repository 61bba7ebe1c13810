"""Comparing an observation with the answer of its case, level by level."""

from __future__ import annotations

import functools
import math
from dataclasses import replace
from typing import Final

import numpy as np

from swref.crosscheck import trace
from swref.crosscheck.answer import Answer, Interval
from swref.crosscheck.case import AnyCase, Case, NetworkCase, RelationCase, TraceCase
from swref.crosscheck.catalog import find, is_listed
from swref.crosscheck.convention import Convention
from swref.crosscheck.hull import GradientSet
from swref.crosscheck.inputs import EPS, Inputs
from swref.crosscheck.observation import Observation
from swref.crosscheck.verdict import Verdict
from swref.draws import Draw

LAYERS: Final = 4  # the depth of the deepest network of the catalogue, each with roundings of its own


def judge(case: AnyCase, seen: Observation, convention: Convention, has_gradient: bool = True) -> list[Verdict]:
    """The verdicts of a case, one for each of its levels (a MeanCase has its own test, swref.crosscheck.means)."""
    if seen.status != "ok":
        return _without_numbers(case, seen)
    if isinstance(case, Case):
        with np.errstate(over="ignore", under="ignore", invalid="ignore"):  # answers of any size came
            verdicts = _judge_points(case, seen, convention, has_gradient)
    elif isinstance(case, RelationCase):
        verdicts = [_judge_relation(case, seen, convention)]
    elif isinstance(case, NetworkCase):
        verdicts = _judge_network(case, seen)
    elif isinstance(case, TraceCase):
        verdicts = [_judge_trace(case, seen)]
    else:
        verdicts = []
    return [replace(v, seconds=seen.seconds, compile_seconds=seen.compile_seconds) for v in verdicts]


def _without_numbers(case: AnyCase, seen: Observation) -> list[Verdict]:
    expect = case.expect if isinstance(case, Case) else "answer"
    if seen.status == "error" and expect in ("refusal", "overflow"):
        return [Verdict(case.name, level, "pass", detail=f"raised {seen.detail}") for level in case.levels]
    return [Verdict(case.name, level, seen.status, detail=seen.detail) for level in case.levels]


def _judge_points(case: Case, seen: Observation, convention: Convention, has_gradient: bool) -> list[Verdict]:
    value = seen.arrays["value"]
    if value.size != 1:
        detail = f"the value must be one number, got shape {value.shape}"
        return [Verdict(case.name, level, "invalid", detail=detail) for level in case.levels]
    number = float(value.reshape(()))
    if case.expect == "refusal":
        ok = not math.isfinite(number)
        detail = f"returned {number:g}" + ("" if ok else " for input that is not finite")
        return [Verdict(case.name, "refusal", "pass" if ok else "fail", detail=detail)]
    answer = _answer(case.name, convention) if _is_small(case) else Answer(case.inputs, convention)
    first = _judge_value(case, number, answer)
    if "inputs" in seen.notes and first.ok:
        first = replace(first, status="fail", detail=seen.notes["inputs"])
    if case.expect == "overflow":
        return [first]
    if not has_gradient:
        return [first, Verdict(case.name, "gradient", "skip", detail="no gradient")]
    return [first, _judge_gradients(case, seen, answer)]


def _is_small(case: Case) -> bool:
    return case.inputs.x.size <= 4096 and is_listed(case)


@functools.lru_cache(maxsize=512)
def _answer(name: str, convention: Convention) -> Answer:
    """The answer to a case of the catalogue: several targets of one convention share it."""
    return Answer(find(name).inputs, convention)


def _judge_value(case: Case, number: float, answer: Answer) -> Verdict:
    if case.expect == "overflow" and not math.isfinite(number):
        return Verdict(case.name, "value", "pass", detail=f"returned {number:g}")
    if not math.isfinite(number):
        return Verdict(case.name, "value", "invalid", detail=f"returned {number:g}")
    if case.expect == "overflow":
        # Right all the same: a sum in a wider format, or a root of points scaled before the power.
        right = answer.convention.value(answer.losses, answer.inputs.p, answer.inputs.n)
        right = right if math.isfinite(right) else _scaled_root(answer)
        ok = right is not None and abs(number - right) <= 1e-3 * right
        return Verdict(case.name, "value", "pass" if ok else "fail", detail=f"returned {number:g} beyond the range")
    interval = answer.value
    return _number(case.name, "value", number, interval, answer.inputs)


def _scaled_root(answer: Answer) -> float | None:
    if answer.convention.returns == "sw_pp":
        return None
    exact = answer.inputs.in_float64()
    scale = float(max(np.abs(exact.x).max(), np.abs(exact.y).max()))
    smaller = Answer(replace(exact, x=exact.x / scale, y=exact.y / scale), answer.convention)
    return scale * smaller.value.centre


def _number(case: str, level: str, number: float, interval: Interval, inputs: Inputs) -> Verdict:
    error = abs(number - interval.centre)
    size = abs(interval.centre)
    ulp = max(inputs.eps * size, inputs.tiny * inputs.eps)
    status = "pass" if interval.holds(number) else "fail"
    detail = "" if status == "pass" else f"returned {number:.9g}, expected {interval.centre:.9g}"
    relative = error / size if size else error
    return Verdict(case, level, status, relative, error / ulp, interval.relative_tolerance(), detail)


def _judge_gradients(case: Case, seen: Observation, answer: Answer) -> Verdict:
    level = "gradient"
    if not answer.differentiable:
        return Verdict(case.name, level, "skip", detail="the root of 0 has no derivative")
    if "gradient" in seen.notes:
        return Verdict(case.name, level, "error", detail=seen.notes["gradient"])
    if "dx" not in seen.arrays:
        return Verdict(case.name, level, "invalid", detail="no gradient in x came")
    verdicts = [_judge_gradient(case, "dx", seen.arrays["dx"], answer.gradient, answer.inputs)]
    if "dy" in seen.arrays and verdicts[0].ok:
        inputs = answer.inputs.swapped()
        verdicts.append(_judge_gradient(case, "dy", seen.arrays["dy"], answer.gradient_y, inputs))
    return next((v for v in verdicts if not v.ok), verdicts[0])


def _judge_gradient(case: Case, name: str, got: np.ndarray, valid: GradientSet, inputs: Inputs) -> Verdict:
    """Membership of the valid set; the error shown is that to the stable matching's gradient where that is unique."""
    problem = _malformed(name, got, inputs)
    if problem:
        return Verdict(case.name, "gradient", "invalid", detail=problem)
    got = got.astype(np.float64)
    wanted, allowance = valid.stable, valid.allowance
    error = np.abs(got - wanted)
    size = float(np.abs(wanted).max())
    if (error <= allowance).all():
        distance = float(error.max())
    else:
        distance = valid.distance(got) if valid.tied or inputs.p < 2 else float(error.max())
        if distance == 0:
            detail = "another matching of tied points than the stable one, as valid"
            return Verdict(case.name, "gradient", "pass", 0.0, 0.0, float(allowance.max() / (size or 1)), detail)
    passed = bool((error <= allowance).all())
    relative = distance / size if size else distance
    ulp = distance / max(inputs.eps * size, inputs.tiny * inputs.eps)
    tolerance = float(allowance.max() / size) if size else float(allowance.max())
    detail = ""
    if not passed:
        row, column = np.unravel_index(int(np.argmax(error - allowance)), error.shape)
        outside = "outside the hull of valid gradients: " if valid.tied else ""
        detail = f"{outside}{name}[{row}, {column}] is {got[row, column]:.6g}, expected {wanted[row, column]:.6g}"
    return Verdict(case.name, "gradient", "pass" if passed else "fail", relative, ulp, tolerance, detail)


def _malformed(name: str, got: np.ndarray, inputs: Inputs) -> str:
    if got.shape != inputs.x.shape:
        return f"{name} must have shape {inputs.x.shape}, got {got.shape}"
    if not np.isfinite(got).all():
        row, column = np.argwhere(~np.isfinite(got))[0]
        return f"{name}[{row}, {column}] is {got[row, column]}"
    if inputs.dtype == "float64" and got.dtype != np.float64:
        return f"{name} came as {got.dtype} for float64 points"
    return ""


def _judge_relation(case: RelationCase, seen: Observation, convention: Convention) -> Verdict:
    before, after = (float(seen.arrays[name].reshape(())) for name in ("before", "after"))
    if not (math.isfinite(before) and math.isfinite(after)):
        return Verdict(case.name, "relation", "invalid", detail=f"returned {before:g} and {after:g}")
    if "again" in seen.arrays and float(seen.arrays["again"].reshape(())) != before:
        return Verdict(case.name, "relation", "skip", detail="two calls under one seed differ")
    p = case.inputs.p
    factor = case.factor if convention.returns == "sw_pp" else case.factor ** (1 / p)
    if convention.points == "sum" and case.pair[0].n != case.pair[1].n:
        power = 1.0 if convention.returns == "sw_pp" else 1 / p
        factor *= (case.pair[1].n / case.pair[0].n) ** power
    tolerance = 2 * max(Answer(inputs, convention).value.relative_tolerance() for inputs in case.pair)
    error = abs(after - factor * before) / max(abs(factor * before), case.inputs.tiny)
    status = "pass" if error <= tolerance else "fail"
    detail = "" if status == "pass" else f"{before:.9g} became {after:.9g}, expected {factor:g} times it"
    return Verdict(case.name, "relation", status, error, error / case.inputs.eps, tolerance, detail)


def _judge_network(case: NetworkCase, seen: Observation) -> list[Verdict]:
    inputs, u = case.inputs, case.u
    draw = Draw(inputs.x, inputs.y, inputs.theta, case.xi if case.noise else None)
    exact = Draw(*(None if a is None else a.astype(np.float64) for a in draw))
    step = trace.reference_step(case.net, u.astype(np.float64), exact, inputs.p)
    u1 = trace.next_parameters(u.astype(np.float64), step.phi, case.alpha, case.noise, exact.xi, case.radius)
    # A gradient in the points is right to allowance; the Jacobians carry it on, with the roundings of the layers.
    relative = 64 * inputs.eps * math.sqrt(inputs.n) * LAYERS
    return [
        _vector(case.name, "parameters", seen.arrays["phi"], step.phi, relative, inputs.eps),
        _vector(case.name, "step", seen.arrays["u1"], u1, relative, inputs.eps),
    ]


def _vector(case: str, level: str, got: np.ndarray, wanted: np.ndarray, tolerance: float, eps: float) -> Verdict:
    if got.shape != wanted.shape:
        return Verdict(case, level, "invalid", detail=f"must have shape {wanted.shape}, got {got.shape}")
    if not np.isfinite(got).all():
        return Verdict(case, level, "invalid", detail=f"entry {int(np.argmin(np.isfinite(got)))} is not finite")
    size = float(np.abs(wanted).max())
    error = np.abs(got.astype(np.float64) - wanted)
    relative = float(error.max()) / size
    worst = int(np.argmax(error))
    status = "pass" if relative <= tolerance else "fail"
    detail = "" if status == "pass" else f"entry {worst} is {got[worst]:.6g}, expected {wanted[worst]:.6g}"
    return Verdict(case, level, status, relative, relative / eps, tolerance, detail)


def _judge_trace(case: TraceCase, seen: Observation) -> Verdict:
    wanted = trace.record(case)
    got = seen.arrays["u"]
    if got.shape != wanted["u"].shape:
        return Verdict(case.name, "trace", "invalid", detail=f"u must have shape {wanted['u'].shape}, got {got.shape}")
    size = float(np.abs(wanted["u"]).max())
    drift = np.abs(got - wanted["u"]).max(axis=1)  # [T+1]
    late = np.flatnonzero(~(drift <= wanted["tolerance"]))
    status = "fail" if len(late) else "pass"
    detail = f"leaves the trace at step {late[0]} of {case.steps}" if len(late) else ""
    relative = float(drift.max()) / size
    tolerance = float(wanted["tolerance"].max()) / size
    return Verdict(case.name, "trace", status, relative, relative / EPS["float64"], tolerance, detail)
