"""What the distances say: slopes, verdicts, summary and notes."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from swref.experiments.decay import middle, share_above
from swref.experiments.flow.config import SCHEMES, FlowConfig
from swref.experiments.planar import step_note
from swref.experiments.pool import Part
from swref.experiments.statistics import Estimate, power_law
from swref.experiments.verdict import Verdict, above, below

SLOPE = "slope of log d_c over log alpha"


def slope_of(alphas: Sequence[float], d_c: np.ndarray, seed: int) -> Estimate:
    """The exponent of d_c [R, A] over alpha; unknown where fewer than two repeats are left."""
    if len(d_c) < 2:
        return Estimate(math.nan, -math.inf, math.inf, f"{len(d_c)} repeats: no interval")
    return power_law(alphas, d_c, seed)


def summary_of(config: FlowConfig, slope: Estimate, share: Estimate) -> str:
    """The outcome in a sentence."""
    return (
        f"The distance d_c between SGD and the flow goes like alpha to the power {slope.value:.2f} (95 % interval "
        f"{slope.low:.2f} to {slope.high:.2f}); at alpha = {min(config.alphas):g} it exceeded {middle(config.etas):g} "
        f"in {share.value:.0%} of {config.repeats} runs (interval up to {share.high:.1%})."
    )


def verdicts_of(config: FlowConfig, d_c: np.ndarray, slopes: dict[str, Estimate]) -> tuple[Verdict, ...]:
    """d_c [R, A]: upper bounds, of the plain scheme."""
    eta, alpha = middle(config.etas), min(config.alphas)
    share = share_above(d_c[:, config.alphas.index(alpha)], eta)
    found = [
        above("d_c falls as alpha falls, over the steps tried", SLOPE, slopes["plain"], 0.0, _seen(slopes["plain"])),
        below(
            f"at alpha = {alpha:g}, P(d_c > {eta:g}) is below {config.share_below:g}",
            "share of runs whose distance to one flow, with its bounds added, is above eta",
            share,
            config.share_below,
            f"{share.value:.0%} of {len(d_c)} runs were further than {eta:g} from the flow.",
            upper_bound=True,
        ),
    ]
    for scheme in SCHEMES[1:]:
        claim = f"d_c falls as alpha falls, too, for the scheme {scheme}"
        found.append(above(claim, SLOPE, slopes[scheme], 0.0, _seen(slopes[scheme])))
    return tuple(found)


def _seen(slope: Estimate) -> str:
    if math.isnan(slope.value):
        return "Fewer than two of the flows ran into the sphere: nothing was measured."
    half = "1/2 lies inside the interval" if slope.low <= 0.5 <= slope.high else "1/2 lies outside the interval"
    return f"d_c went like alpha^{slope.value:.2f}; {half}."


def notes_of(config: FlowConfig, parts: dict[str, list[Part]], step_bound: float) -> Sequence[str]:
    """What limits the outcome; `step_bound` is alpha_0."""
    residual = max(float(part["residual"]) for scheme in parts.values() for part in scheme)
    touched = np.mean([bool(part["touched"]) for part in parts["noised and projected"]])
    return (
        step_note(step_bound, config.alphas),
        f"The energy identity F(u(0)) - F(u(s)) = int |u'|^2 holds along every flow to {residual:.1g}: that far it can "
        "be trusted.",
        f"d_c is cut at s = {config.k_max}: what lies beyond adds at most {2.0**-config.k_max:.2g}, the chords of the "
        f"flow at most {config.delta:g}.",
        f"With noise a = {config.noise:g} and projection on |u| <= {config.radius:g}, {touched:.0%} of the flows run "
        "into the sphere; the distance is to the projected flow.",
        "For p = 1.5 second derivatives of the loss are unbounded where points meet: assumption A5 is then a more "
        "technical one, and the paper only sketches the proof.",
    )
