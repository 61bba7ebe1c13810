"""Calls: the same evaluation asked again and in other ways, for what the code around a right formula gets wrong."""

from __future__ import annotations

import functools
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import ClassVar

import numpy as np

from swref import checks
from swref.crosscheck.adapter import Adapter, Evaluation
from swref.crosscheck.answer.convention import Convention
from swref.crosscheck.answer.expected import Answer
from swref.crosscheck.answer.judge import Judgement, judge_gradient, judge_gradients, judge_value
from swref.crosscheck.inputs import Inputs
from swref.crosscheck.kinds.base import AskedOnce, seed_of
from swref.crosscheck.kinds.points import INPUTS_SNIPPET
from swref.crosscheck.observation import Observation, TargetError, one_line, real_array
from swref.crosscheck.question import Question

FIRST, OTHER, LAST, ALONE = "the first call", "other points of the same shape", "the last call", "without a gradient"


@dataclass(frozen=True, eq=False)
class CallsCase(AskedOnce):
    """Two inputs of one shape. The first is asked many times, the second in between, then the first in other ways.

    Answers must not change from call to call, nor later, when another call reuses a buffer; the value must come without
    a gradient too, and in a library that differentiates the gradients under another cotangent and in x or y alone.
    """

    make: Callable[[np.random.Generator], Inputs] = field(repr=False)
    direction_free: bool = False
    repeats: int = 3

    kind: ClassVar = "calls"
    snippet: ClassVar = INPUTS_SNIPPET
    levels: ClassVar = ("calls",)

    def __post_init__(self) -> None:
        super().__post_init__()
        checks.function("make", self.make)
        checks.flag("direction_free", self.direction_free)
        checks.count("repeats", self.repeats)

    @functools.cached_property
    def pair(self) -> tuple[Inputs, Inputs]:
        """The inputs, and others of their shape."""
        return self.made(self.make(self.rng())), self.made(self.make(self.rng("/other")))

    @property
    def inputs(self) -> Inputs:
        """The first inputs."""
        return self.pair[0]

    def question(self) -> Question:
        """Both inputs."""
        directions = "any" if self.direction_free else "given"
        return Question(self.kind, self.name, directions, self.pair, options={"repeats": self.repeats})

    @staticmethod
    def observe(adapter: Adapter, question: Question) -> Observation:
        """WAY/value, WAY/dx, WAY/dy for every way in which it was asked; notes: what changed, what raised."""
        first, other = question.inputs
        seen = Observation()

        def call(inputs: Inputs) -> Evaluation:
            adapter.seed(seed_of(question.case))
            return adapter.evaluate(inputs, adapter.has_gradient)

        start = time.perf_counter()
        given = call(first)
        answer = _keep(seen, FIRST, given)
        _keep(seen, OTHER, call(other))
        if (name := _changed(given, answer)) is not None:
            seen.notes["buffer"] = f"the {name} that it returned was changed by the next call: a buffer is reused"
        repeats = min(int(question.options["repeats"]), adapter.repeats)
        for k in range(repeats):
            again = call(first)
            name = None if adapter.convention.own_directions else _changed(again, answer)
            if name is not None:
                seen.notes.setdefault("state", f"call {k + 3} of the same points returns another {name} than the first")
        _keep(seen, LAST, again)
        alone = {ALONE: functools.partial(adapter.evaluate, first, False)} if adapter.has_gradient else {}
        for way, ask in (alone | adapter.ways(first, "dy" in answer)).items():
            try:
                adapter.seed(seed_of(question.case))
                _keep(seen, way, ask())
            except Exception as error:
                seen.notes.setdefault(
                    "raised", f"{way}: {error if isinstance(error, TargetError) else one_line(error)}"
                )
        seen.seconds = (time.perf_counter() - start) / (repeats + 2)
        return seen

    def judge(self, seen: Observation, convention: Convention, has_gradient: bool) -> list[Judgement]:
        """The first thing that is wrong."""
        ways = dict.fromkeys(name.rpartition("/")[0] for name in seen.arrays)
        found = [self._judge_way(way, seen, convention) for way in ways]
        statuses = {"buffer": "fail", "state": "fail", "raised": "error"}
        found += [Judgement(self.name, "calls", statuses[key], detail=note) for key, note in seen.notes.items()]
        return [next((each for each in found if not each.ok), Judgement(self.name, "calls", "pass"))]

    def _judge_way(self, way: str, seen: Observation, convention: Convention) -> Judgement:
        arrays = {
            name: seen.arrays[f"{way}/{name}"] for name in ("value", "dx", "dy") if f"{way}/{name}" in seen.arrays
        }
        answer = self._answers(convention)[way == OTHER]
        if arrays["value"].size != 1:
            detail = f"{way}: the value must be one number, got shape {arrays['value'].shape}"
            return Judgement(self.name, "calls", "invalid", detail=detail)
        judged = judge_value(self.name, float(arrays["value"].reshape(())), answer)
        if judged.ok and "dx" in arrays:
            judged = judge_gradients(self.name, Observation(arrays), answer)
        elif judged.ok and "dy" in arrays and answer.differentiable:
            judged = judge_gradient(self.name, "dy", arrays["dy"], answer.gradient_y, answer.inputs.swapped())
        return Judgement(self.name, "calls", judged.status, detail=f"{way}: {judged.detail}")

    def _answers(self, convention: Convention) -> tuple[Answer, Answer]:
        first, other = self.pair
        return self._kept.setdefault(convention, (Answer(first, convention), Answer(other, convention)))

    @functools.cached_property
    def _kept(self) -> dict[Convention, tuple[Answer, Answer]]:
        return {}


def _keep(seen: Observation, way: str, given: Evaluation) -> dict[str, np.ndarray]:
    """Copies of what came, entered under the way in which it was asked."""
    came = {name: getattr(given, name) for name in ("value", "dx", "dy")}
    arrays = {name: real_array(name, value).copy() for name, value in came.items() if value is not None}
    seen.arrays.update({f"{way}/{name}": array for name, array in arrays.items()})
    return arrays


def _changed(given: Evaluation, before: dict[str, np.ndarray]) -> str | None:
    """The name of what differs, in any bit, from the copies `before`."""
    for name, array in before.items():
        if not np.array_equal(real_array(name, getattr(given, name)), array, equal_nan=True):
            return "value" if name == "value" else f"gradient {name}"
    return None
