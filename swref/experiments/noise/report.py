"""What the runs say: tables, paired differences, verdicts and the summary."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from swref.experiments.frame.earlier import Verdict, above, below
from swref.experiments.frame.pool import Part
from swref.experiments.frame.seeds import derived_seed
from swref.experiments.frame.statistics import Estimate, bootstrap, exact, paired_difference, wilson
from swref.experiments.frame.tables import Table
from swref.experiments.noise.config import NoiseConfig
from swref.experiments.noise.runs import EXACT, SGD, arms
from swref.experiments.noise.starts import GROUPS, Start

LOUD = ("two points", "saddles")  # groups of saddles at which SGD's own gradients point to the way out
Runs = dict[str, dict[str, np.ndarray]]  # group -> measure -> [runs, arms, ...]


def by_group(starts: Sequence[Start], index: Sequence[int], parts: Sequence[Part]) -> Runs:
    """The parts of each group stacked, `index` naming each part's start. ended: whether the basin is below the goal."""
    runs: Runs = {}
    for group in GROUPS:
        mine = [(part, starts[i]) for part, i in zip(parts, index, strict=True) if starts[i].group == group]
        if not mine:
            continue
        runs[group] = {name: np.array([part[name] for part, _ in mine]) for name in mine[0][0]}
        runs[group]["ended"] = runs[group]["basin"] < np.array([start.goal for _, start in mine])[:, None]
        runs[group]["start"] = np.array([i for i in index if starts[i].group == group])
    return runs


def differences(config: NoiseConfig, runs: Runs, groups: Sequence[str], measure: str, a: float) -> np.ndarray:
    """`measure` of SGD with noise a less that without [runs], over the runs of `groups`: pairs on the same draws."""
    found = []
    for group in groups:
        if group not in runs:
            continue
        of = arms(config, group)
        pair = [of.index((SGD, a)), of.index((SGD, 0.0))]
        values = runs[group][measure][:, pair].astype(float)
        found.append(values[:, 0] - values[:, 1])
    return np.concatenate(found) if found else np.empty(0)


def mean_difference(
    config: NoiseConfig, runs: Runs, groups: Sequence[str], measure: str, a: float, key: int
) -> Estimate:
    """The mean of `differences` and its interval; without one for fewer than two pairs, as where no start was found."""
    values = differences(config, runs, groups, measure, a)
    if len(values) < 2:
        return Estimate(float(values.mean()) if len(values) else np.nan, np.nan, np.nan, f"none: {len(values)} pairs")
    return paired_difference(values, np.zeros(len(values)), derived_seed(config.seed, 8, key))


def delays(config: NoiseConfig, steps: np.ndarray, a: float) -> np.ndarray:
    """The logarithms [R] of the ratios of the steps [R, 1 + A] to leave with noise a and without.

    A run that did not leave counts with the length that it was given.
    """
    logs = np.log(np.minimum(steps, config.patience))
    return logs[:, 1 + config.noises.index(a)] - logs[:, 0]


def verdicts_of(config: NoiseConfig, runs: Runs, steps: np.ndarray) -> tuple[Verdict, ...]:
    """One for each of the claims of the text; steps [R, 1 + A] are those of the short runs at ordinary saddles."""
    a = config.level
    plain = np.isfinite(steps[:, 0])
    sgd_leaves = wilson(int(plain.sum()), len(plain))
    time = bootstrap(delays(config, steps, a), derived_seed(config.seed, 8, 1))
    freed = differences(config, runs, ("silent saddles",), "ended", a)
    only_noise = wilson(int(np.sum(freed > 0)), len(freed))
    basin = mean_difference(config, runs, ("bad minima",), "basin", a, 2)
    price = mean_difference(config, runs, ("random starts",), "reached", a, 3)
    pairs = f"SGD with a = {a:g} less SGD, mean over pairs"
    return (
        above(
            "SGD leaves ordinary saddles by its own sampling noise",
            f"share of runs without added noise that fell below the saddle within {config.patience} steps",
            sgd_leaves,
            config.share_left,
            f"{int(plain.sum())} of {len(plain)} runs left"
            + (f", half of these within {np.median(steps[plain, 0]):.0f} steps." if plain.any() else "."),
        ),
        above(
            f"added noise does not make it leave them {config.speed_up:g} times sooner",
            f"log of the steps to leave, {pairs}",
            time,
            -float(np.log(config.speed_up)),
            f"With noise it took {np.exp(time.value):.2f} times as many steps on (geometric) average; 1 lies "
            f"{'inside' if time.low <= 0 <= time.high else 'outside'} the interval; a run that stayed counts with "
            f"{config.patience} steps.",
        ),
        above(
            "where the sample gradients vanish along the way out, only added noise leaves",
            f"share of pairs in which SGD with a = {a:g} left and SGD did not, silent saddles",
            only_noise,
            config.share_left,
            f"{int(np.sum(freed > 0))} of {len(freed)} pairs; without noise the idle weights moved by "
            f"{runs['silent saddles']['idle'][:, 0].max():.2g}.",
        ),
        below(
            "added noise leads from bad local minima to better ones",
            f"loss of the basin at the end, {pairs}",
            basin,
            0.0,
            f"The basins changed by {basin.value:.3f} on average."
            if "bad minima" in runs
            else "No bad minimum was found.",
        ),
        above(
            "from ordinary starts added noise has a price while it is on",
            f"loss reached, {pairs}",
            price,
            0.0,
            f"The loss reached changed by {price.value:.3f} on average.",
        ),
    )


