"""A case of the catalogue: named and seeded inputs, the reason it exists, and what a target owes it."""

from __future__ import annotations

import functools
import zlib
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

import numpy as np

from swref.crosscheck.inputs import Inputs
from swref.networks import Network

LEVELS: Final = ("value", "gradient", "parameters", "step", "trace", "relation", "mean", "refusal")


def seed_of(name: str) -> int:
    """The seed of the case of this name: a checksum, so that adding a case changes no other.

    >>> seed_of("cloud-8x2") == seed_of("cloud-8x2") != seed_of("cloud-64x3")
    True
    """
    return zlib.crc32(name.encode())


@dataclass(frozen=True)
class Case:
    """Inputs with a known answer: the value and the gradients in the points are compared.

    `make(rng)` builds the Inputs from a generator seeded by the name. `expect` says what is right:
    "answer" the values of swref.spec; "refusal" an exception or NaN, never a finite number; "overflow" the answer, inf,
    NaN or an exception. `closed_form` is SW_p^p where a formula gives it. `direction_free`: the answer does not
    depend on the directions, so a loss that draws its own can be held to it.

    >>> make = lambda rng: Inputs(rng.random((4, 2)), np.zeros((4, 2)), np.eye(2))
    >>> case = Case("demo", "to show one", ("demo",), make)
    >>> case.inputs.n, case.levels, "d2" in case.tags
    (4, ('value', 'gradient'), False)
    """

    name: str
    why: str
    tags: tuple[str, ...]
    make: Callable[[np.random.Generator], Inputs] = field(repr=False)
    expect: str = "answer"
    closed_form: float | None = None
    direction_free: bool = False

    @functools.cached_property
    def inputs(self) -> Inputs:
        """The inputs, made once."""
        return self.make(np.random.default_rng(seed_of(self.name)))

    @property
    def levels(self) -> tuple[str, ...]:
        """The levels at which it is compared."""
        return {"answer": ("value", "gradient"), "refusal": ("refusal",), "overflow": ("value",)}[self.expect]


@dataclass(frozen=True)
class RelationCase:
    """Two inputs whose answers are related: value(after) = factor * value(before), in the convention SW_p^p.

    For losses that draw their own directions the relation is tested under one seed; `same_directions` says whether
    it holds direction by direction, as it must for that.
    """

    name: str
    why: str
    tags: tuple[str, ...]
    make: Callable[[np.random.Generator], tuple[Inputs, Inputs]] = field(repr=False)
    factor: float = 1.0
    same_directions: bool = True
    levels: tuple[str, ...] = ("relation",)

    @functools.cached_property
    def pair(self) -> tuple[Inputs, Inputs]:
        """The inputs before and after."""
        return self.make(np.random.default_rng(seed_of(self.name)))

    @property
    def inputs(self) -> Inputs:
        """The inputs after the change."""
        return self.pair[1]


@dataclass(frozen=True)
class NetworkCase:
    """A network T(u, .), parameters u and a batch: phi, the gradient of SW_p^p(T(u, X), Y) in u, and one SGD step.

    phi = sum_k J_k^T [row k of the gradient in the points],    u^1 = pi_r(u - alpha phi + alpha a xi)
    """

    name: str
    why: str
    tags: tuple[str, ...]
    net: Network
    make: Callable[[np.random.Generator], Inputs] = field(repr=False)  # x is the input [n, dx] of the network
    alpha: float = 0.1
    noise: float = 0.0
    radius: float = float("inf")
    levels: tuple[str, ...] = ("parameters", "step")

    @functools.cached_property
    def inputs(self) -> Inputs:
        """The batch X of the source (as x), the batch Y of the target, the directions, p."""
        return self.make(np.random.default_rng(seed_of(self.name)))

    @functools.cached_property
    def u(self) -> np.ndarray:
        """The parameters [d_u]."""
        return self.net.init(np.random.default_rng(seed_of(self.name + "/u")), dtype=self.inputs.x.dtype)

    @functools.cached_property
    def xi(self) -> np.ndarray:
        """The noise [d_u]."""
        rng = np.random.default_rng(seed_of(self.name + "/xi"))
        return rng.standard_normal(len(self.u)).astype(self.u.dtype)


@dataclass(frozen=True)
class TraceCase:
    """A run of T steps under given draws: a target is stepped through it (see swref.crosscheck.trace)."""

    name: str
    why: str
    tags: tuple[str, ...]
    net: Network
    steps: int = 50
    batch: int = 32
    directions: int = 4
    alpha: float = 0.1
    noise: float = 0.0
    radius: float = float("inf")
    p: float = 2.0
    levels: tuple[str, ...] = ("trace",)

    @property
    def seed(self) -> int:
        """The seed of the draws."""
        return seed_of(self.name)


@dataclass(frozen=True)
class MeanCase:
    """A loss over the whole sphere with a known mean, for losses that draw their own directions.

    `value` is E f and `gradient` its gradient in x [n, d]; both exact.
    """

    name: str
    why: str
    tags: tuple[str, ...]
    make: Callable[[np.random.Generator], Inputs] = field(repr=False)
    value: Callable[[Inputs], float] = field(repr=False)
    gradient: Callable[[Inputs], np.ndarray] = field(repr=False)
    levels: tuple[str, ...] = ("mean",)

    @functools.cached_property
    def inputs(self) -> Inputs:
        """The points; the directions are not used."""
        return self.make(np.random.default_rng(seed_of(self.name)))


AnyCase = Case | RelationCase | NetworkCase | TraceCase | MeanCase
