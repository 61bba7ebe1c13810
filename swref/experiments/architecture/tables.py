"""The powers and the tables of `architecture`."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from swref.experiments.architecture.config import Config
from swref.experiments.architecture.growth import QUANTITIES, TYPICAL, WORST
from swref.experiments.architecture.laws import largest_step
from swref.experiments.architecture.matrix import matrix
from swref.experiments.architecture.nets import proven, proven_powers
from swref.experiments.architecture.parts import law_of
from swref.experiments.architecture.runs import ARMS, PROJECTED, farthest_reach
from swref.experiments.frame.pool import Part
from swref.experiments.frame.samples import Labels, Sample, estimated
from swref.experiments.frame.tables import Table, joined, table
from swref.experiments.problems.planar import closed_curve
from swref.inference.statistics import Estimate, exact, mean, power_law, share
from swref.theory import StepBounds, alpha_0, alpha_0_sharp

SUPPORT = 1.0  # R_x of the points and of the disc, and |x| in the measurement of growth
SCHEME = {"scheme": ("cut-off or projection",)}


def reports(config: Config, report: Part) -> dict[str, Table]:
    """The verdicts by network, and by network and law of x."""
    title = "What the report says of each network, for finitely many points x and y, with noise and projection"
    networks = {"network": [net.name for net in config.reported()]}
    pairs = [(net.name, name) for net in config.over_laws() for name in config.laws]
    inputs = dict(zip(("network", "law of x"), zip(*pairs, strict=True), strict=True))
    return {
        "networks": matrix(title, networks, report["nets"].tolist(), report["net_reasons"].tolist()),
        "inputs": matrix(
            "The same for other laws of x", inputs, report["laws"].tolist(), report["law_reasons"].tolist()
        ),
    }


def on_ball(growth: Sample) -> Sample:
    """The largest values found on |u| <= R: the ball holds the smaller spheres. Over network, repeat, R, quantity."""
    largest = growth.at(kind=WORST)
    return Sample(np.maximum.accumulate(largest.values, axis=list(largest.axes).index("R")), largest.axes)


def bound_ratios(config: Config, largest: Sample) -> Sample:
    """The largest value found over all repeats in units of the proven bound."""
    bounds = np.array([[proven(net, radius, SUPPORT) for radius in config.radii] for net in config.measured()])
    return largest.over("repeat", np.max) / Sample(
        bounds, {name: largest.axes[name] for name in ("network", "R", "quantity")}
    )


def powers_of(config: Config, growth: Sample, largest: Sample) -> dict[str, Sample]:
    """For every network and quantity: the power of R found, that of the bound, and that of the mean over random u."""
    fitted = [radius for radius in config.radii if radius >= config.fit_from]
    axes = {name: largest.axes[name] for name in ("network", "quantity")}

    def found(rows: np.ndarray) -> Estimate:
        return exact(0.0) if _flat(rows) else power_law(fitted, rows)

    def typical(rows: np.ndarray) -> Estimate:
        values = rows.mean(axis=0)
        slope = float(np.polyfit(np.log(fitted), np.log(values), 1)[0]) if values.min() > 0 else np.nan
        return exact(0.0 if _flat(values[None]) else slope)

    means = growth.at(kind=TYPICAL).where(R=fitted)
    return {
        "found": estimated(largest.where(R=fitted), found, along="R"),
        "proven": Sample(np.array([proven_powers(net, SUPPORT) for net in config.measured()]), axes),
        "typical": numbers(estimated(means, typical, along="R")),
    }


def _flat(samples: np.ndarray) -> bool:
    """Whether no row [K] of positive samples changes but by roundings."""
    return bool((np.ptp(samples, axis=1) <= 1e-9 * samples.max(axis=1)).all() and samples.max() > 0)


def numbers(estimates: Sample) -> Sample:
    """The values of estimates."""
    values = np.array([e.value for e in estimates.values.flat]).reshape(estimates.values.shape)
    return Sample(values, estimates.axes)


def power_table(config: Config, powers: dict[str, Sample], ratios: Sample) -> Table:
    """Powers of R, found and proven."""
    columns = {
        "power of R": powers["found"],
        "proven power": powers["proven"],
        "typical": powers["typical"],
        "found / bound at the largest R": ratios.at(R=config.radii[-1]),
    }
    return table("Growth with the radius R of the ball of u", columns)


def growth_table(growth: Sample, largest: Sample) -> Table:
    """Every search."""
    return table("Every search", {"largest found": largest, "mean on the sphere": growth.at(kind=TYPICAL)})


def outcome_table(config: Config, largest: Sample, norms: Sample) -> Table:
    """The runs at the largest step."""
    alpha = max(config.alphas)
    top, end = largest.at(alpha=alpha), norms.at(alpha=alpha, time=norms.axes["time"][-1])
    limits = np.array([[_limit(config, act, arm, alpha) for arm in ARMS] for act in config.run_activations])
    bounds = {
        "largest |u| (–: diverged)": top.over("repeat", np.max),
        "proven limit (–: none)": Sample(limits, {name: top.axes[name] for name in ("activation", "scheme")}),
    }
    columns = {
        "share diverged": estimated(top.map(np.isinf), share),
        **{name: bound.map(lambda v: np.where(np.isfinite(v), v, np.nan)) for name, bound in bounds.items()},
        "share that ends beyond R_u + eps": end.map(lambda v: v > config.edge).over("repeat", np.mean),
    }
    return table(f"Runs with the largest step, alpha = {alpha:g}", columns, split=SCHEME)


def _limit(config: Config, act: str, arm: str, alpha: float) -> float:
    """What |u| cannot exceed."""
    if arm == PROJECTED:
        return config.ball
    return farthest_reach(config.trained(act, arm == ARMS[1]), _target_radius(config), SUPPORT, alpha)


def share_table(config: Config, diverged: Sample) -> Table:
    """Shares of diverging runs, by activation and over all."""
    pooled = diverged.rows("activation", "repeat").reshape(-1, 1, *diverged.values.shape[2:])
    axes = {"repeat": range(len(pooled)), "activation": ("all",), "scheme": ARMS, "alpha": config.alphas}
    title, parts = "Shares of diverging runs, exact binomial intervals", (diverged, Sample(pooled, axes))
    return joined([table(title, _shares(config, part), split=SCHEME) for part in parts])


def input_table(config: Config, diverged: Sample) -> Table:
    """Shares of diverging runs by law of x."""
    title = f"Shares of diverging runs by law of x, {config.run_activations[0]}, exact binomial intervals"
    return table(title, _shares(config, diverged), split={"law": ("law of x",), "scheme": ("cut-off",)})


def _shares(config: Config, diverged: Sample) -> dict[str, Sample]:
    shares = estimated(diverged, share)
    return {"runs": diverged.count("repeat"), "share diverged": shares}


def draw_table(config: Config, farthest: Sample, means: Sample) -> Table:
    """What draws show of A3 and A4."""
    laws, axes = [law_of(config, name) for name in config.laws], {"law": config.laws}
    first, last = config.draws[0], config.draws[-1]

    def text(words: tuple[str, str], held: Sequence[bool]) -> Sample:
        return Sample(np.array([words[0] if one else words[1] for one in held]), axes)

    def step(m: int) -> Sample:
        typical = farthest.at(m=m).over("repeat", np.median).values
        return Sample(np.array([largest_step(float(norm), _target_radius(config)) for norm in typical]), axes)

    columns = {
        "bounded": text(("yes", "no"), [law.bounded for law in laws]),
        "E |x|": text(("finite", "infinite"), [law.mean_exists for law in laws]),
        "E |x|^2": text(("finite", "infinite"), [law.square_exists for law in laws]),
        "power of m of max |x|": estimated(farthest, slopes_over(config.draws), along="m"),
        "known power": Sample(np.array([law.tail for law in laws]), axes),
        f"mean |x|, m = {first:g}": means.at(m=first).over("repeat", np.median),
        f"mean |x|, m = {last:g}": means.at(m=last).over("repeat", np.median),
        f"alpha_0, m = {first:g}": step(first),
        f"alpha_0, m = {last:g}": step(last),
    }
    title = "m draws of x: the farthest, the mean (medians over repeats), alpha_0 of an affine layer on these draws"
    return table(title, columns, split={"law": ("law of x",)})


def slopes_over(x: Sequence[float], digits: int | None = None) -> Callable[[np.ndarray], Estimate]:
    """The mean of the repeats' slopes on logarithmic axes: not of means, which the farthest of Cauchy draws lack."""

    def by(rows: np.ndarray) -> Estimate:
        slopes = np.polyfit(np.log(x), np.log(rows).T, 1)[0]
        return mean(slopes if digits is None else slopes.round(digits))

    return by


