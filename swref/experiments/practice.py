"""Penguins and digits: plain SGD, the noised projected scheme, and a decreasing step, at equal budget."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Final, NamedTuple

import numpy as np

from swref.experiments.frame.drawing import colours
from swref.experiments.frame.pool import Pool
from swref.experiments.frame.record import Fact, Record
from swref.experiments.frame.samples import Sample, estimated, sampled
from swref.experiments.frame.seeds import SeedTable
from swref.experiments.frame.settings import Settings, quick, require
from swref.experiments.frame.tables import Table, stacked, table
from swref.experiments.frame.verdict import below
from swref.inference.statistics import geometric_mean
from swref.plots import MARKERS, Figure, draw_band, new_figure, style
from swref.randomness import stream
from swref.runs.config import TrainConfig
from swref.runs.evaluation import HeldOut
from swref.runs.problem import Problem
from swref.theory import alpha_0, alpha_0_sharp, network_bounds
from swref.theory.population.exact_loss import on_sphere

SEEDS = SeedTable(run=("data", "repeat"))
DATA: Final = ("penguins", "digits")
PILOT: Final = 1_000_003  # the repeat whose run sets the radius: no other uses its seed
DIGITS: Final = {"source": "gaussian:16", "standardize": "global", "activation": "relu"}
SOURCE_DRAWS: Final = 10_000  # behind the largest norm of an input
COLOURS = colours("black", "blue", "orange", "vermilion", "green")
LINES: Final = ("-", "--", "-.", ":", (0, (5, 1, 1, 1, 1, 1)))

Samples = Mapping[str, Sample]  # by name: what the runs on a data set gave


class Arm(NamedTuple):
    """What an arm of the comparison adds to plain SGD: which of the prescriptions it follows."""

    ball: str = ""  # "", "wide" or "tight"
    noise: str = ""  # "", "weak" or "strong"
    decreasing: bool = False


ARMS: Final = {
    "plain": Arm(),
    "weak noise, wide ball": Arm("wide", "weak"),
    "strong noise, wide ball": Arm("wide", "strong"),
    "weak noise, tight ball": Arm("tight", "weak"),
    "decreasing step": Arm(decreasing=True),
}
PLAIN, WEAK, *_, DECREASING = ARMS


@dataclass(frozen=True)
class Config(Settings):
    """Choices of `practice`; the rest is as in `swref train --as-in-paper`. Raises InputError where they do not fit."""

    penguins_hidden: tuple[int, ...] = quick((32, 32), full=(64, 64))
    penguins_step: float = quick(0.05, full=0.02)  # alpha
    penguins_batch: int = quick(128, full=512)  # n
    penguins_directions: int = 1  # L
    penguins_steps: int = quick(3000, full=8000)
    penguins_repeats: int = quick(8, full=6)
    digits_hidden: tuple[int, ...] = quick((128,), full=(256, 256))
    digits_step: float = 1.0
    digits_batch: int = quick(128, full=256)
    digits_directions: int = quick(16, full=32)
    digits_steps: int = quick(800, full=1500)
    digits_repeats: int = quick(6, full=5)
    wide: float = 1.5  # r over the norm that plain SGD reaches in a pilot of another seed
    tight: float = 0.7  # the same, of the ball that binds
    weak: float = 0.1  # alpha a (d_u steps)^(1/2), how far the noise alone goes in a run, over the wide r
    strong: float = 1.0
    decay_ratio: float = 4.0  # steps over `decay`: the last alpha_t is the first over 1 + this
    points: int = quick(10, full=16)  # steps at which the held-out distance is taken along a run
    curve_draws: int = 2  # of generated points, behind each of these
    final_draws: int = 20  # behind the last
    eval_directions: int = quick(200, full=500)  # behind every distance
    splits: int = 20  # of the data in halves, behind the yardstick
    cost_below: float = 1.05  # the weak noise in the wide ball is to cost a factor less than this

    def __post_init__(self) -> None:
        super().__post_init__()
        require(
            0 < self.tight < self.wide, f"tight must be positive and below wide = {self.wide:g}, got {self.tight:g}"
        )

    @property
    def first_step(self) -> float:
        """The first of the decreasing steps, over the constant one."""
        return self.decay_ratio / math.log1p(self.decay_ratio)

    def training(self, data: str, repeat: int, arm: str, norm: float = math.inf) -> TrainConfig:
        """The run of an arm; `norm` is that of the pilot. Repeats share split, start, batches and directions."""
        values = {key: getattr(self, f"{data}_{key}") for key in ("hidden", "step", "batch", "directions", "steps")}
        values |= DIGITS if data == "digits" else {}
        values |= {"target": data, "backend": "cpu", "seed": SEEDS("run", self.seed, DATA.index(data), repeat)}
        if ARMS[arm].ball:
            values["radius"] = norm * (self.wide if ARMS[arm].ball == "wide" else self.tight)
        if ARMS[arm].decreasing:
            values["step"] *= self.first_step
            values["decay"] = values["steps"] / self.decay_ratio
        return TrainConfig.from_values(values)

    def noise(self, arm: str, training: TrainConfig, norm: float, n_params: int) -> float:
        """a: such that the noise alone goes weak (strong) times the wide radius in the whole run.

            alpha a (d_u steps)^(1/2) = kappa wide norm,    kappa = weak or strong

        >>> config, run = Config(wide=2.0, strong=0.5), TrainConfig(step=0.1, steps=100)
        >>> config.noise("strong noise, wide ball", run, norm=6.0, n_params=4)  # 0.1 a 20 = 0.5 2 6
        3.0
        """
        kappa = {"": 0.0, "weak": self.weak, "strong": self.strong}[ARMS[arm].noise]
        return kappa * self.wide * norm / (training.step * math.sqrt(n_params * training.steps))


def looks_of(config: Config, data: str) -> np.ndarray:
    """The steps at which a run is looked at: 0, then a geometric sequence to its end.

    >>> looks_of(Config(penguins_steps=500, points=4), "penguins").tolist()
    [0, 10, 71, 500]
    """
    steps = config.training(data, 0, PLAIN).steps
    return np.unique(np.r_[0, np.geomspace(max(1.0, steps / 50), steps, config.points - 1).round().astype(int)])


def pilot(config: Config, data: str) -> dict[str, float]:
    """Plain SGD with a seed that no other run has: |u| at its end; and both alpha_0 of the theorems in the wide
    ball, the inputs as large as the largest of many drawn ones.
    """
    problem = Problem.of(config.training(data, PILOT, PLAIN))
    last = problem.initial()
    for iterate in problem.iterates(last):
        last = iterate.u
    norm, net, inputs = float(np.linalg.norm(last)), problem.net, stream(problem.config.seed, "source")
    R_x = float(np.linalg.norm(problem.source.sample(inputs, SOURCE_DRAWS), axis=1).max())
    bounds = network_bounds(net, config.wide * norm, R_x)
    printed = sharp = math.nan
    if bounds is not None:
        R_y = problem.train.support.radius
        printed, sharp = alpha_0(net.dim_out, R_y, net.n_params, bounds.M), alpha_0_sharp(bounds, R_y)
    return {"norm": norm, "printed": printed, "sharp": sharp}


def yardstick(config: Config, data: str, repeat: int) -> dict[str, float]:
    """Of a repeat's split: the mean distance of two random halves, and that of its training half to its held-out."""
    problem = Problem.of(config.training(data, repeat, PLAIN))
    held_out = HeldOut(problem, config.eval_directions, "cpu")
    halves, own = held_out.halves(config.splits).mean(), held_out.distance(problem.train, problem.held_out)
    return {"halves": float(halves), "training_half": own}


