"""The verdicts of `architecture`."""

from __future__ import annotations

import numpy as np

from swref.experiments.architecture.config import ArchitectureConfig
from swref.experiments.architecture.descent import SCHEMES
from swref.experiments.architecture.growth import QUANTITIES
from swref.experiments.architecture.powers import Power
from swref.experiments.statistics import Estimate, exact, wilson
from swref.experiments.verdict import Verdict, above, below, within


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
            "with cut-offs A2, A4 and A5 hold: one bound serves for all u",
            "largest value found with a cut-off, in units of its proven bound, over networks, radii and quantities",
            exact(float(ratios[cut].max())),
            1.0,
            f"The largest came to {ratios[cut].max():.2g} of its bound; beyond |u| = {_edge(config):g} all is 0.",
        ),
        *_run_verdicts(config, diverged, input_diverged),
    )


def _edge(config: ArchitectureConfig) -> float:
    return config.cut_off_u + config.cut_off_eps


def _power_verdict(config: ArchitectureConfig, powers: list[list[Power]]) -> Verdict:
    named = [
        (abs(power.found.value - power.proven), power, f"{QUANTITIES[q]} of {net.name}")
        for net, row in zip(config.measured(), powers, strict=True)
        for q, power in enumerate(row)
    ]
    _, power, name = max(named, key=lambda entry: entry[0])
    gap = Estimate(
        power.found.value - power.proven,
        power.found.low - power.proven,
        power.found.high - power.proven,
        f"{power.found.method}; the one furthest from 0 of {len(named)}",
    )
    return within(
        "|T|, Lip(R) and M(R) grow with the powers of R of their proven bounds; so A2 and A5 fail without cut-offs, "
        "from two layers on",
        "power found minus proven power, of the network and quantity where they are furthest apart",
        gap,
        -config.power_within,
        config.power_within,
        f"Furthest apart: {name}, {power.found.value:.2f} instead of {power.proven:g}.",
    )


def _run_verdicts(config: ArchitectureConfig, diverged: np.ndarray, input_diverged: np.ndarray) -> tuple[Verdict, ...]:
    step, top = max(config.alphas), int(np.argmax(config.alphas))
    free = diverged[:, :, SCHEMES.index("neither"), top]  # [R, A]
    least = int(np.argmin(free.mean(axis=0)))
    held = diverged[:, :, 1:].any(axis=2)  # [R, A, B]: the schemes share their draws
    heavy = input_diverged[:, -1, 0, config.law_alphas.index(config.heavy_alpha)]
    light = input_diverged[:, 0, 0, config.law_alphas.index(config.heavy_alpha)]
    return (
        above(
            "where A2 and A5 fail, runs with a large step diverge",
            f"share of diverging runs at alpha = {step:g}, of the activation with the fewest",
            wilson(int(free[:, least].sum()), len(free)),
            config.share_above,
            f"With {config.run_activations[least]}, {free[:, least].mean():.0%} of {len(free)} runs diverged.",
        ),
        below(
            "with a cut-off or a projection the same runs stay bounded",
            "share of pairs of runs (cut-off, projection) of which one diverges, over all steps and activations",
            wilson(int(held.sum()), held.size),
            config.share_below,
            f"{held.sum()} of {held.size} pairs diverged.",
        ),
        above(
            f"where A3 fails by heavy tails ({config.laws[-1]}), runs diverge at steps that are safe on bounded inputs",
            f"share of diverging runs at alpha = {config.heavy_alpha:g}, no cut-off, x of the law {config.laws[-1]}",
            wilson(int(heavy.sum()), len(heavy)),
            config.share_above,
            f"{heavy.mean():.0%} of {len(heavy)} runs diverged; with the law {config.laws[0]}, {light.mean():.0%} did.",
        ),
    )
