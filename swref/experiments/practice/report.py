"""The comparison as numbers: ratios to plain SGD over seeds, tables, verdicts, summary and notes."""

from __future__ import annotations

import numpy as np

from swref.experiments.frame.earlier import Verdict, below
from swref.experiments.frame.pool import Part
from swref.experiments.frame.statistics import Estimate, geometric_mean, jackknife
from swref.experiments.frame.tables import Table
from swref.experiments.practice.config import DATA, SCHEMES, PracticeConfig
from swref.experiments.practice.measure import times

Values = dict[str, dict[str, np.ndarray]]  # data set -> name -> values [R, S, ...] over repeats and schemes
WEAK_WIDE, DECREASING = 1, 4  # of SCHEMES


def ratio(values: Values, data: str, scheme: int) -> Estimate:
    """The final held-out distance over that of plain SGD of the same repeat: geometric mean over the repeats."""
    final = values[data]["final"]
    return geometric_mean(np.log(final[:, scheme] / final[:, 0]))


def result_table(config: PracticeConfig, values: Values, yardsticks: Values) -> Table:
    """Every scheme on every data set: final distance, its spread and error, and the paired difference to plain SGD."""
    rows = []
    for data in DATA:
        found, halves = values[data], yardsticks[data]["halves"]
        for k, scheme in enumerate(SCHEMES):
            final = found["final"][:, k]
            difference = jackknife(final - found["final"][:, 0])
            rows.append(
                (
                    data,
                    scheme.name,
                    final.mean(),
                    final.std(ddof=1),
                    found["final_error"][:, k].mean(),
                    (final / halves).mean(),
                    *difference.triple,
                )
            )
    names = ("held-out SW_2", "spread of seeds", "draws' error", "over two halves", "minus plain", "low", "high")
    units = {"data": "", "scheme": "", **dict.fromkeys(names, "units of the data")}
    return Table.of_rows("Held-out distance at the end", {**units, "over two halves": "1"}, rows)


def choice_table(config: PracticeConfig, values: Values) -> Table:
    """What the rules gave: radius, noise level, and how often the ball was felt."""
    rows = []
    for data in DATA:
        found, training = values[data], config.training(data, 0, SCHEMES[0])
        for k, scheme in enumerate(SCHEMES):
            start, end = found["norms"][:, k, 0].mean(), found["norms"][:, k, -1].mean()
            step = config.training(data, 0, scheme, 1.0).step
            r, a, touching = (found[name][:, k].mean() for name in ("radius", "noise", "on_sphere"))
            ball = f"{r:.3g}" if scheme.ball else "none"
            rows.append((data, scheme.name, ball, training.steps, step, a, start, end, touching))
    names = ("steps", "first alpha", "noise a", "|u| at the start", "|u| at the end", "share on the sphere")
    units = {"data": "", "scheme": "", "radius r": "", **dict.fromkeys(names, "1")}
    return Table.of_rows("What was run: means over the seeds", units, rows)


def run_table(values: Values) -> Table:
    """The end of every run."""
    rows = [
        (data, repeat, scheme.name, values[data]["final"][repeat, k], values[data]["final_error"][repeat, k])
        for data in DATA
        for repeat in range(len(values[data]["final"]))
        for k, scheme in enumerate(SCHEMES)
    ]
    unit = "units of the data"
    units = {"data": "", "repeat": "1", "scheme": "", "held-out SW_2": unit, "draws' error": unit}
    return Table.of_rows("Every run", units, rows)


def curve_table(config: PracticeConfig, values: Values) -> Table:
    """The held-out distance of every run along its steps."""
    rows = [
        (data, repeat, scheme.name, t, values[data]["curve"][repeat, k, j])
        for data in DATA
        for repeat in range(len(values[data]["curve"]))
        for k, scheme in enumerate(SCHEMES)
        for j, t in enumerate(times(config, data))
    ]
    units = {"data": "", "repeat": "1", "scheme": "", "step": "1", "held-out SW_2": "units of the data"}
    return Table.of_rows("Every run along its steps", units, rows)


