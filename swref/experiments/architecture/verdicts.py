"""The verdicts of `architecture`."""

from __future__ import annotations

import numpy as np

from swref.experiments.architecture.config import ArchitectureConfig
from swref.experiments.architecture.growth import QUANTITIES
from swref.experiments.architecture.powers import Power
from swref.experiments.architecture.runs import SCHEMES
from swref.experiments.frame.earlier import Verdict, above, below, within
from swref.experiments.frame.statistics import Estimate, exact, wilson


def verdicts(
    config: ArchitectureConfig,
    powers: list[list[Power]],
    ratios: np.ndarray,
    diverged: np.ndarray,
    input_diverged: np.ndarray,
) -> tuple[Verdict, ...]:
    """Powers, bounds, and the shares of runs: diverged [R, A, S, B], input_diverged [R, W, 2, B]."""
    cut = [net.cut is not None for net in config.measured()]
    return (
        _power_verdict(config, powers),
        below(
            "nothing found with a cut-off exceeds its proven bound (|x| = 1; a check of the bounds)",
            "largest value found with a cut-off, in units of its proven bound, over networks, radii and quantities",
            exact(float(ratios[cut].max())),
            1.0,
            f"The largest came to {ratios[cut].max():.2g} of its bound; beyond |u| = {_edge(config):g} all is 0.",
        ),
        *run_verdicts(config, diverged, input_diverged),
    )


def _edge(config: ArchitectureConfig) -> float:
    return config.cut_off_u + config.cut_off_eps


def _power_verdict(config: ArchitectureConfig, powers: list[list[Power]]) -> Verdict:
    named = [
        (power, f"{QUANTITIES[q]} of {net.name}")
        for net, row in zip(config.measured(), powers, strict=True)
        for q, power in enumerate(row)
    ]
    power, name = max(named, key=lambda entry: _farthest_off(entry[0]))
    gap = Estimate(
        power.found.value - power.proven,
        power.found.low - power.proven,
        power.found.high - power.proven,
        f"{power.found.method}; the interval that reaches furthest from 0 of {len(named)}",
    )
    return within(
        "over the R tried |T|, Lip(R) and M(R) go with the powers of R of their proven bounds, so that without "
        "cut-offs A2 and A5 fail from two layers on",
        "power found minus proven power, of the network and quantity whose interval reaches furthest from 0",
        gap,
        -config.power_within,
        config.power_within,
        f"Furthest off: {name}, {power.found.value:.2f} instead of {power.proven:g}.",
    )


def _farthest_off(power: Power) -> float:
    """The largest distance from the proven power within the interval of the power found."""
    return max(abs(power.found.low - power.proven), abs(power.found.high - power.proven))


def run_verdicts(config: ArchitectureConfig, diverged: np.ndarray, input_diverged: np.ndarray) -> tuple[Verdict, ...]:
    """Those on runs: diverged [R, A, S, B], input_diverged [R, W, 2, B]."""
    step, top = max(config.alphas), int(np.argmax(config.alphas))
    free = diverged[:, :, SCHEMES.index("neither"), top]  # [R, A]
    least = int(np.argmin(free.mean(axis=0)))
    escaped = diverged[:, :, SCHEMES.index("neither")]  # [R, A, B]: the schemes share their draws
    held = diverged[:, :, 1:].any(axis=2)[escaped]
    heavy = input_diverged[:, -1, 0, config.law_alphas.index(config.heavy_alpha)]
    light = input_diverged[:, 0, 0, config.law_alphas.index(config.heavy_alpha)]
    alone = heavy & ~light
    return (
        above(
            "where A2 and A5 fail, runs with a large step diverge",
            f"share of diverging runs at alpha = {step:g}, of the activation with the fewest",
            wilson(int(free[:, least].sum()), len(free)),
            config.share_above,
            f"With {config.run_activations[least]}, {free[:, least].mean():.0%} of {len(free)} runs diverged.",
        ),
        below(
            "with a cut-off or a projection the runs that diverge without stay bounded (by construction with the "
            "projection; with the cut-off |u| is at most R_u + eps + 2 alpha Lip_u (sup |T| + R_y): this checks the "
            "code)",
            "share, of the runs that diverge with neither, of those that diverge with the cut-off or the projection, "
            "over all steps and activations",
            _share_of(held),
            config.share_below,
            f"Of {held.size} runs that diverged with neither, {held.sum()} diverged with one of them.",
        ),
        above(
            f"where A3 fails by heavy tails ({config.laws[-1]}), runs diverge at steps that are safe on bounded inputs",
            f"share of repeats in which the run with {config.laws[-1]} x diverges and the one with {config.laws[0]} "
            f"does not, alpha = {config.heavy_alpha:g}, no cut-off",
            wilson(int(alone.sum()), len(alone)),
            config.share_above,
            f"{heavy.mean():.0%} of {len(heavy)} runs diverged; with the law {config.laws[0]}, {light.mean():.0%} did.",
        ),
    )


def _share_of(held: np.ndarray) -> Estimate:
    """The share of `held` [runs] with its interval; none where there are no runs."""
    if not held.size:
        return Estimate(np.nan, np.nan, np.nan, "no run diverged with neither")
    return wilson(int(held.sum()), held.size)
