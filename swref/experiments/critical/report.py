"""What the distances say: verdicts, summary and notes."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from swref.experiments.critical.config import SCHEMES, STAGES, CriticalConfig
from swref.experiments.decay import middle, share_above
from swref.experiments.planar import step_note
from swref.experiments.statistics import Estimate, derived_seed, power_law
from swref.experiments.verdict import Verdict, above, below

SLOPE = "slope of log distance over log alpha"


Found = dict[str, tuple[tuple[float, ...], np.ndarray]]


def verdicts_of(
    config: CriticalConfig, found: Found, slopes: dict[str, Estimate], residuals: dict[str, np.ndarray]
) -> tuple[Verdict, ...]:
    """Slope, share and residual for each scheme; residuals are [R, A, looks]."""
    eta, alpha, verdicts = middle(config.etas), min(config.alphas), []
    for k, scheme in enumerate(SCHEMES):
        share = share_above(found[scheme][1][:, config.alphas.index(alpha)], eta)
        late = residuals[scheme][:, :, 3 * config.looks // 4 :].mean(axis=2)  # [R, A]
        residual_slope = power_law(config.alphas, late, derived_seed(config.seed, k, 1))
        verdicts += [
            above(
                f"the distance to C_r falls as alpha falls, over the steps tried, {scheme}",
                SLOPE,
                slopes[scheme],
                0.0,
                f"The mean late distance went like alpha^{slopes[scheme].value:.2f}.",
            ),
            below(
                f"at alpha = {alpha:g}, limsup P(distance > {eta:g}) is below {config.share_below:g}, {scheme}",
                "share of runs further than eta from the points found, at any late time",
                share,
                config.share_below,
                f"{share.value:.0%} of {config.repeats} runs were further than {eta:g} at one of {config.late} times.",
                upper_bound=True,
            ),
            above(
                f"the natural residual falls as alpha falls, over the steps tried, {scheme}",
                "slope of log residual over log alpha",
                residual_slope,
                0.0,
                f"The mean late residual went like alpha^{residual_slope.value:.2f}.",
            ),
        ]
    return tuple(verdicts)


def summary_of(config: CriticalConfig, slopes: dict[str, Estimate], found: Found) -> str:
    """The outcome in a sentence."""
    eta, alpha = middle(config.etas), min(config.alphas)
    shares = [share_above(found[scheme][1][:, config.alphas.index(alpha)], eta) for scheme in SCHEMES]
    inside, sphere = (slopes[scheme] for scheme in SCHEMES)
    return (
        f"The distance to the critical set goes like alpha^{inside.value:.2f} [{inside.low:.2f}, {inside.high:.2f}] "
        "when the minimisers are inside the ball and like "
        f"alpha^{sphere.value:.2f} [{sphere.low:.2f}, {sphere.high:.2f}] when they are outside; at alpha = {alpha:g} "
        f"it exceeded {eta:g} in {shares[0].value:.0%} (up to {shares[0].high:.1%}) and {shares[1].value:.0%} (up to "
        f"{shares[1].high:.1%}) of {config.repeats} runs."
    )


def notes_of(config: CriticalConfig, arrays: dict[str, np.ndarray], step_bound: float) -> Sequence[str]:
    """What limits the outcome; `step_bound` is alpha_0."""
    counts = [len(arrays[f"{stage}_critical"]) for stage in STAGES]
    failed = [float(arrays[f"{stage}_failed"]) for stage in STAGES]
    share = float(arrays["sphere_on_sphere"][int(np.argmin(config.alphas))])
    alpha, j = min(config.alphas), int(np.argmin(config.alphas))
    course = arrays["inside_distances"][:, j].mean(axis=0)  # [looks]
    earlier, last = course[3 * config.looks // 4], course[-1]
    return (
        step_note(step_bound, config.alphas),
        f"{counts[0]} and {counts[1]} critical points were found with r = {config.radii[0]:g} and "
        f"{config.radii[1]:g}; the search failed from {failed[0]:.1%} and {failed[1]:.1%} of the late iterates, for "
        "which the nearest of the others counts. There may be nearer ones: distances are upper bounds.",
        f"With r = {config.radii[1]:g}, {share:.0%} of the late iterates at alpha = {min(config.alphas):g} lie on the "
        "sphere exactly; the others are a step's noise inside it.",
        f"Every run ends at s = alpha t = {config.horizon:g}. At {alpha:g} the mean distance over the runs was "
        f"{earlier:.2g} at three quarters of it and {last:.2g} at its end: no finite run reaches the limit of the "
        "limsup.",
    )
