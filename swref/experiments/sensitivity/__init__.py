"""What the result of SGD depends on: radius, noise level and data set; and the number and kind of directions."""

from __future__ import annotations

from swref.experiments.frame.earlier import Text
from swref.experiments.frame.pool import Pool
from swref.experiments.frame.record import Record
from swref.experiments.frame.words import Formula
from swref.experiments.sensitivity import gradients, grid
from swref.experiments.sensitivity.config import FULL, SensitivityConfig
from swref.experiments.sensitivity.drawings import figures
from swref.experiments.sensitivity.report import notes, summary

__all__ = ["CONFIG", "FULL", "TEXT", "figures", "run"]

TEXT = Text(
    title="What the result depends on",
    question=(
        "The noised projected scheme has two numbers that plain SGD has not: the level a of the noise and the radius r "
        "of the ball that the parameters must stay in. Theorem 2 holds for every a > 0 and every r as the step alpha "
        "goes to 0; it does not say what they cost at a step that one can afford. The paper leaves this as an "
        "experiment: how do the final loss, the distance to criticality and the speed depend on a, r and the data?",
        "Another choice is free: how many random directions theta a step uses, and how they are drawn. The paper has "
        "one, uniform. L independent ones divide by L that part of the gradient's variance which directions cause, at "
        "L times the cost. Directions that are spread evenly (orthogonal to one another, or Sobol' sequences) may do "
        "better; and the variance that the random batch causes remains, however many directions there are.",
    ),
    formulas=(
        Formula(
            r"u^{t+1} = \pi_r\left(u^t - \alpha\,\phi(u^t, X, Y, \theta) + \alpha a\,\xi\right)",
            "the scheme: phi is the gradient on a random batch X, Y of n points and a random direction theta, xi "
            "standard normal noise, pi_r the projection on the ball of radius r",
        ),
        Formula(
            r"\left|u - \pi_r(u - \nabla F(u))\right|",
            "the natural residual of the exact population loss F: 0 exactly at those critical points on the ball where "
            "F is differentiable, and continuous except at parameters for which images of different inputs coincide",
        ),
        Formula(
            r"\frac{1}{4}\,\alpha\,a^2\,d_u",
            "what noise adds to the loss in a bowl (a quadratic minimum) in the long run, to first order in alpha, "
            "with d_u the number of parameters. It follows from the stationary law of the linear diffusion du = -Hu ds "
            "+ sqrt(alpha) a dW: every eigenvalue lambda > 0 of H contributes alpha a^2 / 4, however small; a "
            "direction with eigenvalue 0 contributes nothing, one with a small lambda less in a run shorter than "
            "1/lambda",
        ),
        Formula(
            r"\mathrm{Var}(\phi) = \mathrm{E}\,\mathrm{Var}(\phi\,|\,X, Y) + \mathrm{Var}\,\mathrm{E}(\phi\,|\,X, Y)",
            "the variance of the gradient: what directions cause at a fixed batch, and what the batch causes",
        ),
    ),
    method=(
        "The grid: a small tanh network with smooth cut-offs maps points of a disc to small planar data sets, scaled "
        "so that the furthest point has norm 1. Every repeat draws a start; every radius and noise level then runs "
        "from it with the same batches and directions, so that cells differ by nothing else. Loss and residual are "
        "exact (no sampling), and are means over the last part of each run. The set loss lies a fixed share of the way "
        "from the loss of a perfect generator to that of one that sends all to 0. Time is s = alpha times steps.",
        "The variance of the logarithms over the whole grid is then divided: how much belongs to the data set, the "
        "radius, the noise, combinations of them, and the repeats.",
        "Directions: for each of several fixed batches, the gradient of a network between two clouds in R^d is drawn "
        "many times with fresh directions, for every L and every kind. Its variance is the sum over all parameters. "
        "Exponents are fitted on logarithmic axes. Then batches are drawn afresh too, with n L, the number of values "
        "that a step sorts, fixed. Intervals are over whole repeats or whole batches: resampled for exponents, "
        "Student's or the jackknife's elsewhere.",
    ),
    source="Tanguy (TMLR 2023), Theorem 2; suggested by the paper's outlook. The cost of noise is derived here.",
)

CONFIG = SensitivityConfig


def run(config: SensitivityConfig, pool: Pool) -> Record:
    """The grid of runs, the variance over directions, and the variance at a fixed budget."""
    grid_parts = pool.map(
        "grid",
        grid.grid_part,
        [(config, data, repeat) for data in range(len(config.data)) for repeat in range(config.repeats)],
    )
    jobs = gradients.arguments(config)
    direction_parts = pool.map("directions", gradients.direction_part, jobs)
    budget_parts = pool.map("budget", gradients.budget_part, jobs)
    found = grid.outcomes(config, grid_parts)
    variances = gradients.by_case(config, direction_parts, "variance")
    totals, shares = (gradients.by_case(config, budget_parts, name) for name in ("total", "directions"))
    verdicts = [*grid.grid_verdicts(config, found), *gradients.direction_verdicts(config, variances)]
    tables = {
        "effects": grid.effect_table(config, found),
        "noise_cost": grid.noise_table(config, found),
        "directions": gradients.direction_table(config, variances),
        "budget": gradients.budget_table(config, totals, shares),
        "cells": grid.cell_table(config, found),
        "variances": gradients.variance_table(config, variances),
    }
    return Record(
        config=config.to_dict(),
        verdicts=verdicts,
        summary=summary(verdicts, tables),
        tables=tables,
        shown=("effects", "noise_cost", "directions", "budget"),
        arrays={name: found[name] for name in ("loss", "residual", "time")},
        notes=notes(config, tables),
    )
