"""Traces: a run of T steps under given draws.

A replayable trace: every draw and every number of T steps, so that another framework can be stepped through it.

The arrays, with letters as in swref.sgd, are listed in swref/crosscheck/outputs/FORMAT.md.

    u^{t+1} = pi_r(u^t - alpha v^t + alpha a xi^t),    v^t = phi^t, or another rule's
"""

from __future__ import annotations

import functools
import json
import time
from dataclasses import dataclass
from typing import ClassVar, Final

import numpy as np

from swref import checks
from swref.crosscheck.adapter import Adapter, next_parameters
from swref.crosscheck.answer.convention import Convention
from swref.crosscheck.answer.judge import Judgement
from swref.crosscheck.inputs import EPS, Inputs
from swref.crosscheck.kinds.base import AskedOnce, Export, seed_of
from swref.crosscheck.kinds.network import Step, check_step, reference_step
from swref.crosscheck.kinds.rules import RULES
from swref.crosscheck.observation import Observation, real_array
from swref.crosscheck.question import Question
from swref.draws import Draw, Draws
from swref.measures import Discrete, Gaussian, Measure
from swref.networks import Network, Particles, check_network
from swref.spec import project, stable_order

FORMAT: Final = 1
PERTURBATIONS: Final = 3
ALLOWANCE: Final = 100.0  # times the drift of perturbed runs: none is compared beyond what its rounding determines


@dataclass(frozen=True, eq=False)
class TraceCase(AskedOnce):
    """A run of T steps under given draws: a target is stepped through it (see above).

    `rule` is sgd, momentum or adam; a target is asked for whole steps of the first, for the gradients of the others.
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
    rule: str = "sgd"

    kind: ClassVar = "trace"
    snippet: ClassVar = 'from swref.crosscheck import find\n\nprint(find({name!r}).record["u"])'
    levels: ClassVar = ("trace",)

    def __post_init__(self) -> None:
        super().__post_init__()
        check_network("net", self.net)
        for name in ("steps", "batch", "directions"):
            checks.count(name, getattr(self, name))
        check_step(self.alpha, self.noise, self.radius)
        checks.order(self.p)
        checks.one_of("rule", self.rule, RULES)

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
        us, steps, vs = self._run()
        others = np.array([self._run(np.random.default_rng([self.seed, k]))[0] for k in range(PERTURBATIONS)])
        drift = np.maximum.accumulate(np.abs(others - us).max(axis=(0, 2)))  # [T+1], of perturbed runs
        least = 4 * EPS["float64"] * np.abs(us[0]).max()
        pairs = list(zip(self.draws, steps, strict=True))
        arrays = {
            "format": FORMAT,
            "rule": self.rule,
            "p": self.p,
            "alpha": self.alpha,
            "noise": self.noise,
            "radius": self.radius,
            "network": json.dumps(self.net.to_dict()),
            "u": us,
            "x": [draw.x for draw in self.draws],
            "y": [draw.y for draw in self.draws],
            "theta": [draw.theta for draw in self.draws],
            "out": [step.out for step in steps],
            "order_x": [[stable_order(row) for row in project(step.out, draw.theta)] for draw, step in pairs],
            "order_y": [[stable_order(row) for row in project(draw.y, draw.theta)] for draw in self.draws],
            "loss": [step.loss for step in steps],
            "gradient": [step.gradient for step in steps],
            "phi": [step.phi for step in steps],
            "v": vs,
            "gap": [Inputs(step.out, draw.y, draw.theta).smallest_gap() for draw, step in pairs],
            "tolerance": ALLOWANCE * np.maximum(drift, least),
        }
        if self.noise:
            arrays["xi"] = [draw.xi for draw in self.draws]
        return {name: np.asarray(array) for name, array in arrays.items()}

    def _run(self, rng: np.random.Generator | None = None) -> tuple[np.ndarray, list[Step], list[np.ndarray]]:
        """u [T+1, d_u], the steps and v [T, d_u]; with `rng` each u is moved by a few ulp, as other sums would."""
        u = self.net.init(np.random.default_rng(self.seed))
        us, steps, vs, rule = [u], [], [], RULES[self.rule]()
        for draw in self.draws:
            step = reference_step(self.net, u, draw, self.p)
            vs.append(rule(step.phi))
            u = next_parameters(u, vs[-1], self.alpha, self.noise, draw.xi, self.radius)
            if rng is not None:
                u = u + 4 * EPS["float64"] * (np.abs(u) + np.abs(u).max()) * rng.uniform(-1, 1, len(u))
            us.append(u)
            steps.append(step)
        return np.stack(us), steps, vs

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
        options["rule"] = list(RULES).index(self.rule)
        return Question(self.kind, self.name, "given", inputs, arrays, options, self.net)

    @staticmethod
    def observe(adapter: Adapter, question: Question) -> Observation:
        """The losses [T] and u [T+1, d_u] of the target's own run."""
        net, u, xi = question.network, question.arrays["u"], question.arrays.get("xi")
        alpha, noise, radius = (question.options[name] for name in ("alpha", "noise", "radius"))
        rule = list(RULES)[int(question.options["rule"])]
        losses, us, moves = [], [u], RULES[rule]()
        start = time.perf_counter()
        for t, inputs in enumerate(question.inputs):
            drawn = None if xi is None else xi[t]
            if rule == "sgd":
                loss, u = adapter.step(net, u.copy(), inputs, alpha, noise, drawn, radius)
            else:
                loss, phi = adapter.parameters(net, u.copy(), inputs)
                u = next_parameters(u, moves(phi), alpha, noise, drawn, radius)
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
        return entry | {"rule": self.rule, "network": self.net.to_dict()}, self.record