def far_table(config: Config, of: dict[str, Sample]) -> Table:
    """Powers of m at the smallest R, and of R at the largest m, at the farthest of m draws."""
    found, bound = of["found"], of["bound"]
    R, m = min(config.far_radii), max(config.draws)

    def median(x: Sequence[float], limits: Sample, along: str) -> Sample:
        def by(rows: np.ndarray) -> Estimate:
            return exact(float(np.median(np.polyfit(np.log(x), np.log(rows).T, 1)[0].round(9))))

        return numbers(estimated(limits, by, along=along))

    ratio = (found / bound).rows("network", "law", "quantity").reshape(*map(len, _far_axes(found).values()), -1)
    by_m, by_R = slopes_over(config.draws, 9), slopes_over(config.far_radii, 9)
    columns = {
        "power of m": estimated(found.at(R=R), by_m, along="m"),
        "of its bound": median(config.draws, bound.at(R=R), "m"),
        "power of R": estimated(found.at(m=m), by_R, along="R"),
        "of its bound in R": median(config.far_radii, bound.at(m=m), "R"),
        "largest found / bound": Sample(ratio.max(axis=-1), _far_axes(found)),
    }
    title = f"Growth at the farthest of m draws of x, no cut-off: with m at R = {R:g}, with R at m = {m:g}"
    return table(title, columns, split={"law": ("law of x",)})


