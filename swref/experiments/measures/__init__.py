"""What discrete inputs have to do with it: flows and runs under discretisations of growing m, and under heavy tails."""

from __future__ import annotations

import math
from functools import partial

import numpy as np

from swref.experiments.frame.pool import Pool
from swref.experiments.frame.record import Record
from swref.experiments.frame.samples import Sample, estimated, sampled
from swref.experiments.frame.tables import Table, table
from swref.experiments.frame.verdict import above, below, within
from swref.experiments.measures.config import BOTH, HEAVY, LIGHT, SETTINGS, UNIFORM, Config, even, problem
from swref.experiments.measures.drawings import POINTS, figures
from swref.experiments.measures.runs import descend, sources
from swref.experiments.measures.tails import SHARES, gradients, targets, thrown
from swref.experiments.measures.trajectories import flows
from swref.experiments.problems.planar import step_note
from swref.inference.statistics import Estimate, jackknife, power_law, share

__all__ = ["Config", "figures", "run"]

Samples = dict[str, Sample]
RATES = "Flows of m points: exponents b of m^-b, for d_c and for |grad F| of the finer F at the end of the flow"


def run(config: Config, pool: Pool) -> Record:
    """Flows and runs in the four settings, then gradients and unprojected runs for the targets with tails."""
    outer = {"continuous": SETTINGS, "repeat": range(config.repeats)}
    names = tuple(targets(config))
    sizes = {"m": config.supports, "draw": range(1 + config.draws)}
    drawn = {"source": sources(config), "points": sources(config)[:2], "alpha": config.alphas}
    flow = sampled(
        pool, "flows", flows, config, outer, {"d_c residual": "m draw", "change residual_change": "m"}, sizes
    )
    ends = sampled(
        pool,
        "runs",
        descend,
        config,
        outer,
        {"residual": "source alpha", "own": "points alpha", "change": "alpha"},
        drawn,
    )
    tails = {"target": names, "repeat": range(config.tail_repeats)}
    norms = sampled(pool, "gradients", gradients, config, tails, {"quantiles": "share"}, {"share": SHARES})
    out = sampled(pool, "thrown", thrown, config, {**tails, "repeat": range(config.free_repeats)})["thrown"]
    exponents = {"d_c": rates(config, flow["d_c"]), "residual": rates(config, flow["residual"])}
    intervals = estimated(ends["residual"])
    index = estimated(norms["index"])
    worst = f"Student, nu = {min(config.freedoms):g}"
    law, least = ends["residual"].where(continuous=LIGHT).at(source=sources(config)[-1]), min(config.alphas)
    random = even_and_random(flow["d_c"]).at(points="random").where(continuous=LIGHT)
    rate = power_over(config, random, "m")
    fall, ratio = power_over(config, law, "alpha"), residual_ratio(config, ends)
    lost = estimated(out, share)
    return Record(
        verdicts=(
            within("rate", rate, config.rate_low, config.rate_high),
            above("fall", fall, 0.0),
            within("ratio", ratio, config.ratio_low, config.ratio_high),
            below("heavy", rate_difference(config, flow["d_c"]), 0.0),
            above("thrown", lost.at(target=worst).estimate(), config.thrown_above),
        ),
        tables={
            "rates": table(
                RATES,
                {"b of d_c": exponents["d_c"], "b of |grad F|": exponents["residual"]},
            ),
            "runs": run_table(config, intervals.at(alpha=least), ends["own"].at(alpha=least)),
            "tails": tail_table(config, norms["quantiles"], index, lost),
            "flows": flow_table(config, flow),
            "finer": finer_table(config, flow, ends["change"]),
        },
        shown=("rates", "runs", "tails", "finer"),
        samples={
            "d_c": flow["d_c"],
            "ends": flow["residual"],
            "residual": ends["residual"],
            "own": ends["own"],
            "quantiles": norms["quantiles"],
        },
        arrays={
            "residual_intervals": triples(intervals),  # [continuous, source, alpha, 3]
            "rates": triples(exponents["d_c"]),  # [continuous, points, 3]
            "end_rates": triples(exponents["residual"]),
            "shares": SHARES,
        },
        facts={
            "rate": rate,
            "fall": fall,
            "ratio": ratio,
            "most": max(config.supports),
            "least": least,
            "heavy_rate": exponents["d_c"].at(continuous=HEAVY, points="even").estimate(),
            "both_rate": exponents["d_c"].at(continuous=BOTH, points="even").estimate(),
            "missing_tail": 1 - 1 / config.freedom,
            "nu": min(config.freedoms),
            "thrown_share": lost.at(target=worst).estimate(),
            "gaussian_share": out.at(target="Gaussian").values.mean(),
            "beyond": 2.0**-config.k_max,
            **step_facts(config),
            "above_all": hill_lies_above(config, index),
        },
    )


def even_and_random(values: Sample) -> Sample:
    """Of the even discretisation, and the mean over the random ones, along an axis `points`."""
    both = values.at(draw=0), values.where(draw=lambda draw: draw > 0).over("draw", np.mean)
    return Sample(np.stack([sample.values for sample in both]), {"points": POINTS, **both[0].axes})