def one_run(config: Config, data: str, repeat: int, arm: str, norm: float) -> dict[str, np.ndarray | float]:
    """One run of an arm, `norm` being that of the pilot.

    curve, norms [step]: the held-out distance and |u| along it. final, final_error: the distance at its end, with more
    draws, and its standard error. on_sphere: the share of the steps that end there. noise, radius: a and r.
    """
    training = config.training(data, repeat, arm, norm)
    problem = Problem.of(training)
    noise = config.noise(arm, config.training(data, repeat, PLAIN), norm, problem.net.n_params)
    problem, wanted = replace(problem, config=replace(training, noise=noise)), set(looks_of(config, data).tolist())
    last = problem.initial()
    seen, touching = [last], 0
    for iterate in problem.iterates(last):
        last = iterate.u
        touching += on_sphere(last, training.radius)
        if iterate.t in wanted:
            seen.append(last)
    held_out = HeldOut(problem, config.eval_directions, "cpu")
    final = held_out.generated(last, config.final_draws)
    return {
        "curve": np.array([held_out.generated(u, config.curve_draws).mean() for u in seen]),
        "norms": np.array([np.linalg.norm(u) for u in seen]),
        "final": float(final.mean()),
        "final_error": float(final.std(ddof=1) / math.sqrt(len(final))),
        "on_sphere": touching / training.steps,
        "noise": noise,
        "radius": training.radius,
    }


