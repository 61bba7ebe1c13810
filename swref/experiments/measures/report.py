"""From the parts to the record: exponents, shares, verdicts and tables."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from swref.experiments.frame.earlier import Verdict, above, below, within
from swref.experiments.frame.pool import Part
from swref.experiments.frame.record import Record
from swref.experiments.frame.seeds import derived_seed
from swref.experiments.frame.statistics import Estimate, bootstrap, power_law, wilson
from swref.experiments.frame.tables import Table
from swref.experiments.measures.config import BOTH, HEAVY, LIGHT, SETTINGS, MeasuresConfig, even, problem
from swref.experiments.measures.runs import sources
from swref.experiments.measures.tails import SHARES, targets
from swref.experiments.problems.isotropic import Isotropic
from swref.experiments.problems.planar import step_note

POINTS = ("even", "random")


def record(
    config: MeasuresConfig,
    flows: Sequence[Part],
    runs: Sequence[Part],
    norms: Sequence[Part],
    thrown: Sequence[Part],
) -> Record:
    """The record of the parts of the four stages, each setting by setting (or target by target)."""
    K, J = len(SETTINGS), len(targets(config))
    d_c = _grouped(flows, "d_c", K)  # [K, R, S, 1 + D]
    ends = _grouped(flows, "residual", K)  # [K, R, S, 1 + D]
    residual = _grouped(runs, "residual", K)  # [K, R, 3, A]
    own = _grouped(runs, "own", K)  # [K, R, 2, A]
    index, out = _grouped(norms, "index", J), _grouped(thrown, "thrown", J)  # [J, R'], [J, R'']
    distance_rates, end_rates = _rates(config, d_c, 0), _rates(config, ends, 1)  # [K][2]
    ends_of_runs = _residual_intervals(config, residual)  # [K, 3, A, 3]
    indices = [bootstrap(rows, derived_seed(config.seed, 25, j)) for j, rows in enumerate(index)]
    verdicts = _verdicts(config, d_c, residual, own, distance_rates, out)
    return Record(
        config=config.to_dict(),
        verdicts=verdicts,
        summary=_summary(config, verdicts, distance_rates[HEAVY][0]),
        tables={
            "rates": _rate_table(distance_rates, end_rates),
            "runs": _run_table(config, ends_of_runs, own),
            "tails": _tail_table(config, norms, indices, out),
            "flows": _flow_table(config, d_c, ends),
            "finer": _finer_table(config, flows, runs),
        },
        shown=("rates", "runs", "tails", "finer"),
        arrays={
            "d_c": d_c,
            "ends": ends,
            "residual": residual,
            "residual_intervals": ends_of_runs,
            "own": own,
            "rates": np.array([[e.triple for e in pair] for pair in distance_rates]),  # [K, 2, 3]
            "end_rates": np.array([[e.triple for e in pair] for pair in end_rates]),  # [K, 2, 3]
            "shares": SHARES,
            "quantiles": _grouped(norms, "quantiles", J),  # [J, R', len(SHARES)]
        },
        notes=_notes(config, indices),
    )


def _grouped(parts: Sequence[Part], name: str, groups: int) -> np.ndarray:
    """The values of parts [G R] as [G, R, ...]."""
    values = np.array([part[name] for part in parts])
    return values.reshape(groups, -1, *values.shape[1:])


def _even_and_random(values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """values [..., S, 1 + D] of the even discretisation, and the mean over the random ones: [..., S] each."""
    return values[..., 0], values[..., 1:].mean(axis=-1)


def _rates(config: MeasuresConfig, values: np.ndarray, key: int) -> list[tuple[Estimate, Estimate]]:
    """The exponents b of values ~ m^-b for every setting: even, random."""
    inverse = 1 / np.array(config.supports)
    return [
        tuple(
            power_law(inverse, rows, derived_seed(config.seed, 20, key, k, i))
            for i, rows in enumerate(_even_and_random(values[k]))
        )
        for k in range(len(values))
    ]


def _residual_intervals(config: MeasuresConfig, residual: np.ndarray) -> np.ndarray:
    """Means of residual [K, R, 3, A] over the repeats with their intervals: [K, 3, A, (value, low, high)]."""
    return np.array(
        [
            [
                [
                    bootstrap(residual[k, :, i, j], derived_seed(config.seed, 24, k, i, j)).triple
                    for j in range(residual.shape[3])
                ]
                for i in range(residual.shape[2])
            ]
            for k in range(len(residual))
        ]
    )


def _verdicts(
    config: MeasuresConfig,
    d_c: np.ndarray,
    residual: np.ndarray,
    own: np.ndarray,
    rates: list[tuple[Estimate, Estimate]],
    out: np.ndarray,
) -> tuple[Verdict, ...]:
    light = list(LIGHT)  # their mean is resampled by repeats, for these share their starts
    random_rows = _even_and_random(d_c[light])[1].mean(axis=0)  # [R, S]
    rate = power_law(1 / np.array(config.supports), random_rows, derived_seed(config.seed, 21))
    law_rows = residual[light, :, 2].mean(axis=0)  # [R, A]
    fall = power_law(config.alphas, law_rows, derived_seed(config.seed, 22))
    least = int(np.argmin(config.alphas))
    pairs = np.stack((law_rows[:, least], own[light, :, 1, least].mean(axis=0)), axis=1)  # [R, 2]
    ratio = bootstrap(pairs, derived_seed(config.seed, 23), lambda rows: rows[:, 0].mean() / rows[:, 1].mean())
    heavy, slower = rates[HEAVY][0], _rate_difference(config, d_c)
    worst = int(np.argmin(config.freedoms))
    share, nu = wilson(int(out[1 + worst].sum()), out.shape[1]), config.freedoms[worst]
    return (
        within(
            "over the m tried, the distance d_c of flows of m random points goes like one over the square root of m",
            "exponent b of d_c ~ m^-b, the three settings without heavy tails",
            rate,
            config.rate_low,
            config.rate_high,
            f"The distance to the flow of {config.finer} times as many even points goes like m^-{rate.value:.2f}.",
        ),
        above(
            "over the steps tried residuals shrink with alpha although x, or x and y, are continuous",
            "exponent of the natural residual over alpha, the three settings without heavy tails",
            fall,
            0.0,
            f"The residual of runs that draw from the law goes like alpha^{fall.value:.2f}.",
        ),
        within(
            "without discrete inputs runs end as near to critical points as with them",
            f"residual with the law over that with {max(config.supports)} points (of their own F), "
            f"alpha = {min(config.alphas):g}",
            ratio,
            config.ratio_low,
            config.ratio_high,
            f"The residual with the law was {ratio.value:.2f} times that with points.",
        ),
        below(
            f"a target with infinite variance (nu = {config.freedom:g}) makes d_c of even points shrink more slowly",
            f"exponent b for even points, Student's y with nu = {config.freedom:g}, less that for Gaussian x and y",
            slower,
            0.0,
            f"The exponents were {heavy.value:.2f} and {rates[BOTH][0].value:.2f}; what the missing tail moves is "
            f"of order m^-(1 - 1/nu) = m^-{1 - 1 / config.freedom:.2f}.",
        ),
        above(
            f"a target with heavy tails (nu = {nu:g}) throws plain SGD out of where T is not 0",
            f"share of runs thrown out, Student's y with nu = {nu:g}, alpha = {config.free_alpha:g}",
            share,
            config.thrown_above,
            f"{share.value:.0%} of {out.shape[1]} runs left within {config.free_steps} steps, "
            f"{out[0].mean():.0%} with a Gaussian target.",
        ),
    )


def _rate_difference(config: MeasuresConfig, d_c: np.ndarray) -> Estimate:
    """The exponent b of even points with a heavy-tailed target less that with a Gaussian one, x Gaussian in both."""

    def difference(rows: np.ndarray) -> float:
        heavy, light = np.polyfit(-np.log(config.supports), np.log(rows.mean(axis=0)), 1)[0]
        return float(heavy - light)

    rows = np.stack((d_c[HEAVY, ..., 0], d_c[BOTH, ..., 0]), axis=-1)  # [R, S, 2]
    return bootstrap(rows, derived_seed(config.seed, 26), difference)


def _summary(config: MeasuresConfig, verdicts: Sequence[Verdict], heavy: Estimate) -> str:
    rate, fall, ratio, _, share = (verdict.estimate for verdict in verdicts)
    return (
        f"For m random points d_c goes like m^-{rate.value:.2f} [{rate.low:.2f}, {rate.high:.2f}]. Without "
        f"discrete inputs residuals go like alpha^{fall.value:.2f}, and end at {ratio.value:.2f} "
        f"[{ratio.low:.2f}, {ratio.high:.2f}] times those with them. With Student's y of nu = {config.freedom:g} d_c "
        f"of even points goes like m^-{heavy.value:.2f}; with nu = {min(config.freedoms):g}, {share.value:.0%} of the "
        "unprojected runs were thrown out for good."
    )


def _rate_table(distance_rates: list[tuple[Estimate, ...]], end_rates: list[tuple[Estimate, ...]]) -> Table:
    rows = [
        (setting, points, *d.triple, *e.triple)
        for setting, *pair in zip(SETTINGS, distance_rates, end_rates, strict=True)
        for points, d, e in zip(POINTS, *pair, strict=True)
    ]
    names = ("b of d_c", "low", "high", "b of |grad F|", "low of it", "high of it")
    return Table.of_rows(
        "Flows of m points: exponents b of m^-b, for d_c and for |grad F| of the finer F at the end of the flow",
        {"continuous": "", "points": "", **dict.fromkeys(names, "1")},
        rows,
    )


def _run_table(config: MeasuresConfig, intervals: np.ndarray, own: np.ndarray) -> Table:
    rows, least = [], int(np.argmin(config.alphas))
    for k, setting in enumerate(SETTINGS):
        for i, source in enumerate(sources(config)):
            rows.append((setting, source, *intervals[k, i, least], own[k, :, i, least].mean() if i < 2 else np.nan))
    names = ("residual", "low", "high", "of its own F")
    return Table.of_rows(
        f"Natural residuals of noised projected SGD at alpha = {min(config.alphas):g}, of an F of {config.fine} points",
        {"continuous": "", "drawn from": "", **dict.fromkeys(names, "1")},
        rows,
    )


def _tail_table(config: MeasuresConfig, norms: Sequence[Part], index: list[Estimate], out: np.ndarray) -> Table:
    quantiles, rows = _grouped(norms, "quantiles", len(index)), []
    for j, (name, law) in enumerate(targets(config)):
        share = wilson(int(out[j].sum()), out.shape[1])
        largest = np.median(quantiles[j, :, -1])
        middle = float(np.interp(0.5, SHARES[::-1], np.median(quantiles[j], axis=0)[::-1]))
        rows.append((name, _moment(law), *index[j].triple, middle, largest, *share.triple))
    names = ("nu", "tail index of |phi|", "low", "high", "median |phi|", "|phi| exceeded once in 1000")
    shares = ("thrown out", "low of it", "high of it")
    return Table.of_rows(
        "Targets with tails: Hill's index of |phi|, and shares of unprojected runs thrown out for good",
        {"target": "", **dict.fromkeys((*names, *shares), "1")},
        rows,
    )


def _moment(law: Isotropic) -> float:
    return law.freedom if law.kind == "student" else np.nan


def _flow_table(config: MeasuresConfig, d_c: np.ndarray, ends: np.ndarray) -> Table:
    rows = [
        (setting, m, POINTS[min(draw, 1)], repeat, d_c[k, repeat, i, draw], ends[k, repeat, i, draw])
        for k, setting in enumerate(SETTINGS)
        for repeat in range(d_c.shape[1])
        for i, m in enumerate(config.supports)
        for draw in range(d_c.shape[3])
    ]
    units = {"continuous": "", "m": "1", "points": "", "repeat": "1", "d_c": "1", "|grad F| at the end": "1"}
    return Table.of_rows("Every flow", units, rows)


def _finer_table(config: MeasuresConfig, flows: Sequence[Part], runs: Sequence[Part]) -> Table:
    K = len(SETTINGS)
    changes = [_grouped(flows, name, K) for name in ("change", "residual_change")] + [_grouped(runs, "change", K)]
    rows = [(setting, *(_largest(change[k]) for change in changes)) for k, setting in enumerate(SETTINGS)]
    names = ("d_c", "|grad F| of flows", "residual of runs")
    return Table.of_rows(
        f"What stands for the law, {config.finer} m points, made twice as fine: the largest change in "
        f"{config.checked} repeat(s)",
        {"continuous": "", **dict.fromkeys(names, "1")},
        rows,
    )


def _largest(change: np.ndarray) -> float:
    seen = np.abs(change[~np.isnan(change)])
    return float(seen.max()) if seen.size else np.nan


def _notes(config: MeasuresConfig, index: Sequence[Estimate]) -> Sequence[str]:
    m = max(config.supports)
    bound, heavy = (problem(config, *even(config, k, m, 0)).alpha_0() for k in (0, HEAVY))
    nu = np.array([_moment(law) for _, law in targets(config)])
    over = np.array([e.value for e in index])[np.isfinite(nu)] > nu[np.isfinite(nu)]
    above_all = "; here it lies above it for every Student law" if over.all() else ""
    return (
        f"{step_note(bound, config.alphas)} That is for the discrete target; alpha_0 is {heavy:.2g} for {m} even "
        "points of Student's law. It falls with the largest |y|, to 0: for an unbounded y no step is covered.",
        "Which hypothesis fails: A6 in every setting when the law itself is drawn from; A3 (bounded supports) also for "
        "a Gaussian or Student's law. The network's cut-off keeps T bounded for every x; nothing does for y.",
        f"Flows end at s = {config.k_max}: d_c is cut there, and what lies beyond adds at most "
        f"{2.0**-config.k_max:.2g}. Their gradients at the end mix what the discretisation moves with what the flow "
        "has still to go; the latter is the same for every m.",
        "A run with constant alpha fluctuates: its residuals do not vanish at fixed alpha, with any source.",
        "With random points the means that make up grad F have errors of order m^-1/2, or m^-(1 - 1/nu) where the "
        "target's tail index nu is below 2; even points have no such law, and smoother integrands give larger b.",
        "Hill's index is from the largest gradients of finite runs: for laws that are not exact powers it can be far "
        f"from the tail index{above_all}. For a Gaussian target it only says that it is large.",
    )
