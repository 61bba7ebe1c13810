"""The tables of `architecture`; letters as in `Results`."""

from __future__ import annotations

import numpy as np

from swref.experiments.architecture.assumptions import table
from swref.experiments.architecture.config import ArchitectureConfig
from swref.experiments.architecture.growth import QUANTITIES, TYPICAL
from swref.experiments.architecture.laws import largest_step, law
from swref.experiments.architecture.powers import SUPPORT, Power
from swref.experiments.architecture.runs import SCHEMES, farthest_reach
from swref.experiments.frame.pool import Part
from swref.experiments.frame.statistics import Estimate, wilson
from swref.experiments.frame.tables import Table
from swref.experiments.problems.planar import closed_curve
from swref.theory import alpha_0


def net_report(config: ArchitectureConfig, report: Part) -> Table:
    """The verdicts by network."""
    names = {"network": [net.name for net in config.reported()]}
    title = "What the report says of each network, for finitely many points x and y, with noise and projection"
    return table(title, names, report["nets"].tolist(), report["net_reasons"].tolist())


def law_report(config: ArchitectureConfig, report: Part) -> Table:
    """The verdicts by network and law of x."""
    pairs = [(net.name, name) for net in config.over_laws() for name in config.laws]
    names = dict(zip(("network", "law of x"), zip(*pairs, strict=True), strict=True))
    return table("The same for other laws of x", names, report["laws"].tolist(), report["law_reasons"].tolist())


def power_table(config: ArchitectureConfig, powers: list[list[Power]], ratios: np.ndarray) -> Table:
    """Powers of R, found and proven."""
    rows = [
        (
            net.name,
            QUANTITIES[q],
            power.found.value,
            power.found.low,
            power.found.high,
            power.proven,
            power.typical,
            ratios[g, -1, q],
        )
        for g, net in enumerate(config.measured())
        for q, power in enumerate(powers[g])
    ]
    names = ("power of R", "low", "high", "proven power", "typical", "found / bound at the largest R")
    return Table.of_rows(
        "Growth with the radius R of the ball of u", {"network": "", "quantity": "", **dict.fromkeys(names, "1")}, rows
    )


def growth_table(config: ArchitectureConfig, growth: np.ndarray, on_ball: np.ndarray) -> Table:
    """Every search: growth [G, R, 2, K, 3], on_ball [G, R, K, 3]."""
    rows = [
        (net.name, repeat, radius, QUANTITIES[q], on_ball[g, repeat, k, q], growth[g, repeat, TYPICAL, k, q])
        for g, net in enumerate(config.measured())
        for repeat in range(config.repeats)
        for k, radius in enumerate(config.radii)
        for q in range(len(QUANTITIES))
    ]
    units = {"network": "", "repeat": "1", "R": "1", "quantity": "", "largest found": "1", "mean on the sphere": "1"}
    return Table.of_rows("Every search", units, rows)


def outcome_table(config: ArchitectureConfig, largest: np.ndarray, norms: np.ndarray) -> Table:
    """The runs at the largest step: largest [R, A, S, B], norms [R, A, S, B, times]."""
    k = int(np.argmax(config.alphas))
    rows = []
    for i, act in enumerate(config.run_activations):
        for j, scheme in enumerate(SCHEMES):
            share = _share(np.isinf(largest[:, i, j, k]))
            beyond = np.mean(norms[:, i, j, k, -1] > config.cut_off_u + config.cut_off_eps)
            bounds = largest[:, i, j, k].max(), _limit(config, act, scheme, config.alphas[k])
            numbers = (value if np.isfinite(value) else np.nan for value in bounds)
            rows.append((act, scheme, *share, *numbers, beyond))
    names = (
        "share diverged",
        "low",
        "high",
        "largest |u| (–: diverged)",
        "proven limit (–: none)",
        "share that ends beyond R_u + eps",
    )
    title = f"Runs with the largest step, alpha = {config.alphas[k]:g}"
    return Table.of_rows(title, {"activation": "", "cut-off or projection": "", **dict.fromkeys(names, "1")}, rows)