def run(config: Config, pool: Pool) -> Record:
    """A pilot for each data set, then every arm with every seed."""
    pilots = sampled(pool, "pilot", pilot, config, outer={"data": DATA})
    of: dict[str, Samples] = {}
    for data in DATA:
        seeds, steps = {"data": (data,), "repeat": range(getattr(config, f"{data}_repeats"))}, looks_of(config, data)
        part, arms = partial(one_run, norm=pilots["norm"].at(data=data).item()), {**seeds, "scheme": tuple(ARMS)}
        runs = sampled(pool, f"runs-{data}", part, config, arms, {"curve norms": "step"}, {"step": steps})
        found = {**runs, **sampled(pool, f"yardsticks-{data}", yardstick, config, seeds)}
        of[data] = {name: sample.at(data=data) for name, sample in found.items()}
    ratios = {data: ratios_of(config, of[data]["final"]) for data in DATA}
    tables = {data: tables_of(config, data, of[data]) for data in DATA}
    return Record(
        verdicts=[
            below(f"{name} {data}", ratios[data].at(scheme=arm).estimate(), threshold)
            for name, arm, threshold in (("cost", WEAK, config.cost_below), ("gain", DECREASING, 1.0))
            for data in DATA
        ],
        tables={name: stacked("data", {data: tables[data][name] for data in DATA}) for name in tables[DATA[0]]},
        shown=("results", "choices"),
        samples={f"{data}_curve": of[data]["curve"] for data in DATA},
        arrays={f"{data}_steps": looks_of(config, data) for data in DATA}
        | {f"{data}_ratios": np.array([e.triple for e in ratios[data].values]) for data in DATA},
        facts=facts_of(config, pilots, of, ratios),
    )


def ratios_of(config: Config, final: Sample) -> Sample:
    """The final held-out distance over that of plain SGD of the same repeat: geometric means over the repeats."""
    logs = (final / final.at(scheme=PLAIN)).map(np.log)
    return estimated(logs, geometric_mean)


def tables_of(config: Config, data: str, of: Samples) -> dict[str, Table]:
    """The tables of one data set."""
    final, unit, mean = of["final"], "units of the data", partial(Sample.over, name="repeat", statistic=np.mean)
    differences, trainings = final - final.at(scheme=PLAIN), [config.training(data, 0, arm, 1.0) for arm in ARMS]
    results = {
        "held-out SW_2": mean(final),
        "spread of seeds": final.over("repeat", partial(np.std, ddof=1)),
        "draws' error": mean(of["final_error"]),
        "over two halves": mean(final / of["halves"]),
        "minus plain": estimated(differences),
    }
    choices = {
        "radius r": mean(of["radius"]).map(lambda r: np.array(["none" if np.isinf(v) else f"{v:.3g}" for v in r])),
        "steps": Sample(np.array([training.steps for training in trainings]), {"scheme": tuple(ARMS)}),
        "first alpha": Sample(np.array([training.step for training in trainings]), {"scheme": tuple(ARMS)}),
        "noise a": mean(of["noise"]),
        "|u| at the start": mean(of["norms"].at(step=0)),
        "|u| at the end": mean(of["norms"].at(step=trainings[0].steps)),
        "share on the sphere": mean(of["on_sphere"]),
    }
    ends = {"held-out SW_2": final, "draws' error": of["final_error"]}
    left = {"two random halves": of["halves"], "training half to held-out": of["training_half"]}
    distances = dict.fromkeys((*results, "low", "high"), unit) | {"over two halves": "1"}
    return {
        "results": table("Held-out distance at the end", results, distances),
        "choices": table("What was run: means over the seeds", choices),
        "runs": table("Every run", ends, dict.fromkeys(ends, unit)),
        "curves": table("Every run along its steps", {"held-out SW_2": of["curve"]}, {"held-out SW_2": unit}),
        "yardsticks": table("What sampling alone leaves", left, dict.fromkeys(left, unit)),
    }


