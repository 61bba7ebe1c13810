"""Relations: two inputs whose answers are related, whatever they are (a metamorphic test)."""

from __future__ import annotations

import functools
import math
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import ClassVar

import numpy as np

from swref import checks
from swref.crosscheck.adapter import Adapter
from swref.crosscheck.answer.convention import Convention
from swref.crosscheck.answer.expected import Answer
from swref.crosscheck.answer.judge import Judgement, apart
from swref.crosscheck.inputs import Inputs
from swref.crosscheck.kinds.base import AskedOnce, seed_of, timed
from swref.crosscheck.kinds.points import INPUTS_SNIPPET
from swref.crosscheck.observation import Observation, real_array
from swref.crosscheck.question import Question


@dataclass(frozen=True, eq=False)
class RelationCase(AskedOnce):
    """Two inputs whose answers are related: value(after) = factor * value(before), in the convention SW_p^p.

    For losses that draw their own directions the relation is tested under one seed; `same_directions` says whether
    it holds direction by direction, as it must for that.
    """

    make: Callable[[np.random.Generator], tuple[Inputs, Inputs]] = field(repr=False)
    factor: float = 1.0
    same_directions: bool = True

    kind: ClassVar = "relation"
    snippet: ClassVar = INPUTS_SNIPPET
    levels: ClassVar = ("relation",)

    def __post_init__(self) -> None:
        super().__post_init__()
        checks.function("make", self.make)
        checks.number("factor", self.factor, minimum=0.0)
        checks.flag("same_directions", self.same_directions)

    @functools.cached_property
    def pair(self) -> tuple[Inputs, Inputs]:
        """The inputs before and after."""
        before, after = self.make(self.rng())
        return self.made(before), self.made(after)

    @property
    def inputs(self) -> Inputs:
        """The inputs after the change."""
        return self.pair[1]

    def question(self) -> Question:
        """Two values."""
        return Question(self.kind, self.name, "any" if self.same_directions else "given", self.pair)

    @staticmethod
    def observe(adapter: Adapter, question: Question) -> Observation:
        """before and after, under one seed; before once more where the loss draws its own directions."""

        def call(inputs: Inputs) -> np.ndarray:
            adapter.seed(seed_of(question.case))
            return real_array("value", adapter.evaluate(inputs, False).value)

        before, after = question.inputs
        value, seconds, compiling = timed(adapter, lambda: call(before))
        arrays = {"before": value, "after": call(after)}
        if adapter.convention.own_directions:
            arrays["again"] = call(before)
        return Observation(arrays, seconds=seconds, compile_seconds=compiling)

    def judge(self, seen: Observation, convention: Convention, has_gradient: bool) -> list[Judgement]:
        """The relation, within twice the tolerance of a value."""
        before, after = (float(seen.arrays[name].reshape(())) for name in ("before", "after"))
        if not (math.isfinite(before) and math.isfinite(after)):
            return [Judgement(self.name, "relation", "invalid", detail=f"returned {before:g} and {after:g}")]
        if "again" in seen.arrays and float(seen.arrays["again"].reshape(())) != before:
            return [Judgement(self.name, "relation", "skip", detail="two calls under one seed differ")]
        p = self.inputs.p
        factor = self.factor if convention.returns == "sw_pp" else self.factor ** (1 / p)
        if convention.points == "sum" and self.pair[0].n != self.pair[1].n:
            power = 1.0 if convention.returns == "sw_pp" else 1 / p
            factor *= (self.pair[1].n / self.pair[0].n) ** power
        tolerance = 2 * max(Answer(inputs, convention).value.relative_tolerance() for inputs in self.pair)
        error = abs(after - factor * before) / max(abs(factor * before), self.inputs.tiny)
        status = "pass" if error <= tolerance else "fail"
        shown = apart(after, factor * before, 9)
        detail = "" if status == "pass" else f"{before:.9g} became {shown[0]}, expected {factor:g} times it, {shown[1]}"
        return [Judgement(self.name, "relation", status, error, error / self.inputs.eps, tolerance, detail)]
