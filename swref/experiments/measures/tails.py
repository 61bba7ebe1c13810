"""Targets with heavy tails: how often the sample gradient phi is how large, and where it throws an unprojected run."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np

from swref.errors import DivergenceError
from swref.experiments.measures.config import SEEDS, UNIFORM, Config, laws, network, start
from swref.experiments.problems.isotropic import Isotropic
from swref.sgd import Iterate, sgd

SHARES = np.logspace(0, -3, 25)  # of the gradients that are larger than the quantiles kept


def targets(config: Config) -> dict[str, Isotropic]:
    """The targets by name, of one median: a Gaussian, then Student's laws."""
    student = {f"Student, nu = {nu:g}": Isotropic("student", config.target_median, nu) for nu in config.freedoms}
    return {"Gaussian": Isotropic("gaussian", config.target_median), **student}


def gradients(config: Config, target: str, repeat: int) -> dict[str, np.ndarray | float]:
    """|phi| along a projected run with a target: its quantiles at SHARES, and the tail index of its largest values."""
    iterates = _run(config, target, repeat, config.tail_alpha, config.tail_steps, True)
    norms = np.array([np.linalg.norm(iterate.phi) for iterate in iterates])
    return {"quantiles": np.quantile(norms, 1 - SHARES), "index": tail_index(norms, config.tail_share)}


def thrown(config: Config, target: str, repeat: int) -> dict[str, float]:
    """Whether a run without projection with a target left the ball in which T is not 0, and where it ended."""
    net, norm = network(config), 0.0
    try:
        for iterate in _run(config, target, repeat, config.free_alpha, config.free_steps, False):
            norm = float(np.linalg.norm(iterate.u))
    except DivergenceError:
        norm = math.inf
    return {"thrown": float(norm >= net.r_u + net.eps), "norm": norm}


def tail_index(values: np.ndarray, share: float) -> float:
    """Hill's estimate of the index a of a tail P(V > v) ~ v^-a, from the largest `share` of values [N] > 0.

        1/a = mean over the k largest of log(v / v_(k+1))

    Source: Hill (1975), Annals of Statistics 3.

    >>> pareto = (np.arange(10000) + 0.5) ** -0.5  # P(V > v) = v^-2
    >>> round(tail_index(pareto / pareto.min(), 0.05), 1)
    2.0
    """
    k = max(2, round(share * len(values)))
    largest = np.sort(values)[-k - 1 :]
    return float(1 / np.mean(np.log(largest[1:] / largest[0])))


def _run(config: Config, target: str, repeat: int, alpha: float, steps: int, projected: bool) -> Iterator[Iterate]:
    return sgd(
        network(config),
        laws(config, UNIFORM)[0],
        targets(config)[target],
        start(config, repeat),
        step=alpha,
        batch=config.batch,
        steps=steps,
        radius=config.radius if projected else math.inf,
        seed=SEEDS("tails", config.seed, list(targets(config)).index(target), repeat, int(projected)),
        backend="cpu",
    )
