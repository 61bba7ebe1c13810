"""Do the usual networks meet the assumptions, how fast do their derivatives grow, and what happens where they fail."""

from __future__ import annotations

import numpy as np

from swref.experiments.architecture import parts
from swref.experiments.architecture.config import Config
from swref.experiments.architecture.drawings import figures
from swref.experiments.architecture.growth import KINDS, QUANTITIES
from swref.experiments.architecture.runs import ARMS, NEITHER, times
from swref.experiments.architecture.tables import (
    bound_ratios,
    draw_table,
    far_table,
    farthest_off,
    growth_table,
    input_table,
    on_ball,
    outcome_table,
    power_table,
    powers_of,
    reports,
    share_table,
    step_bound,
)
from swref.experiments.frame.pool import Pool
from swref.experiments.frame.record import Record
from swref.experiments.frame.samples import Axes, Sample, sampled
from swref.experiments.frame.verdict import Verdict, above, below, within
from swref.experiments.problems.planar import step_note
from swref.inference.statistics import Estimate, exact, share

__all__ = ["Config", "figures", "run"]


def run(config: Config, pool: Pool) -> Record:
    """Report, growth, runs and laws."""
    (report,) = pool.map("report", parts.reported, [(config,)])
    nets, repeats = [net.name for net in config.measured()], {"repeat": range(config.run_repeats)}
    growth = sampled(
        pool,
        "growth",
        parts.growth,
        config,
        outer={"network": nets, "repeat": range(config.repeats)},
        shapes={"found": "kind R quantity"},
        inner={"kind": KINDS, "R": config.radii, "quantity": QUANTITIES},
    )["found"]
    axes: Axes = {
        "activation": config.run_activations,
        "scheme": ARMS,
        "alpha": config.alphas,
        "time": times(config.steps),
    }
    shapes = {"norms": "activation scheme alpha time", "largest": "activation scheme alpha"}
    of = sampled(pool, "runs", parts.runs, config, repeats, shapes, axes)
    axes = {"law": config.laws, "scheme": ARMS[:2], "alpha": config.law_alphas}
    inputs = sampled(pool, "inputs", parts.input_runs, config, repeats, {"diverged": "law scheme alpha"}, axes)[
        "diverged"
    ]
    axes = {"repeat": range(config.draw_repeats), "m": config.draws}
    draws = sampled(pool, "draws", parts.draws, config, {"law": config.laws}, {"farthest means": "repeat m"}, axes)
    axes = {"law": config.laws, "m": config.draws, "R": config.far_radii, "quantity": tuple(parts.DERIVATIVES)}
    outer = {"network": config.far_activations, "repeat": range(config.far_repeats)}
    far = sampled(pool, "far", parts.far_inputs, config, outer, {"found bound": "law m R quantity"}, axes)
    largest, diverged = on_ball(growth), of["largest"].map(np.isinf)
    powers, ratios = powers_of(config, growth, largest), bound_ratios(config, largest)
    verdicts, facts = judged(config, powers, ratios, diverged, inputs)
    names = [config.trained(act, False).name for act in config.far_activations]
    named = {name: Sample(sample.values, {**sample.axes, "network": names}) for name, sample in far.items()}
    return Record(
        verdicts=verdicts,
        tables={
            **reports(config, report),
            "powers": power_table(config, powers, ratios),
            "outcomes": outcome_table(config, of["largest"], of["norms"]),
            "draws": draw_table(config, draws["farthest"], draws["means"]),
            "far": far_table(config, named),
            "shares": share_table(config, diverged),
            "input_shares": input_table(config, inputs),
            "growth": growth_table(growth, largest),
        },
        shown=("networks", "inputs", "powers", "outcomes", "draws", "far"),
        samples={
            "norms": of["norms"],
            "farthest": draws["farthest"],
            "means": draws["means"],
            "far_found": far["found"],
            "far_bound": far["bound"],
        },
        arrays={"times": times(config.steps)},
        facts={
            **facts,
            **covered(config, report["nets"]),
            "edge": config.edge,
            "step_note": step_note(step_bound(config), config.alphas),
            "first_shape": config.shapes[0],
            "far_activation": config.far_activations[0],
            "far_R": min(config.far_radii),
        },
    )


def judged(
    config: Config, powers: dict[str, Sample], ratios: Sample, diverged: Sample, inputs: Sample
) -> tuple[list[Verdict], dict[str, str | int | float | Estimate]]:
    """The verdicts, and what the words say of them."""
    gap, name, found, limit = farthest_off(powers)
    cut = ratios.where(network=[net.name for net in config.measured() if net.cut is not None]).values.max()
    verdicts, facts = run_verdicts(config, diverged, inputs)
    held = verdicts[1].estimate
    facts |= {
        "furthest": name,
        "found_power": found,
        "proven_power": limit,
        "off": max(abs(gap.low), abs(gap.high)),
        "cut_ratio": cut,
        "again": f"{held.value:.0%} (at most {held.high:.1%})" if np.isfinite(held.value) else "none (there was none)",
    }
    return [
        within("powers", gap, -config.power_within, config.power_within),
        below("bounds", exact(float(cut)), 1.0),
        *verdicts,
    ], facts


def run_verdicts(
    config: Config, diverged: Sample, inputs: Sample
) -> tuple[list[Verdict], dict[str, str | int | float | Estimate]]:
    """Those on runs, and what the words say of them."""
    escaped = diverged.at(scheme=NEITHER)  # over repeat, activation, alpha: the arms share their draws
    free = escaped.at(alpha=max(config.alphas))
    least = min(config.run_activations, key=lambda act: free.at(activation=act).values.mean())
    fewest = free.at(activation=least).values
    other = diverged.where(scheme=ARMS[1:]).over("scheme", np.any).values
    held = other[escaped.values]
    heavy, light = (inputs.at(law=law, scheme=NEITHER, alpha=config.heavy_alpha).values for law in
                    (config.laws[-1], config.laws[0]))  # fmt: skip
    shares = inputs.at(scheme=NEITHER, alpha=config.heavy_alpha).over("repeat", np.mean)
    return [
        above("free", share(fewest), config.share_above),
        below("held", share_of(held), config.share_below),
        above("heavy", share(heavy & ~light), config.share_above),
    ], {
        "largest_alpha": max(config.alphas),
        "fewest": least,
        "free": share(fewest),
        "held_runs": held.size,
        "held": int(held.sum()),
        "heaviest": config.laws[-1],
        "lightest": config.laws[0],
        "heavy_share": heavy.mean(),
        "light_share": light.mean(),
        "by_law": ", ".join(f"{law} {value:.0%}" for law, value in zip(config.laws, shares.values, strict=True)),
    }


def share_of(held: np.ndarray) -> Estimate:
    """The share of `held` [runs] with its interval; none where there are no runs."""
    return share(held) if held.size else Estimate(np.nan, np.nan, np.nan, "no run diverged with neither")


def covered(config: Config, found: np.ndarray) -> dict[str, int]:
    """How many networks both theorems cover, of those with cut-offs and of those without: found [networks, columns]."""
    both = np.all(found[:, -2:] == "holds", axis=1)
    cut = np.array([net.cut is not None for net in config.reported()])
    counts = {"covered_cut": both & cut, "cut": cut, "covered_plain": both & ~cut, "plain": ~cut}
    return {name: int(np.sum(mask)) for name, mask in counts.items()}
