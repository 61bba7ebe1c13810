"""One case in words: its inputs, its answer, and a snippet that reproduces it."""

from __future__ import annotations

from typing import Any

import numpy as np

from swref.crosscheck.answer import Answer
from swref.crosscheck.case import AnyCase, Case, NetworkCase, TraceCase, seed_of
from swref.crosscheck.convention import Convention
from swref.crosscheck.inputs import Inputs

SNIPPET = """import swref
from swref.crosscheck import find

inputs = find({name!r}).inputs
print(swref.sw_loss_and_grad(inputs.x, inputs.y, inputs.theta, p=inputs.p,
                             x_weights=inputs.x_weights, y_weights=inputs.y_weights, backend="numpy"))"""
NETWORK_SNIPPET = """from swref.crosscheck import find
from swref.crosscheck.trace import reference_step
from swref.draws import Draw

case = find({name!r})
inputs = case.inputs
print(reference_step(case.net, case.u, Draw(inputs.x, inputs.y, inputs.theta, None), inputs.p).phi)"""
TRACE_SNIPPET = """from swref.crosscheck import find
from swref.crosscheck.trace import record

print(record(find({name!r}))["u"])"""


def describe(case: AnyCase) -> dict[str, Any]:
    """Name, reason, tags, seed, levels, inputs, answer and snippet, in JSON's types.

    >>> from swref.crosscheck.catalog import find
    >>> described = describe(find("one-point-p2"))
    >>> described["answer"]["value"], described["inputs"]["x"]["shape"]
    (12.5, [1, 2])
    """
    described: dict[str, Any] = {
        "name": case.name,
        "why": case.why,
        "tags": list(case.tags),
        "seed": seed_of(case.name),
        "levels": list(case.levels),
        "snippet": snippet(case),
    }
    if isinstance(case, TraceCase):
        described["network"] = case.net.to_dict()
        return described
    inputs = case.inputs
    described["inputs"] = {"p": inputs.p, "dtype": inputs.dtype} | {
        name: _array(array) for name, array in _arrays(inputs).items()
    }
    if isinstance(case, NetworkCase):
        described["network"] = case.net.to_dict()
    if isinstance(case, Case) and case.expect == "answer":
        answer = Answer(inputs, Convention())
        described["answer"] = {
            "value": answer.value.centre,
            "low": answer.value.low,
            "high": answer.value.high,
            "closed_form": case.closed_form,
            "smallest_gap": _finite(inputs.smallest_gap()),
            "tied": answer.gradient.tied,
            "finite_difference_step": _finite(smooth_step(inputs)),
        }
    elif isinstance(case, Case):
        described["expect"] = case.expect
    return described


def snippet(case: AnyCase) -> str:
    """Python that reproduces the answer of a case."""
    if isinstance(case, TraceCase):
        return TRACE_SNIPPET.format(name=case.name)
    return (NETWORK_SNIPPET if isinstance(case, NetworkCase) else SNIPPET).format(name=case.name)


def smooth_step(inputs: Inputs) -> float | None:
    """The largest step of one coordinate of one point that changes no order: a finite difference with it is smooth.

    Moving a coordinate by h moves a projection by at most h: half the smallest gap, a tenth of it for margin. For
    p < 2 the pairs must keep the sign of D too. None where no step exists: at a tie, or where rounding exceeds it.

    >>> smooth_step(Inputs(np.array([[0.0], [1.0]]), np.array([[0.2], [0.7]]), np.ones((1, 1))))
    0.05
    >>> smooth_step(Inputs(np.zeros((2, 1)), np.ones((2, 1)), np.ones((1, 1)))) is None
    True
    """
    gap = inputs.smallest_gap()
    if inputs.p < 2:
        px, py = inputs.projections()
        gap = min(gap, float(np.abs(px[:, :, None] - py[:, None, :]).min()))
    if np.isinf(gap):
        gap = max(1.0, float(np.abs(inputs.in_float64().x).max()))
    step = gap / 20
    return step if step > 1e3 * float(inputs.rounding().max()) else None


def _arrays(inputs: Inputs) -> dict[str, np.ndarray]:
    named = {"x": inputs.x, "y": inputs.y, "theta": inputs.theta}
    weights = {"x_weights": inputs.x_weights, "y_weights": inputs.y_weights}
    return named | {name: w for name, w in weights.items() if w is not None}


def _array(array: np.ndarray) -> dict[str, Any]:
    first = [float(v) for v in array.ravel()[:6]]
    return {
        "shape": list(array.shape),
        "dtype": str(array.dtype),
        "strides": list(array.strides),
        "writeable": bool(array.flags.writeable),
        "first": [_finite(v) for v in first],
    }


def _finite(value: float | None) -> float | None:
    return value if value is not None and np.isfinite(value) else None