def power_over(config: Config, values: Sample, along: str) -> Estimate:
    """The exponent over alpha, or over 1/m, of the mean over the settings: they share their starts."""
    x = 1 / np.array(config.supports) if along == "m" else config.alphas
    mean = values.over("continuous", np.mean)
    return estimated(mean, partial(power_law, x), along=along).estimate()


def rates(config: Config, values: Sample) -> Sample:
    """The exponents b of values ~ m^-b for every setting, even and random."""
    by = partial(power_law, 1 / np.array(config.supports))
    found = estimated(even_and_random(values), by, along="m")
    return Sample(found.rows("continuous", "points"), {"continuous": SETTINGS, "points": POINTS})


def residual_ratio(config: Config, ends: Samples) -> Estimate:
    """The residual with the law over that with the most points, of their own F, at the least alpha."""
    light = {name: ends[name].where(continuous=LIGHT).at(alpha=min(config.alphas)) for name in ("residual", "own")}
    rows = light["residual"].at(source=sources(config)[2]), light["own"].at(points=sources(config)[1])
    pairs = np.stack([sample.over("continuous", np.mean).values for sample in rows], axis=1)  # [R, 2]
    return jackknife(pairs, lambda rows: float(rows[:, 0].mean() / rows[:, 1].mean()))


def rate_difference(config: Config, d_c: Sample) -> Estimate:
    """The exponent b of even points with a heavy-tailed target less that with a Gaussian one, x Gaussian in both."""

    def difference(rows: np.ndarray) -> float:
        heavy, light = np.polyfit(-np.log(config.supports), np.log(rows.mean(axis=0)), 1)[0]
        return float(heavy - light)

    rows = d_c.at(draw=0).where(continuous=(HEAVY, BOTH)).rows("repeat", "m", "continuous")  # [R, S, 2]
    return jackknife(rows, difference)


def triples(estimates: Sample) -> np.ndarray:
    """value, low and high of every estimate, along a last axis."""
    return np.array([e.triple for e in estimates.values.flat]).reshape(*estimates.values.shape, 3)


def run_table(config: Config, residual: Sample, own: Sample) -> Table:
    """Where the runs end at the least alpha; what draws from the law has no F of its own."""
    mean = own.over("repeat", np.mean).values  # [continuous, 2]
    with_law = Sample(np.hstack((mean, np.full((len(SETTINGS), 1), np.nan))), residual.axes)
    title = (
        f"Natural residuals of noised projected SGD at alpha = {min(config.alphas):g}, of an F of {config.fine} points"
    )
    return table(title, {"residual": residual, "of its own F": with_law}, split={"source": ("drawn from",)})


def tail_table(config: Config, quantiles: Sample, index: Sample, lost: Sample) -> Table:
    """Hill's index of |phi|, how large it gets, and how many unprojected runs it throws out."""
    medians, names = quantiles.over("repeat", np.median).values, {"target": tuple(targets(config))}
    nus = [law.freedom if law.kind == "student" else np.nan for law in targets(config).values()]
    columns = {
        "nu": Sample(np.array(nus), names),
        "tail index of |phi|": index,
        "median |phi|": Sample(np.array([np.interp(0.5, SHARES[::-1], row[::-1]) for row in medians]), names),
        "|phi| exceeded once in 1000": Sample(medians[:, -1], names),
        "thrown out": lost,
    }
    title = "Targets with tails: Hill's index of |phi|, and shares of unprojected runs thrown out for good"
    return table(title, columns)


def flow_table(config: Config, flow: Samples) -> Table:
    """Every flow."""
    kinds = {"points": (POINTS[0], *[POINTS[1]] * config.draws)}

    def named(sample: Sample) -> Sample:
        return Sample(sample.values, {axis: labels for axis, labels in sample.axes.items() if axis != "draw"} | kinds)

    return table("Every flow", {"d_c": named(flow["d_c"]), "|grad F| at the end": named(flow["residual"])})


def finer_table(config: Config, flow: Samples, change: Sample) -> Table:
    """The largest change of every number when what stands for the law is made twice as fine."""

    def largest(sample: Sample) -> Sample:
        seen = np.abs(sample.values).reshape(len(SETTINGS), -1)
        most = [row[~np.isnan(row)].max(initial=-np.inf) for row in seen]
        return Sample(np.where(np.isinf(most), np.nan, most), {"continuous": SETTINGS})

    columns = {"d_c": flow["change"], "|grad F| of flows": flow["residual_change"], "residual of runs": change}
    title = (
        f"What stands for the law, {config.finer} m points, made twice as fine: the largest change in "
        f"{config.checked} repeat(s)"
    )
    return table(title, {name: largest(sample) for name, sample in columns.items()})


def step_facts(config: Config) -> dict[str, str | float]:
    """What the words say of alpha_0, for the discrete target and for points of Student's law."""
    bounds = [
        problem(config, *even(config, setting, max(config.supports), 0)).step_bounds() for setting in (UNIFORM, HEAVY)
    ]
    return {"step_note": step_note(bounds[0], config.alphas), "heavy_bound": bounds[1].sharp or math.nan}


def hill_lies_above(config: Config, index: Sample) -> str:
    """Whether Hill's index lies above nu for every Student law, in words."""
    student = {name: law.freedom for name, law in targets(config).items() if law.kind == "student"}
    every = all(index.at(target=name).estimate().value > nu for name, nu in student.items())
    return "; here it lies above it for every Student law" if every else ""
