"""Theorem 1 measured: d_c between interpolated SGD and the exact gradient flow from the same start, as alpha -> 0."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import partial

import numpy as np

from swref import checks
from swref.experiments.frame.drawing import COLOURS, draw_bands
from swref.experiments.frame.pool import Pool
from swref.experiments.frame.record import Record
from swref.experiments.frame.samples import Sample, estimated, sampled
from swref.experiments.frame.seeds import SeedTable
from swref.experiments.frame.settings import Settings, quick, require
from swref.experiments.frame.verdict import above, below
from swref.experiments.problems.decay import (
    check_etas,
    check_share,
    check_steps,
    distance_table,
    middle,
    run_table,
    share_figure,
    share_table,
    shares_above,
    slope_figure,
)
from swref.experiments.problems.planar import PlanarProblem, in_ball, planar_problem, step_note, steps_to
from swref.inference.statistics import Estimate, power_law
from swref.plots import PALETTE, Figure, new_figure, style
from swref.theory import StepBounds, distance_c, gradient_flow, interpolate

SEEDS = SeedTable(start=("scheme", "repeat"), run=("scheme", "repeat", "alpha"))
VARIANTS = PLAIN, NOISED, ORDER = ("plain", "noised and projected", "order 1.5")
GRID = 61  # times at which the loss is shown


@dataclass(frozen=True)
class Config(Settings):
    """Choices of `flow`. Raises InputError where they do not fit together."""

    points: int = 10  # m = mt
    hidden: int = 4
    batch: int = 8  # n
    start_radius: float = 0.1  # of the ball from which u0 is drawn
    start_norm: float = 2.0  # |centre of that ball|
    alphas: tuple[float, ...] = quick((0.1, 0.03, 0.01, 0.003), full=(0.1, 0.03, 0.01, 0.003, 0.001, 0.0003))
    variant_alphas: tuple[float, ...] = quick((0.1, 0.03, 0.01), full=(0.1, 0.03, 0.01, 0.003, 0.001))
    repeats: int = quick(24, full=80)
    variant_repeats: int = quick(24, full=40)  # this and variant_alphas: of the two other schemes
    k_max: int = quick(8, full=10)  # the horizon of the flow: what lies beyond adds at most 2^-k_max to d_c
    delta: float = 1e-3  # how far the flow's chords may be from it
    etas: tuple[float, ...] = quick((0.1, 0.2, 0.4), full=(0.05, 0.1, 0.2))
    noise: float = 0.2  # a, of the second scheme
    radius: float = 2.15  # r, of the second scheme: below the norm that the flow would reach
    share_below: float = quick(0.2, full=0.05)  # P(d_c > middle eta) at the smallest alpha is to be below this

    def __post_init__(self) -> None:
        super().__post_init__()
        self.at_least(1, "points", "hidden", "batch", "k_max")
        self.at_least(2, "repeats", "variant_repeats")
        check_steps("alphas", self.alphas)
        check_steps("variant_alphas", self.variant_alphas)
        check_etas(self.etas)
        check_share(self.share_below)
        checks.number("delta", self.delta, above=0.0)
        slack, least, reach = slack_of(self), min(self.etas), self.start_norm + self.start_radius
        require(slack < least, f"etas must be above 2^-k_max + delta = {slack:g}, the bounds on d_c, got {least:g}")
        message = f"radius must be at least start_norm + start_radius = {reach:g}, got {self.radius:g}"
        require(reach <= self.radius, message)


def slack_of(config: Config) -> float:
    """What lies beyond the horizon and the chords may add this to d_c: it counts where d_c is to be small."""
    return 2.0**-config.k_max + config.delta


def problem_of(config: Config) -> PlanarProblem:
    """The problem that the config describes."""
    return planar_problem(config.points, config.hidden)


def centre_of(config: Config, problem: PlanarProblem) -> np.ndarray:
    """The centre [d_u] of the ball of starts: a random initialisation, scaled."""
    u = problem.net.init(config.seed)
    return u * (config.start_norm / float(np.linalg.norm(u)))


def alphas_of(config: Config, scheme: str) -> tuple[float, ...]:
    """The steps of a scheme."""
    return config.alphas if scheme == PLAIN else config.variant_alphas


def one_repeat(config: Config, scheme: str, repeat: int) -> dict[str, np.ndarray]:
    """One repeat of a scheme: the exact flow from its u0, and SGD from it with every alpha.

    d_c [alpha]: to the flow, up to k_max. residual: of the flow's energy identity. touched: whether the flow meets the
    sphere. loss [alpha, time], flow_loss [time]: F along the runs and the flow; for the plain scheme alone.
    """
    problem, k, horizon = problem_of(config), VARIANTS.index(scheme), float(config.k_max)
    p = 1.5 if scheme == ORDER else 2.0
    noise, radius = (config.noise, config.radius) if scheme == NOISED else (0.0, math.inf)
    u0 = in_ball(centre_of(config, problem), config.start_radius, SEEDS("start", config.seed, k, repeat))
    flow = gradient_flow(
        problem.net, u0, problem.source, problem.target, config.batch, horizon, radius, p=p, rtol=1e-6, atol=1e-8
    )
    curve, grid, F = flow.sampled(config.delta), np.linspace(0.0, horizon, GRID), problem.loss(config.batch, p)
    d_c, losses = [], []
    for j, alpha in enumerate(alphas_of(config, scheme)):
        steps, seed = steps_to(horizon, alpha), SEEDS("run", config.seed, k, repeat, j)
        iterates = problem.sgd(
            u0, step=alpha, batch=config.batch, steps=steps, noise=noise, radius=radius, p=p, seed=seed
        )
        run = interpolate(np.array([u0, *(iterate.u for iterate in iterates)]), alpha)
        d_c.append(distance_c(run, curve.trajectory, config.k_max)[0])
        losses.append([F(u)[0] for u in run(grid)] if scheme == PLAIN else [])
    found = {"d_c": np.array(d_c), "residual": np.array(flow.residual), "touched": np.array(bool(flow.contacts))}
    if scheme == PLAIN:
        found |= {"loss": np.array(losses), "flow_loss": np.array([F(u)[0] for u in flow(grid)])}
    return found


def run(config: Config, pool: Pool) -> Record:
    """Flows, runs and their distances for the three schemes."""
    grid, of = np.linspace(0.0, config.k_max, GRID), {}
    for scheme in VARIANTS:
        repeats = config.repeats if scheme == PLAIN else config.variant_repeats
        found = sampled(
            pool,
            scheme.replace(" ", "-"),
            one_repeat,
            config,
            outer={"scheme": (scheme,), "repeat": range(repeats)},
            shapes={"d_c": "alpha", "loss": "alpha time", "flow_loss": "time"},
            inner={"alpha": alphas_of(config, scheme), "time": grid},
        )
        of[scheme] = {name: sample.at(scheme=scheme) for name, sample in found.items()}
    d_c = {scheme: of[scheme]["d_c"] for scheme in VARIANTS}
    bounded = {scheme: distance + slack_of(config) for scheme, distance in d_c.items()}
    touched = of[NOISED]["touched"].values
    slopes = {
        scheme: slope_of(
            config, scheme, distance.where(repeat=np.flatnonzero(touched)) if scheme == NOISED else distance
        )
        for scheme, distance in d_c.items()
    }
    eta, alpha, step_bound = middle(config.etas), min(config.alphas), problem_of(config).step_bounds()
    share = shares_above(bounded[PLAIN], config.etas).at(alpha=alpha, eta=eta).estimate()
    bounds = {PLAIN: step_bound, NOISED: step_bound, ORDER: StepBounds(None, None, None)}  # alpha_0 is for p = 2
    return Record(
        verdicts=(
            above("falls", slopes[PLAIN], 0.0, seen=seen_of(slopes[PLAIN])),
            below("share", share, config.share_below, upper_bound=True),
            above("noised", slopes[NOISED], 0.0, seen=seen_of(slopes[NOISED])),
            above("order", slopes[ORDER], 0.0, seen=seen_of(slopes[ORDER])),
        ),
        tables={
            "distances": distance_table("Distance to the flow", "d_c", d_c, bounds),
            "exceedance": share_table("Shares of runs with d_c > eta, exact binomial intervals", bounded, config.etas),
            "repeats": run_table("d_c", d_c),
        },
        shown=("distances", "exceedance"),
        samples={name: of[PLAIN][name] for name in ("loss", "flow_loss")},
        arrays={"grid": grid, "slopes": np.array([slope.triple for slope in slopes.values()])},
        facts={
            "eta": eta,
            "alpha": alpha,
            "slope": slopes[PLAIN],
            "share": share,
            "step_note": step_note(step_bound, config.alphas),
            "residual": max(float(of[scheme]["residual"].values.max()) for scheme in VARIANTS),
            "beyond": 2.0**-config.k_max,
            "touched": float(touched.mean()),
        },
    )


def slope_of(config: Config, scheme: str, d_c: Sample) -> Estimate:
    """The exponent of d_c [repeat, alpha] over alpha; unknown where fewer than two repeats are left."""
    repeats = len(d_c.axes["repeat"])
    if repeats < 2:
        return Estimate(math.nan, -math.inf, math.inf, f"{repeats} repeats: no interval")
    return estimated(d_c, partial(power_law, alphas_of(config, scheme)), along="alpha").estimate()


def seen_of(slope: Estimate) -> str:
    """What was seen of a slope."""
    if math.isnan(slope.value):
        return "Fewer than two of the flows ran into the sphere: nothing was measured."
    where = "inside" if slope.low <= 0.5 <= slope.high else "outside"
    return f"d_c went like alpha^{slope.value:.2f}; 1/2 lies {where} the interval."


def figures(record: Record) -> dict[str, Figure]:
    """Losses along time, d_c against alpha, and the shares above eta."""
    runs, slopes = record.tables["repeats"], record.arrays["slopes"]
    return {
        "loss": _loss_figure(record),
        "distance": slope_figure(runs, "d_c", "$d_c(u_\\alpha, u)$", slopes),
        "exceedance": share_figure(record, VARIANTS, (PLAIN,), "share with $d_c > \\eta$"),
    }


def _loss_figure(record: Record) -> Figure:
    loss, grid = record.samples["loss"], record.arrays["grid"]
    shown = loss.axes["alpha"][:: max(1, len(loss.axes["alpha"]) // 3)]
    with style():
        figure, ((axes,),) = new_figure("single", 0.8)
        draw_bands(axes, loss.where(alpha=shown), grid, "alpha", COLOURS, "SGD, $\\alpha$ = {:g}")
        flow = record.samples["flow_loss"].over("repeat", np.median).values
        axes.plot(grid, flow, "--", color=PALETTE["blue"], lw=1.6, label="gradient flow")
        axes.set(xlabel="time $s$ = steps × $\\alpha$", ylabel="population loss $F(u_\\alpha(s))$", yscale="log")
        axes.legend()
    return figure
