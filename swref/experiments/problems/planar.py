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
from swref.theory.assumptions.layerwise import network_bounds
from swref.theory.assumptions.steps import StepBounds, step_bounds
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

    def step_bounds(self, radius: float = math.inf) -> StepBounds:
        """alpha_0 as printed, over all u, and the sharp one over the ball of the scheme, beside a found |Hess f|."""
        bounds = network_bounds(self.net, math.inf, self.source.support.radius)
        found = None if bounds is None else step_bounds(self.net, self.source, self.target, M=bounds.M, radius=radius)
        if found is None:  # cannot be: the cut-offs bound every derivative
            raise SwrefError("this network has no known bounds")
        return found


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


def step_note(bounds: StepBounds, alphas: Sequence[float]) -> str:
    """What the page of an experiment says of its steps, in units of both alpha_0.

    >>> step_note(StepBounds(printed=0.01, sharp=0.1, hessian=None), [0.05, 0.2])[-72:]
    'here are 5 to 20 times the printed and 0.5 to 2 times the sharp alpha_0.'
    """
    printed, sharp = bounds.printed or math.nan, bounds.sharp or math.nan
    found = "" if bounds.hessian is None else f" (a search found |Hess f| = {bounds.hessian:.2g})"
    return (
        f"Theorem 1 is for steps alpha below alpha_0, Theorem 2 for alpha going to 0. From worst-case bounds, "
        f"alpha_0 is {printed:.2g} as printed; sharp, as its role asks, alpha |Hess f| < 1, it is {sharp:.2g}{found}. "
        f"The steps here are {_times(alphas, printed)} times the printed and {_times(alphas, sharp)} times the sharp "
        "alpha_0."
    )


def _times(alphas: Sequence[float], bound: float) -> str:
    low, high = min(alphas) / bound, max(alphas) / bound
    return f"{low:.2g}" if low == high else f"{low:.2g} to {high:.2g}"


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