def yardstick_table(yardsticks: Values) -> Table:
    """What sampling alone leaves, for every split."""
    rows = [
        (data, repeat, halves, own)
        for data in DATA
        for repeat, (halves, own) in enumerate(
            zip(yardsticks[data]["halves"], yardsticks[data]["training_half"], strict=True)
        )
    ]
    unit = "units of the data"
    units = {"data": "", "repeat": "1", "two random halves": unit, "training half to held-out": unit}
    return Table.of_rows("What sampling alone leaves", units, rows)


def verdicts(config: PracticeConfig, values: Values) -> list[Verdict]:
    """The cost of the prescriptions, and the gain of a decreasing step, on each data set."""
    statistic = "final held-out SW_2 over plain SGD's, geometric mean over seeds"
    found = []
    for data in DATA:
        cost = ratio(values, data, WEAK_WIDE)
        found.append(
            below(
                f"weak noise and a wide ball cost nothing that matters ({data})",
                statistic,
                cost,
                config.cost_below,
                f"They changed the distance by a factor {cost.value:.3f}.",
            )
        )
    for data in DATA:
        gain = ratio(values, data, DECREASING)
        found.append(
            below(
                f"a decreasing step ends closer than a constant one with as many steps ({data})",
                statistic,
                gain,
                1.0,
                f"It changed the distance by a factor {gain.value:.3f}.",
            )
        )
    return found


def ratios(values: Values, data: str) -> np.ndarray:
    """[S, 3]: the ratio of every scheme and its interval."""
    return np.array([ratio(values, data, k).triple for k in range(len(SCHEMES))])


def summary(values: Values, yardsticks: Values) -> str:
    """Where plain SGD ended on each data set, and the other schemes against it."""
    sentences = []
    for data in DATA:
        plain = values[data]["final"][:, 0].mean() / yardsticks[data]["halves"].mean()
        changes = [
            f"{scheme.name} {_change(ratio(values, data, k).value)}" for k, scheme in enumerate(SCHEMES) if k > 0
        ]
        sentences.append(
            f"On {data}, plain SGD ended at {plain:.2f} times the distance of two halves of the data; against it: "
            f"{', '.join(changes)}."
        )
    return " ".join(sentences)


def _change(ratio: float) -> str:
    return f"{round(ratio - 1, 3) + 0.0:+.1%}"  # + 0.0: no "-0.0 %"


def notes(config: PracticeConfig, pilots: dict[str, Part], values: Values) -> tuple[str, ...]:
    """What a reader must know to trust the numbers."""
    bounds = []
    for data in DATA:
        alpha, bound = config.training(data, 0, SCHEMES[0]).step, float(pilots[data]["alpha_0"])
        bounds.append(f"{data}: alpha_0 = {bound:.1g}, alpha/alpha_0 = {alpha / bound:.1g}")
    wide = max(values[data]["on_sphere"][:, 1].max() for data in DATA)
    return (
        "Theorem 1 is for steps alpha below alpha_0, a constant from worst-case bounds, taken here in the wide ball "
        f"and for the largest of many inputs; Theorem 2 for alpha going to 0. Here: {'; '.join(bounds)}.",
        "The theorems do not cover a decreasing step; nor plain SGD here, whose network without cut-offs or a ball has "
        "no global Lipschitz constant.",
        "The inputs are Gaussian and so neither bounded nor discrete: Theorem 2 asks for discrete ones, and its case "
        "for continuous ones is open. The projection alone does not bring the runs inside it.",
        f"In the wide ball at most {wide:.0%} of the iterates of a run with weak noise lay on the sphere.",
        "The held-out half is finite: a generator that knew the law of the data would not have distance 0, but about "
        "that of two halves. Which half is held out changes the distances of all schemes alike; the ratios do not "
        "contain it.",
        "The directions of the evaluation are fixed for a seed: their error, too, is shared by the schemes.",
        f"A decreasing step starts at {config.decay_ratio / np.log1p(config.decay_ratio):.2f} times the constant one, "
        f"and ends at {config.decay_ratio / np.log1p(config.decay_ratio) / (1 + config.decay_ratio):.2f} times it.",
    )
