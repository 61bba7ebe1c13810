"""Verdicts, summary, tables and notes of `landscape`."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from swref.directions import directions
from swref.experiments.frame.earlier import Verdict, above, below, within
from swref.experiments.frame.pool import Part
from swref.experiments.frame.seeds import derived_seed
from swref.experiments.frame.tables import Table
from swref.experiments.landscape.config import LandscapeConfig
from swref.experiments.landscape.measured import Measured
from swref.experiments.landscape.spiral import spiral_cloud
from swref.experiments.landscape.two_points import KINDS
from swref.experiments.problems.planar import step_note
from swref.networks import Particles
from swref.theory import alpha_0, count_cells, network_bounds
from swref.theory.clouds.arrangement import most_cells


def verdicts(found: Measured) -> tuple[Verdict, ...]:
    """The uniform error, the minima, the descents with few and with enough directions, and the speed."""
    return (_uniform_verdict(found), _minima_verdict(found), *_descent_verdicts(found), _speed_verdict(found))


def _uniform_verdict(found: Measured) -> Verdict:
    config, rate = found.config, found.rate
    return within(
        "the largest error of E_L over a disc goes like L^(-1/2)",
        "slope of log mean largest error over log L",
        rate,
        -config.rate_high,
        -config.rate_low,
        f"It went like L^({rate.value:.3f}) from L = {min(config.uniform_directions)} to "
        f"{max(config.uniform_directions)}.",
    )


def _minima_verdict(found: Measured) -> Verdict:
    config, last = found.config, int(np.argmax(found.config.minima_directions))
    share = np.mean(found.further[:, last] > 0)
    return below(
        "the critical points of E_L approach those of E as L grows, over the L tried",
        "slope of log mean distance, of the furthest critical point of E_L from those of E, over log L",
        found.approach,
        0.0,
        f"At L = {config.minima_directions[last]}, {share:.0%} of the landscapes had minima beside the global "
        f"ones, and the furthest critical point lay {found.distance[:, last].mean():.2g} from one of E on average, "
        f"against {found.distance[:, 0].mean():.2g} at L = {config.minima_directions[0]}.",
    )


def _descent_verdicts(found: Measured) -> tuple[Verdict, Verdict]:
    config, few, many = found.config, found.method(found.config.few), found.method(found.config.enough)
    share, stuck, ends = found.exact(many), 1 - found.exact(few).value, found.final[:, few]
    low, high = config.stuck_at / config.stuck_factor, config.stuck_at * config.stuck_factor
    return (
        within(
            f"with {config.few} directions the descent on the spiral gets stuck near W_2^2 = {config.stuck_at:g}, on "
            "average over normal starts",
            f"mean W_2^2 at its end, L = {config.few}",
            found.stuck,
            low,
            high,
            f"{stuck:.0%} of {len(ends)} runs did not end at the target. W_2^2 at the end was {ends.min():.2g} to "
            f"{ends.max():.2g}, {found.stuck.value:.2g} on average; {np.mean(ends < config.stuck_at):.0%} of the runs "
            f"ended below the reported {config.stuck_at:g}, which is one run.",
        ),
        above(
            f"with {config.enough} directions the descent on the spiral ends at the target, in most runs",
            f"share of runs with W_2^2 < {config.exact_below:g} at the end, L = {config.enough}",
            share,
            config.share_exact,
            f"{share.value:.0%} of {len(found.final)} runs ended at the target{_others(found, many)}.",
        ),
    )


def _speed_verdict(found: Measured) -> Verdict:
    config, sorts = found.config, found.times_as_many(in_sorts=True)
    split = len(config.descent_directions)
    every = ", ".join(
        f"{found.typical_first(split + k):.0f} with alpha = {step:g}" for k, step in enumerate(config.sgd_steps)
    )
    return above(
        f"a descent with {config.enough} directions that ends at the target is over {config.times_faster:g} times "
        "faster than SGD with the best step",
        "iterations of SGD, with the best of the steps, over those of an exact descent, until W_2^2 < "
        f"{config.exact_below:g}",
        found.times_as_many(in_sorts=False),
        config.times_faster,
        f"An exact descent took {found.typical_first(found.method(config.enough)):.0f} iterations of {config.enough} "
        f"directions, SGD {every}, of one direction each. In sorts the best SGD took {sorts.value:.2g} times "
        f"[{sorts.low:.2g}, {sorts.high:.2g}] those of the descent. With the smallest step, alpha = "
        f"{min(config.sgd_steps):g}, SGD took {_slowest(found):.2g} times the iterations.",
    )


def _others(found: Measured, k: int) -> str:
    rest = found.final[found.final[:, k] >= found.config.exact_below, k]
    return f"; the others stopped at a median W_2^2 of {np.median(rest):.2g}" if len(rest) else ""


def summary(found: Measured) -> str:
    """The two exponents, where the descents end, and their speed."""
    config = found.config
    few, many = (found.exact(found.method(L)).value for L in (config.few, config.enough))
    return (
        f"The largest error of E_L over a disc goes like L to the power {found.rate.value:.2f}, the distance of its "
        f"critical points from those of E like L to the power {found.approach.value:.2f}. On the spiral, "
        f"block-coordinate descent with {config.few} directions ends at W_2^2 = {found.stuck.value:.2g} on average "
        f"({1 - few:.0%} of runs not at the target; reported: {config.stuck_at:g}); with {config.enough} it ends at "
        f"the target in {many:.0%} of the runs, where SGD with the best step takes "
        f"{found.times_as_many(in_sorts=False).value:.2g} times as many iterations, of one direction each."
    )


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
        f"spread. The "
        "starts here are standard normal; descents depend on the start through the orders of its projections alone, "
        "so neither its scale nor its mean matters.",
        "SGD takes whole clouds as batches, so that it sees E; drawn batches would add noise of their own, and the "
        f"theorems are for drawn ones. {step_note(step_bound, config.sgd_steps)} At the target every sample gradient "
        "is 0, whence SGD can end exactly with a constant step.",
        "How fast SGD is depends on its step, and the literature's is not known here. A run of SGD that never is exact "
        f"counts with all of its {config.sgd_iterations} iterations.",
        "An iteration of SGD sorts Y and Z along one direction, one of block-coordinate descent sorts Y along L; Z it "
        "sorts once. Exact descents are a selection: runs that got stuck do not enter their median.",
    )


def _slowest(found: Measured) -> float:
    """Iterations to exact with the smallest step, over those of the descent with enough directions; of medians."""
    smallest = len(found.config.descent_directions) + int(np.argmin(found.config.sgd_steps))
    iterations = np.median(np.minimum(found.first[:, smallest], found.config.sgd_iterations))
    return float(iterations) / found.typical_first(found.method(found.config.enough))
