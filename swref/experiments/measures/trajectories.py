"""The flows of discretisations of growing m: how far from that of a finer one, and how critical their ends are."""

from __future__ import annotations

from functools import cache

import numpy as np

from swref.experiments.measures.config import SEEDS, SETTINGS, Config, even, loss, network, random, start
from swref.measures import Discrete
from swref.theory import GradientFlow, Trajectory, distance_c, gradient_flow


def flows(config: Config, setting: str, repeat: int) -> dict[str, np.ndarray]:
    """A setting from the u0 of a repeat: S = len(supports), D = draws.

    d_c, residual [S, 1 + D]: of the even discretisation of m points, then of D random ones: the distance of its flow to
    that of an even one `finer` times m, and |grad F| of the finer one at its end. change, residual_change [S]: how much
    the distance and the residual of the even one move when the finer one is made twice as fine; NaN where not looked.
    """
    u0, k = start(config, repeat), SETTINGS.index(setting)

    @cache
    def lattice(m: int) -> tuple[Discrete, Discrete]:
        return even(config, setting, m, SEEDS("even", config.seed, repeat, m))

    @cache
    def reference(m: int) -> tuple[GradientFlow, Trajectory]:
        return followed(config, u0, *lattice(m))

    def measured(flow: GradientFlow, curve: Trajectory, m: int) -> tuple[float, float]:
        distance, _ = distance_c(curve, reference(m)[1], config.k_max)
        return distance, float(np.linalg.norm(loss(config, *lattice(m))(flow(flow.horizon))[1]))

    S = len(config.supports)
    d_c, residual = np.empty((S, 1 + config.draws)), np.empty((S, 1 + config.draws))
    change, residual_change = np.full(S, np.nan), np.full(S, np.nan)
    for i, m in enumerate(config.supports):
        clouds = [SEEDS("random", config.seed, k, repeat, m, draw) for draw in range(config.draws)]
        followed_here = [reference(m), *(followed(config, u0, *random(config, setting, m, seed)) for seed in clouds)]
        for j, flow in enumerate(followed_here):
            d_c[i, j], residual[i, j] = measured(*flow, config.finer * m)
        if repeat < config.checked:
            again = measured(*followed_here[0], 2 * config.finer * m)
            change[i], residual_change[i] = again[0] - d_c[i, 0], again[1] - residual[i, 0]
    return {"d_c": d_c, "residual": residual, "change": change, "residual_change": residual_change}


def followed(config: Config, u0: np.ndarray, x: Discrete, y: Discrete) -> tuple[GradientFlow, Trajectory]:
    """The flow from u0 for x and y, and its chords."""
    flow = gradient_flow(network(config), u0, x, y, config.batch, float(config.k_max), rtol=1e-5, atol=1e-7)
    return flow, flow.sampled(config.delta).trajectory