def _limit(config: ArchitectureConfig, act: str, scheme: str, alpha: float) -> float:
    """What |u| cannot exceed."""
    if scheme == "projection":
        return config.ball
    net = config.trained(act, scheme == "cut-off")
    return farthest_reach(net, _radius(config), SUPPORT, alpha)


def share_table(config: ArchitectureConfig, diverged: np.ndarray) -> Table:
    """diverged [R, A, S, B]."""
    rows = [
        (act, scheme, alpha, len(diverged), *_share(diverged[:, i, j, k]))
        for i, act in enumerate(config.run_activations)
        for j, scheme in enumerate(SCHEMES)
        for k, alpha in enumerate(config.alphas)
    ]
    pooled = diverged.swapaxes(0, 1).reshape(-1, *diverged.shape[2:])  # [A R, S, B]
    rows += [
        ("all", scheme, alpha, len(pooled), *_share(pooled[:, j, k]))
        for j, scheme in enumerate(SCHEMES)
        for k, alpha in enumerate(config.alphas)
    ]
    names = ("alpha", "runs", "share diverged", "low", "high")
    units = {"activation": "", "cut-off or projection": "", **dict.fromkeys(names, "1")}
    return Table.of_rows("Shares of diverging runs, Wilson intervals", units, rows)


def input_table(config: ArchitectureConfig, diverged: np.ndarray) -> Table:
    """diverged [R, W, 2, B]."""
    rows = [
        (name, scheme, alpha, len(diverged), *_share(diverged[:, i, j, k]))
        for i, name in enumerate(config.laws)
        for j, scheme in enumerate(SCHEMES[:2])
        for k, alpha in enumerate(config.law_alphas)
    ]
    names = ("alpha", "runs", "share diverged", "low", "high")
    title = f"Shares of diverging runs by law of x, {config.run_activations[0]}, Wilson intervals"
    return Table.of_rows(title, {"law of x": "", "cut-off": "", **dict.fromkeys(names, "1")}, rows)


def draw_table(config: ArchitectureConfig, farthest: np.ndarray, means: np.ndarray, tails: list[Estimate]) -> Table:
    """What draws show of A3 and A4: farthest and means [W, R, M]."""
    rows = []
    for k, name in enumerate(config.laws):
        known, typical = law(name, config.points, config.df), np.median(farthest[k], axis=0)
        steps = [largest_step(float(typical[m]), _radius(config)) for m in (0, -1)]
        mean = np.median(means[k], axis=0)
        rows.append(
            (
                name,
                "yes" if known.bounded else "no",
                "finite" if known.mean_exists else "infinite",
                "finite" if known.square_exists else "infinite",
                *(tails[k].value, tails[k].low, tails[k].high, known.tail),
                *(mean[0], mean[-1], *steps),
            )
        )
    first, last = (f"m = {m:g}" for m in (config.draws[0], config.draws[-1]))
    words = dict.fromkeys(("law of x", "bounded", "E |x|", "E |x|^2"), "")
    names = ("power of m of max |x|", "low", "high", "known power", f"mean |x|, {first}", f"mean |x|, {last}",
             f"alpha_0, {first}", f"alpha_0, {last}")  # fmt: skip
    title = "m draws of x: the farthest, the mean (medians over repeats), alpha_0 of an affine layer on these draws"
    return Table.of_rows(title, {**words, **dict.fromkeys(names, "1")}, rows)


def step_bound(config: ArchitectureConfig) -> float:
    """alpha_0 of the tanh network of the runs, with its cut-off."""
    net = config.trained("tanh", True)
    return alpha_0(2, _radius(config), net.network.n_params, net.bounds(np.inf, SUPPORT).M)


def _radius(config: ArchitectureConfig) -> float:
    """R_y."""
    radius = closed_curve(config.points).support.radius
    return float("nan") if radius is None else radius


def _share(diverged: np.ndarray) -> tuple[float, float, float]:
    share = wilson(int(diverged.sum()), len(diverged))
    return share.value, share.low, share.high
