"""Theorem 1 measured: d_c between interpolated SGD and the exact gradient flow from the same start, as alpha -> 0."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from swref import checks
from swref.errors import InputError
from swref.experiments.decay import (
    COLOURS,
    check_etas,
    check_steps,
    distance_table,
    middle,
    run_table,
    share_above,
    share_figure,
    share_table,
    slope_figure,
)
from swref.experiments.planar import PlanarProblem, in_ball, planar_problem, step_note, steps_to
from swref.experiments.pool import Part, Pool
from swref.experiments.recipe import Drawing, Formula, Text
from swref.experiments.record import Record
from swref.experiments.settings import Settings
from swref.experiments.statistics import Estimate, derived_seed, power_law
from swref.experiments.verdict import Verdict, above, below
from swref.plots import PALETTE, draw_band, new_figure, style
from swref.sgd import sgd
from swref.theory import distance_c, gradient_flow, interpolate

TEXT = Text(
    title="SGD follows the gradient flow",
    question=(
        "A network T with parameters u is trained to map random inputs x to points distributed like data y. The loss "
        "of a batch projects both sets of points on a random direction and compares the sorted projections (the sliced "
        "Wasserstein loss). Stochastic gradient descent with a constant step alpha draws a zigzag in parameter "
        "space. Joined by straight lines, with alpha units of time a step, it is a curve u_alpha(s). Theorem 1 says "
        "that as alpha goes to 0 this curve becomes a solution of the gradient flow of the population loss F: the "
        "probability that the two are further apart than any eta > 0 goes to 0. The paper gives no rate; where "
        "random fluctuations dominate, the distance is expected to fall like the square root of alpha.",
        "Here F, its gradient and therefore the flow are exact (no sampling over batches or directions), so the "
        "distance can be measured and not only bounded.",
    ),
    formulas=(
        Formula(
            r"u^{t+1} = u^t - \alpha\,\phi(u^t, X, Y, \theta), \qquad u_\alpha(s) = u^t + "
            r"(s/\alpha - t)(u^{t+1} - u^t)",
            "the steps and their curve; phi is the gradient in u of the loss of one batch: X, Y are n fresh points "
            "each, theta is one fresh random direction",
        ),
        Formula(
            r"\frac{du}{ds} = -\nabla F(u), \qquad F(u) = \mathbb{E}\,W_p^p(\theta\cdot T(u, X), \theta\cdot Y)",
            "the flow, and the loss averaged over batches and directions; W_p^p sorts both sets of n projections and "
            "averages |difference|^p, p = 2 unless another is named",
        ),
        Formula(
            r"u^{t+1} = \pi_r\left(u^t - \alpha\,\phi + \alpha a\,\xi\right), \qquad "
            r"\frac{du}{ds} \in -\nabla F(u) - N_r(u)",
            "the second scheme: Gaussian noise xi of level a, then the projection pi_r on the ball of radius r; and "
            "its flow, which on the sphere loses the part of -grad F that points outwards (N_r, the normal cone)",
        ),
        Formula(
            r"d_c(v, w) = \sum_{k \geq 1} 2^{-k} \min(1, \max_{[0,k]} |v - w|)",
            "the distance of two curves: 0 is equality, 1 the most",
        ),
    ),
    method=(
        "A small tanh network with smooth cut-offs, for which every assumption of the theorem holds, maps a few points "
        "of a disc to the plane. Each repeat draws a start u0 uniformly from a small ball, follows the exact flow from "
        "it, and runs SGD from it once for each alpha. S, of the theorem, is the set of all flows from the ball: the "
        "distance to the one from u0 bounds the distance to S from above. d_c is exact up to two bounds: what lies "
        "beyond the horizon, and the chords of the flow. Both are added before it is compared with eta.",
        "The slope is that of the mean d_c over alpha on logarithmic axes; its interval resamples whole repeats. "
        "Shares have Wilson's interval. Three schemes: plain SGD; with noise and projection on a ball that the flow "
        "runs into (its slope is taken over the repeats whose flow does); and the loss of order p = 1.5, to which the "
        "paper extends the theorem without full proof.",
    ),
    source="Tanguy (TMLR 2023), Theorem 1; the experiment is suggested by its outlook.",
)

SCHEMES = ("plain", "noised and projected", "order 1.5")
SLOPE = "slope of log d_c over log alpha"
GRID = 61  # times at which the loss is shown


@dataclass(frozen=True)
class FlowConfig(Settings):
    """Choices of `flow`; the defaults are --quick."""

    points: int = 10  # m = mt
    hidden: int = 4
    batch: int = 8  # n
    start_radius: float = 0.1  # of the ball from which u0 is drawn
    start_norm: float = 2.0  # |centre of that ball|
    alphas: tuple[float, ...] = (0.1, 0.03, 0.01, 0.003)
    variant_alphas: tuple[float, ...] = (0.1, 0.03, 0.01)  # of the two other schemes
    repeats: int = 24
    variant_repeats: int = 24
    k_max: int = 8  # the horizon of the flow: what lies beyond adds at most 2^-k_max to d_c
    delta: float = 1e-3  # how far the flow's chords may be from it
    etas: tuple[float, ...] = (0.1, 0.2, 0.4)
    noise: float = 0.2  # a, of the second scheme
    radius: float = 2.15  # r, of the second scheme: below the norm that the flow would reach
    share_below: float = 0.2  # P(d_c > middle eta) at the smallest alpha is to be below this

    def __post_init__(self) -> None:
        super().__post_init__()
        for name in ("points", "hidden", "batch", "k_max"):
            checks.integer(name, getattr(self, name), minimum=1)
        for name in ("repeats", "variant_repeats"):
            checks.integer(name, getattr(self, name), minimum=2)
        for name in ("alphas", "variant_alphas"):
            check_steps(name, getattr(self, name))
        check_etas(self.etas)
        checks.number("delta", self.delta, above=0.0)
        reach = self.start_norm + self.start_radius
        if not reach <= self.radius:
            raise InputError(f"radius must be at least start_norm + start_radius = {reach:g}, got {self.radius:g}")


CONFIG = FlowConfig
FULL = {
    "alphas": (0.1, 0.03, 0.01, 0.003, 0.001, 0.0003),
    "variant_alphas": (0.1, 0.03, 0.01, 0.003, 0.001),
    "repeats": 80,
    "variant_repeats": 40,
    "k_max": 10,
    "etas": (0.05, 0.1, 0.2),
    "share_below": 0.05,
}


def run(config: FlowConfig, pool: Pool) -> Record:
    """Flows, runs and their distances for the three schemes."""
    parts = {}
    for k, scheme in enumerate(SCHEMES):
        repeats = config.repeats if k == 0 else config.variant_repeats
        parts[scheme] = pool.map(scheme.replace(" ", "-"), compare, [(config, k, repeat) for repeat in range(repeats)])
    samples = {
        scheme: (_alphas(config, k), np.array([part["d_c"] for part in parts[scheme]]))  # d_c [R, A]
        for k, scheme in enumerate(SCHEMES)
    }
    touched = np.array([bool(part["touched"]) for part in parts[SCHEMES[1]]])  # whose flow meets the sphere
    slopes = {
        scheme: _slope(alphas, d_c[touched] if k == 1 else d_c, derived_seed(config.seed, k))
        for k, (scheme, (alphas, d_c)) in enumerate(samples.items())
    }
    # What lies beyond the horizon and the chords may add this to d_c: it counts where d_c is to be small.
    slack = 2.0**-config.k_max + config.delta
    bounded = {scheme: (alphas, d_c + slack) for scheme, (alphas, d_c) in samples.items()}
    verdicts = _verdicts(config, bounded["plain"][1], slopes)
    step_bound = _problem(config).alpha_0()
    bounds = {scheme: math.nan if scheme == SCHEMES[2] else step_bound for scheme in SCHEMES}  # alpha_0 is for p = 2
    return Record(
        config=config.to_dict(),
        verdicts=verdicts,
        summary=_summary(config, slopes["plain"], verdicts[1].estimate),
        tables={
            "distances": distance_table("Distance to the flow", "d_c", samples, bounds),
            "exceedance": share_table("Shares of runs with d_c > eta, Wilson intervals", bounded, config.etas),
            "repeats": run_table("d_c", samples),
        },
        shown=("distances", "exceedance"),
        arrays={
            "grid": np.linspace(0.0, config.k_max, GRID),
            "loss": np.array([part["loss"] for part in parts["plain"]]),  # [R, A, GRID]
            "flow_loss": np.array([part["flow_loss"] for part in parts["plain"]]),  # [R, GRID]
            "slopes": np.array([[e.value, e.low, e.high] for e in slopes.values()]),
        },
        notes=_notes(config, parts, step_bound),
    )


def compare(config: FlowConfig, k: int, repeat: int) -> dict[str, np.ndarray | float]:
    """One repeat of scheme k: the flow from its u0, and for every alpha a run, its d_c (to k_max) and its losses."""
    problem, alphas, horizon = _problem(config), _alphas(config, k), float(config.k_max)
    p = 1.5 if k == 2 else 2.0
    noise, radius = (config.noise, config.radius) if k == 1 else (0.0, math.inf)
    u0 = in_ball(_centre(config, problem), config.start_radius, derived_seed(config.seed, k, repeat))
    flow = gradient_flow(
        problem.net, u0, problem.source, problem.target, config.batch, horizon, radius, p=p, rtol=1e-6, atol=1e-8
    )
    curve, grid, F = flow.sampled(config.delta), np.linspace(0.0, horizon, GRID), problem.loss(config.batch, p)
    distances, losses = [], []
    for j, alpha in enumerate(alphas):
        iterates = sgd(
            problem.net,
            problem.source,
            problem.target,
            u0,
            step=alpha,
            batch=config.batch,
            steps=steps_to(horizon, alpha),
            noise=noise,
            radius=radius,
            p=p,
            seed=derived_seed(config.seed, k, repeat, j),
            backend="cpu",
        )
        run = interpolate(np.array([u0, *(iterate.u for iterate in iterates)]), alpha)
        value, _ = distance_c(run, curve.trajectory, config.k_max)
        distances.append(value)
        losses.append([F(u)[0] for u in run(grid)] if k == 0 else [])
    return {
        "d_c": np.array(distances),
        "loss": np.array(losses),
        "flow_loss": np.array([F(u)[0] for u in flow(grid)]),
        "residual": flow.residual,
        "touched": bool(flow.contacts),
    }


def _problem(config: FlowConfig) -> PlanarProblem:
    return planar_problem(config.points, config.hidden)


def _centre(config: FlowConfig, problem: PlanarProblem) -> np.ndarray:
    u = problem.net.init(config.seed)
    return u * (config.start_norm / np.linalg.norm(u))


def _slope(alphas: Sequence[float], d_c: np.ndarray, seed: int) -> Estimate:
    """The exponent of d_c [R, A] over alpha; unknown where fewer than two repeats are left."""
    if len(d_c) < 2:
        return Estimate(math.nan, -math.inf, math.inf, f"{len(d_c)} repeats: no interval")
    return power_law(alphas, d_c, seed)


def _alphas(config: FlowConfig, k: int) -> tuple[float, ...]:
    return config.alphas if k == 0 else config.variant_alphas


def _summary(config: FlowConfig, slope: Estimate, share: Estimate) -> str:
    return (
        f"The distance d_c between SGD and the flow goes like alpha to the power {slope.value:.2f} (95 % interval "
        f"{slope.low:.2f} to {slope.high:.2f}); at alpha = {min(config.alphas):g} it exceeded {middle(config.etas):g} "
        f"in {share.value:.0%} of {config.repeats} runs (interval up to {share.high:.1%})."
    )


def _verdicts(config: FlowConfig, d_c: np.ndarray, slopes: dict[str, Estimate]) -> tuple[Verdict, ...]:
    """d_c [R, A]: upper bounds, of the plain scheme."""
    eta, alpha = middle(config.etas), min(config.alphas)
    share = share_above(d_c[:, config.alphas.index(alpha)], eta)
    found = [
        above("d_c falls as alpha falls, over the steps tried", SLOPE, slopes["plain"], 0.0, _seen(slopes["plain"])),
        below(
            f"at alpha = {alpha:g}, P(d_c > {eta:g}) is below {config.share_below:g}",
            "share of runs whose distance to one flow, with its bounds added, is above eta",
            share,
            config.share_below,
            f"{share.value:.0%} of {len(d_c)} runs were further than {eta:g} from the flow.",
            upper_bound=True,
        ),
    ]
    for scheme in SCHEMES[1:]:
        claim = f"d_c falls as alpha falls, too, for the scheme {scheme}"
        found.append(above(claim, SLOPE, slopes[scheme], 0.0, _seen(slopes[scheme])))
    return tuple(found)


def _seen(slope: Estimate) -> str:
    half = "1/2 lies inside the interval" if slope.low <= 0.5 <= slope.high else "1/2 lies outside the interval"
    return f"d_c went like alpha^{slope.value:.2f}; {half}."


def _notes(config: FlowConfig, parts: dict[str, list[Part]], step_bound: float) -> Sequence[str]:
    residual = max(float(part["residual"]) for scheme in parts.values() for part in scheme)
    touched = np.mean([bool(part["touched"]) for part in parts["noised and projected"]])
    return (
        step_note(step_bound, config.alphas),
        f"The energy identity F(u(0)) - F(u(s)) = int |u'|^2 holds along every flow to {residual:.1g}: that far it can "
        "be trusted.",
        f"d_c is cut at s = {config.k_max}: what lies beyond adds at most {2.0**-config.k_max:.2g}, the chords of the "
        f"flow at most {config.delta:g}.",
        f"With noise a = {config.noise:g} and projection on |u| <= {config.radius:g}, {touched:.0%} of the flows run "
        "into the sphere; the distance is to the projected flow.",
        "For p = 1.5 second derivatives of the loss are unbounded where points meet: assumption A5 is then a more "
        "technical one, and the paper only sketches the proof.",
    )


def figures(record: Record) -> list[Drawing]:
    """Losses along time, d_c against alpha, and the shares above eta."""
    distance = slope_figure(record.tables["repeats"], "d_c", "$d_c(u_\\alpha, u)$", record.arrays["slopes"])
    share = share_figure(record, SCHEMES, "share with $d_c > \\eta$")
    return [
        _loss_figure(record),
        Drawing(
            "distance",
            distance,
            "The distance between SGD and the exact flow against the step, on logarithmic axes: every run a dot. The "
            "slope is fitted to the means; its 95 % interval comes from resampling the repeats.",
        ),
        Drawing(
            "exceedance",
            share,
            "How often SGD was further than eta from the flow, with Wilson's 95 % intervals. The dotted line is the "
            "share below which the interval is to lie at plain SGD's smallest step, for the middle eta.",
        ),
    ]


def _loss_figure(record: Record) -> Drawing:
    alphas, grid = record.config["alphas"], record.arrays["grid"]
    shown = range(0, len(alphas), max(1, len(alphas) // 3))
    with style():
        figure, ((axes,),) = new_figure("single", 0.8)
        for colour, j in zip(COLOURS, shown, strict=False):
            draw_band(axes, grid, record.arrays["loss"][:, j], color=colour, label=f"SGD, $\\alpha$ = {alphas[j]:g}")
        flow = np.median(record.arrays["flow_loss"], axis=0)
        axes.plot(grid, flow, "--", color=PALETTE["blue"], lw=1.6, label="gradient flow")
        axes.set(xlabel="time $s$ = steps × $\\alpha$", ylabel="population loss $F(u_\\alpha(s))$", yscale="log")
        axes.legend()
    caption = (
        "The exact population loss along runs of SGD and along the gradient flow from the same starts: medians over "
        "the repeats, and the middle 80 % as bands. If Theorem 1 holds, the runs close up on the flow as alpha falls."
    )
    return Drawing("loss", figure, caption)
