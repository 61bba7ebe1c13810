"""From what was computed to the record: powers, shares, tables, verdicts, notes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from swref.experiments.architecture.config import ArchitectureConfig
from swref.experiments.architecture.far_inputs import far_table
from swref.experiments.architecture.growth import WORST
from swref.experiments.architecture.powers import bound_ratios, fitted_powers, tails
from swref.experiments.architecture.runs import times
from swref.experiments.architecture.tables import (
    draw_table,
    growth_table,
    input_table,
    law_report,
    net_report,
    outcome_table,
    power_table,
    share_table,
    step_bound,
)
from swref.experiments.architecture.verdicts import verdicts
from swref.experiments.frame.pool import Part
from swref.experiments.frame.record import Record
from swref.experiments.frame.verdict import Verdict
from swref.experiments.problems.planar import step_note


@dataclass(frozen=True)
class Results:
    """What the parts found; letters: G networks, R repeats, K radii, A activations, S schemes, B steps, W laws."""

    report: Part
    growth: np.ndarray  # [G, R, 2, K, 3]
    norms: np.ndarray  # [R, A, S, B, times]
    largest: np.ndarray  # [R, A, S, B]
    input_diverged: np.ndarray  # [R, W, 2, B]
    farthest: np.ndarray  # [W, R, M]
    means: np.ndarray  # [W, R, M]
    far_found: np.ndarray  # [A', R', W, M, K', 2]
    far_bound: np.ndarray  # the same


def record(config: ArchitectureConfig, results: Results) -> Record:
    """Everything that the page and the figures show."""
    on_ball = np.maximum.accumulate(results.growth[:, :, WORST], axis=2)  # [G, R, K, 3]: the ball holds the spheres
    powers = fitted_powers(config, results.growth, on_ball)
    ratios = bound_ratios(config, on_ball)  # [G, K, 3]
    found = verdicts(config, powers, ratios, np.isinf(results.largest), results.input_diverged)
    return Record(
        config=config.to_dict(),
        verdicts=found,
        summary=_summary(config, results, found),
        tables={
            "networks": net_report(config, results.report),
            "inputs": law_report(config, results.report),
            "powers": power_table(config, powers, ratios),
            "outcomes": outcome_table(config, results.largest, results.norms),
            "draws": draw_table(config, results.farthest, results.means, tails(config, results.farthest)),
            "far": far_table(config, results.far_found, results.far_bound),
            "shares": share_table(config, np.isinf(results.largest)),
            "input_shares": input_table(config, results.input_diverged),
            "growth": growth_table(config, results.growth, on_ball),
        },
        shown=("networks", "inputs", "powers", "outcomes", "draws", "far"),
        arrays={
            "norms": results.norms,
            "times": times(config.steps),
            "farthest": results.farthest,
            "means": results.means,
            "far_found": results.far_found,
            "far_bound": results.far_bound,
        },
        notes=_notes(config, results),
    )


def _summary(config: ArchitectureConfig, results: Results, verdicts: tuple[Verdict, ...]) -> str:
    gap, free, held = verdicts[0].estimate, verdicts[2].estimate, verdicts[3].estimate
    theorems = results.report["nets"][:, -2:]
    both = np.all(theorems == "holds", axis=1)
    off = max(abs(gap.low), abs(gap.high))
    again = f"{held.value:.0%} (at most {held.high:.1%})" if np.isfinite(held.value) else "none (there was none)"
    cut = np.array([net.cut is not None for net in config.reported()])
    return (
        f"Both theorems cover {np.sum(both & cut)} of {cut.sum()} networks with cut-offs and {np.sum(both & ~cut)} of "
        f"{np.sum(~cut)} without. The powers of |u| found are within {off:.2f} of those of the chain rule. Without "
        f"cut-off and projection, at the largest step {free.value:.0%} of the runs or more diverged (95 % interval "
        f"from {free.low:.0%} on); of the runs that diverged so, {again} did with one of them."
    )


def _notes(config: ArchitectureConfig, results: Results) -> tuple[str, ...]:
    bound = step_bound(config)
    at_heavy = results.input_diverged[:, :, 0, config.law_alphas.index(config.heavy_alpha)].mean(axis=0)
    shares = ", ".join(f"{name} {share:.0%}" for name, share in zip(config.laws, at_heavy, strict=True))
    return (
        f"{step_note(bound, config.alphas)} That is alpha_0 of the tanh network with a cut-off; without one there is "
        "none, and no theorem is invoked for the runs. They are about whether |u| stays bounded, not about "
        "convergence.",
        "A cut-off bounds |u| in a crude way: a run with a large step jumps beyond R_u + eps, where T and its gradient "
        "are 0, and stands still there for good. The table of outcomes counts these. A projection on |u| <= R_u - eps "
        "keeps the run where the network works. Theorem 2 asks for the projection, and for bounds that hold for all u, "
        "which the cut-off gives.",
        "The search gives lower bounds of the worst case, and M(R) is the part of A5 in one parameter at a time: "
        "growth of it is enough for A5 to fail; that A5 holds with a cut-off follows from the chain rule's bounds. "
        "The mean over random u (column 'typical') can grow far more slowly, most of all for tanh, whose units "
        "saturate.",
        "So are the values at the farthest draws: where the search finds a small part of the bound (last column) the "
        "powers that it finds are not those of the worst case.",
        "ELU is neither C^2 nor semi-algebraic: appendix D does not cover it, and A1 and A7 stay unknown.",
        "The report knows the laws of swref.measures. Student's t and the Cauchy law are unknown to it, and it says "
        "so; from their formulas A3 fails for both, and E |x|, which A4 asks for with one affine layer, is finite "
        f"for Student's t with {config.df:g} degrees of freedom and infinite for the Cauchy law.",
        f"Shares of runs that diverged at alpha = {config.heavy_alpha:g} without cut-off, by law of x: {shares}. The "
        "normal law fails A3 as well: a failing assumption is a lost guarantee, no proof of divergence.",
    )
