"""The runs from one start: SGD and exact gradient descent, with and without noise, on the same draws."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np

from swref.draws import Draws
from swref.experiments.frame.seeds import derived_seed
from swref.experiments.noise.config import NoiseConfig
from swref.experiments.noise.starts import SADDLES, Start, problem_of
from swref.sgd import project_on_ball, sgd
from swref.theory.criticality.search import descend
from swref.theory.population.exact_loss import ExactLoss

SGD, EXACT = "SGD", "exact gradient"
Arm = tuple[str, float]  # the gradient that is followed, and the noise level a


def arms(config: NoiseConfig, group: str) -> list[Arm]:
    """The schemes with draws that are compared from the starts of a group; the exact gradient with noise at saddles.

    >>> arms(NoiseConfig(noises=(0.3,)), "saddles")
    [('SGD', 0.0), ('SGD', 0.3), ('exact gradient', 0.3)]
    """
    sampled = [(SGD, a) for a in (0.0, *config.noises)]
    return [*sampled, (EXACT, config.level)] if group in SADDLES else sampled


def race(config: NoiseConfig, start: Start, index: int, repeat: int) -> dict[str, np.ndarray]:
    """One run of every arm from a start, all on the same batches, directions and noise: as `_run`, rows [A]."""
    seed = derived_seed(config.seed, 7, index, repeat)
    rows = [_run(config, start, arm, seed) for arm in arms(config, start.group)]
    return {name: np.array([row[name] for row in rows]) for name in rows[0]}


def descent(config: NoiseConfig, start: Start) -> dict[str, Any]:
    """Exact gradient descent from a start, without any draw: as `_run`, its basin being where it is at the end."""
    run = _run(config, start, (EXACT, 0.0), 0)
    return {**run, "basin": run["loss"][-1]}


def leave(config: NoiseConfig, start: Start, index: int) -> dict[str, np.ndarray]:
    """How soon SGD leaves a saddle: steps [R, 1 + A] until F < start.goal, without noise and with every level.

    Infinite where it did not within config.patience steps. The levels share batches, directions and noise.
    """
    F, r = problem_of(config, start.group)
    short = replace(config, steps=config.patience)
    steps = np.full((config.leave_repeats, 1 + len(config.noises)), np.inf)
    for repeat in range(config.leave_repeats):
        seed = derived_seed(config.seed, 10, index, repeat)
        for j, a in enumerate((0.0, *config.noises)):
            for t, u in enumerate(_iterates(short, F, r, (SGD, a), project_on_ball(start.u, r), seed), 1):
                if t % config.leave_every == 0 and F(u)[0] < start.goal:
                    steps[repeat, j] = t
                    break
    return {"steps": steps}


def _run(config: NoiseConfig, start: Start, arm: Arm, seed: int) -> dict[str, Any]:
    """One run of an arm from a start.

    loss [G]: F every config.every steps, the start included. left: the first of these steps at which F < start.goal,
    infinite where none is. reached: the mean of F over the last part. basin: the loss to which exact descent leads
    from the last iterate. idle: the largest absolute value of the parameters that are exactly 0 at the start.
    """
    F, r = problem_of(config, start.group)
    u = project_on_ball(start.u, r)
    zero, losses, idle = u == 0, [F(u)[0]], 0.0
    for t, iterate in enumerate(_iterates(config, F, r, arm, u, seed), 1):
        u = iterate
        if t % config.every == 0:
            losses.append(F(u)[0])
            idle = max(idle, float(np.max(np.abs(u[zero]), initial=0.0)))
    loss, times = np.array(losses), times_of(config)
    below = np.flatnonzero(loss < start.goal)
    return {
        "loss": loss,
        "left": float(times[below[0]]) if below.size else np.inf,
        "reached": float(np.mean(loss[times >= (1 - config.last) * config.steps])),
        "basin": F(descend(F, u, r))[0],
        "idle": idle,
    }


def times_of(config: NoiseConfig) -> np.ndarray:
    """The steps [G] at which F is evaluated."""
    return np.arange(0, config.steps + 1, config.every)


def _iterates(config: NoiseConfig, F: ExactLoss, r: float, arm: Arm, u0: np.ndarray, seed: int) -> Iterator[np.ndarray]:
    """u^1, u^2, ... of an arm from u0 [d_u] in the ball of radius r."""
    gradient, a = arm
    if gradient == SGD:
        iterates = sgd(
            F.net,
            F.source,
            F.target,
            u0,
            step=config.alpha,
            batch=config.batch,
            steps=config.steps,
            noise=a,
            radius=r,
            seed=seed,
            backend="cpu",
        )
        yield from (iterate.u for iterate in iterates)
        return
    u = u0
    draws = Draws(F.source, F.target, config.batch, 1, seed, len(u0) if a > 0 else 0)
    for t in range(config.steps):
        u = u - config.alpha * F(u)[1]
        if draws.xi is not None:
            u = u + config.alpha * a * draws.xi(t)
        u = project_on_ball(u, r)
        yield u
