"""Verdicts, tables and notes of `landscape`."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from swref.directions import directions
from swref.experiments.landscape.config import LandscapeConfig
from swref.experiments.landscape.measured import Measured
from swref.experiments.landscape.spiral import spiral_cloud
from swref.experiments.landscape.two_points import KINDS
from swref.experiments.pool import Part
from swref.experiments.record import Table
from swref.experiments.statistics import derived_seed
from swref.experiments.verdict import Verdict, above, below, within
from swref.networks import Particles
from swref.theory import alpha_0, count_cells, network_bounds
from swref.theory.arrangement import most_cells


def verdicts(found: Measured) -> tuple[Verdict, ...]:
    """The uniform error, the minima, the descents with few and with enough directions, and the speed."""
    return (_uniform_verdict(found), _minima_verdict(found), *_descent_verdicts(found), _speed_verdict(found))


def _uniform_verdict(found: Measured) -> Verdict:
    config, rate = found.config, found.rate
    return within(
        "the largest error of E_L over a disc falls like L^(-1/2)",
        "slope of log mean largest error over log L",
        rate,
        -config.rate_high,
        -config.rate_low,
        f"It fell like L^({rate.value:.3f}) from L = {min(config.uniform_directions)} to "
        f"{max(config.uniform_directions)}.",
    )


def _minima_verdict(found: Measured) -> Verdict:
    config, last = found.config, int(np.argmax(found.config.minima_directions))
    share = np.mean(found.further[:, last] > 0)
    return below(
        "the critical points of E_L approach those of E as L grows",
        "slope of log mean distance, of the furthest critical point of E_L from those of E, over log L",
        found.approach,
        0.0,
        f"At L = {config.minima_directions[last]}, {share:.0%} of the landscapes still had minima beside the global "
        f"ones, and the furthest critical point lay {found.distance[:, last].mean():.2g} from one of E on average, "
        f"against {found.distance[:, 0].mean():.2g} at L = {config.minima_directions[0]}.",
    )


def _descent_verdicts(found: Measured) -> tuple[Verdict, Verdict]:
    config, few, many = found.config, found.method(found.config.few), found.method(found.config.enough)
    share, stuck = found.exact(many), 1 - found.exact(few).value
    low, high = config.stuck_at / config.stuck_factor, config.stuck_at * config.stuck_factor
    return (
        within(
            f"with {config.few} directions the descent on the spiral gets stuck near W_2^2 = {config.stuck_at:g}",
            f"mean W_2^2 at its end, L = {config.few}",
            found.stuck,
            low,
            high,
            f"It got stuck in {stuck:.0%} of {len(found.final)} runs, at W_2^2 from {found.final[:, few].min():.2g} to "
            f"{found.final[:, few].max():.2g}, {found.stuck.value:.2g} on average.",
        ),
        above(
            f"with {config.enough} directions the descent on the spiral ends at the target, in most runs",
            f"share of runs with W_2^2 < {config.exact_below:g} at the end, L = {config.enough}",
            share,
            config.share_exact,
            f"{share.value:.0%} of {len(found.final)} runs ended at the target; the others got stuck, at a median "
            f"W_2^2 of {_median_above(found.final[:, many], config.exact_below):.2g}.",
        ),
    )


def _speed_verdict(found: Measured) -> Verdict:
    config, sorts = found.config, found.times_as_many(in_sorts=True)
    split = len(config.descent_directions)
    every = ", ".join(
        f"{found.typical_first(split + k):.0f} with alpha = {step:g}" for k, step in enumerate(config.sgd_steps)
    )
    return above(
        f"the descent with {config.enough} directions is over {config.times_faster:g} times faster than SGD",
        "iterations of SGD, with the best of the steps, over those of an exact descent, until W_2^2 < "
        f"{config.exact_below:g}",
        found.times_as_many(in_sorts=False),
        config.times_faster,
        f"An exact descent took {found.typical_first(found.method(config.enough)):.0f} iterations of {config.enough} "
        f"directions, SGD {every}, of one direction each. In sorts the best SGD took {sorts.value:.2g} times "
        f"[{sorts.low:.2g}, {sorts.high:.2g}] those of the descent.",
    )


def _median_above(values: np.ndarray, threshold: float) -> float:
    rest = values[values >= threshold]
    return float(np.median(rest)) if len(rest) else np.nan


def tables(found: Measured, surfaces: Part) -> dict[str, Table]:
    """descents, uniform and minima for the page; every run, the critical points and the counted cells as files."""
    return {
        "descents": _descent_table(found),
        "uniform": _uniform_table(found),
        "minima": _minima_table(found),
        "critical": _critical_table(found.config, surfaces),
        "cells": _cell_table(found.config),
        "runs": _run_table(found),
    }


def method_names(config: LandscapeConfig) -> list[str]:
    """The descents in the order in which they are kept."""
    blocks = [f"block coordinates, L = {L}" for L in config.descent_directions]
    return blocks + [f"SGD, alpha = {step:g}" for step in config.sgd_steps]


def _descent_table(found: Measured) -> Table:
    rows = []
    for k, name in enumerate(method_names(found.config)):
        final, share, first = found.final[:, k], found.exact(k), found.typical_first(k)
        rows.append(
            (
                name,
                *np.quantile(final, [0.1, 0.5, 0.9]),
                final.mean(),
                share.value,
                share.low,
                share.high,
                np.median(found.updates[:, k]),
                first,
                found.sorts(k, np.array(first)),
            )
        )
    names = ("10 %", "median", "90 %", "mean", "share exact", "low", "high")
    units = {"method": "", **dict.fromkeys(names, "1"), "median iterations": "1"}
    units |= {"iterations to exact": "1", "sorts to exact": "1"}
    title = (
        f"W_2^2 between the end points and the spiral over {len(found.final)} starts; medians until W_2^2 < "
        f"{found.config.exact_below:g} over the runs that reach it"
    )
    return Table.of_rows(title, units, rows)


def _uniform_table(found: Measured) -> Table:
    rows = [
        (L, len(error), error.mean(), *np.quantile(error, [0.1, 0.5, 0.9]), np.sqrt(L) * error.mean(), missed.max())
        for L, error, missed in zip(found.config.uniform_directions, found.error.T, found.missed.T, strict=True)
    ]
    names = ("L", "repeats", "mean", "10 %", "median", "90 %", "sqrt(L) mean", "most missed by the grid")
    return Table.of_rows(f"Largest |E_L(y) - E(y)| over |y| <= {found.config.disc:g}", dict.fromkeys(names, "1"), rows)


def _minima_table(found: Measured) -> Table:
    rows = []
    for j, L in enumerate(found.config.minima_directions):
        further, value = found.further[:, j], found.value[:, j]
        values = value[np.isfinite(value)]
        mean_value = values.mean() if len(values) else np.nan
        rows.append(
            (L, len(further), 2 * L, np.mean(further > 0), further.mean(), found.distance[:, j].mean(), mean_value)
        )
    names = ("L", "repeats", "cells", "share with further minima", "pairs of them", "mean distance", "mean value")
    return Table.of_rows(
        "Minima of E_L beside the global ones, and the distance of its furthest critical point from those of E",
        dict.fromkeys(names, "1"),
        rows,
    )


def _critical_table(config: LandscapeConfig, surfaces: Part) -> Table:
    names = ["E", *(f"E_{L}" for L in config.shown)]
    rows = [
        (names[panel], KINDS[kind], *y, value, residual)
        for panel, kind, y, value, residual in zip(
            *(surfaces[key] for key in ("panel", "kind", "y", "value", "residual")), strict=True
        )
    ]
    units = {"energy": "", "kind": "", "y_1": "1", "y_2": "1", "value": "1", "least subgradient": "1"}
    return Table.of_rows("Critical points of the surfaces, one of each pair y, -y", units, rows)


def _cell_table(config: LandscapeConfig) -> Table:
    rows = [
        (L, count_cells(directions(derived_seed(config.seed, 6, k), L, 5)), most_cells(L, 5))
        for k, L in enumerate(config.counted)
    ]
    names = ("L", "cells counted", "formula")
    return Table.of_rows("Cells of E_L for two points of R^5", dict.fromkeys(names, "1"), rows)


def _run_table(found: Measured) -> Table:
    rows = [
        (name, repeat, found.final[repeat, k], found.updates[repeat, k], found.first[repeat, k])
        for k, name in enumerate(method_names(found.config))
        for repeat in range(len(found.final))
    ]
    units = {"method": "", "repeat": "1", "W_2^2": "1", "iterations": "1", "first exact": "1"}
    return Table.of_rows("Every descent", units, rows)


def notes(found: Measured, record_tables: dict[str, Table], surfaces: Part) -> Sequence[str]:
    """What a reader must know to trust the numbers."""
    config = found.config
    n, cells = config.spiral_points, record_tables["cells"]
    R_y = float(np.linalg.norm(spiral_cloud(n, config.spiral_turns), axis=1).max())
    bounds = network_bounds(Particles(n, 2), np.inf, float(n - 1))
    step_bound = np.nan if bounds is None else alpha_0(2, R_y, 2 * n, bounds.M)
    counted = ", ".join(
        f"{cells.column('cells counted')[k]:.0f} of {cells.column('formula')[k]:.0f} for L = {L}"
        for k, L in enumerate(config.counted)
    )
    return (
        f"Along the radius the largest error is exact; between the {config.angles} angles it can be larger by at most "
        f"{(found.missed.max(axis=0) / found.error.mean(axis=0)).max():.1%} of its mean, by a Lipschitz bound.",
        f"0 lies in the Clarke subdifferential at every saddle that is drawn up to {surfaces['residual'].max():.0e}.",
        f"In R^5, cells counted for two points against the formula 2 sum_(i<d) C(L-1, i): {counted}.",
        f"The reported W_2^2 of {config.stuck_at:g} is one number of the literature, without its start, directions or "
        f"spread. A W_2^2 as small was the end of {np.mean(_few(found) <= config.stuck_at):.0%} of the runs here. The "
        "starts here are standard normal; descents depend on the start through the orders of its projections alone, "
        "so neither its scale nor its mean matters.",
        "SGD takes whole clouds as batches, so that it sees E; drawn batches would add noise of their own. The theorem "
        "on constant steps, which is for drawn ones, wants alpha below alpha_0 = 1/((d^2 + 2 R_y) d_u M) = "
        f"{step_bound:.2g}; the steps here are {min(config.sgd_steps) / step_bound:.2g} to "
        f"{max(config.sgd_steps) / step_bound:.2g} times that. At the target every sample gradient is 0, whence SGD "
        "can end exactly with a constant step.",
        f"Which is faster depends on the step: with alpha = {min(config.sgd_steps):g}, SGD takes "
        f"{_slowest(found):.2g} times the iterations of an exact descent, with the best step "
        f"{found.times_as_many(in_sorts=False).value:.2g} times. The literature's step is not known here.",
        "An iteration of SGD sorts Y and Z along one direction, one of block-coordinate descent sorts Y along L; Z it "
        "sorts once. Exact descents are a selection: runs that got stuck do not enter their median.",
    )


def _slowest(found: Measured) -> float:
    """Iterations to exact with the smallest step, over those of the descent with enough directions."""
    smallest = len(found.config.descent_directions) + int(np.argmin(found.config.sgd_steps))
    return found.typical_first(smallest) / found.typical_first(found.method(found.config.enough))


def _few(found: Measured) -> np.ndarray:
    return found.final[:, found.method(found.config.few)]
