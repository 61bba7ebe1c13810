"""What an adapter is: it calls one loss, and owns every difference between its conventions and the catalogue's."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np

from swref.crosscheck.answer.convention import Convention
from swref.crosscheck.inputs import Inputs
from swref.networks import Network
from swref.sgd import project_on_ball


class MissingLibrary(Exception):
    """What an adapter needs is not installed here: a line in the table, not an error."""


class Evaluation(NamedTuple):
    """The value in the adapter's convention, and its gradients in x [n, d], y [m, d], theta (as it takes them) and the
    weights [n], [m]; None: not computed."""

    value: Any
    dx: Any = None
    dy: Any = None
    dtheta: Any = None
    dx_weights: Any = None
    dy_weights: Any = None


class Adapter(ABC):
    """Base of the adapters. A minimal one sets `convention` and defines `evaluate`; the rest has defaults.

    >>> class Zero(Adapter):
    ...     def evaluate(self, inputs, gradient):
    ...         return Evaluation(0.0, 0.0 * inputs.x)
    >>> Zero().has_gradient, Zero().convention.returns
    (True, 'sw_pp')
    """

    name: str = ""
    convention: Convention = Convention()
    dtypes: tuple[str, ...] = ("float64", "float32")
    has_gradient: bool = True
    takes_seed: bool = False  # the loss draws its directions from an argument, not from a global generator
    repeats: int = 50  # how often, at most, one evaluation is asked anew, for what state changes
    compiles: bool = False  # a new shape is compiled: the second of two calls is timed, the first reported apart

    def cannot(self, inputs: Inputs) -> str | None:
        """Why this loss does not take such inputs (the case is then skipped), or None."""
        return None if inputs.dtype in self.dtypes else f"no {inputs.dtype}"

    @abstractmethod
    def evaluate(self, inputs: Inputs, gradient: bool) -> Evaluation:
        """The loss, and its gradients if `gradient`."""

    def seed(self, seed: int) -> None:
        """Seed the generators that a loss with its own directions may use. Called before every such evaluation."""
        np.random.seed(seed % 2**32)  # noqa: NPY002  the global state is what such a loss draws from

    def unseed(self) -> None:  # noqa: B027  most losses have no such argument
        """Have the next evaluations draw as without a seed: a loss with an argument for it is called without that."""

    def in_arguments(self, inputs: Inputs) -> Evaluation:
        """The loss with its gradients in theta and the weights, as far as it has them."""
        return self.evaluate(inputs, True)

    def ways(self, inputs: Inputs, in_y: bool) -> dict[str, Callable[[], Evaluation]]:
        """Other ways to ask a library that differentiates for the same, by name; for gradients in y if `in_y`."""
        return {}

    def parameters(self, net: Network, u: np.ndarray, inputs: Inputs) -> tuple[float, np.ndarray]:
        """(SW_p^p, phi [d_u]) at T(u, X): here by the networks of swref, from this loss's gradient in the points.

        An adapter with automatic differentiation overrides it and differentiates through its own network.
        """
        out, cache = net.forward(u, inputs.x)
        value, dx, *_ = self.evaluate(replace(inputs, x=out), True)
        number = float(np.asarray(value))
        gradient = self.convention.gradient_of_power(number, np.asarray(dx), inputs.p, inputs.n, inputs.L)
        return number, net.backward(cache, np.ascontiguousarray(gradient, dtype=u.dtype))

    def step(
        self,
        net: Network,
        u: np.ndarray,
        inputs: Inputs,
        alpha: float,
        noise: float = 0.0,
        xi: np.ndarray | None = None,
        radius: float = float("inf"),
    ) -> tuple[float, np.ndarray]:
        """(value, u^1 [d_u]) of one step u^1 = pi_r(u - alpha phi + alpha a xi)."""
        value, phi = self.parameters(net, u, inputs)
        return value, next_parameters(u, phi, alpha, noise, xi, radius)


def next_parameters(
    u: np.ndarray, phi: np.ndarray, alpha: float, noise: float, xi: np.ndarray | None, radius: float
) -> np.ndarray:
    """pi_r(u - alpha phi + alpha a xi) [d_u], in the dtype of u."""
    T = u.dtype.type
    moved = u - T(alpha) * phi.astype(u.dtype)
    if xi is not None and noise:
        moved = moved + T(alpha) * T(noise) * xi
    return project_on_ball(moved, radius)
