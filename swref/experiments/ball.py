"""The projected scheme in its ball: how far it strays from it, how often it is on the sphere, what the radius costs."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from swref.experiments.frame.drawing import colours, draw_table
from swref.experiments.frame.pool import Pool
from swref.experiments.frame.record import Record
from swref.experiments.frame.samples import Sample, estimated, sampled
from swref.experiments.frame.seeds import SeedTable
from swref.experiments.frame.settings import Settings, quick, require
from swref.experiments.frame.tables import table
from swref.experiments.frame.verdict import above, below, within
from swref.experiments.problems.planar import PlanarProblem, in_ball, planar_problem, step_note
from swref.inference.statistics import Estimate, exact, mean, mean_in_order
from swref.plots import Figure, draw_band, new_figure, style
from swref.theory.criticality.search import descend
from swref.theory.population.exact_loss import on_sphere

SEEDS = SeedTable(start=("repeat", 0), run=("repeat", 1))
FREE = "none"  # the label of the run without projection
CUT_OFF = 40.0  # R_u: far out, so that runs without a ball do not reach it
COLOURS = colours("vermilion", "orange", "green", "blue")


@dataclass(frozen=True)
class Config(Settings):
    """Choices of `ball`. Raises InputError where they do not fit together."""

    points: int = 10  # m = mt
    hidden: int = 4
    batch: int = 32  # n
    alpha: float = 0.1
    steps: int = quick(1200, full=4000)
    radii: tuple[float, ...] = quick(
        (1.0, 1.25, 1.5, 1.75, 2.0, 2.5, 4.0), full=(1.0, 1.25, 1.5, 1.75, 2.0, 2.25, 2.5, 3.0, 4.0, 5.0, 7.0)
    )
    wide: float = 2.5  # the one of radii that is expected to cost nothing without noise
    noises: tuple[float, ...] = quick((0.0, 0.5), full=(0.0, 0.1, 0.5))  # a; the first is 0, the last the verdicts'
    start_radius: float = 1.0  # u0 is uniform in the ball of this radius
    repeats: int = quick(10, full=16)
    looks: int = 60  # times at which F is evaluated
    last: float = 0.2  # the share of a run over which the loss reached is averaged
    rounding: float = 4.0  # units of eps r: an excess below this is rounding
    same_loss: float = 0.005  # a difference of F below this counts as none

    def __post_init__(self) -> None:
        super().__post_init__()
        least, most, edge = min(self.radii), max(self.radii), cut_off_of(problem_of(self))
        require(
            self.start_radius <= least, f"start_radius must be at most the least of radii, got {self.start_radius:g}"
        )
        require(self.wide in self.radii, f"wide must be one of radii {self.radii}, got {self.wide:g}")
        require(
            self.noises[0] == 0 and len(self.noises) > 1,
            f"noises must be 0 and then at least one level, got {self.noises}",
        )
        require(most <= edge, f"radii must be at most {edge:g}, where the cut-off begins, got {most:g}")


def problem_of(config: Config) -> PlanarProblem:
    """The planar problem with a cut-off far beyond every ball."""
    return planar_problem(config.points, config.hidden, cut_off_u=CUT_OFF)


def cut_off_of(problem: PlanarProblem) -> float:
    """The norm |u| from which on the network is cut off."""
    return problem.net.r_u - problem.net.eps


def looks_of(config: Config) -> np.ndarray:
    """The steps [looks] at which F is evaluated, 0 and the last included."""
    return np.unique(np.linspace(0, config.steps, config.looks).round().astype(int))


def one_start(config: Config, a: float, repeat: int) -> dict[str, np.ndarray]:
    """One start under noise a: a run in every ball and, last, one without projection, all on the same draws.

    loss, norm [r, look]: F(u^t) and |u^t|. share [r]: of the steps that end on the sphere. excess [r]: the largest
    |u^t| - r, in units of eps r. largest [r]: the largest |u^t|. floor [r]: what exact gradient descent in the ball
    reaches from the last iterate; NaN for runs with noise.
    """
    problem = problem_of(config)
    F, eps = problem.loss(config.batch), np.finfo(np.float64).eps
    u0 = in_ball(np.zeros(problem.net.n_params), config.start_radius, SEEDS("start", config.seed, repeat))
    rows: dict[str, list] = {name: [] for name in ("loss", "norm", "share", "excess", "largest", "floor")}
    for r in (*config.radii, math.inf):
        seed, free = SEEDS("run", config.seed, repeat), math.isinf(r)
        run = problem.sgd(u0, step=config.alpha, batch=config.batch, steps=config.steps, noise=a, radius=r, seed=seed)
        u = np.array([u0, *(iterate.u for iterate in run)])  # [steps + 1, d_u]
        norm = np.array([math.hypot(*v) for v in u])
        rows["loss"].append([F(v)[0] for v in u[looks_of(config)]])
        rows["norm"].append(norm[looks_of(config)])
        rows["share"].append(0.0 if free else np.mean([on_sphere(v, r) for v in u[1:]]))
        rows["excess"].append(np.nan if free else (norm.max() - r) / (eps * r))
        rows["largest"].append(norm.max())
        rows["floor"].append(F(descend(F, u[-1], r))[0] if a == 0 else np.nan)
    return {name: np.array(values) for name, values in rows.items()}


def run(config: Config, pool: Pool) -> Record:
    """Runs for every noise level and repeat, over all radii and without one."""
    of = sampled(
        pool,
        "runs",
        one_start,
        config,
        outer={"a": config.noises, "repeat": range(config.repeats)},
        shapes={"loss norm": "r look", "share excess largest floor": "r"},
        inner={"r": (*map("{:g}".format, config.radii), FREE), "look": looks_of(config)},
    )
    F = of["loss"].where(look=lambda t: t >= (1 - config.last) * config.steps).over("look", mean_in_order)
    cost = estimated(F - F.at(r=FREE))
    met = of["share"].over("repeat", np.mean).values > 0
    columns = {
        "share on sphere": estimated(of["share"]),
        "F": estimated(F),
        "cost": cost,
        "F of descent": of["floor"].over("repeat", np.mean),
        "largest |u|": of["largest"].over("repeat", np.mean),
        "largest excess": of["excess"].over("repeat", np.max).map(lambda excess: np.where(met, excess, np.nan)),
    }
    every = {"F": F, "share on sphere": of["share"], "largest |u|": of["largest"], "excess": of["excess"]}
    title = "The ball: steps on its sphere, loss reached, cost against no projection"
    small, large, a = f"{min(config.radii):g}", f"{config.wide:g}", config.noises[-1]
    return Record(
        verdicts=(
            below("inside", exact(np.nanmax(of["excess"].values)), config.rounding),
            below("sphere", trend_of(config, of["share"]), 0.0),
            above("price", cost.at(a=0.0, r=small).estimate(), 0.0),
            within("free", cost.at(a=0.0, r=large).estimate(), -config.same_loss, config.same_loss),
            below("noise", cost.at(a=a, r=large).estimate(), 0.0),
        ),
        tables={
            "costs": table(title, columns, {"largest excess": "eps r"}),
            "repeats": table("Every run", every, {"excess": "eps r"}, order="a r repeat"),
        },
        shown=("costs",),
        samples={**of, "reached": F},
        arrays={"times": looks_of(config) * config.alpha},
        facts=facts_of(config, of, F),
    )


def trend_of(config: Config, share: Sample) -> Estimate:
    """The least-squares slope over log r of the share of steps on the sphere, without noise."""
    x = np.log(config.radii) - np.mean(np.log(config.radii))
    balls = share.at(a=0.0).where(r=lambda r: r != FREE)
    return mean(balls.rows("repeat", "r") @ x / (x @ x))


def facts_of(config: Config, of: dict[str, Sample], F: Sample) -> dict[str, str | float]:
    """What the words name."""
    problem, balls = problem_of(config), list(map("{:g}".format, config.radii))
    small, large, a, edge = f"{min(config.radii):g}", f"{config.wide:g}", config.noises[-1], cut_off_of(problem)
    share = of["share"].at(a=0.0).over("repeat", np.mean)
    still, noised = (F.at(a=level).over("repeat", np.mean) for level in (0.0, a))
    largest = of["largest"].at(r=FREE)
    return {
        "small": small,
        "large": large,
        "a": a,
        "d_u": problem.net.n_params,
        "edge": edge,
        "step_note": step_note(problem.step_bounds(), [config.alpha]),
        "projected_steps": len(balls) * largest.values.size * config.steps,
        "excess": max(0.0, float(np.nanmax(of["excess"].values))),
        "share_small": share.at(r=small).item(),
        "share_large": share.at(r=large).item(),
        "most": share.where(r=balls).values.max(),
        "least": share.where(r=balls).values.min(),
        "F_small": still.at(r=small).item(),
        "F_free": still.at(r=FREE).item(),
        "F_noised": noised.at(r=FREE).item(),
        "F_noised_large": noised.at(r=large).item(),
        "F_noised_best": noised.where(r=balls).values.min(),
        "cheap": cheap_radii(config, (still - still.at(r=FREE)).where(r=balls).values),
        "held": int(np.sum(largest.at(a=0.0).values < config.wide)),
        "norm_noised": largest.at(a=a).values.mean(),
        "lost": sum(not problem.net.contains_ball(norm) for norm in largest.at(a=a).values),
        "pure_noise": config.alpha * a * math.sqrt(config.steps * problem.net.n_params),
        "largest": largest.values.max(),
        "beyond": int(np.sum(largest.values > edge)),
        "free_runs": largest.values.size,
    }


def cheap_radii(config: Config, cost: np.ndarray) -> str:
    """From which radius on the cost [r] is none, in words."""
    dear = max((r for r, c in zip(config.radii, cost, strict=True) if c >= config.same_loss), default=0.0)
    if dear < max(config.radii):
        return f"radii from {min(r for r in config.radii if r > dear):g} on cost less than {config.same_loss:g}"
    which = "every radius tried" if np.all(cost >= config.same_loss) else "even the largest radius"
    return f"{which} cost {config.same_loss:g} or more"


def figures(record: Record) -> dict[str, Figure]:
    """Loss and norm along the run, cost and share on the sphere against r, and the excess."""
    return {"runs": _run_figure(record), "cost": _cost_figure(record), "excess": _excess_figure(record)}


def _run_figure(record: Record) -> Figure:
    loss, norm, noises = record.samples["loss"], record.samples["norm"], record.config["noises"]
    balls = loss.axes["r"][:-1]
    shown = [balls[k] for k in np.linspace(0, len(balls) - 1, 3).round().astype(int)]
    with style():
        figure, panels = new_figure("double", 0.72, nrows=2, ncols=2)
        for column, a in enumerate((noises[0], noises[-1])):
            for colour, r in zip(COLOURS, (*shown, FREE), strict=True):
                label, times = "no projection" if r == FREE else f"$r$ = {r}", record.arrays["times"]
                draw_band(panels[0, column], times, norm.at(a=a, r=r).values, color=colour, label=label)
                draw_band(panels[1, column], times, loss.at(a=a, r=r).values, color=colour)
            panels[0, column].set(title=f"noise $a$ = {a:g}", ylim=(0, None))
            panels[1, column].set(xlabel="time: steps × $\\alpha$", ylim=(0, 1.1 * loss.values[..., 0].max()))
        panels[0, 0].set_ylabel("norm $|u^t|$")
        panels[1, 0].set_ylabel("population loss $F(u^t)$")
        figure.legend(*panels[0, 0].get_legend_handles_labels(), loc="outside upper center", ncols=4)
    return figure


def _cost_figure(record: Record) -> Figure:
    costs, r = record.tables["costs"], record.config["radii"]
    balls = costs.where(r=lambda r: r != FREE)
    with style():
        figure, ((cost, share),) = new_figure("double", 0.42, ncols=2)
        for index, a in enumerate(record.config["noises"]):
            kind: dict[str, Any] = {"index": index, "color": COLOURS[-1 - index], "label": f"$a$ = {a:g}"}
            draw_table(cost, balls.where(a=a), r, "F", **kind)
            draw_table(share, balls.where(a=a), r, "share on sphere", **kind)
            free, low, high = (column[0] for column in costs.where(a=a, r=FREE).interval("F"))
            cost.axhline(free, color=kind["color"], ls=":", lw=1.0)
            cost.axhspan(low, high, color=kind["color"], alpha=0.12, lw=0)
        cost.plot(r, balls.where(a=0).column("F of descent"), "--", color="0.35", label="exact descent")
        for axes in (cost, share):
            axes.set(xlabel="radius $r$", xscale="log", xticks=[1, 2, 4], xticklabels=["1", "2", "4"])
            axes.minorticks_off()
        cost.set(ylabel="loss $F$ reached")
        share.set(ylabel="share of steps on the sphere", ylim=(-0.03, 1.03))
        cost.legend()
    return figure


def _excess_figure(record: Record) -> Figure:
    met = record.tables["repeats"].where(**{"share on sphere": lambda share: share > 0})
    with style():
        figure, ((axes,),) = new_figure("single", 0.75)
        for index, a in enumerate(record.config["noises"]):
            runs = met.where(a=a)
            r = runs.column("r").astype(float) * 1.02 ** (2 * index - 1)  # the levels side by side
            axes.plot(r, runs.column("excess"), "os^Dv"[index % 5], ms=3, color=COLOURS[-1 - index], alpha=0.5,
                      label=f"$a$ = {a:g}", rasterized=True)  # fmt: skip
        axes.axhline(record.config["rounding"], color="0.3", ls="--", lw=0.8)
        axes.set(xlabel="radius $r$", xscale="log", xticks=[1, 2, 4], xticklabels=["1", "2", "4"])
        axes.set(ylabel="largest $|u^t| - r$, in units of $\\epsilon\\,r$")
        axes.minorticks_off()
        figure.legend(*axes.get_legend_handles_labels(), loc="outside upper center", ncols=3)
    return figure
