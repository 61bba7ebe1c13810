"""What the result of SGD depends on: radius, noise level and data set; and the number and kind of directions."""

from __future__ import annotations

import numpy as np

from swref.experiments.frame.pool import Pool
from swref.experiments.frame.record import Record
from swref.experiments.frame.tables import Table
from swref.experiments.problems.planar import step_note
from swref.experiments.sensitivity import gradients, grid
from swref.experiments.sensitivity.config import Config
from swref.experiments.sensitivity.drawings import figures

__all__ = ["Config", "figures", "run"]


def run(config: Config, pool: Pool) -> Record:
    """The grid of runs, the variance over directions, and the variance at a fixed budget."""
    found = grid.measured(config, pool)
    variances, budget = gradients.measured(config, pool)
    verdicts = [*grid.grid_verdicts(config, found), *gradients.direction_verdicts(config, variances)]
    radius, _, uniform, orthogonal, _ = (verdict.estimate for verdict in verdicts)
    tables = {
        "effects": grid.effect_table(config, found),
        "noise_cost": grid.noise_table(config, found),
        "directions": gradients.direction_table(config, variances),
        "budget": gradients.budget_table(config, budget),
        "cells": grid.cell_table(found),
        "variances": gradients.variance_table(config, variances),
    }
    shares = tables["effects"].column("share of the variance")[: len(grid.CHOICES)]  # of the final loss: it comes first
    (first, most), (second, next_most), *_ = sorted(zip(shares, grid.CHOICES, strict=True), reverse=True)
    touching, problem = tables["cells"].column("share on the sphere"), grid.grid_problem(config, config.data[0])
    return Record(
        verdicts=verdicts,
        tables=tables,
        shown=("effects", "noise_cost", "directions", "budget"),
        samples={name: found[name] for name in ("loss", "residual", "time")},
        facts={
            "first": first,
            "most": most,
            "second": second,
            "next_most": next_most,
            "radius_ratio": radius,
            "uniform": uniform,
            "orthogonal": orthogonal,
            "small": min(config.radii),
            "large": max(config.radii),
            "few": min(config.dims),
            "step_note": step_note(problem.step_bounds(), [config.alpha]),
            "d_u": problem.net.n_params,
            "least_touching": touching.min(),
            "most_touching": touching.max(),
            "apart": config.record_every * config.alpha,
            "best_budgets": best_budgets(config, tables["budget"]),
        },
    )


def best_budgets(config: Config, budget: Table) -> str:
    """The number of directions with the least variance at n L fixed, in every case, in words."""
    found = []
    for d in config.dims:
        for warm in config.warm_steps:
            rows = budget.where(**{"d": d, "steps before": warm})
            best = int(np.argmin(rows.column("variance")))
            L, ratio = rows.column("L")[best], rows.column("over L = 1")[best]
            found.append(f"L = {L} for d = {d} after {warm} steps ({ratio:.2g} of that of L = 1)")
    return "; ".join(found)
