"""Networks: the gradient of the loss in the parameters, and one SGD step."""

from __future__ import annotations

import functools
import math
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import ClassVar, Final

import numpy as np

from swref import checks
from swref.crosscheck.adapter import Adapter, next_parameters
from swref.crosscheck.answer.convention import Convention
from swref.crosscheck.answer.judge import Judgement, judge_vector
from swref.crosscheck.inputs import Inputs
from swref.crosscheck.kinds.base import AskedOnce, timed
from swref.crosscheck.observation import Observation, real_array
from swref.crosscheck.question import Question
from swref.draws import Draw
from swref.networks import Network, check_network
from swref.spec import sw_loss_and_grad

LAYERS: Final = 4  # the depth of the deepest network of the catalogue, each with roundings of its own


@dataclass(frozen=True)
class Step:
    """What one step computed at u^t."""

    out: np.ndarray  # [n, d]
    loss: float
    gradient: np.ndarray  # [n, d]
    phi: np.ndarray  # [d_u]


def check_step(alpha: float, noise: float, radius: float) -> None:
    """Raise InputError or InputTypeError for numbers that are none of a step."""
    checks.number("alpha", alpha, above=0.0)
    checks.number("noise", noise, minimum=0.0)
    checks.number("radius", radius, above=0.0, infinite=True)


def reference_step(net: Network, u: np.ndarray, draw: Draw, p: float) -> Step:
    """The forward pass, the spec's loss and gradient, the backward pass."""
    out, cache = net.forward(u, draw.x)
    loss, (gradient,) = sw_loss_and_grad(out, draw.y, draw.theta, p)
    return Step(out, loss, gradient, net.backward(cache, gradient.astype(u.dtype)))


@dataclass(frozen=True, eq=False)
class NetworkCase(AskedOnce):
    """A network T(u, .), parameters u and a batch: phi, the gradient of SW_p^p(T(u, X), Y) in u, and one SGD step.

    phi = sum_k J_k^T [row k of the gradient in the points],    u^1 = pi_r(u - alpha phi + alpha a xi)

    The network is built anew in the process of a target, from its class and `to_dict()`.
    """

    net: Network
    make: Callable[[np.random.Generator], Inputs] = field(repr=False)  # x is the input [n, dx] of the network
    alpha: float = 0.1
    noise: float = 0.0
    radius: float = float("inf")

    kind: ClassVar = "network"
    snippet: ClassVar = 'from swref.crosscheck import find\n\nprint(find({name!r}).right_step["phi"])'
    levels: ClassVar = ("parameters", "step")

    def __post_init__(self) -> None:
        super().__post_init__()
        check_network("net", self.net)
        checks.function("make", self.make)
        check_step(self.alpha, self.noise, self.radius)

    @functools.cached_property
    def inputs(self) -> Inputs:
        """The batch X of the source (as x), the batch Y of the target, the directions, p."""
        return self.made(self.make(self.rng()), self.net.dim_in)

    @functools.cached_property
    def u(self) -> np.ndarray:
        """The parameters [d_u]."""
        return np.asarray(self.net.init(self.rng("/u"), dtype=self.inputs.x.dtype))

    @functools.cached_property
    def xi(self) -> np.ndarray:
        """The noise [d_u]."""
        return self.rng("/xi").standard_normal(len(self.u)).astype(self.u.dtype)

    @functools.cached_property
    def right_step(self) -> dict[str, np.ndarray]:
        """phi [d_u] and u1 [d_u] by the specification, in float64."""
        exact = self.inputs.in_float64()
        u, xi = self.u.astype(np.float64), self.xi.astype(np.float64) if self.noise else None
        phi = reference_step(self.net, u, Draw(exact.x, exact.y, exact.theta, xi), exact.p).phi
        return {"phi": phi, "u1": next_parameters(u, phi, self.alpha, self.noise, xi, self.radius)}

    def question(self) -> Question:
        """The gradient in u, then a step."""
        arrays = {"u": self.u} | ({"xi": self.xi} if self.noise else {})
        options = {"alpha": self.alpha, "noise": self.noise, "radius": self.radius}
        return Question(self.kind, self.name, "given", (self.inputs,), arrays, options, self.net)

    @staticmethod
    def observe(adapter: Adapter, question: Question) -> Observation:
        """loss, phi and u1."""
        (inputs,), net, u = question.inputs, question.network, question.arrays["u"]
        alpha, noise, radius = (question.options[name] for name in ("alpha", "noise", "radius"))
        (loss, phi), seconds, compiling = timed(adapter, lambda: adapter.parameters(net, u.copy(), inputs))
        _, u1 = adapter.step(net, u.copy(), inputs, alpha, noise, question.arrays.get("xi"), radius)
        arrays = {"loss": real_array("loss", loss), "phi": real_array("phi", phi), "u1": real_array("u1", u1)}
        return Observation(arrays, seconds=seconds, compile_seconds=compiling)

    def judge(self, seen: Observation, convention: Convention, has_gradient: bool) -> list[Judgement]:
        """phi and u1 against those of the specification.

        A gradient in the points is right to allowance; the Jacobians carry it on, with the roundings of the layers.
        """
        relative = 64 * self.inputs.eps * math.sqrt(self.inputs.n) * LAYERS
        return [
            judge_vector(self.name, level, seen.arrays[name], self.right_step[name], relative, self.inputs.eps)
            for level, name in (("parameters", "phi"), ("step", "u1"))
        ]
