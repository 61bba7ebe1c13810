"""Arguments: the gradients in the directions and in the weights are compared, where a target has them."""

from __future__ import annotations

import functools
import math
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import ClassVar, Final

import numpy as np

from swref.checks import function
from swref.crosscheck.adapter import Adapter, Evaluation
from swref.crosscheck.answer.arguments import argument_gradients, comparable, tangent
from swref.crosscheck.answer.convention import Convention
from swref.crosscheck.answer.judge import Judgement, judge_vector
from swref.crosscheck.inputs import Inputs
from swref.crosscheck.kinds.base import AskedOnce, seed_of, timed
from swref.crosscheck.kinds.points import INPUTS_SNIPPET
from swref.crosscheck.observation import Observation, one_line, real_array
from swref.crosscheck.question import Question

NAMES: Final = {"theta": ("dtheta",), "weights": ("dx_weights", "dy_weights")}  # by level
ROUNDINGS: Final = 1e4  # eps that are allowed: a potential is a sum of n differences of costs


@dataclass(frozen=True, eq=False)
class ArgumentsCase(AskedOnce):
    """Inputs without ties, where the loss has one gradient in theta [L, d] and, up to a constant, in each weights.

    In theta the Euclidean gradient is right, and so is its part along the sphere. What does not come is skipped.
    """

    make: Callable[[np.random.Generator], Inputs] = field(repr=False)

    kind: ClassVar = "arguments"
    snippet: ClassVar = INPUTS_SNIPPET.replace("backend=", 'wrt=("theta", "x_weights", "y_weights"), backend=')

    def __post_init__(self) -> None:
        super().__post_init__()
        function("make", self.make)

    @functools.cached_property
    def inputs(self) -> Inputs:
        """The inputs, made once."""
        return self.made(self.make(self.rng()))

    @property
    def levels(self) -> tuple[str, ...]:
        """theta, and the weights where there are some."""
        return ("theta",) if self.inputs.uniform else ("theta", "weights")

    def question(self) -> Question:
        """One evaluation."""
        return Question(self.kind, self.name, "given", (self.inputs,))

    @staticmethod
    def observe(adapter: Adapter, question: Question) -> Observation:
        """The gradients that come; a library that will not differentiate there has none."""
        (inputs,) = question.inputs
        if not adapter.has_gradient:
            return Observation(status="skip", detail="no gradient")

        def call() -> Evaluation:
            adapter.seed(seed_of(question.case))
            return adapter.in_arguments(inputs)

        try:
            came, seconds, compiling = timed(adapter, call)
        except Exception as error:
            return Observation(status="skip", detail=f"no gradient in theta or the weights ({one_line(error)})")
        given = {name: getattr(came, name) for names in NAMES.values() for name in names}
        arrays = {name: real_array(name, array) for name, array in given.items() if array is not None}
        return Observation(arrays, seconds=seconds, compile_seconds=compiling)

    def judge(self, seen: Observation, convention: Convention, has_gradient: bool) -> list[Judgement]:
        """A judgement a level: of the weights that of the worse."""
        right = self.gradients(convention)
        judged = []
        for level in self.levels:
            came = [name for name in NAMES[level] if name in right and name in seen.arrays]
            found = [self._judge(level, name, seen.arrays[name], right[name], convention) for name in came]
            skipped = Judgement(self.name, level, "skip", detail=f"no gradient in {level}")
            judged.append(min(found, key=lambda each: each.ok, default=skipped))
        return judged

    def _judge(self, level: str, name: str, got: np.ndarray, right: np.ndarray, convention: Convention) -> Judgement:
        came = comparable(name, got, convention)
        if came.shape != right.shape:
            return Judgement(self.name, level, "invalid", detail=f"{name} has shape {got.shape}")
        answers = [right, tangent(right, self.inputs.in_float64().theta)] if level == "theta" else [right]
        eps = self.inputs.eps
        judged = [
            judge_vector(self.name, level, came.ravel(), answer.ravel(), ROUNDINGS * eps, eps) for answer in answers
        ]
        best = min(judged, key=lambda each: math.inf if each.relative is None else each.relative)
        return best if best.ok else replace(best, detail=f"{name}, {best.detail}")

    def gradients(self, convention: Convention) -> dict[str, np.ndarray]:
        """What is right in `convention`, by name."""
        return self._kept.setdefault(convention, argument_gradients(self.inputs, convention))

    @functools.cached_property
    def _kept(self) -> dict[Convention, dict[str, np.ndarray]]:
        return {}
