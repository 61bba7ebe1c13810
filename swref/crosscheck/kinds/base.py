"""A case: named and seeded inputs, the reason it exists, and what a target owes it. Each kind of case is a module here.

A kind knows how it is asked (`question`), observed (`observe`, in the process of the target), judged (`judge`), shown
(`describe`) and exported (`export`). The suite calls these and knows no kind by name.
"""

from __future__ import annotations

import time
import zlib
from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, ClassVar

import numpy as np

from swref import checks
from swref.crosscheck.adapter import Adapter
from swref.crosscheck.answer.convention import Convention
from swref.crosscheck.answer.judge import Judgement
from swref.crosscheck.inputs import Inputs
from swref.crosscheck.observation import Observation
from swref.crosscheck.question import Question
from swref.errors import InputError, InputTypeError
from swref.reprs import Shown

Ask = Callable[[Question], Observation]
Export = tuple[dict[str, Any], dict[str, np.ndarray]]


def seed_of(name: str) -> int:
    """The seed of the case of this name: a checksum, so that adding a case changes no other.

    >>> seed_of("cloud-8x2") == seed_of("cloud-8x2") != seed_of("cloud-64x3")
    True
    """
    return zlib.crc32(name.encode())


@dataclass(frozen=True, eq=False)
class AnyCase(ABC):
    """What the kinds share: a name, the reason (one sentence), and tags by which cases are chosen."""

    name: str
    why: str
    tags: tuple[str, ...]

    kind: ClassVar[str]
    comes_last: ClassVar[bool] = False  # it may end the target's process, and after three such ends no more is asked
    snippet: ClassVar[str]  # Python that reproduces the answer of the case {name!r}

    def __post_init__(self) -> None:
        checks.text("name", self.name)
        checks.text("why", self.why)
        object.__setattr__(self, "tags", checks.texts("tags", self.tags))

    @property
    @abstractmethod
    def levels(self) -> tuple[str, ...]:
        """The levels at which it is judged."""

    @property
    def shape_key(self) -> str:
        """Cases of one key share what a just-in-time compiler makes: they follow each other."""
        return self.question().inputs[-1].shape_key

    @property
    def numbers(self) -> int:
        """How large it is: the numbers of the points and of their projections."""
        inputs = self.question().inputs[-1]
        return inputs.n * inputs.d + inputs.L * (inputs.n + inputs.m)

    @abstractmethod
    def question(self) -> Question:
        """What the target is asked."""

    @staticmethod
    @abstractmethod
    def observe(adapter: Adapter, question: Question) -> Observation:
        """Call the target; what it raises passes through."""

    @abstractmethod
    def examine(self, ask: Ask, convention: Convention, has_gradient: bool) -> Outcome:
        """Ask the target, once or as often as it takes, and judge what came."""

    def unanswered(self, seen: Observation) -> Outcome:
        """The outcome of an observation without arrays: its status at every level."""
        judged = (Judgement(self.name, level, seen.status, detail=seen.detail) for level in self.levels)
        return Outcome(self, seen, tuple(judged))

    def describe(self) -> dict[str, Any]:
        """Name, reason, tags, seed, levels, snippet, inputs and network, in JSON's types.

        >>> from swref.crosscheck import find
        >>> described = find("one-point-p2").describe()
        >>> described["answer"]["value"], described["inputs"]["x"]["shape"]
        (12.5, [1, 2])
        """
        question = self.question()
        described: dict[str, Any] = {
            "name": self.name,
            "why": self.why,
            "tags": list(self.tags),
            "seed": seed_of(self.name),
            "levels": list(self.levels),
            "snippet": self.snippet.format(name=self.name),
        }
        if len(question.inputs) <= 2:  # not those of every step of a run
            described["inputs"] = question.inputs[-1].describe()
        return described if question.net is None else described | {"network": question.net.to_dict()}

    def export(self) -> Export | None:
        """The entry in the manifest of the golden vectors, and the arrays; None for a case that is not written."""
        return None

    def rng(self, purpose: str = "") -> np.random.Generator:
        """The generator of the case, or of its `purpose`, seeded by the name."""
        return np.random.default_rng(seed_of(self.name + purpose))

    def made(self, inputs: Inputs, columns: int | None = None) -> Inputs:
        """`inputs` of `make`; raises InputTypeError for anything else, InputError for other `columns` of x."""
        if not isinstance(inputs, Inputs):
            raise InputTypeError(f"make of case {self.name!r} must return Inputs, got {type(inputs).__name__}")
        wanted = inputs.theta.shape[1] if columns is None else columns
        if inputs.d != wanted:
            raise InputError(f"x of case {self.name!r} must have {wanted} columns, got {inputs.d}")
        return inputs


class AskedOnce(AnyCase):
    """A case that one observation decides."""

    @abstractmethod
    def judge(self, seen: Observation, convention: Convention, has_gradient: bool) -> list[Judgement]:
        """The judgements, one a level, of an observation that holds arrays."""

    def examine(self, ask: Ask, convention: Convention, has_gradient: bool) -> Outcome:
        """Ask and judge."""
        seen = ask(self.question())
        if seen.status != "ok":
            return self.unanswered(seen)
        with np.errstate(over="ignore", under="ignore", invalid="ignore"):  # answers of any size came
            judged = self.judge(seen, convention, has_gradient)
        timed = [replace(each, seconds=seen.seconds, compile_seconds=seen.compile_seconds) for each in judged]
        return Outcome(self, seen, tuple(timed))


@dataclass(frozen=True)
class MeanReport:
    """What was measured: calls, the mean found and the exact one, its standard error, the variance of one call, and how
    many independent uniform directions have that variance (more than the loss draws: it gains; None: no variance)."""

    case: str
    calls: int
    mean: float
    exact: float
    standard_error: float
    variance: float
    equivalent_directions: float | None
    alpha: float


@dataclass(frozen=True, repr=False)
class Outcome(Shown):
    """What came of one case; `ok` and truth say whether nothing is wrong, str says what is.

    `mean` is what was measured of a loss that draws its own directions.
    """

    case: AnyCase
    seen: Observation
    judgements: tuple[Judgement, ...]
    mean: MeanReport | None = None

    @property
    def ok(self) -> bool:
        """Whether every level passed or did not apply."""
        return all(judgement.ok for judgement in self.judgements)

    @property
    def skipped(self) -> bool:
        """Whether no level applied."""
        return all(judgement.status == "skip" for judgement in self.judgements)

    def facts(self) -> dict[str, str]:
        """What a prompt shows: what came at each level."""
        levels = {judgement.level: f"{judgement.status} {judgement.detail}".rstrip() for judgement in self.judgements}
        return {"case": self.case.name, **levels}

    def __bool__(self) -> bool:
        return self.ok

    def __str__(self) -> str:
        return "; ".join(f"{j.case} {j.level}: {j.status} {j.detail}".rstrip() for j in self.judgements)


def timed(adapter: Adapter, call: Callable[[], Any]) -> tuple[Any, float, float]:
    """(answer, seconds, seconds of compilation): a target that compiles is called twice, the second call is timed."""
    start = time.perf_counter()
    answer = call()
    first = time.perf_counter() - start
    if not adapter.compiles:
        return answer, first, 0.0
    start = time.perf_counter()
    answer = call()
    second = time.perf_counter() - start
    return answer, second, max(0.0, first - second)
