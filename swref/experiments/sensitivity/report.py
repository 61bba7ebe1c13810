"""Summary and notes of the sensitivity study."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from swref.experiments.frame.tables import Table
from swref.experiments.frame.verdict import Verdict
from swref.experiments.problems.planar import step_note
from swref.experiments.sensitivity import gradients, grid
from swref.experiments.sensitivity.config import SensitivityConfig


def summary(verdicts: Sequence[Verdict], tables: Mapping[str, Table]) -> str:
    """What the final loss depends on most, among what can be chosen, and what directions do to the variance."""
    radius, _, uniform, orthogonal, _ = (verdict.estimate for verdict in verdicts)
    shares = tables["effects"].column("share of the variance")[: len(grid.CHOICES)]  # of the final loss: it comes first
    first, second, *_ = sorted(zip(shares, grid.CHOICES, strict=True), reverse=True)
    return (
        f"Of the data set, the radius and the noise, the final loss depends most on the {first[1]} ({first[0]:.0%} of "
        f"its variation on a logarithmic scale), then on the {second[1]} ({second[0]:.0%}); the smallest ball ended at "
        f"{radius.value:.2f} times the loss of the largest. The gradient's variance goes like L^{uniform.value:.2f} "
        f"with L uniform directions, and orthogonal ones have {orthogonal.value:.2f} times that variance at the same "
        "L, on geometric average over L > 1 and d."
    )


def notes(config: SensitivityConfig, tables: Mapping[str, Table]) -> tuple[str, ...]:
    """What a reader must know to trust the numbers."""
    touching = tables["cells"].column("share on the sphere")
    problem = grid.grid_problem(config, 0)
    return (
        step_note(problem.alpha_0(), [config.alpha]),
        "A perfect generator is not the least loss: F is an average over batches of "
        f"{config.batch} points, and a generator that shrinks the data a little has less.",
        f"The network has {problem.net.n_params} parameters. The share of the iterates, at the end of the runs, that "
        f"lie on the sphere is between {touching.min():.0%} and {touching.max():.0%}, cell by cell.",
        "The runs at a = 0 are outside Theorem 2, which needs noise; they are the yardstick for its cost.",
        f"Times are known to {config.record_every * config.alpha:g} units, the distance of two exact losses.",
        "The networks between clouds have no cut-offs, and the kinds of directions other than uniform are outside the "
        "theorems: they ask for independent uniform ones. Each kind is unbiased.",
        "The cost of L directions is counted as L sorts; drawing orthogonal or Sobol' directions costs more than "
        "uniform ones, which matters for small n only. A smaller batch n has another F, further from the full "
        "distance: the fixed budget compares noise, not aims.",
        _budget_note(config, tables["budget"]),
        "Two Sobol' points lie in opposite halves of the cube, so that two directions are often nearly opposite: the "
        "same line twice. L = 2 can therefore be worse than two uniform directions.",
    )


def _budget_note(config: SensitivityConfig, budget: Table) -> str:
    found = []
    for d, warm in gradients.cases(config):
        rows = (budget.column("d") == d) & (budget.column("steps before") == warm)
        best = int(np.argmin(budget.column("variance")[rows]))
        L, ratio = budget.column("L")[rows][best], budget.column("over L = 1")[rows][best]
        found.append(f"L = {L} for d = {d} after {warm} steps ({ratio:.2g} of that of L = 1)")
    return (
        f"At n L = {config.budget} the gradient has the least variance of those tried with {'; '.join(found)}. By the "
        "two parts of the variance, several directions are expected to pay where directions cause most of it at L = 1, "
        "and the largest batch with one direction where the batch does."
    )
