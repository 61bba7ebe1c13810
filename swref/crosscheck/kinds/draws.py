"""Draws: how a loss that draws its own directions treats seeds and global generators."""

from __future__ import annotations

import functools
import random
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, ClassVar

import numpy as np

from swref import checks
from swref.crosscheck.adapter import Adapter
from swref.crosscheck.answer.convention import Convention
from swref.crosscheck.answer.judge import Judgement
from swref.crosscheck.inputs import Inputs
from swref.crosscheck.kinds.base import AskedOnce, seed_of, timed
from swref.crosscheck.kinds.points import INPUTS_SNIPPET
from swref.crosscheck.observation import Observation, TargetError, real_array
from swref.crosscheck.question import Question


@dataclass(frozen=True, eq=False)
class DrawsCase(AskedOnce):
    """Two calls without a seed differ, two under one seed agree, and a global generator is not reseeded.

    A loss with an argument `seed` must leave the global generators as they are. `value` is E f: a loss that returns
    it draws nothing, and has nothing to be tested.
    """

    make: Callable[[np.random.Generator], Inputs] = field(repr=False)
    value: Callable[[Inputs], float] = field(repr=False)

    kind: ClassVar = "draws"
    snippet: ClassVar = INPUTS_SNIPPET
    levels: ClassVar = ("draws",)

    def __post_init__(self) -> None:
        super().__post_init__()
        checks.function("make", self.make)
        checks.function("value", self.value)

    @functools.cached_property
    def inputs(self) -> Inputs:
        """The points; the directions are not used."""
        return self.made(self.make(self.rng()))

    def question(self) -> Question:
        """Four evaluations of the same points."""
        return Question(self.kind, self.name, "own", (self.inputs,))

    @staticmethod
    def observe(adapter: Adapter, question: Question) -> Observation:
        """fresh [2]: one after the other without a seed; seeded [2]: each under one seed; what became of generators."""
        (inputs,) = question.inputs
        first, other = seed_of(question.case), seed_of(f"{question.case}/other")

        def call() -> np.ndarray:
            value = real_array("value", adapter.evaluate(inputs, False).value)
            if value.size != 1:
                raise TargetError(f"the value must be one number, got shape {value.shape}")
            return value.reshape(())

        def seeded(seed: int) -> tuple[np.ndarray, dict[str, Any], dict[str, Any]]:
            random.seed(seed)
            adapter.seed(seed)
            before = _states()
            return call(), before, _states()

        value, seconds, compiling = timed(adapter, lambda: seeded(first)[0])
        again, before, after = seeded(first)
        _, _, after_other = seeded(other)
        notes = {"seed": "an argument"} if adapter.takes_seed else {}
        for name in before:
            if adapter.takes_seed and after[name] != before[name]:
                notes["state"] = f"given a seed, it changes the state of {name}'s global generator"
            elif after[name] == after_other[name]:
                notes["state"] = f"it seeds {name}'s global generator itself"
        adapter.unseed()
        arrays = {"fresh": np.stack([call(), call()]), "seeded": np.stack([value, again])}
        return Observation(arrays, notes=notes, seconds=seconds, compile_seconds=compiling)

    def judge(self, seen: Observation, convention: Convention, has_gradient: bool) -> list[Judgement]:
        """The first of the three that does not hold."""
        (first, second), (one, other) = (seen.arrays[name].tolist() for name in ("fresh", "seeded"))
        exact = convention.value(np.array([self.value(self.inputs)]), self.inputs.p, self.inputs.n)
        status, detail = "pass", ""
        if "state" in seen.notes:
            status, detail = "fail", seen.notes["state"]
        elif first == second and abs(first - exact) <= 1e-3 * abs(exact):
            status, detail = "skip", "it returns the mean itself: nothing is drawn"
        elif first == second:
            status, detail = "fail", f"two calls without a seed return the same number, {first:.6g}"
        elif one != other:
            status = "fail" if "seed" in seen.notes else "skip"
            detail = f"two calls under one seed differ: {one:.9g} and {other:.9g}"
        return [Judgement(self.name, "draws", status, detail=detail)]


def _states() -> dict[str, Any]:
    """The states of the global generators that are loaded."""
    _, keys, position, *rest = np.random.get_state()  # noqa: NPY002  the one that losses draw from
    states: dict[str, Any] = {"NumPy": (np.asarray(keys).tobytes(), position, *rest), "Python": random.getstate()}
    if (torch := sys.modules.get("torch")) is not None:
        states["torch"] = torch.get_rng_state().numpy().tobytes()
    return states
