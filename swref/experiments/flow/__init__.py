"""Theorem 1 measured: d_c between interpolated SGD and the exact gradient flow from the same start, as alpha -> 0."""

from __future__ import annotations

import math

import numpy as np

from swref.experiments.decay import (
    distance_table,
    run_table,
    share_table,
)
from swref.experiments.flow.config import FULL, SCHEMES, FlowConfig, alphas_of
from swref.experiments.flow.drawings import figures
from swref.experiments.flow.measure import GRID, compare, problem_of
from swref.experiments.flow.report import notes_of, slope_of, summary_of, verdicts_of
from swref.experiments.pool import Pool
from swref.experiments.recipe import Formula, Text
from swref.experiments.record import Record
from swref.experiments.statistics import derived_seed

__all__ = ["CONFIG", "FULL", "TEXT", "FlowConfig", "figures", "run"]

CONFIG = FlowConfig


TEXT = Text(
    title="SGD follows the gradient flow",
    question=(
        "A network T with parameters u is trained to map random inputs x to points distributed like data y. The loss "
        "of a batch projects both sets of points on a random direction and compares the sorted projections (the sliced "
        "Wasserstein loss). Stochastic gradient descent with a constant step alpha draws a zigzag in parameter "
        "space. Joined by straight lines, with alpha units of time a step, it is a curve u_alpha(s). Theorem 1 says "
        "that as alpha goes to 0 this curve becomes a solution of the gradient flow of the population loss F: the "
        "probability that the two are further apart than any eta > 0 goes to 0. The paper gives no rate; where "
        "random fluctuations dominate, the distance is expected to fall like the square root of alpha.",
        "Here F, its gradient and therefore the flow are exact (no sampling over batches or directions), so the "
        "distance can be measured and not only bounded.",
    ),
    formulas=(
        Formula(
            r"u^{t+1} = u^t - \alpha\,\phi(u^t, X, Y, \theta), \qquad u_\alpha(s) = u^t + "
            r"(s/\alpha - t)(u^{t+1} - u^t)",
            "the steps and their curve; phi is the gradient in u of the loss of one batch: X, Y are n fresh points "
            "each, theta is one fresh random direction",
        ),
        Formula(
            r"\frac{du}{ds} = -\nabla F(u), \qquad F(u) = \mathbb{E}\,W_p^p(\theta\cdot T(u, X), \theta\cdot Y)",
            "the flow, and the loss averaged over batches and directions; W_p^p sorts both sets of n projections and "
            "averages |difference|^p, p = 2 unless another is named",
        ),
        Formula(
            r"u^{t+1} = \pi_r\left(u^t - \alpha\,\phi + \alpha a\,\xi\right), \qquad "
            r"\frac{du}{ds} \in -\nabla F(u) - N_r(u)",
            "the second scheme: Gaussian noise xi of level a, then the projection pi_r on the ball of radius r; and "
            "its flow, which on the sphere loses the part of -grad F that points outwards (N_r, the normal cone)",
        ),
        Formula(
            r"d_c(v, w) = \sum_{k \geq 1} 2^{-k} \min(1, \max_{[0,k]} |v - w|)",
            "the distance of two curves: 0 is equality, 1 the most",
        ),
    ),
    method=(
        "A tanh network with one hidden layer maps a few points of the unit disc to the plane, where the target is as "
        "many points on a curve with two unequal lobes. Outside large balls of u and x the network is brought to 0 by "
        "smooth factors (cut-offs), without which two assumptions of the theorem fail; with them all hold. Each repeat "
        "draws a start u0 uniformly from a small ball around one random initialisation, follows the exact flow from "
        "it, and runs SGD from it once for each alpha.",
        "The theorem compares SGD with the set S of all flows that start in the ball; the distance to one of them, "
        "that from u0, can only be larger. d_c has two errors, both bounded: times after the horizon are left out, "
        "and the flow is stored as a polygon. Both bounds are added before d_c is compared with eta.",
        "The slope is that of the mean d_c over alpha on logarithmic axes; its interval resamples whole repeats. "
        "The theorem gives no rate, so that the verdict judges its sign alone. Shares have Wilson's interval. Three "
        "schemes: plain SGD; with noise and projection on a ball that the flow runs into (its slope is taken over "
        "the repeats whose flow does); and the loss of order p = 1.5, to which the paper extends the theorem without "
        "full proof.",
    ),
    source="Tanguy (TMLR 2023), Theorem 1; the experiment is suggested by its outlook.",
)


def run(config: FlowConfig, pool: Pool) -> Record:
    """Flows, runs and their distances for the three schemes."""
    parts = {}
    for k, scheme in enumerate(SCHEMES):
        repeats = config.repeats if k == 0 else config.variant_repeats
        parts[scheme] = pool.map(scheme.replace(" ", "-"), compare, [(config, k, repeat) for repeat in range(repeats)])
    samples = {
        scheme: (alphas_of(config, k), np.array([part["d_c"] for part in parts[scheme]]))  # d_c [R, A]
        for k, scheme in enumerate(SCHEMES)
    }
    touched = np.array([bool(part["touched"]) for part in parts[SCHEMES[1]]])  # whose flow meets the sphere
    slopes = {
        scheme: slope_of(alphas, d_c[touched] if k == 1 else d_c, derived_seed(config.seed, k))
        for k, (scheme, (alphas, d_c)) in enumerate(samples.items())
    }
    # What lies beyond the horizon and the chords may add this to d_c: it counts where d_c is to be small.
    slack = 2.0**-config.k_max + config.delta
    bounded = {scheme: (alphas, d_c + slack) for scheme, (alphas, d_c) in samples.items()}
    verdicts = verdicts_of(config, bounded["plain"][1], slopes)
    step_bound = problem_of(config).alpha_0()
    bounds = {scheme: math.nan if scheme == SCHEMES[2] else step_bound for scheme in SCHEMES}  # alpha_0 is for p = 2
    return Record(
        config=config.to_dict(),
        verdicts=verdicts,
        summary=summary_of(config, slopes["plain"], verdicts[1].estimate),
        tables={
            "distances": distance_table("Distance to the flow", "d_c", samples, bounds),
            "exceedance": share_table("Shares of runs with d_c > eta, Wilson intervals", bounded, config.etas),
            "repeats": run_table("d_c", samples),
        },
        shown=("distances", "exceedance"),
        arrays={
            "grid": np.linspace(0.0, config.k_max, GRID),
            "loss": np.array([part["loss"] for part in parts["plain"]]),  # [R, A, GRID]
            "flow_loss": np.array([part["flow_loss"] for part in parts["plain"]]),  # [R, GRID]
            "slopes": np.array([[e.value, e.low, e.high] for e in slopes.values()]),
        },
        notes=notes_of(config, parts, step_bound),
    )
