"""The projected scheme in its ball: how far it strays from it, how often it is on the sphere, what the radius costs."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from swref.errors import InputError
from swref.experiments.ball.config import FULL, BallConfig
from swref.experiments.ball.drawings import figures
from swref.experiments.ball.measure import looks_of, one_start, problem_of
from swref.experiments.ball.report import cost_table, repeat_table, summary_of, verdicts_of
from swref.experiments.planar import PlanarProblem, step_note
from swref.experiments.pool import Pool
from swref.experiments.recipe import Formula, Text
from swref.experiments.record import Record

__all__ = ["CONFIG", "FULL", "TEXT", "figures", "run"]

CONFIG = BallConfig

TEXT = Text(
    title="The projected scheme stays in its ball",
    question=(
        "Theorem 2 of the paper is about a scheme that adds Gaussian noise to every step of SGD and then projects the "
        "parameters u on the closed ball of radius r: a point outside is moved to the nearest point of the ball. The "
        "projection keeps the iterates bounded, which the proof needs. This experiment asks three things. Do the "
        "iterates stay in the ball, up to rounding? How often do they sit on its sphere? And what does the radius cost "
        "in loss, with and without noise?",
        "A ball that holds the run without projection changes nothing: no step is ever projected. A smaller ball "
        "forbids parameters that SGD would reach, and must cost something. Noise adds a reason for the ball. It pushes "
        "u about also along directions in which the loss is flat, where nothing pulls back: without projection |u| "
        "should then grow like the square root of the number of steps.",
    ),
    formulas=(
        Formula(
            r"u^{t+1} = \pi_r(u^t - \alpha\,\phi(u^t, X, Y, \theta) + \alpha\,a\,\xi), \qquad \xi \sim N(0, I)",
            "a step: alpha its size, phi the gradient of the loss of fresh batches X, Y along one random direction "
            "theta, a the level of the noise",
        ),
        Formula(
            r"\pi_r(v) = v \;\;\mathrm{if}\;\; |v| \leq r, \qquad \pi_r(v) = r\,v / |v| \;\;\mathrm{else}",
            "the projection of the whole parameter vector on the ball of radius r",
        ),
    ),
    method=(
        "A small tanh network with smooth cut-offs, which satisfies every assumption of the theorems, maps points of a "
        "disc to a closed curve in the plane. Each repeat draws a start uniformly from a ball inside all others, and "
        "runs the scheme from it for every radius and noise level, and without projection, always with the same "
        "batches, directions and noise: differences between radii are differences of pairs. The population loss F is "
        "exact. The loss reached is the mean of F over the last part of the run.",
        "The norm of every iterate is taken again with an independent, almost correctly rounded routine, and its "
        "excess over r is given in units of eps r, the spacing of floating-point numbers near r. The price of the "
        "radius itself, apart from the fluctuations of SGD, is what exact gradient descent in the ball reaches from "
        "the end of each noise-free run. Intervals resample whole repeats.",
    ),
    source="Tanguy (TMLR 2023), section 4, the noised projected scheme; suggested by the paper's outlook.",
)


def run(config: BallConfig, pool: Pool) -> Record:
    """Runs for every repeat and noise level, over all radii and without one."""
    problem = _problem(config)
    arguments = [(config, k, repeat) for k in range(len(config.noises)) for repeat in range(config.repeats)]
    parts = pool.map("runs", one_start, arguments)
    shape = len(config.noises), config.repeats
    arrays = {
        name: np.array([part[name] for part in parts]).reshape(*shape, *parts[0][name].shape) for name in parts[0]
    }
    reached = _reached(config, arrays["loss"])  # [A, R, K + 1]
    verdicts = verdicts_of(config, arrays, reached)
    costs = cost_table(config, arrays, reached)
    return Record(
        config=config.to_dict(),
        verdicts=verdicts,
        summary=summary_of(config, arrays, reached),
        tables={"costs": costs, "repeats": repeat_table(config, arrays, reached)},
        shown=("costs",),
        arrays={"times": looks_of(config) * config.alpha, "reached": reached, **arrays},
        notes=_notes(config, problem, arrays),
    )


def _problem(config: BallConfig) -> PlanarProblem:
    problem = problem_of(config)
    if not problem.net.contains_ball(max(config.radii)):
        limit = problem.net.r_u - problem.net.eps
        raise InputError(f"radii must be at most {limit:g}, where the cut-off begins, got {max(config.radii):g}")
    return problem


def _reached(config: BallConfig, loss: np.ndarray) -> np.ndarray:
    """The mean of loss [..., looks] over the looks in the last part of the run."""
    return loss[..., looks_of(config) >= (1 - config.last) * config.steps].mean(axis=-1)


def _notes(config: BallConfig, problem: PlanarProblem, arrays: dict[str, np.ndarray]) -> Sequence[str]:
    a, edge = config.noises[-1], problem.net.r_u - problem.net.eps
    largest = arrays["largest"][..., -1]  # [A, R]: of the runs without projection
    return (
        f"{step_note(problem.alpha_0(), [config.alpha])} That the iterates stay in the ball needs no such bound.",
        f"On the sphere means |u| >= r (1 - 1e-12). Pure noise would take |u| to about alpha a sqrt(t d_u) = "
        f"{config.alpha * a * math.sqrt(config.steps * problem.net.n_params):.2g} after t = {config.steps} steps with "
        f"a = {a:g} and d_u = {problem.net.n_params} parameters.",
        f"The run without projection and with noise is outside the hypotheses of Theorem 2. The network is cut off "
        f"from |u| = {edge:g} on; where that makes it 0, every u is critical and a run is lost. The largest |u| over "
        f"the runs without projection was {largest.max():.3g}, and {int(np.sum(largest > edge))} of {largest.size} "
        f"went beyond {edge:g}.",
        "F is the loss of minibatches: it is positive even for a perfect network, so a difference of F is a cost, its "
        "size is not.",
    )