def start_table(starts: Sequence[Start]) -> Table:
    """The critical starts: value, curvature, and the noise of SGD along the way out."""
    rows = [
        (s.group, i, s.value, float(np.linalg.norm(s.u)), s.lowest, s.negatives, s.noise)
        for i, s in enumerate(starts)
        if s.group != GROUPS[-1]
    ]
    names = ("start", "F", "|u|", "lowest eigenvalue", "negative ones", "gradient noise along it")
    return Table.of_rows("Critical points to start from", {"group": "", **dict.fromkeys(names, "1")}, rows)


def outcome_table(config: NoiseConfig, runs: Runs, still: Runs) -> Table:
    """A row for every group and arm: shares that left, steps, loss reached, loss of the basin.

    `still` [runs, 1] are the exact descents from the critical starts: without draws, one run a start.
    """
    columns = [
        (group, arm, {name: values[:, j] for name, values in measures.items() if values.ndim > 1})
        for group in runs
        for measures, found in ((runs[group], arms(config, group)), (still.get(group, {}), [(EXACT, 0.0)]))
        for j, arm in enumerate(found if measures else [])
    ]
    rows = []
    for k, (group, arm, values) in enumerate(columns):
        ended = values["ended"]
        share = exact(ended.mean()) if arm == (EXACT, 0.0) else wilson(int(ended.sum()), len(ended))
        seed = derived_seed(config.seed, 9, k)
        reached, basin = (_mean(values[name], seed) for name in ("reached", "basin"))
        left = float(np.median(values["left"]))
        steps = left if left < np.inf else np.nan  # most did not leave
        rows.append((group, *arm, len(ended), *share.triple, steps, *reached.triple, basin.value))  # fmt: skip
    units = {"group": "", "gradient": "", "a": "1", "runs": "1", "left": "1", "left low": "1", "left high": "1"}
    units |= {"median steps": "steps", **dict.fromkeys(("F reached", "F low", "F high", "F of basin"), "1")}
    return Table.of_rows("Where the runs end", units, rows)


def _mean(values: np.ndarray, seed: int) -> Estimate:
    return bootstrap(values, seed) if len(values) > 1 else exact(float(values[0]))


def leaving_table(config: NoiseConfig, groups: Sequence[str], steps: np.ndarray) -> Table:
    """A row for every ordinary saddle and noise level: shares that left, steps, ratio to those without noise.

    groups [S]: the saddles' groups; steps [S, R, 1 + A].
    """
    rows = []
    for i, group in enumerate(groups):
        for j, a in enumerate((0.0, *config.noises)):
            left = np.isfinite(steps[i, :, j])
            ratio = (
                exact(0.0) if j == 0 else bootstrap(delays(config, steps[i], a), derived_seed(config.seed, 11, i, j))
            )
            ratios = np.exp(ratio.triple)
            capped = np.minimum(steps[i, :, j], config.patience)
            rows.append((group, i, a, len(left), left.mean(), *np.quantile(capped, [0.1, 0.5, 0.9]), *ratios))
    units = {"group": "", "saddle": "1", "a": "1", "runs": "1", "left": "1"}
    units |= dict.fromkeys(("steps 10 %", "median steps", "steps 90 %"), "steps")
    units |= dict.fromkeys(("mean ratio", "low", "high"), "1")
    return Table.of_rows(f"How soon SGD leaves ordinary saddles, within {config.patience} steps", units, rows)


def difference_table(config: NoiseConfig, runs: Runs) -> Table:
    """A row for every group and noise level: SGD with noise less SGD, over pairs."""
    rows = []
    for k, group in enumerate(runs):
        for j, a in enumerate(config.noises):
            keys = {name: 100 + 20 * k + 4 * j + i for i, name in enumerate(("reached", "basin"))}
            found = [mean_difference(config, runs, (group,), name, a, key) for name, key in keys.items()]
            cells = [value for estimate in found for value in estimate.triple]
            rows.append((group, a, len(runs[group]["left"]), *cells))
    names = [f"{name}{end}" for name in ("F reached", "F of basin") for end in ("", " low", " high")]
    units = {"group": "", **dict.fromkeys(("a", "pairs", *names), "1")}
    return Table.of_rows("What the noise changes: SGD with it less SGD without", units, rows)


def run_table(config: NoiseConfig, runs: Runs) -> Table:
    """Every run."""
    rows = []
    for group, measures in runs.items():
        for i, start in enumerate(measures["start"]):
            for j, arm in enumerate(arms(config, group)):
                values = [measures[name][i, j] for name in ("left", "reached", "basin", "idle")]
                rows.append((group, int(start), i, *arm, *values))
    units = {"group": "", "start": "1", "pair": "1", "gradient": "", "a": "1", "left at": "steps"}
    return Table.of_rows(
        "Every run", {**units, **dict.fromkeys(("F reached", "F of basin", "idle weights"), "1")}, rows
    )


def summary_of(config: NoiseConfig, runs: Runs, steps: np.ndarray) -> str:
    """The outcome in one sentence."""
    a = config.level
    share = {group: runs[group]["ended"] for group in runs}
    left = np.isfinite(steps[:, 0]).mean()
    silent, j = share["silent saddles"], arms(config, "silent saddles").index((SGD, a))
    text = (
        f"SGD without added noise left ordinary saddles in {left:.0%} of the runs within {config.patience} steps, and "
        f"silent ones in {silent[:, 0].mean():.0%}, where with noise a = {a:g} it was {silent[:, j].mean():.0%}"
    )
    if "bad minima" in share:
        bad = share["bad minima"]
        text += f"; out of bad minima came {bad[:, 0].mean():.0%} without noise and {bad[:, j].mean():.0%} with it"
    price = differences(config, runs, ("random starts",), "reached", a).mean()
    return (
        f"{text}; from random starts the loss reached with noise was {abs(price):.3f} "
        f"{'higher' if price > 0 else 'lower'}."
    )
