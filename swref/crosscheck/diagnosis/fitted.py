"""Mistakes with a number in them that is read off the answers: a factor, a constant, an earlier answer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

import numpy as np

from swref.crosscheck.answer.convention import Convention
from swref.crosscheck.diagnosis.evidence import Evidence
from swref.crosscheck.diagnosis.mistake import Hypothesis, Predict, Predicted, exact, right, rows, total
from swref.crosscheck.inputs import Inputs

LEAST: Final = 6  # cases that a number is fitted to
LETTERS: Final = ("n", "L", "d", "p")


def fitted(found: Sequence[Evidence]) -> list[Hypothesis]:
    """The hypotheses that the answers themselves suggest."""
    suggested = [
        _ceiling(found),
        _norm_ceiling(found),
        _factor(found),
        _gradient_factor(found, "x"),
        _gradient_factor(found, "y"),
        _constant(found),
    ]
    return [each for each in suggested if each is not None] + _of_earlier_calls(found)


def _power_of(value: float, each: Evidence) -> float:
    """The p-th power of a value where a root is declared, inf where that is too large."""
    with np.errstate(over="ignore", under="ignore", invalid="ignore"):
        return float(np.float64(value) ** (1.0 if each.convention.returns == "sw_pp" else each.inputs.p))


def _monomial(cases: Sequence[Inputs], ratios: Sequence[float]) -> tuple[np.ndarray, float, str] | None:
    """Exponents of n, L, d, p and a constant that give the ratios, and their formula; None where none fits."""
    if len(ratios) < LEAST or not (np.isfinite(ratios).all() and min(ratios) > 0):
        return None
    columns = np.array([[np.log(getattr(i, letter)) for letter in LETTERS] + [1.0] for i in cases])
    logs = np.log(ratios)
    solution = np.linalg.lstsq(columns, logs, rcond=None)[0]
    exponents = np.round(solution[:-1] * 2) / 2
    constant = float(np.median(logs - columns[:, :-1] @ exponents))
    if np.abs(columns[:, :-1] @ exponents + constant - logs).max() > 1e-4 or np.abs(logs).max() < 1e-3:
        return None
    parts = [letter if e == 1 else f"{letter}^{e:g}" for letter, e in zip(LETTERS, exponents, strict=True) if e]
    if abs(constant) > 1e-4 or not parts:
        parts.insert(0, f"{np.exp(constant):.6g}")
    return exponents, constant, " ".join(parts)


def _times(inputs: Inputs, exponents: np.ndarray, constant: float) -> float:
    return float(np.exp(constant) * np.prod([getattr(inputs, k) ** e for k, e in zip(LETTERS, exponents, strict=True)]))


def _factor(found: Sequence[Evidence]) -> Hypothesis | None:
    usable = [e for e in found if e.answer.value > 0 and e.value > 0 and e.margin < 1e-3 * e.answer.value]
    found_ = _monomial([e.inputs for e in usable], [_power_of(e.value / e.answer.value, e) for e in usable])
    if found_ is None:
        return None
    exponents, constant, formula = found_

    def predict(inputs, convention):  # type: ignore[no-untyped-def]
        good = rows(exact(inputs))
        factor = _times(inputs, exponents, constant)
        return total(good._replace(losses=factor * good.losses, slopes=factor * good.told), inputs, convention)

    return Hypothesis("factor", f"the p-th power has a factor {formula}", predict)


def _gradient_factor(found: Sequence[Evidence], side: str) -> Hypothesis | None:
    cases, ratios, others = [], [], 0
    for e in found:
        got, good = (e.dx, e.answer.dx) if side == "x" else (e.dy, e.answer.dy)
        if got is None or good is None or not e.unique or not np.abs(good).max() > 1e-9 * np.abs(e.inputs.x).max():
            continue
        unit = good / np.abs(good).max()
        ratio = float(np.sum(got * unit) / np.sum(good * unit))
        if np.abs(got - ratio * good).max() > 1e-3 * np.abs(got).max() or e.margin > 1e-3 * abs(e.answer.value):
            others += 1
            continue
        cases.append(e.inputs)
        ratios.append(ratio)
    found_ = _monomial(cases, ratios) if others <= len(cases) / 8 else None
    if found_ is None:
        return None
    exponents, constant, formula = found_

    def predict(inputs, convention):  # type: ignore[no-untyped-def]
        good, factor = right(inputs, convention), _times(inputs, exponents, constant)
        if side == "x":
            return good._replace(dx=None if good.dx is None else factor * good.dx)
        return good._replace(dy=None if good.dy is None else factor * good.dy)

    name = "gradient-factor" if side == "x" else "dy-factor"
    return Hypothesis(name, f"the gradient in {side} has a factor {formula}, the value has not", predict)


def _constant(found: Sequence[Evidence]) -> Hypothesis | None:
    wrong = [e for e in found if e.value_failed]
    if len(wrong) < 3:
        return None
    added = [_power_of(e.value, e) - _power_of(e.answer.value, e) for e in wrong]
    clear = [a for a, e in zip(added, wrong, strict=True) if abs(a) > 100 * (e.margin + 1e-15 * e.answer.value)]
    middle = float(np.median(clear)) if clear else 0.0
    if len(clear) < 3 or middle == 0 or np.abs(np.array(clear) / middle - 1).max() > 0.1:
        return None

    def predict(inputs, convention):  # type: ignore[no-untyped-def]
        value, p = right(inputs, convention).value, 1.0 if convention.returns == "sw_pp" else inputs.p
        return Predicted(max(max(value, 0.0) ** p + middle, 0.0) ** (1 / p))

    if wrong[0].convention.returns == "sw_pp":
        return Hypothesis("eps-added", f"a constant {middle:.3g} is added to the value", predict)
    return Hypothesis("eps-under-root", f"a constant {middle:.3g} is added under the root", predict)


def _ceiling(found: Sequence[Evidence]) -> Hypothesis | None:
    """The values that are too small are one number, and no right one is above it."""
    values = {e.value for e in found if e.value_failed}
    if len(values) != 1 or max(e.value for e in found) > max(values) or max(values) == 0:
        return None
    top = values.pop()

    def predict(inputs, convention):  # type: ignore[no-untyped-def]
        return Predicted(min(top, right(inputs, convention).value))

    return Hypothesis("clipped-value", f"the value is at most {top:.6g}", predict)


def _norm_ceiling(found: Sequence[Evidence]) -> Hypothesis | None:
    """The gradients that fail have one norm, and no gradient a larger one."""
    norms = [
        (float(np.linalg.norm(e.dx)), e.gradient_failed)
        for e in found
        if e.dx is not None and e.inputs.dtype == "float64"
    ]
    failed = [norm for norm, wrong in norms if wrong]
    if (
        len(failed) < LEAST
        or np.ptp(failed) > 1e-6 * max(failed)
        or max(norm for norm, _ in norms) > 1.000001 * max(failed)
    ):
        return None
    top = float(np.median(failed))

    def predict(inputs, convention):  # type: ignore[no-untyped-def]
        good = right(inputs, convention)
        return (
            good
            if good.dx is None
            else good._replace(dx=good.dx * min(1.0, top / max(float(np.linalg.norm(good.dx)), 1e-300)))
        )

    return Hypothesis("gradient-norm-clipped", f"the norm of the gradient is clipped at {top:.6g}", predict)


def _of_earlier_calls(found: Sequence[Evidence]) -> list[Hypothesis]:
    """Answers, directions or gradients that are kept from one call to the next."""
    values = {e.value for e in found if e.answer.value > 0}
    if len(values) == 1 and len(found) >= LEAST:
        return [
            Hypothesis(
                "constant", "the same number comes whatever the inputs are", lambda i, c: Predicted(values.copy().pop())
            )
        ]
    return []


def of_earlier_calls(found: Sequence[Evidence]) -> list[Hypothesis]:
    """The same, of cases in the order in which they were asked."""
    answers: dict[float, Evidence] = {}
    first_arrays: dict[str, dict[tuple[int, ...], np.ndarray]] = {name: {} for name in ("theta", "x", "y")}
    others: dict[str, dict[Inputs, np.ndarray]] = {name: {} for name in first_arrays}
    gradients: dict[tuple[int, ...], np.ndarray] = {}
    repeated: dict[Inputs, Predicted] = {}
    added: dict[Inputs, np.ndarray] = {}
    for e in found:
        earlier = answers.setdefault(e.value, e)
        if earlier is not e and e.value_failed and not earlier.value_failed and e.value != 0:
            repeated[e.inputs] = Predicted(e.value)
        for name, kept in first_arrays.items():
            array = getattr(exact(e.inputs), name)
            if not np.array_equal(first := kept.setdefault(array.shape, array), array):
                others[name][e.inputs] = first
        if e.dx is not None:
            if e.dx.shape in gradients:
                added[e.inputs] = gradients[e.dx.shape]
            gradients[e.dx.shape] = e.dx

    def kept_array(name: str) -> Predict:
        def predict(inputs: Inputs, convention: Convention) -> Predicted | None:
            if inputs not in others[name]:
                return right(inputs, convention)
            there = exact(inputs)
            arrays = {"x": there.x, "y": there.y, "theta": there.theta} | {name: others[name][inputs]}
            return right(exact(replace(there, x=arrays["x"], y=arrays["y"], theta=arrays["theta"])), convention)

        return predict

    def sum_so_far(inputs, convention):  # type: ignore[no-untyped-def]
        good = right(inputs, convention)
        return good if inputs not in added or good.dx is None else good._replace(dx=good.dx + added[inputs])

    rows_: tuple[tuple[str, str, Predict], ...] = (
        ("kept-answer", "the answer of an earlier call is returned", lambda i, c: repeated.get(i)),
        ("directions-kept", "the directions of the first call of their shape are used", kept_array("theta")),
        ("y-kept", "the y of the first call of its shape is used", kept_array("y")),
        ("x-kept", "the x of the first call of its shape is used", kept_array("x")),
        ("gradient-accumulates", "the gradient is added to that of the call before", sum_so_far),
    )
    return [Hypothesis(*row) for row in rows_]
