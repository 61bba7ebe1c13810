"""Points: the value and the gradients in the points are compared."""

from __future__ import annotations

import functools
import math
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar, Final

import numpy as np

from swref.checks import flag, function, number, one_of
from swref.crosscheck.adapter import Adapter, Evaluation
from swref.crosscheck.answer.convention import Convention
from swref.crosscheck.answer.expected import Answer
from swref.crosscheck.answer.judge import Judgement, judge_gradients, judge_overflow, judge_value
from swref.crosscheck.inputs import Inputs
from swref.crosscheck.kinds.base import AskedOnce, Export, Outcome, seed_of, timed
from swref.crosscheck.observation import Observation, TargetError, one_line, real_array
from swref.crosscheck.question import Question
from swref.messages import json_number

EXPECTED: Final = {"answer": ("value", "gradient"), "refusal": ("refusal",), "overflow": ("value",)}  # and the levels
MAX_EXPORTED: Final = 50_000  # numbers of x
MAX_KEPT: Final = 4096  # numbers of x of a case whose answers are kept: several targets share them
INPUTS_SNIPPET: Final = """import swref
from swref.crosscheck import find

inputs = find({name!r}).inputs
print(swref.sw_loss_and_grad(inputs.x, inputs.y, inputs.theta, p=inputs.p,
                             x_weights=inputs.x_weights, y_weights=inputs.y_weights, backend="numpy"))"""


