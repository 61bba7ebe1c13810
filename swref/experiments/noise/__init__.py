"""What added noise does at saddles and bad local minima, against SGD's own sampling noise and the exact gradient."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

import numpy as np

from swref.experiments.frame.pool import Pool
from swref.experiments.frame.record import Record
from swref.experiments.frame.samples import Axes, Sample, estimated, sampled
from swref.experiments.frame.tables import Table, joined, stacked, table
from swref.experiments.frame.verdict import Verdict, above, below
from swref.experiments.noise.config import Config
from swref.experiments.noise.drawings import figures
from swref.experiments.noise.runs import EXACT, SGD, arms, descent, leave, levels, race, repeats_of, times_of
from swref.experiments.noise.starts import GROUPS, Start, all_starts
from swref.experiments.problems.planar import planar_problem, step_note
from swref.inference.statistics import Estimate, exact, geometric_mean, mean, share

__all__ = ["Config", "figures", "run"]

LOUD = GROUPS[:2]  # groups of saddles at which SGD's own gradients point to the way out
RANDOM = GROUPS[-1]
Measures = dict[str, Sample]  # measure -> [run, arm, ...]
Runs = dict[str, Measures]  # group -> its measures


def run(config: Config, pool: Pool) -> Record:
    """Find the starts, then run every arm from each."""
    starts, best, counts = all_starts(config, pool)
    runs = {group: _race(config, pool, starts, group) for group in dict.fromkeys(start.group for start in starts)}
    still = {group: _descent(config, pool, starts, group) for group in runs if group != RANDOM}
    loud = [(start.group, i) for i, start in enumerate(starts) if start.group in LOUD]
    places: Axes = {"repeat": range(config.leave_repeats), "a": levels(config)}
    short = partial(leave, starts)
    steps = sampled(pool, "leave", short, config, {"saddle": loud}, {"steps": "repeat a"}, places)["steps"]
    return Record(
        verdicts=verdicts_of(config, runs, steps),
        tables={
            "starts": start_table(starts),
            "outcomes": outcome_table(config, runs, still),
            "leaving": leaving_table(config, steps),
            "differences": difference_table(config, runs),
            "runs": run_table(runs),
        },
        shown=("starts", "leaving", "outcomes", "differences"),
        samples={
            "steps to leave": steps,
            **{f"loss of {group}": measures["loss"] for group, measures in runs.items()},
            **{f"descent of {group}": measures["loss"].at(arm=(EXACT, 0.0)) for group, measures in still.items()},
        },
        arrays={"steps": times_of(config)},
        facts={
            **counts,
            **facts_of(config, runs, steps),
            "best": best,
            "stayed": sum(int(np.sum(~still[group]["ended"].values)) for group in GROUPS[:3] if group in still),
            "descents": sum(still[group]["ended"].values.size for group in GROUPS[:3] if group in still),
            "least_noise": min(start.noise for start in starts if start.group in LOUD),
            "most_noise": max(start.noise for start in starts if start.group in LOUD),
            "step_note": step_note(planar_problem(config.points, config.hidden).step_bounds(), [config.alpha]),
        },
    )


def _race(config: Config, pool: Pool, starts: Sequence[Start], group: str) -> Measures:
    """Every run of every arm from the starts of a group."""
    mine = [i for i, start in enumerate(starts) if start.group == group for _ in range(repeats_of(config, group))]
    run = [(i, pair) for pair, i in enumerate(mine)]
    shapes = {"loss": "arm step", "left reached basin ended idle": "arm"}
    inner: Axes = {"arm": arms(config, group), "step": times_of(config)}
    stage = f"race-{group.replace(' ', '-')}"
    return sampled(pool, stage, partial(race, starts), config, {"run": run}, shapes, inner)


def _descent(config: Config, pool: Pool, starts: Sequence[Start], group: str) -> Measures:
    """Exact descent from the critical starts of a group: without draws, one run a start."""
    run, stage = [i for i, start in enumerate(starts) if start.group == group], f"descent-{group.replace(' ', '-')}"
    inner = {"step": times_of(config)}
    found = sampled(pool, stage, partial(descent, starts), config, {"run": run}, {"loss": "step"}, inner)
    arm = {"arm": [(EXACT, 0.0)]}
    return {name: Sample(np.expand_dims(s.values, 1), {"run": run, **arm, **s.axes}) for name, s in found.items()}


def of_sgd(measure: Sample) -> Sample:
    """A measure [run, arm] of the arms that follow sample gradients, by noise level: [run, a]."""
    mine = measure.where(arm=lambda arm: arm[0] == SGD)
    return Sample(mine.values.astype(float), {"run": mine.axes["run"], "a": [a for _, a in mine.axes["arm"]]})


def changes(config: Config, runs: Runs, group: str, measure: str) -> Sample:
    """A measure of SGD with noise less that without [run, a], in pairs on the same draws; no runs where no start is."""
    if group not in runs:
        return Sample(np.empty((0, 1 + len(config.noises))), {"run": (), "a": levels(config)})
    found = of_sgd(runs[group][measure])
    return found - found.at(a=0.0)


def mean_change(config: Config, runs: Runs, group: str, measure: str) -> Sample:
    """The means of `changes` [a]; without intervals for fewer than two pairs."""

    def change(rows: np.ndarray) -> Estimate:
        if len(rows) > 1:
            return mean(rows)
        return Estimate(float(rows.mean()) if len(rows) else np.nan, np.nan, np.nan, f"none: {len(rows)} pairs")

    found = changes(config, runs, group, measure).where(a=config.noises)
    return estimated(found, change, over="run")


def delays(config: Config, steps: Sample) -> Sample:
    """The logarithms of the ratios of the steps to leave [saddle, repeat, a], with noise a and without.

    A run that did not leave counts with the length that it was given.
    """
    logs = steps.map(lambda found: np.log(np.minimum(found, config.patience)))
    return logs - logs.at(a=0.0)


def verdicts_of(config: Config, runs: Runs, steps: Sample) -> Sequence[Verdict]:
    """One for each of the claims; steps [saddle, repeat, a] are those of the short runs at ordinary saddles."""
    a, plain = config.level, steps.at(a=0.0).values.ravel()
    delay = mean(delays(config, steps).at(a=a).values.ravel())
    freed = changes(config, runs, "silent saddles", "ended").at(a=a).values > 0
    basin, price = (
        mean_change(config, runs, group, measure).at(a=a).estimate()
        for group, measure in (("bad minima", "basin"), (RANDOM, "reached"))
    )
    left = plain[np.isfinite(plain)]
    median = f", half of these within {np.median(left):.0f} steps." if left.size else "."
    inside = "inside" if delay.low <= 0 <= delay.high else "outside"
    idle = of_sgd(runs["silent saddles"]["idle"]).at(a=0.0).values.max()
    moved = f"The basins changed by {basin.value:.3f} on average."
    return (
        above("ordinary", share(np.isfinite(plain)), config.share_left, left=left.size, runs=plain.size, median=median),
        above("sooner", delay, -float(np.log(config.speed_up)), times=np.exp(delay.value), inside=inside),
        above("silent", share(freed), config.share_left, freed=int(freed.sum()), pairs=freed.size, idle=idle),
        below("minima", basin, 0.0, seen=moved if "bad minima" in runs else "No bad minimum was found."),
        above("price", price, 0.0),
    )


def facts_of(config: Config, runs: Runs, steps: Sample) -> dict[str, str | float]:
    """What the summary names."""
    a, ended = config.level, {group: of_sgd(measures["ended"]).over("run", np.mean) for group, measures in runs.items()}
    bad, price = ended.get("bad minima"), changes(config, runs, RANDOM, "reached").at(a=a).values.mean()
    minima = "; out of bad minima came {:.0%} without noise and {:.0%} with it"
    return {
        "ordinary_left": float(np.isfinite(steps.at(a=0.0).values).mean()),
        "silent_left": ended["silent saddles"].at(a=0.0).item(),
        "silent_left_noised": ended["silent saddles"].at(a=a).item(),
        "minima_left": "" if bad is None else minima.format(bad.at(a=0.0).item(), bad.at(a=a).item()),
        "price": f"{abs(price):.3f} {'higher' if price > 0 else 'lower'}",
    }


def start_table(starts: Sequence[Start]) -> Table:
    """The critical starts: value, curvature, and the noise of SGD along the way out."""
    rows = [
        (s.group, i, s.value, float(np.linalg.norm(s.u)), s.lowest, s.negatives, s.noise)
        for i, s in enumerate(starts)
        if s.group != RANDOM
    ]
    names = ("start", "F", "|u|", "lowest eigenvalue", "negative ones", "gradient noise along it")
    return Table.of_rows("Critical points to start from", {"group": "", **dict.fromkeys(names, "1")}, rows)


def outcome_table(config: Config, runs: Runs, still: Runs) -> Table:
    """A row for every group and arm: shares that left, steps, loss reached, loss of the basin."""

    def reached(rows: np.ndarray) -> Estimate:
        return mean(rows) if len(rows) > 1 else exact(rows[0])

    def of(group: str, measures: Measures, left: Callable[[np.ndarray], Estimate]) -> Table:
        median = measures["left"].over("run", np.median)
        columns = {
            "runs": measures["ended"].count("run"),
            "left": estimated(measures["ended"], left, over="run"),
            "median steps": median.map(lambda steps: np.where(np.isfinite(steps), steps, np.nan)),  # most did not leave
            "F reached": estimated(measures["reached"], reached, over="run"),
            "F of basin": measures["basin"].over("run", np.mean),
        }
        return table("Where the runs end", columns, {"median steps": "steps"}, split={"arm": "gradient a"})

    def both(group: str) -> Table:
        found = [of(group, runs[group], share)]
        if group in still:  # without draws: no interval
            found.append(of(group, still[group], lambda ended: exact(ended.mean())))
        return joined(found)

    return stacked("group", {group: both(group) for group in runs})


def leaving_table(config: Config, steps: Sample) -> Table:
    """A row for every ordinary saddle and noise level: shares that left, steps, ratio to those without noise."""
    capped = steps.map(lambda found: np.minimum(found, config.patience))
    logs = delays(config, steps)
    columns = {
        "runs": steps.count("repeat"),
        "left": steps.map(np.isfinite).over("repeat", np.mean),
        **{
            name: capped.over("repeat", partial(np.quantile, q=q))
            for name, q in (("steps 10 %", 0.1), ("median steps", 0.5), ("steps 90 %", 0.9))
        },
        "mean ratio": estimated(logs, geometric_mean),
    }
    title = f"How soon SGD leaves ordinary saddles, within {config.patience} steps"
    units = dict.fromkeys(("steps 10 %", "median steps", "steps 90 %"), "steps")
    return table(title, columns, units, split={"saddle": "group saddle"})


def difference_table(config: Config, runs: Runs) -> Table:
    """A row for every group and noise level: SGD with noise less SGD, over pairs."""

    def of(group: str) -> Table:
        found = {name: mean_change(config, runs, group, name) for name in ("reached", "basin")}
        pairs = changes(config, runs, group, "reached").where(a=config.noises).count("run")
        columns = {"pairs": pairs, "F reached": found["reached"], "F of basin": found["basin"]}
        return table("What the noise changes: SGD with it less SGD without", columns)

    return stacked("group", {group: of(group) for group in runs})


def run_table(runs: Runs) -> Table:
    """Every run."""
    names = {"left at": "left", "F reached": "reached", "F of basin": "basin", "idle weights": "idle"}
    units, split = {"left at": "steps"}, {"run": "start pair", "arm": "gradient a"}

    def of(measures: Measures) -> Table:
        columns = {column: measures[name] for column, name in names.items()}
        return table("Every run", columns, units, split=split)

    return stacked("group", {group: of(measures) for group, measures in runs.items()})
