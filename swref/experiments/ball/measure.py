"""The runs from one start: in every ball and without one, on the same draws."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from swref.experiments.ball.config import BallConfig
from swref.experiments.planar import PlanarProblem, in_ball, planar_problem
from swref.experiments.statistics import derived_seed
from swref.theory.criticality.search import descend
from swref.theory.population.exact_loss import on_sphere

CUT_OFF = 40.0  # R_u: far out, so that runs without a ball do not reach it


def problem_of(config: BallConfig) -> PlanarProblem:
    """The planar problem with a cut-off far beyond every ball."""
    return planar_problem(config.points, config.hidden, cut_off_u=CUT_OFF)


def one_start(config: BallConfig, k: int, repeat: int) -> dict[str, np.ndarray]:
    """One start under noise level k: a run in every ball, and as the last entry one without projection.

    loss, norm [K + 1, looks]: F(u^t) and |u^t| at `looks_of`. share [K + 1]: of the steps that end on the sphere.
    excess [K + 1]: the largest |u^t| - r over the run, in units of eps r. largest [K + 1]: the largest |u^t|.
    floor [K + 1]: what exact gradient descent in the ball reaches from the last iterate; NaN for runs with noise.
    """
    problem = problem_of(config)
    F, a = problem.loss(config.batch), config.noises[k]
    u0 = in_ball(np.zeros(problem.net.n_params), config.start_radius, derived_seed(config.seed, repeat, 0))
    looks = set(looks_of(config).tolist())
    rows: dict[str, list[Any]] = {name: [] for name in ("loss", "norm", "share", "excess", "largest", "floor")}
    for r in (*config.radii, math.inf):
        iterates = problem.sgd(
            u0,
            step=config.alpha,
            batch=config.batch,
            steps=config.steps,
            noise=a,
            radius=r,
            seed=derived_seed(config.seed, repeat, 1),
        )
        u, norms, hits, losses = u0, [math.hypot(*u0)], 0, [F(u0)[0]]
        for iterate in iterates:
            u = iterate.u
            norms.append(math.hypot(*u))
            hits += math.isfinite(r) and on_sphere(u, r)
            if iterate.t in looks:
                losses.append(F(u)[0])
        rows["loss"].append(losses)
        rows["norm"].append(np.array(norms)[looks_of(config)])
        rows["share"].append(hits / config.steps)
        rows["largest"].append(max(norms))
        rows["excess"].append((max(norms) - r) / (np.finfo(np.float64).eps * r) if math.isfinite(r) else np.nan)
        rows["floor"].append(F(descend(F, u, r))[0] if a == 0 else np.nan)
    return {name: np.array(values) for name, values in rows.items()}


def looks_of(config: BallConfig) -> np.ndarray:
    """The steps [looks] at which F is evaluated, 0 and the last included."""
    return np.unique(np.linspace(0, config.steps, config.looks).round().astype(int))