@dataclass(frozen=True, eq=False)
class Case(AskedOnce):
    """Inputs with a known answer: the value and the gradients in the points are compared.

    `make(rng)` builds the Inputs from a generator seeded by the name. `expect` says what is right:
    "answer" the values of swref.spec; "refusal" an exception or NaN, never a finite number; "overflow" the answer, inf,
    NaN or an exception (InputError for another word). `closed_form` is SW_p^p where a formula gives it.
    `direction_free`: the answer does not depend on the directions, so a loss that draws its own can be held to it.

    >>> make = lambda rng: Inputs(rng.random((4, 2)), np.zeros((4, 2)), np.eye(2))
    >>> case = Case("demo", "to show one", ("demo",), make)
    >>> case.inputs.n, case.levels, "d2" in case.tags
    (4, ('value', 'gradient'), False)
    """

    make: Callable[[np.random.Generator], Inputs] = field(repr=False)
    expect: str = "answer"
    closed_form: float | None = None
    direction_free: bool = False

    kind: ClassVar = "points"
    snippet: ClassVar = INPUTS_SNIPPET

    def __post_init__(self) -> None:
        super().__post_init__()
        function("make", self.make)
        one_of("expect", self.expect, EXPECTED)
        if self.closed_form is not None:
            number("closed_form", self.closed_form, minimum=0.0)
        flag("direction_free", self.direction_free)

    @functools.cached_property
    def inputs(self) -> Inputs:
        """The inputs, made once."""
        return self.made(self.make(self.rng()))

    @property
    def levels(self) -> tuple[str, ...]:
        """Value and gradient, the value alone, or the refusal."""
        return EXPECTED[self.expect]

    def question(self) -> Question:
        """One evaluation, with gradients where an answer is expected."""
        directions = "any" if self.direction_free else "given"
        return Question(self.kind, self.name, directions, (self.inputs,), options={"gradient": self.expect == "answer"})

    @staticmethod
    def observe(adapter: Adapter, question: Question) -> Observation:
        """value, dx, dy; without the gradient where computing it raises, noting that, and what is changed in place."""
        notes: dict[str, str] = {}
        (inputs,) = question.inputs
        copies = {name: array.copy() for name, array in inputs.arrays().items()}
        gradient = adapter.has_gradient and bool(question.options["gradient"])

        def call() -> Evaluation:
            adapter.seed(seed_of(question.case))
            return adapter.evaluate(inputs, gradient)

        try:
            answer, seconds, compiling = timed(adapter, call)
        except Exception as error:
            if not gradient:
                raise
            notes["gradient"] = str(error) if isinstance(error, TargetError) else one_line(error)
            gradient = False
            answer, seconds, compiling = timed(adapter, call)
        for name, after in inputs.arrays().items():
            if not np.array_equal(copies[name], after, equal_nan=True):
                notes["inputs"] = f"the target changed its argument {name} in place"
        arrays = {"value": real_array("value", answer.value)}
        for name in ("dx", "dy") if gradient else ():
            given = getattr(answer, name)
            if given is not None:
                arrays[name] = real_array(name, given)
        return Observation(arrays, notes=notes, seconds=seconds, compile_seconds=compiling)

    def unanswered(self, seen: Observation) -> Outcome:
        """An exception is right where no answer is expected."""
        if seen.status == "error" and self.expect != "answer":
            seen = replace(seen, status="pass", detail=f"raised {seen.detail}")
        return super().unanswered(seen)

    def judge(self, seen: Observation, convention: Convention, has_gradient: bool) -> list[Judgement]:
        """The value against its interval, the gradients against their sets."""
        value = seen.arrays["value"]
        if value.size != 1:
            detail = f"the value must be one number, got shape {value.shape}"
            return [Judgement(self.name, level, "invalid", detail=detail) for level in self.levels]
        number = float(value.reshape(()))
        if self.expect == "refusal":
            ok = not math.isfinite(number)
            detail = f"returned {number:g}" + ("" if ok else " for input that is not finite")
            return [Judgement(self.name, "refusal", "pass" if ok else "fail", detail=detail)]
        answer = self.answer(convention)
        first = (judge_overflow if self.expect == "overflow" else judge_value)(self.name, number, answer)
        if "inputs" in seen.notes and first.ok:
            first = replace(first, status="fail", detail=seen.notes["inputs"])
        if self.expect == "overflow":
            return [first]
        if not has_gradient:
            return [first, Judgement(self.name, "gradient", "skip", detail="no gradient")]
        return [first, judge_gradients(self.name, seen, answer)]

    def answer(self, convention: Convention) -> Answer:
        """What `convention` makes of the right answer."""
        if self.inputs.x.size > MAX_KEPT:
            return Answer(self.inputs, convention)
        return self._answers.setdefault(convention, Answer(self.inputs, convention))

    @functools.cached_property
    def _answers(self) -> dict[Convention, Answer]:
        return {}

    def describe(self) -> dict[str, Any]:
        """With the answer."""
        described = super().describe()
        if self.expect != "answer":
            return described | {"expect": self.expect}
        answer = self.answer(Convention())
        described["answer"] = {
            "value": answer.value.centre,
            "low": answer.value.low,
            "high": answer.value.high,
            "closed_form": self.closed_form,
            "smallest_gap": json_number(self.inputs.smallest_gap()),
            "tied": answer.gradient.tied,
            "finite_difference_step": json_number(self.inputs.smooth_step()),
        }
        return described

    def export(self) -> Export | None:
        """The inputs and, where it is expected, the answer; None for large inputs."""
        inputs = self.inputs
        if inputs.x.size > MAX_EXPORTED:
            return None
        entry: dict[str, Any] = {
            "name": self.name,
            "kind": self.kind,
            "tags": list(self.tags),
            "why": self.why,
            "expect": self.expect,
            "p": inputs.p,
            "dtype": inputs.dtype,
        }
        arrays = {
            "x": inputs.x,
            "y": inputs.y,
            "theta": inputs.theta,
            "p": np.asarray(inputs.p, dtype=np.float64),
        } | inputs.arrays()
        if self.expect == "answer":
            answer = self.answer(Convention())
            entry |= {
                "low": answer.value.low,
                "high": answer.value.high,
                "unique_gradient": answer.gradient.unique and answer.gradient_y.unique,
                "gap": json_number(inputs.smallest_gap()),
                "smooth_step": inputs.smooth_step(),
            }
            bounds = {"value": answer.value.centre, "low": answer.value.low, "high": answer.value.high}
            arrays |= {name: np.array(number) for name, number in bounds.items()}
            for name, valid in (("dx", answer.gradient), ("dy", answer.gradient_y)):
                arrays |= {name: valid.stable, f"{name}_tolerance": valid.allowance}
        return entry, arrays
