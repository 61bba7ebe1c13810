"""Refusals: arguments of which no distance can be computed must raise, or give NaN or inf."""

from __future__ import annotations

import copy
import functools
import math
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar, Final

import numpy as np

from swref.checks import function, one_of
from swref.crosscheck.adapter import Adapter
from swref.crosscheck.answer.convention import Convention
from swref.crosscheck.answer.expected import Answer
from swref.crosscheck.answer.judge import UNCHECKED, Judgement
from swref.crosscheck.inputs import Inputs
from swref.crosscheck.kinds.base import AskedOnce, Outcome, seed_of
from swref.crosscheck.kinds.points import INPUTS_SNIPPET
from swref.crosscheck.observation import Observation, one_line, real_array
from swref.crosscheck.question import Question

Spoil = Callable[[Inputs], dict[str, Any]]


def _longer(array: np.ndarray) -> np.ndarray:
    return np.concatenate([array, array[-1:]])


def _negative(weights: np.ndarray) -> np.ndarray:
    """Of sum 1, one of them below 0."""
    moved = weights.copy()
    moved[0], moved[1] = -weights[0], weights[1] + 2 * weights[0]
    return moved


def _wider(points: np.ndarray) -> np.ndarray:
    return np.hstack([points, points[:, :1]])


def _weights(inputs: Inputs) -> tuple[np.ndarray, np.ndarray]:
    wx = np.full(inputs.n, 1 / inputs.n) if inputs.x_weights is None else inputs.x_weights
    wy = np.full(inputs.m, 1 / inputs.m) if inputs.y_weights is None else inputs.y_weights
    return wx, wy


FAULTS: Final[dict[str, tuple[str, Spoil]]] = {
    "empty-x": ("x has no points", lambda i: {"x": i.x[:0]}),
    "empty-y": ("y has no points", lambda i: {"y": i.y[:0]}),
    "empty-both": ("neither x nor y has points", lambda i: {"x": i.x[:0], "y": i.y[:0]}),
    "no-directions": ("theta has no rows", lambda i: {"theta": i.theta[:0]}),
    "columns-of-x": ("x has a column more than y and theta", lambda i: {"x": _wider(i.x)}),
    "columns-of-y": ("y has a column more than x and theta", lambda i: {"y": _wider(i.y)}),
    "columns-of-theta": ("theta has a column more than x and y", lambda i: {"theta": _wider(i.theta)}),
    "weights-short": ("x has a weight less than points", lambda i: {"x_weights": _weights(i)[0][:-1]}),
    "weights-long": ("y has a weight more than points", lambda i: {"y_weights": _longer(_weights(i)[1])}),
    "weights-of-sum-2": (
        "the weights of both have the sum 2 (normalised they would be right)",
        lambda i: {"x_weights": 2 * _weights(i)[0], "y_weights": 2 * _weights(i)[1]},
    ),
    "weights-of-other-sums": (
        "the weights of x have the sum 2, those of y 1 (normalised they would be right)",
        lambda i: {"x_weights": 2 * _weights(i)[0]},
    ),
    "negative-weight": ("a weight is negative", lambda i: {"x_weights": _negative(_weights(i)[0])}),
    "p-below-1": ("p = 0.5: for p < 1 the sorted matching is not optimal", lambda i: {"p": 0.5}),
    "p-negative": ("p = -1", lambda i: {"p": -1.0}),
    "p-infinite": ("p = inf: a maximum has no power", lambda i: {"p": math.inf}),
    "p-nan": ("p = NaN", lambda i: {"p": math.nan}),
}


def spoiled(inputs: Inputs, fault: str) -> Inputs:
    """`inputs` with a fault of FAULTS: what Inputs itself would refuse."""
    wrong = copy.copy(inputs)
    for name, value in FAULTS[fault][1](inputs).items():
        object.__setattr__(wrong, name, value)
    return wrong


@dataclass(frozen=True, eq=False)
class RefusalCase(AskedOnce):
    """Good inputs, and the fault by which they are spoiled in the process of the target.

    A finite number, or the end of the process, is "unchecked": a right code may leave the check to its caller.
    """

    make: Callable[[np.random.Generator], Inputs] = field(repr=False)
    fault: str = "empty-x"

    kind: ClassVar = "refusal"
    comes_last: ClassVar = True
    snippet: ClassVar = INPUTS_SNIPPET.replace("inputs = find({name!r}).inputs", "inputs = find({name!r}).wrong")
    levels: ClassVar = ("refusal",)

    def __post_init__(self) -> None:
        super().__post_init__()
        function("make", self.make)
        one_of("fault", self.fault, FAULTS)

    @functools.cached_property
    def inputs(self) -> Inputs:
        """The inputs before they are spoiled."""
        return self.made(self.make(self.rng()))

    @property
    def wrong(self) -> Inputs:
        """The inputs that must be refused."""
        return spoiled(self.inputs, self.fault)

    def question(self) -> Question:
        """One evaluation."""
        options = {"fault": list(FAULTS).index(self.fault)}
        of_theta = "theta" in FAULTS[self.fault][1](self.inputs)
        return Question(self.kind, self.name, "given" if of_theta else "any", (self.inputs,), options=options)

    @staticmethod
    def observe(adapter: Adapter, question: Question) -> Observation:
        """The value, if one comes."""
        inputs = spoiled(question.inputs[0], list(FAULTS)[int(question.options["fault"])])
        adapter.seed(seed_of(question.case))
        try:
            return Observation({"value": real_array("value", adapter.evaluate(inputs, False).value)})
        except NotImplementedError:
            raise
        except Exception as error:
            return Observation(notes={"raised": one_line(error)})

    def judge(self, seen: Observation, convention: Convention, has_gradient: bool) -> list[Judgement]:
        """No finite number, but for weights that are normalised."""
        if "value" not in seen.arrays:
            return [Judgement(self.name, "refusal", "pass", detail=f"raised {seen.notes['raised']}")]
        values = seen.arrays["value"].ravel()
        shown = f"returned {values[0]:g}" if values.size == 1 else f"returned an array {seen.arrays['value'].shape}"
        if not np.isfinite(values).any():
            return [Judgement(self.name, "refusal", "pass", detail=shown)]
        if "sum" in self.fault and values.size == 1 and Answer(self.inputs, convention).value.holds(float(values[0])):
            return [Judgement(self.name, "refusal", "pass", detail="the weights are normalised")]
        return [Judgement(self.name, "refusal", UNCHECKED, detail=f"{shown} where {FAULTS[self.fault][0]}")]

    def unanswered(self, seen: Observation) -> Outcome:
        """Who died or never answered did not refuse."""
        if seen.status in ("crash", "timeout"):
            seen = replace(seen, status=UNCHECKED, detail=f"{seen.detail} where {FAULTS[self.fault][0]}")
        return super().unanswered(seen)
