"""The small problem in the plane that several experiments share: every assumption of both theorems holds for it.

Few points and few parameters, so that F, its flow and its critical set are exact and quick; a C^2 network with
cut-offs, so that A1 to A7 hold globally. Source of the assumptions: Tanguy (TMLR 2023), section 3 and appendix D.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from swref.errors import SwrefError
from swref.measures import Discrete
from swref.networks import MLP, CutOff
from swref.randomness import generator
from swref.sgd import Iterate, sgd
from swref.theory.assumptions.constants import alpha_0
from swref.theory.assumptions.layerwise import network_bounds
from swref.theory.criticality.kkt import natural_map
from swref.theory.population.exact_loss import ExactLoss

GOLDEN_ANGLE = np.pi * (3 - np.sqrt(5))


@dataclass(frozen=True)
class PlanarProblem:
    """T, x and y: `net` from R^2 to R^2, `source` in the unit disc, `target` on a closed curve."""

    net: CutOff
    source: Discrete
    target: Discrete

    def loss(self, batch: int | None, p: float = 2.0) -> ExactLoss:
        """F with batches of n = `batch`."""
        return ExactLoss(self.net, self.source, self.target, batch, p)

    def sgd(self, u0: np.ndarray, *, step: float, batch: int, steps: int, **options: Any) -> Iterator[Iterate]:
        """swref.sgd on this problem from u0 [d_u], `options` as there, on the "cpu" backend."""
        return sgd(
            self.net, self.source, self.target, u0, step=step, batch=batch, steps=steps, backend="cpu", **options
        )

    def alpha_0(self) -> float:
        """The step below which the theorems hold: 1/((d^2 + 2 R_y) d_u M), tiny for it is built on worst cases."""
        bounds = network_bounds(self.net, math.inf, _largest_norm(self.source))
        if bounds is None:  # cannot be: the cut-offs bound every derivative
            raise SwrefError("this network has no known bounds")
        return alpha_0(self.net.dim_out, _largest_norm(self.target), self.net.n_params, bounds.M)


def planar_problem(
    points: int, hidden: int, *, activation: str = "tanh", cut_off_u: float = 8.0, cut_off_x: float = 3.0
) -> PlanarProblem:
    """`points` points each side, a 2-`hidden`-2 network, T = 0 beyond |u| = cut_off_u + 1/2.

    >>> problem = planar_problem(10, 4)
    >>> problem.net.n_params, problem.source.points.shape
    (22, (10, 2))
    """
    net = CutOff(MLP((2, hidden, 2), activation), cut_off_u, cut_off_x, 0.5)
    return PlanarProblem(net, sunflower(points), closed_curve(points))


def step_note(step_bound: float, alphas: Sequence[float]) -> str:
    """What the page of an experiment says of its steps, `step_bound` being alpha_0."""
    low, high = min(alphas) / step_bound, max(alphas) / step_bound
    times = f"{low:.2g}" if low == high else f"{low:.2g} to {high:.2g}"
    return (
        f"Theorem 1 is for steps alpha below alpha_0 = {step_bound:.2g}, a constant from worst-case bounds, Theorem 2 "
        f"for alpha going to 0; the steps here are {times} times alpha_0."
    )


def natural_residual_of(loss: ExactLoss, u: np.ndarray, r: float) -> float:
    """|u - pi_r(u - grad F(u))| at u [d_u] in the ball B(0, r), for an F that is at hand.

    >>> problem = planar_problem(4, 2)
    >>> natural_residual_of(problem.loss(2), np.zeros(problem.net.n_params), 1.0) > 0
    True
    """
    return float(np.linalg.norm(natural_map(u, loss(u)[1], r)))


def steps_to(horizon: float, alpha: float) -> int:
    """The number of steps alpha that reach the time `horizon`, whatever the rounding of their quotient.

    >>> steps_to(0.3, 0.1), steps_to(1.0, 0.3)
    (3, 4)
    """
    return math.ceil(horizon / alpha * (1 - 1e-12))


def _largest_norm(measure: Discrete) -> float:
    return float(np.linalg.norm(measure.points, axis=1).max())


def sunflower(m: int) -> Discrete:
    """m points spread evenly over the unit disc, no two on a line with a third by symmetry.

    >>> sunflower(4).points.shape
    (4, 2)
    """
    k = np.arange(m) + 0.5
    radius, angle = np.sqrt(k / m), GOLDEN_ANGLE * k
    return Discrete(np.column_stack((radius * np.cos(angle), radius * np.sin(angle))))


def closed_curve(m: int) -> Discrete:
    """m points of a curve with two unequal lobes, of diameter about 2.

    >>> closed_curve(4).points.shape
    (4, 2)
    """
    angle = 2 * np.pi * (np.arange(m) + 0.25) / m
    radius = 1 + 0.3 * np.cos(2 * angle) + 0.1 * np.sin(angle)
    return Discrete(np.column_stack((radius * np.cos(angle), 0.6 * radius * np.sin(angle))))


def in_ball(centre: np.ndarray, radius: float, seed: int) -> np.ndarray:
    """A point [d_u] uniform in the ball around `centre` [d_u]: a law with a density on a compact set, for Theorem 1.

    >>> bool(np.linalg.norm(in_ball(np.zeros(3), 0.5, seed=0)) <= 0.5)
    True
    """
    rng = generator(seed)
    xi = rng.standard_normal(len(centre))
    return np.asarray(centre + radius * rng.random() ** (1 / len(centre)) * xi / np.linalg.norm(xi))
