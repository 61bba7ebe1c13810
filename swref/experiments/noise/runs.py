"""The runs from one start: SGD and exact gradient descent, with and without noise, on the same draws."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from swref.draws import Draws
from swref.experiments.noise.config import SEEDS, Config
from swref.experiments.noise.starts import GROUPS, SADDLES, Start, problem_of
from swref.sgd import project_on_ball, sgd
from swref.theory.criticality.search import descend
from swref.theory.population.exact_loss import ExactLoss

SGD, EXACT = "SGD", "exact gradient"
Arm = tuple[str, float]  # the gradient that is followed, and the noise level a


def levels(config: Config) -> tuple[float, ...]:
    """The noise levels a of SGD, none included."""
    return (0.0, *config.noises)


def arms(config: Config, group: str) -> list[Arm]:
    """The schemes with draws that are compared from the starts of a group; the exact gradient with noise at saddles.

    >>> arms(Config(noises=(0.3,)), "saddles")
    [('SGD', 0.0), ('SGD', 0.3), ('exact gradient', 0.3)]
    """
    found = [(SGD, a) for a in levels(config)]
    return [*found, (EXACT, config.level)] if group in SADDLES else found


def repeats_of(config: Config, group: str) -> int:
    """How often each arm runs from a start of a group."""
    return 1 if group == GROUPS[-1] else config.repeats


def race(starts: Sequence[Start], config: Config, run: tuple[int, int]) -> dict[str, np.ndarray]:
    """One run of every arm from a start, all on the same batches, directions and noise: as `_run`, each [arm].

    `run` are the index of the start and that of the pair of runs in its group, which has `repeats_of` for each start.
    """
    i, pair = run
    seed = SEEDS("run", config.seed, i, pair % repeats_of(config, starts[i].group))
    rows = [_run(config, starts[i], arm, seed) for arm in arms(config, starts[i].group)]
    return {name: np.array([row[name] for row in rows]) for name in rows[0]}


def descent(starts: Sequence[Start], config: Config, i: int) -> dict[str, Any]:
    """Exact gradient descent from start i, without any draw: as `_run`, its basin being where it is at the end."""
    run = _run(config, starts[i], (EXACT, 0.0), 0)
    return {**run, "basin": run["loss"][-1], "ended": run["loss"][-1] < starts[i].goal}


def leave(starts: Sequence[Start], config: Config, saddle: tuple[str, int]) -> dict[str, np.ndarray]:
    """How soon SGD leaves a saddle: steps [repeat, a] until F < start.goal, without noise and with every level.

    `saddle` are its group and its index. Infinite where it did not within config.patience steps. The levels share
    batches, directions and noise.
    """
    start, short = starts[saddle[1]], replace(config, steps=config.patience)
    F, r = problem_of(config, start.group)
    steps = np.full((config.leave_repeats, 1 + len(config.noises)), np.inf)
    for repeat in range(config.leave_repeats):
        seed = SEEDS("short_run", config.seed, saddle[1], repeat)
        for j, a in enumerate(levels(config)):
            for t, u in enumerate(_iterates(short, F, r, (SGD, a), project_on_ball(start.u, r), seed), 1):
                if t % config.leave_every == 0 and F(u)[0] < start.goal:
                    steps[repeat, j] = t
                    break
    return {"steps": steps}


def _run(config: Config, start: Start, arm: Arm, seed: int) -> dict[str, Any]:
    """One run of an arm from a start.

    loss [step]: F every config.every steps, the start included. left: the first of these steps at which F < start.goal,
    infinite where none is. reached: the mean of F over the last part. basin: the loss to which exact descent leads
    from the last iterate; ended: whether it is below the goal. idle: the largest absolute value of the parameters that
    are exactly 0 at the start.
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
    below, basin = np.flatnonzero(loss < start.goal), F(descend(F, u, r))[0]
    return {
        "loss": loss,
        "left": float(times[below[0]]) if below.size else np.inf,
        "reached": float(np.mean(loss[times >= (1 - config.last) * config.steps])),
        "basin": basin,
        "ended": basin < start.goal,
        "idle": idle,
    }


def times_of(config: Config) -> np.ndarray:
    """The steps [G] at which F is evaluated."""
    return np.arange(0, config.steps + 1, config.every)


def _iterates(config: Config, F: ExactLoss, r: float, arm: Arm, u0: np.ndarray, seed: int) -> Iterator[np.ndarray]:
    """u^1, u^2, ... of an arm from u0 [d_u] in the ball of radius r."""
    gradient, a = arm
    if gradient == SGD:
        problem = F.net, F.source, F.target
        iterates = sgd(*problem, u0, step=config.alpha, batch=config.batch, steps=config.steps, noise=a, radius=r,
                       seed=seed, backend="cpu")  # fmt: skip
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