def _far_axes(found: Sample) -> dict[str, Labels]:
    return {name: found.axes[name] for name in ("network", "law", "quantity")}


def step_bound(config: Config) -> StepBounds:
    """Both alpha_0 of the tanh network of the runs, with its cut-off."""
    net = config.trained("tanh", True)
    bounds, R_y = net.bounds(np.inf, SUPPORT), _target_radius(config)
    return StepBounds(alpha_0(2, R_y, net.network.n_params, bounds.M), alpha_0_sharp(bounds, R_y), None)


def _target_radius(config: Config) -> float:
    """R_y."""
    return closed_curve(config.points).support.radius


def farthest_off(powers: dict[str, Sample]) -> tuple[Estimate, str, float, float]:
    """Power found less power proven, where the interval reaches furthest from 0; of what, and the two powers."""
    found, proven_power = powers["found"], powers["proven"]
    named = [
        (
            found.at(network=net, quantity=q).estimate(),
            float(proven_power.at(network=net, quantity=q).item()),
            f"{q} of {net}",
        )
        for net in found.axes["network"]
        for q in QUANTITIES
    ]
    power, limit, name = max(named, key=lambda of: max(abs(of[0].low - of[1]), abs(of[0].high - of[1])))
    method = f"{power.method}; the interval that reaches furthest from 0 of {len(named)}"
    return Estimate(power.value - limit, power.low - limit, power.high - limit, method), name, power.value, limit
