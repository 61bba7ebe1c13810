"""The landscape of the discrete sliced Wasserstein energy: its surfaces, its Monte-Carlo error, and descents on it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial

import numpy as np
from numpy.typing import ArrayLike

from swref.directions import directions
from swref.errors import SwrefError
from swref.experiments.frame.pool import Part, Pool
from swref.experiments.frame.record import Fact, Record
from swref.experiments.frame.samples import Sample, estimated, sampled
from swref.experiments.frame.tables import Table, table
from swref.experiments.frame.verdict import above, below, within
from swref.experiments.landscape.config import SEEDS, Config
from swref.experiments.landscape.drawings import figures
from swref.experiments.landscape.spiral import by_blocks, by_sgd, descents, methods_of, shown_iterations, spiral_cloud
from swref.experiments.landscape.two_points import disc_errors, minima, surfaces
from swref.experiments.problems.planar import step_note
from swref.inference.statistics import LEVEL, Estimate, median, power_law, share
from swref.networks import Particles
from swref.theory import StepBounds, alpha_0, alpha_0_sharp, count_cells, network_bounds
from swref.theory.clouds.arrangement import most_cells

__all__ = ["Config", "figures", "run"]

Samples = Mapping[str, Sample]  # by name: what the parts gave


def run(config: Config, pool: Pool) -> Record:
    """Surfaces, errors, minima and descents."""
    (drawn,) = pool.map("surfaces", surfaces, [(config,)])
    of = samples_of(config, pool)
    race, cells = race_of(config, of["first"]), cell_table(config)
    exact = estimated(of["final"].map(lambda cost: cost < config.exact_below), share)
    estimates = {
        "rate": slope_of(of["error"]),
        "approach": slope_of(of["distance"]),
        "stuck": estimated(of["final"].at(method=by_blocks(config.few))).estimate(),
        "exact": exact.at(method=by_blocks(config.enough)).estimate(),
        "times": times_as_many(race),
        "sorts": times_as_many(sorts_of(config, race)),
    }
    at, every = config.stuck_at, {"W_2^2": of["final"], "iterations": of["updates"], "first exact": of["first"]}
    return Record(
        verdicts=(
            within("uniform", estimates["rate"], -config.rate_high, -config.rate_low),
            below("minima", estimates["approach"], 0.0),
            within("stuck", estimates["stuck"], at / config.stuck_factor, at * config.stuck_factor),
            above("exact", estimates["exact"], config.share_exact),
            above("faster", estimates["times"], config.times_faster),
        ),
        tables={
            "descents": descent_table(config, of, exact),
            "uniform": uniform_table(config, of["error"], of["missed"]),
            "minima": minima_table(of["distance"], of["further"], of["value"]),
            "critical": critical_table(drawn),
            "cells": cells,
            "runs": table("Every descent", every, order="method repeat"),
        },
        shown=("descents", "uniform", "minima"),
        samples={name: of[name] for name in ("error", "distance", "costs", "final")},
        arrays={
            **{name: drawn[name] for name in ("axis", "surfaces", "theta")},
            "error_slope": np.array(estimates["rate"].triple),
            "distance_slope": np.array(estimates["approach"].triple),
            "iterations": shown_iterations(config),
            "target": spiral_cloud(config.spiral_points, config.spiral_turns),
            **typical_ends(config, of),
        },
        facts={**estimates, **two_point_facts(config, of, drawn, cells), **spiral_facts(config, of, exact)},
    )


def samples_of(config: Config, pool: Pool) -> Samples:
    """The errors over a disc, the critical points of E_L and the descents, for every repeat."""
    return {
        **sampled(pool, "uniform-error", disc_errors, config, {"repeat": range(config.uniform_repeats)},
                  {"error missed": "L"}, {"L": config.uniform_directions}),
        **sampled(pool, "minima", minima, config, {"repeat": range(config.minima_repeats)},
                  {"distance further value": "L"}, {"L": config.minima_directions}),
        **sampled(pool, "descents", descents, config, {"repeat": range(config.descent_repeats)},
                  {"costs": "method iteration", "ends": "method point x", "final updates first": "method"},
                  {"method": methods_of(config), "iteration": shown_iterations(config),
                   "point": range(config.spiral_points), "x": (1, 2)}),
    }  # fmt: skip


def slope_of(values: Sample) -> Estimate:
    """The exponent of values [repeat, L] over L."""
    return power_law(values.axes["L"], values.rows("repeat", "L"))


def of_finite(statistic: Callable[[np.ndarray], ArrayLike], values: np.ndarray, axis: int = -1) -> np.ndarray:
    """A statistic of the finite entries along an axis, NaN without any."""

    def of_row(row: np.ndarray) -> ArrayLike:
        kept = row[np.isfinite(row)]
        return statistic(kept) if len(kept) else np.nan

    return np.asarray(np.apply_along_axis(of_row, axis, values))


finite_median = partial(of_finite, np.median)


def sorts_of(config: Config, iterations: Sample) -> Sample:
    """Sorts of n numbers in `iterations` [method]: L in each and L for Z once; with SGD 2 in each, of Y and Z."""
    L, methods = {by_blocks(L): L for L in config.descent_directions}, iterations.axes["method"]
    each, before = (np.array([L.get(method, of_sgd) for method in methods]) for of_sgd in (2, 0))
    return iterations * Sample(each, {"method": methods}) + Sample(before, {"method": methods})


def race_of(config: Config, first: Sample) -> Sample:
    """The first exact iterates [repeat, method] of the descent with enough directions and then of SGD with every step.

    A run of SGD that never is exact counts with all of its iterations, such a descent is infinite.
    """
    race = first.where(method=[by_blocks(config.enough), *map(by_sgd, config.sgd_steps)])
    return race.map(lambda t: np.column_stack((t[:, :1], np.minimum(t[:, 1:], config.sgd_iterations))))


def times_as_many(race: Sample) -> Estimate:
    """How many times the iterations, or sorts, of the descent in the race the best SGD takes to exact.

    Of medians: for the descent over its exact runs, for SGD over all. The ends are those of the medians' intervals,
    whose levels leave 0.05 for all of them together.
    """
    descent, *sgd = race.rows("method", "repeat")
    exact = descent[np.isfinite(descent)]
    if len(exact) < 2:
        return Estimate(np.nan, 0.0, np.inf, f"{len(exact)} exact descents: no interval")
    level = 1 - (1 - LEVEL) / (1 + len(sgd))
    below, (value, low, high) = median(exact, level), np.min([median(row, level).triple for row in sgd], axis=0)
    return Estimate(
        value / below.value,
        max(0.0, low) / below.high,
        high / below.low if below.low > 0 else np.inf,
        f"medians of {len(exact)} and {len(sgd[0])} repeats",
    )


def typical_ends(config: Config, of: Samples) -> dict[str, np.ndarray]:
    """The end points [3, n, 2] of the runs of median W_2^2: few directions, enough of them, the last step of SGD."""
    ends, costs = [], []
    for method in (by_blocks(config.few), by_blocks(config.enough), by_sgd(config.sgd_steps[-1])):
        final = of["final"].at(method=method).values
        repeat = int(np.argsort(final, kind="stable")[len(final) // 2])
        ends.append(of["ends"].at(method=method, repeat=repeat).values)
        costs.append(final[repeat])
    return {"typical": np.array(ends), "typical_cost": np.array(costs)}


def spread_of(sample: Sample) -> dict[str, Sample]:
    """Quantiles over the repeats, as columns."""
    shares = {"10 %": 0.1, "median": 0.5, "90 %": 0.9}
    return {name: sample.over("repeat", partial(np.quantile, q=q)) for name, q in shares.items()}


def descent_table(config: Config, of: Samples, exact: Sample) -> Table:
    """A row for every method: where it ends, how often exactly, and what that took."""
    final, soon = of["final"], of["first"].over("repeat", finite_median)
    columns = {
        **spread_of(final),
        "mean": final.over("repeat", np.mean),
        "share exact": exact,
        "median iterations": of["updates"].over("repeat", np.median),
        "iterations to exact": soon,
        "sorts to exact": sorts_of(config, soon),
    }
    title = (
        f"W_2^2 between the end points and the spiral over {config.descent_repeats} starts; medians until W_2^2 < "
        f"{config.exact_below:g} over the runs that reach it"
    )
    return table(title, columns)


def uniform_table(config: Config, error: Sample, missed: Sample) -> Table:
    """A row for every L: the largest error over the disc."""
    mean, L = error.over("repeat", np.mean), error.axes["L"]
    columns = {
        "repeats": error.count("repeat"),
        "mean": mean,
        **spread_of(error),
        "sqrt(L) mean": mean * Sample(np.sqrt(L), {"L": L}),
        "most missed by the grid": missed.over("repeat", np.max),
    }
    return table(f"Largest |E_L(y) - E(y)| over |y| <= {config.disc:g}", columns)


def minima_table(distance: Sample, further: Sample, value: Sample) -> Table:
    """A row for every L: the critical points of E_L."""
    L = distance.axes["L"]
    columns = {
        "repeats": distance.count("repeat"),
        "cells": Sample(2 * np.array(L), {"L": L}),
        "share with further minima": further.map(lambda pairs: pairs > 0).over("repeat", np.mean),
        "pairs of them": further.over("repeat", np.mean),
        "mean distance": distance.over("repeat", np.mean),
        "mean value": value.over("repeat", partial(of_finite, np.mean)),
    }
    title = "Minima of E_L beside the global ones, and the distance of its furthest critical point from those of E"
    return table(title, columns)


def critical_table(drawn: Part) -> Table:
    """The critical points of the surfaces."""
    columns = {"y_1": drawn["y"][:, 0], "y_2": drawn["y"][:, 1], "value": drawn["value"],
               "least subgradient": drawn["residual"]}  # fmt: skip
    named = {name: ("", drawn[name]) for name in ("energy", "kind")}
    return Table(
        "Critical points of the surfaces, one of each pair y, -y",
        {**named, **{name: ("1", values) for name, values in columns.items()}},
    )


def cell_table(config: Config) -> Table:
    """The cells of E_L in R^5, counted, beside the formula."""
    rows = [
        (L, count_cells(directions(SEEDS("cells", config.seed, k), L, 5)), most_cells(L, 5))
        for k, L in enumerate(config.counted)
    ]
    return Table.of_rows("Cells of E_L for two points of R^5", {"L": "1", "cells counted": "1", "formula": "1"}, rows)


def two_point_facts(config: Config, of: Samples, drawn: Part, cells: Table) -> dict[str, Fact]:
    """What the words name of the two points."""
    most, away = max(config.minima_directions), of["distance"].over("repeat", np.mean)
    missed = of["missed"].over("repeat", np.max) / of["error"].over("repeat", np.mean)
    counted = zip(*(cells.column(name) for name in ("cells counted", "formula", "L")), strict=True)
    return {
        "least_uniform": min(config.uniform_directions),
        "most_uniform": max(config.uniform_directions),
        "most_minima": most,
        "further": float(np.mean(of["further"].at(L=most).values > 0)),
        "away_most": away.at(L=most).item(),
        "away_first": away.at(L=config.minima_directions[0]).item(),
        "missed": float(missed.values.max()),
        "residual": float(drawn["residual"].max()),
        "cells": ", ".join(f"{count} of {formula} for L = {L}" for count, formula, L in counted),
    }


def spiral_facts(config: Config, of: Samples, exact: Sample) -> dict[str, Fact]:
    """What the words name of the descents."""
    few, enough = (of["final"].at(method=by_blocks(L)).values for L in (config.few, config.enough))
    soon, rest = of["first"].over("repeat", finite_median), enough[enough >= config.exact_below]
    step = min(config.sgd_steps)
    slow = race_of(config, of["first"]).at(method=by_sgd(step)).over("repeat", np.median)
    first = soon.at(method=by_blocks(config.enough)).item()
    n, target = config.spiral_points, spiral_cloud(config.spiral_points, config.spiral_turns)
    bounds = network_bounds(Particles(n, 2), np.inf, float(n - 1))
    R_y = float(np.linalg.norm(target, axis=1).max())
    if bounds is None:  # cannot be: T is linear in u
        raise SwrefError("particles have no known bounds")
    return {
        "few_not_exact": 1 - exact.at(method=by_blocks(config.few)).estimate().value,
        "least_few": few.min(),
        "most_few": few.max(),
        "few_below": float(np.mean(few < config.stuck_at)),
        "others": f"; the others stopped at a median W_2^2 of {np.median(rest):.2g}" if len(rest) else "",
        "first": first,
        "firsts_sgd": ", ".join(
            f"{soon.at(method=by_sgd(alpha)).item():.0f} with alpha = {alpha:g}" for alpha in config.sgd_steps
        ),
        "smallest_step": step,
        "slowest": slow.item() / first,
        "step_note": step_note(
            StepBounds(alpha_0(2, R_y, 2 * n, bounds.M), alpha_0_sharp(bounds, R_y), None), config.sgd_steps
        ),
    }
