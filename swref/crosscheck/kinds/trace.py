"""Traces: a run of T steps under given draws."""

from __future__ import annotations

import functools
import time
from dataclasses import dataclass
from typing import ClassVar, Final

import numpy as np

from swref.crosscheck.adapter import Adapter
from swref.crosscheck.answer import trace
from swref.crosscheck.answer.convention import Convention
from swref.crosscheck.answer.judge import Judgement
from swref.crosscheck.inputs import EPS, Inputs
from swref.crosscheck.kinds.base import AskedOnce, Export, seed_of
from swref.crosscheck.observation import Observation, real_array
from swref.crosscheck.question import Question
from swref.draws import Draw, Draws
from swref.measures import Discrete, Gaussian, Measure
from swref.networks import Network, Particles

SNIPPET: Final = """from swref.crosscheck import find

print(find({name!r}).record["u"])"""


@dataclass(frozen=True, eq=False)
class TraceCase(AskedOnce):
    """A run of T steps under given draws: a target is stepped through it (see swref.crosscheck.answer.trace).

    The network is built anew in the process of a target, from its class and `to_dict()`.
    """

    net: Network
    steps: int = 50
    batch: int = 32
    directions: int = 4
    alpha: float = 0.1
    noise: float = 0.0
    radius: float = float("inf")
    p: float = 2.0

    kind: ClassVar = "trace"
    snippet: ClassVar = SNIPPET
    levels: ClassVar = ("trace",)

    @property
    def seed(self) -> int:
        """The seed of the draws."""
        return seed_of(self.name)

    @functools.cached_property
    def draws(self) -> list[Draw]:
        """The T draws."""
        net = self.net
        source: Measure = Gaussian(np.zeros(net.dim_in), np.eye(net.dim_in))
        if isinstance(net, Particles):
            source = Discrete(net.indices())
        target = Gaussian(np.full(net.dim_out, 0.5), 0.5 * np.eye(net.dim_out))
        draws = Draws(source, target, self.batch, self.directions, self.seed, net.n_params if self.noise else 0)
        return [draws(t) for t in range(self.steps)]

    @functools.cached_property
    def record(self) -> dict[str, np.ndarray]:
        """The right run, as the arrays of format 1.

        >>> from swref.networks import MLP
        >>> TraceCase("demo", "", (), MLP((2, 4, 2)), steps=3, batch=5, directions=2).record["u"].shape
        (4, 22)
        """
        options = {"alpha": self.alpha, "noise": self.noise, "radius": self.radius}
        return trace.record(self.net, self.draws, self.seed, p=self.p, **options)

    @property
    def shape_key(self) -> str:
        """One for all: every run has shapes of its own."""
        return self.kind

    def question(self) -> Question:
        """The draws of every step, from u^0."""
        inputs = tuple(Inputs(draw.x, draw.y, draw.theta, self.p) for draw in self.draws)
        arrays = {"u": np.asarray(self.net.init(np.random.default_rng(self.seed)))}
        if self.noise:
            arrays["xi"] = np.array([draw.xi for draw in self.draws])
        options = {"alpha": self.alpha, "noise": self.noise, "radius": self.radius}
        return Question(self.kind, self.name, "given", inputs, arrays, options, self.net)

    @staticmethod
    def observe(adapter: Adapter, question: Question) -> Observation:
        """The losses [T] and u [T+1, d_u] of the target's own run."""
        net, u, xi = question.network, question.arrays["u"], question.arrays.get("xi")
        alpha, noise, radius = (question.options[name] for name in ("alpha", "noise", "radius"))
        losses, us = [], [u]
        start = time.perf_counter()
        for t, inputs in enumerate(question.inputs):
            loss, u = adapter.step(net, u.copy(), inputs, alpha, noise, None if xi is None else xi[t], radius)
            losses.append(real_array("loss", loss))
            us.append(real_array("u", u))
        seconds = time.perf_counter() - start
        return Observation({"loss": np.stack(losses), "u": np.stack(us)}, seconds=seconds)

    def judge(self, seen: Observation, convention: Convention, has_gradient: bool) -> list[Judgement]:
        """The largest distance from the run, step by step, against what rounding may cause."""
        wanted, got = self.record, seen.arrays["u"]
        if got.shape != wanted["u"].shape:
            detail = f"u must have shape {wanted['u'].shape}, got {got.shape}"
            return [Judgement(self.name, "trace", "invalid", detail=detail)]
        size = float(np.abs(wanted["u"]).max())
        drift = np.abs(got - wanted["u"]).max(axis=1)  # [T+1]
        late = np.flatnonzero(~(drift <= wanted["tolerance"]))
        status = "fail" if len(late) else "pass"
        detail = f"leaves the trace at step {late[0]} of {self.steps}" if len(late) else ""
        relative = float(drift.max()) / size
        tolerance = float(wanted["tolerance"].max()) / size
        return [Judgement(self.name, "trace", status, relative, relative / EPS["float64"], tolerance, detail)]

    def export(self) -> Export:
        """The record."""
        entry = {"name": self.name, "kind": self.kind, "tags": list(self.tags), "why": self.why}
        return entry | {"network": self.net.to_dict()}, self.record
