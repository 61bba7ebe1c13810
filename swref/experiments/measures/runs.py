"""Noised projected SGD with inputs from a continuous law and from its discretisations: where it ends."""

from __future__ import annotations

import numpy as np

from swref.experiments.measures.config import SEEDS, SETTINGS, Config, continuous, even, loss, network, start
from swref.experiments.problems.planar import natural_residual_of, steps_to
from swref.measures import Measure
from swref.sgd import sgd
from swref.theory.population.exact_loss import ExactLoss


def sources(config: Config) -> tuple[str, ...]:
    """What the runs draw from: the coarsest discretisation, the finest, and the continuous laws themselves."""
    return f"{min(config.supports)} points", f"{max(config.supports)} points", "the law itself"


def descend(config: Config, setting: str, repeat: int) -> dict[str, np.ndarray]:
    """A setting from the u0 of a repeat, for every source and every alpha (A of them).

    residual [3, A]: the mean natural residual, of an F `finer` times as fine as the finest discretisation, over the
    second half of a run. own [2, A]: that of the F whose points the run drew from. change [A]: how much the residual of
    the last source moves when the finest F is made twice as fine; NaN where not looked.
    """
    u0, A, k = start(config, repeat), len(config.alphas), SETTINGS.index(setting)
    residual, own, change = np.empty((3, A)), np.empty((2, A)), np.full(A, np.nan)

    def lattice_loss(m: int) -> ExactLoss:
        return loss(config, *even(config, setting, m, SEEDS("even", config.seed, repeat, m)))

    finest = lattice_loss(config.fine)
    for i, m in enumerate((min(config.supports), max(config.supports))):
        F = lattice_loss(m)
        for j in range(A):
            iterates = second_half(config, u0, F.source, F.target, j, SEEDS("run", config.seed, k, repeat, i, j))
            residual[i, j], own[i, j] = mean_residual(config, finest, iterates), mean_residual(config, F, iterates)
    again = lattice_loss(2 * config.fine) if repeat < config.checked else None
    for j in range(A):
        iterates = second_half(config, u0, *continuous(config, setting), j, SEEDS("run", config.seed, k, repeat, 2, j))
        residual[2, j] = mean_residual(config, finest, iterates)
        if again is not None:
            change[j] = mean_residual(config, again, iterates) - residual[2, j]
    return {"residual": residual, "own": own, "change": change}


def second_half(config: Config, u0: np.ndarray, x: Measure, y: Measure, j: int, seed: int) -> list[np.ndarray]:
    """`looks` iterates of a run with the j-th alpha, evenly spread over its second half, the last among them."""
    steps = steps_to(config.horizon, config.alphas[j])
    wanted = set(np.linspace(steps, steps / 2, config.looks).astype(int).tolist())
    run = sgd(
        network(config),
        x,
        y,
        u0,
        step=config.alphas[j],
        batch=config.batch,
        steps=steps,
        noise=config.noise,
        radius=config.radius,
        seed=seed,
        backend="cpu",
    )
    return [iterate.u for iterate in run if iterate.t in wanted]


def mean_residual(config: Config, F: ExactLoss, iterates: list[np.ndarray]) -> float:
    """The mean of |u - pi_r(u - grad F(u))| over `iterates`: 0 only on the critical set."""
    return float(np.mean([natural_residual_of(F, u, config.radius) for u in iterates]))