def facts_of(config: Config, bounds: Samples, of: Mapping[str, Samples], ratios: Samples) -> dict[str, Fact]:
    """What the words name; bounds [data] are the alpha_0 of the theorems, "printed" and "sharp"."""
    facts: dict[str, Fact] = {
        "first_step": config.first_step,
        "last_step": config.first_step / (1 + config.decay_ratio),
    }
    facts["wide_share"] = max(of[data]["on_sphere"].at(scheme=WEAK).values.max() for data in DATA)
    for data in DATA:
        alpha = config.training(data, 0, PLAIN).step
        facts[f"{data}_bound"] = f"{data}: " + ", ".join(
            f"{name} alpha_0 = {bound:.1g}, alpha/alpha_0 = {alpha / bound:.1g}"
            for name in ("printed", "sharp")
            for bound in [bounds[name].at(data=data).item()]
        )
        facts[f"{data}_plain"] = of[data]["final"].at(scheme=PLAIN).values.mean() / of[data]["halves"].values.mean()
        changes = (
            (arm, round(e.value - 1, 3) + 0.0) for arm, e in zip(ARMS, ratios[data].values, strict=True)
        )  # no "-0.0 %"
        facts[f"{data}_changes"] = ", ".join(f"{arm} {change:+.1%}" for arm, change in changes if arm != PLAIN)
    return facts


def figures(record: Record) -> dict[str, Figure]:
    """The held-out distance along training, and the ratios to plain SGD at its end."""
    return {"training": _training_figure(record), "ratios": _ratio_figure(record)}


def _training_figure(record: Record) -> Figure:
    with style():
        figure, panels = new_figure("double", 0.5, ncols=len(DATA))
        for data, axes in zip(DATA, panels[0], strict=True):
            steps, curves = record.arrays[f"{data}_steps"][1:], record.samples[f"{data}_curve"].values[:, :, 1:]
            draw_band(axes, steps, curves[:, 0], color=COLOURS[0], label=PLAIN)
            for k, arm in list(enumerate(ARMS))[1:]:
                axes.plot(steps, np.median(curves[:, k], axis=0), ls=LINES[k], color=COLOURS[k], label=arm)
            halves = record.tables["yardsticks"].where(data=data).column("two random halves").mean()
            axes.axhline(halves, color="0.5", lw=0.8, label="two halves of the data")
            axes.set(xscale="log", xlabel="step $t$", title=data, ylim=(0, None))
            axes.set_xticks(steps[::-3], [str(t) for t in steps[::-3]])
            axes.minorticks_off()
        panels[0, 0].set_ylabel("held-out distance $SW_2$")
        figure.legend(*panels[0, 0].get_legend_handles_labels(), loc="outside lower center", ncols=3)
    return figure


def _ratio_figure(record: Record) -> Figure:
    others = list(ARMS)[1:]
    with style():
        figure, panels = new_figure("double", 0.36, ncols=len(DATA))
        for data, axes in zip(DATA, panels[0], strict=True):
            runs = record.tables["runs"].where(data=data)
            final = {arm: runs.where(scheme=arm).column("held-out SW_2") for arm in ARMS}
            for k, arm in enumerate(others, start=1):
                value, low, high = record.arrays[f"{data}_ratios"][k]
                axes.plot(final[arm] / final[PLAIN], np.full(len(final[arm]), k + 0.22), ".", ms=3, color="0.6")
                bars = [[value - low], [high - value]]
                axes.errorbar(value, k, xerr=bars, marker=MARKERS[k], ms=4, capsize=2, color=COLOURS[k])
            axes.axvline(1.0, ls=":", lw=0.8, color="0.4")
            axes.set(xlabel="final $SW_2$ over that of plain SGD", title=data, ylim=(len(ARMS) - 0.4, 0.6))
            axes.set_yticks(range(1, len(ARMS)), others if axes is panels[0, 0] else [""] * len(others))
    return figure
