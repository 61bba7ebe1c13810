"""What the result of SGD depends on: radius, noise level and data set; and the number and kind of directions."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from swref.experiments.pool import Pool
from swref.experiments.recipe import Drawing, Formula, Text
from swref.experiments.record import Record, Table
from swref.experiments.sensitivity import drawings, gradients, grid
from swref.experiments.sensitivity.config import FULL, SensitivityConfig

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
            "the natural residual: 0 exactly at the critical points of the exact population loss F on the ball",
        ),
        Formula(
            r"\frac{1}{4}\,\alpha\,a^2\,d_u",
            "what noise adds to the loss in a bowl (a quadratic minimum) in the long run, to first order in alpha, "
            "with d_u the number of parameters; less where the bowl is flat. It follows from the stationary law of the "
            "linear diffusion du = -Hu ds + sqrt(alpha) a dW: every eigenvalue of H contributes alpha a^2 / 4",
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
    source="Tanguy (TMLR 2023), Theorem 2 and experiment 3 of its outlook; the cost of noise is derived here.",
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
    radius, _, uniform, orthogonal, _ = (verdict.estimate for verdict in verdicts)
    effects = tables["effects"]
    first = effects.column("outcome") == effects.column("outcome")[0]
    ranked = sorted(zip(effects.column("share of the variance")[first], grid.FACTORS, strict=True), reverse=True)
    return Record(
        config=config.to_dict(),
        verdicts=verdicts,
        summary=(
            f"The final loss depends most on the {ranked[0][1]} ({ranked[0][0]:.0%} of its variation on a logarithmic "
            f"scale), then on the {ranked[1][1]} ({ranked[1][0]:.0%}); the smallest ball costs a factor "
            f"{radius.value:.2f}. The gradient's variance falls like L^{uniform.value:.2f} with L uniform directions, "
            f"and orthogonal ones have {orthogonal.value:.2f} times that variance at the same L."
        ),
        tables=tables,
        shown=("effects", "noise_cost", "directions", "budget"),
        arrays={name: found[name] for name in ("loss", "residual", "time")},
        notes=_notes(config, tables),
    )


def _notes(config: SensitivityConfig, tables: Mapping[str, Table]) -> tuple[str, ...]:
    touching = tables["cells"].column("share on the sphere")
    problem = grid.grid_problem(config, 0)
    bound = problem.alpha_0()
    return (
        f"Theorem 2 speaks of alpha going to 0, Theorem 1 of alpha below alpha_0 = {bound:.2g}, a constant from "
        f"worst-case bounds; the step here is {config.alpha / bound:.2g} times that.",
        "A perfect generator is not the least loss: F is an average over batches of "
        f"{config.batch} points, and a generator that shrinks the data a little has less.",
        f"The network has {problem.net.n_params} parameters. The iterates lie on the sphere between "
        f"{min(touching):.0%} (largest balls) and {max(touching):.0%} of the time (smallest).",
        "The runs at a = 0 are outside Theorem 2, which needs noise; they are the yardstick for its cost.",
        f"Times are known to {config.record_every * config.alpha:g} units, the distance of two exact losses.",
        "The networks between clouds have no cut-offs, and the kinds of directions other than uniform are outside the "
        "theorems: they ask for independent uniform ones. Each kind is unbiased.",
        "The cost of L directions is counted as L sorts; drawing orthogonal or Sobol' directions costs more than "
        "uniform ones, which matters for small n only. A smaller batch n has another F, further from the full "
        "distance: the fixed budget compares noise, not aims.",
        _budget_note(config, tables["budget"]),
        "Two Sobol' points lie in opposite halves of the cube, so that two directions are often nearly opposite: the "
        "same line twice. That is why L = 2 can be worse than two uniform directions.",
    )


def _budget_note(config: SensitivityConfig, budget: Table) -> str:
    found = []
    for d, warm in gradients.cases(config):
        rows = (budget.column("d") == d) & (budget.column("steps before") == warm)
        best = int(np.argmin(budget.column("variance")[rows]))
        L, ratio = budget.column("L")[rows][best], budget.column("over L = 1")[rows][best]
        found.append(f"L = {L} for d = {d} after {warm} steps ({ratio:.2g} of that of L = 1)")
    return (
        f"At n L = {config.budget} the gradient has the least variance of those tried with {'; '.join(found)}. Where "
        "directions cause most of the variance, several pay; where the batch does, the largest batch and one direction."
    )


def figures(record: Record) -> list[Drawing]:
    """Heat maps of the grid, what belongs to what, the variance over directions, and at a fixed budget."""
    return drawings.figures(record)
