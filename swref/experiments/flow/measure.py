"""One repeat: the exact flow from its start, and SGD from it for every step."""

from __future__ import annotations

import math

import numpy as np

from swref.experiments.flow.config import FlowConfig, alphas_of
from swref.experiments.planar import PlanarProblem, in_ball, planar_problem, steps_to
from swref.experiments.statistics import derived_seed
from swref.theory import distance_c, gradient_flow, interpolate

GRID = 61  # times at which the loss is shown


def compare(config: FlowConfig, k: int, repeat: int) -> dict[str, np.ndarray | float]:
    """One repeat of scheme k: the flow from its u0, and for every alpha a run, its d_c (to k_max) and its losses."""
    problem, alphas, horizon = problem_of(config), alphas_of(config, k), float(config.k_max)
    p = 1.5 if k == 2 else 2.0
    noise, radius = (config.noise, config.radius) if k == 1 else (0.0, math.inf)
    u0 = in_ball(centre_of(config, problem), config.start_radius, derived_seed(config.seed, k, repeat))
    flow = gradient_flow(
        problem.net, u0, problem.source, problem.target, config.batch, horizon, radius, p=p, rtol=1e-6, atol=1e-8
    )
    curve, grid, F = flow.sampled(config.delta), np.linspace(0.0, horizon, GRID), problem.loss(config.batch, p)
    distances, losses = [], []
    for j, alpha in enumerate(alphas):
        iterates = problem.sgd(
            u0,
            step=alpha,
            batch=config.batch,
            steps=steps_to(horizon, alpha),
            noise=noise,
            radius=radius,
            p=p,
            seed=derived_seed(config.seed, k, repeat, j),
        )
        run = interpolate(np.array([u0, *(iterate.u for iterate in iterates)]), alpha)
        value, _ = distance_c(run, curve.trajectory, config.k_max)
        distances.append(value)
        losses.append([F(u)[0] for u in run(grid)] if k == 0 else [])
    return {
        "d_c": np.array(distances),
        "loss": np.array(losses),
        "flow_loss": np.array([F(u)[0] for u in flow(grid)]),
        "residual": flow.residual,
        "touched": bool(flow.contacts),
    }


def problem_of(config: FlowConfig) -> PlanarProblem:
    """The problem that the config describes."""
    return planar_problem(config.points, config.hidden)


def centre_of(config: FlowConfig, problem: PlanarProblem) -> np.ndarray:
    """The centre [d_u] of the ball of starts: a random initialisation, scaled."""
    u = problem.net.init(config.seed)
    return u * (config.start_norm / np.linalg.norm(u))
