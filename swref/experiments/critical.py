"""Theorem 2 measured: how far the noised projected scheme stays from the critical set C_r after long runs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from swref import checks
from swref.errors import InputError, SwrefError
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
from swref.experiments.planar import PlanarProblem, natural_residual_of, step_note
from swref.experiments.pool import Part, Pool
from swref.experiments.recipe import Drawing, Formula, Text
from swref.experiments.record import Record
from swref.experiments.settings import Settings
from swref.experiments.statistics import Estimate, derived_seed, power_law
from swref.experiments.verdict import Verdict, above, below
from swref.measures import Discrete
from swref.networks import CutOff, SkipNet
from swref.plots import draw_band, new_figure, style
from swref.sgd import project_on_ball, sgd
from swref.theory.critical import descend, solve
from swref.theory.exact_loss import ExactLoss, on_sphere

TEXT = Text(
    title="Noised projected SGD ends near the critical set",
    question=(
        "SGD with a constant step never comes to rest. Theorem 2 says where it stays: with a little Gaussian noise "
        "added to every step and the parameters projected on a ball of radius r, the iterates end up near the "
        "critical set C_r, and the smaller the step alpha the nearer: for every eta > 0, the long-run probability of "
        "being further than eta from C_r goes to 0 with alpha. The paper gives no rate.",
        "C_r contains the points where the gradient of the population loss vanishes and, on the sphere |u| = r, the "
        "points where descent pushes straight outwards. The second kind matters when the good parameters lie outside "
        "the ball; both situations are measured.",
    ),
    formulas=(
        Formula(
            r"u^{t+1} = \pi_r\left(u^t - \alpha\,\phi(u^t, X, Y, \theta) + \alpha a\,\xi\right), \qquad "
            r"\xi \sim \mathcal{N}(0, I)",
            "the scheme: pi_r projects the whole parameter vector on the ball, a is the noise level",
        ),
        Formula(
            r"C_r = \{u : 0 \in -\partial_C F(u) - N_r(u)\}, \qquad N_r(u) = \{0\}\ \mathrm{inside},\ "
            r"\{s u : s \geq 0\}\ \mathrm{on\ the\ sphere}",
            "the critical set of the population loss F on the ball: Clarke's subdifferential is {grad F(u)} wherever "
            "the images of the inputs are distinct, and else the hull of the limits of gradients nearby",
        ),
        Formula(r"\limsup_{t}\ P\left(\mathrm{dist}(u^t, C_r) > \eta\right) \to 0 \quad (\alpha \to 0)", "Theorem 2"),
        Formula(
            r"|u - \pi_r(u - \nabla F(u))|",
            "the natural residual: zero exactly at the points of C_r where F is differentiable, and continuous there",
        ),
    ),
    method=(
        "A layer of two tanh units with smooth cut-offs maps four points to the plane; every assumption of the "
        "theorem holds, F and its gradient are exact, and the smooth points of C_r that a search finds are isolated. "
        "Each repeat starts from a random initialisation and runs to the same time s = alpha t for every alpha. The "
        "iterate is looked at several times in the last quarter of the run.",
        "Distances to C_r are upper bounds: from each of those iterates Levenberg-Marquardt looks for a critical "
        "point (natural residual below the tolerance), and the nearest of all points found by any run counts. (C_r "
        "also holds non-smooth points, where all images coincide; leaving them out can only lengthen a distance.) A "
        "run counts as further than eta if it was at any of the late times, which is more often than at a given time: "
        "the share of such runs bounds the limsup from above, as far as the late times stand for it.",
    ),
    source="Tanguy (TMLR 2023), Theorem 2.",
)

SCHEMES = ("minimisers inside the ball", "minimisers outside the ball")
STAGES = ("inside", "sphere")
REACH = 7.5  # the cut-off is 1 up to this |u|
SLOPE = "slope of log distance over log alpha"


@dataclass(frozen=True)
class CriticalConfig(Settings):
    """Choices of `critical`; the defaults are --quick."""

    batch: int = 32  # n
    noise: float = 0.1  # a
    radii: tuple[float, ...] = (5.0, 0.45)  # r: minimisers have norms of 0.6 and more
    alphas: tuple[float, ...] = (0.3, 0.1, 0.03, 0.01)
    horizon: float = 90.0  # s at the end of every run; the slowest direction at a minimiser falls like exp(-s / 20)
    looks: int = 40  # times along the run at which the residual is taken
    late: int = 6  # of them, in the last quarter, those at which the distance is taken
    repeats: int = 10
    etas: tuple[float, ...] = (0.1, 0.2, 0.4)
    tolerance: float = 1e-9  # a natural residual below this is a critical point
    share_below: float = 0.4  # P(distance > middle eta) at the smallest alpha is to be below this

    def __post_init__(self) -> None:
        super().__post_init__()
        for name in ("batch", "looks", "late"):
            checks.integer(name, getattr(self, name), minimum=1)
        checks.integer("repeats", self.repeats, minimum=2)
        check_steps("alphas", self.alphas)
        check_etas(self.etas)
        checks.number("tolerance", self.tolerance, above=0.0)
        checks.number("horizon", self.horizon, minimum=self.looks * max(self.alphas))
        if len(self.radii) != 2 or not 0 < min(self.radii) <= max(self.radii) <= REACH:
            raise InputError(f"radii must be two numbers in ]0, {REACH:g}], inside the cut-off, got {self.radii}")


CONFIG = CriticalConfig
FULL = {
    "alphas": (0.3, 0.1, 0.03, 0.01, 0.003),
    "horizon": 120.0,
    "late": 8,
    "repeats": 80,
    "etas": (0.05, 0.1, 0.2),
    "share_below": 0.05,
}


def run(config: CriticalConfig, pool: Pool) -> Record:
    """Long runs for both radii, the critical points near them, and the distances."""
    samples, residuals, slopes, found, arrays = {}, {}, {}, {}, {}
    for k, scheme in enumerate(SCHEMES):
        parts = pool.map(STAGES[k], long_runs, [(config, k, repeat) for repeat in range(config.repeats)])
        catalogue = _catalogue(parts, config.tolerance)  # [C, d_u]
        if len(catalogue) == 0:
            raise SwrefError(f"no critical point was found within tolerance = {config.tolerance:g}; try a larger one")
        distances = np.array([_distances(part["seen"], catalogue) for part in parts])  # [R, A, looks]
        D = distances[:, :, _late(config)]
        samples[scheme] = (config.alphas, D.mean(axis=2))
        found[scheme] = (config.alphas, D.max(axis=2))
        residuals[scheme] = np.array([part["residuals"] for part in parts])  # [R, A, looks]
        slopes[scheme] = power_law(config.alphas, D.mean(axis=2), derived_seed(config.seed, k))
        arrays |= {
            f"{STAGES[k]}_residuals": residuals[scheme],
            f"{STAGES[k]}_distances": distances,
            f"{STAGES[k]}_critical": catalogue,
            f"{STAGES[k]}_failed": np.mean([part["found"] > config.tolerance for part in parts]),
            f"{STAGES[k]}_on_sphere": np.mean([part["on_sphere"] for part in parts], axis=(0, 2)),  # [A]
        }
    step_bound = _problem().alpha_0()
    return Record(
        config=config.to_dict(),
        verdicts=_verdicts(config, found, slopes, residuals),
        summary=_summary(config, slopes, found),
        tables={
            "distances": distance_table(
                "Mean distance to C_r at late times", "distance", samples, dict.fromkeys(SCHEMES, step_bound)
            ),
            "exceedance": share_table(
                "Shares of runs further than eta from C_r at any late time, Wilson intervals", found, config.etas
            ),
            "repeats": run_table("distance", samples),
            "furthest": run_table("distance", found),
        },
        shown=("distances", "exceedance"),
        arrays={**arrays, "slopes": np.array([[e.value, e.low, e.high] for e in slopes.values()])},
        notes=_notes(config, arrays, step_bound),
    )


def long_runs(config: CriticalConfig, k: int, repeat: int) -> dict[str, np.ndarray]:
    """One repeat with radius k: for every alpha the residuals along the run, late iterates, and what is near them."""
    problem, r = _problem(), config.radii[k]
    F = problem.loss(config.batch)
    u0 = problem.net.init(derived_seed(config.seed, k, repeat))
    u0 = project_on_ball(u0, 0.99 * r)
    residuals, everything, near, found = [], [], [], []
    for j, alpha in enumerate(config.alphas):
        looks = np.ceil(np.linspace(0, 1, config.looks + 1)[1:] * config.horizon / alpha).astype(int)
        iterates = sgd(
            problem.net,
            problem.source,
            problem.target,
            u0,
            step=alpha,
            batch=config.batch,
            steps=int(looks[-1]),
            noise=config.noise,
            radius=r,
            seed=derived_seed(config.seed, k, repeat, j),
            backend="cpu",
        )
        wanted = set(looks.tolist())
        seen = np.array([iterate.u for iterate in iterates if iterate.t in wanted])  # [looks, d_u]
        residuals.append([natural_residual_of(F, u, r) for u in seen])
        near.append([_critical_near(F, u, r, config.tolerance) for u in seen[_late(config)]])
        found.append([natural_residual_of(F, u, r) for u in near[-1]])
        everything.append(seen)
    return {
        "residuals": np.array(residuals),  # [A, looks]
        "seen": np.array(everything),  # [A, looks, d_u]
        "near": np.array(near),  # [A, late, d_u]
        "found": np.array(found),  # [A, late] the natural residuals there
        "on_sphere": np.array([[on_sphere(u, r) for u in seen[_late(config)]] for seen in everything]),
    }


def _problem() -> PlanarProblem:
    """Four points to four points in general position: the critical points are isolated, none is nearly flat."""
    source = Discrete([[1.5, 0.3], [-0.9, 1.2], [-0.75, -0.45], [0.3, -1.35]])
    target = Discrete([[0.8, 0.0], [-0.3, 0.3], [-0.7, 0.0], [0.1, -0.5]])
    return PlanarProblem(CutOff(SkipNet((2, 2), output_activation="tanh"), REACH + 0.5, 6.0, 0.5), source, target)


def _late(config: CriticalConfig) -> np.ndarray:
    """Which of the looks along a run are the late ones [late]."""
    return np.linspace(3 * config.looks // 4, config.looks - 1, config.late).astype(int)


def _critical_near(F: ExactLoss, u: np.ndarray, r: float, tolerance: float) -> np.ndarray:
    """A critical point found from u [d_u]; where that search stalls, one that descent leads to."""
    near = solve(F, u, r)
    return near if natural_residual_of(F, near, r) <= tolerance else solve(F, descend(F, u, r), r)


def _catalogue(parts: Sequence[Part], tolerance: float) -> np.ndarray:
    """Every critical point [C, d_u] that a repeat found, once."""
    d_u = parts[0]["near"].shape[-1]
    near = np.concatenate([part["near"].reshape(-1, d_u) for part in parts])
    found = np.concatenate([part["found"].ravel() for part in parts]) <= tolerance
    return near[found][np.unique(near[found].round(6), axis=0, return_index=True)[1]]


def _distances(seen: np.ndarray, catalogue: np.ndarray) -> np.ndarray:
    """The distance [A, looks] of every iterate [A, looks, d_u] to the nearest of the catalogue."""
    return np.linalg.norm(seen[:, :, None, :] - catalogue, axis=-1).min(axis=-1)


Found = dict[str, tuple[tuple[float, ...], np.ndarray]]


def _verdicts(
    config: CriticalConfig, found: Found, slopes: dict[str, Estimate], residuals: dict[str, np.ndarray]
) -> tuple[Verdict, ...]:
    eta, alpha, verdicts = middle(config.etas), min(config.alphas), []
    for k, scheme in enumerate(SCHEMES):
        share = share_above(found[scheme][1][:, config.alphas.index(alpha)], eta)
        late = residuals[scheme][:, :, 3 * config.looks // 4 :].mean(axis=2)  # [R, A]
        residual_slope = power_law(config.alphas, late, derived_seed(config.seed, k, 1))
        verdicts += [
            above(
                f"the distance to C_r falls as alpha falls, over the steps tried, {scheme}",
                SLOPE,
                slopes[scheme],
                0.0,
                f"The mean late distance went like alpha^{slopes[scheme].value:.2f}.",
            ),
            below(
                f"at alpha = {alpha:g}, limsup P(distance > {eta:g}) is below {config.share_below:g}, {scheme}",
                "share of runs further than eta from the points found, at any late time",
                share,
                config.share_below,
                f"{share.value:.0%} of {config.repeats} runs were further than {eta:g} at one of {config.late} times.",
                upper_bound=True,
            ),
            above(
                f"the natural residual falls as alpha falls, over the steps tried, {scheme}",
                "slope of log residual over log alpha",
                residual_slope,
                0.0,
                f"The mean late residual went like alpha^{residual_slope.value:.2f}.",
            ),
        ]
    return tuple(verdicts)


def _summary(config: CriticalConfig, slopes: dict[str, Estimate], found: Found) -> str:
    eta, alpha = middle(config.etas), min(config.alphas)
    shares = [share_above(found[scheme][1][:, config.alphas.index(alpha)], eta) for scheme in SCHEMES]
    inside, sphere = (slopes[scheme] for scheme in SCHEMES)
    return (
        f"The distance to the critical set goes like alpha^{inside.value:.2f} [{inside.low:.2f}, {inside.high:.2f}] "
        "when the minimisers are inside the ball and like "
        f"alpha^{sphere.value:.2f} [{sphere.low:.2f}, {sphere.high:.2f}] when they are outside; at alpha = {alpha:g} "
        f"it exceeded {eta:g} in {shares[0].value:.0%} (up to {shares[0].high:.1%}) and {shares[1].value:.0%} (up to "
        f"{shares[1].high:.1%}) of {config.repeats} runs."
    )


def _notes(config: CriticalConfig, arrays: dict[str, np.ndarray], step_bound: float) -> Sequence[str]:
    counts = [len(arrays[f"{stage}_critical"]) for stage in STAGES]
    failed = [float(arrays[f"{stage}_failed"]) for stage in STAGES]
    share = float(arrays["sphere_on_sphere"][int(np.argmin(config.alphas))])
    alpha, j = min(config.alphas), int(np.argmin(config.alphas))
    course = arrays["inside_distances"][:, j].mean(axis=0)  # [looks]
    earlier, last = course[3 * config.looks // 4], course[-1]
    return (
        step_note(step_bound, config.alphas),
        f"{counts[0]} and {counts[1]} critical points were found with r = {config.radii[0]:g} and "
        f"{config.radii[1]:g}; the search failed from {failed[0]:.1%} and {failed[1]:.1%} of the late iterates, for "
        "which the nearest of the others counts. There may be nearer ones: distances are upper bounds.",
        f"With r = {config.radii[1]:g}, {share:.0%} of the late iterates at alpha = {min(config.alphas):g} lie on the "
        "sphere exactly; the others are a step's noise inside it.",
        f"Every run ends at s = alpha t = {config.horizon:g}. At {alpha:g} the mean distance over the runs was "
        f"{earlier:.2g} at three quarters of it and {last:.2g} at its end: no finite run reaches the limit of the "
        "limsup.",
    )


def figures(record: Record) -> list[Drawing]:
    """Residuals along the runs, distances against alpha, and the shares above eta."""
    distance = slope_figure(
        record.tables["repeats"], "distance", "mean distance to $C_r$, late", record.arrays["slopes"]
    )
    share = share_figure(record, SCHEMES, "share further than $\\eta$")
    return [
        Drawing(
            "distance",
            distance,
            "The distance to the nearest critical point found, averaged over the late times, against the step: every "
            "run a dot. Left: the minimisers lie inside the ball. Right: they lie outside, and the critical points are "
            "on its sphere. Intervals of the slopes come from resampling the repeats.",
        ),
        Drawing(
            "exceedance",
            share,
            "How many runs were further than eta from the critical set at any of the late times, with Wilson's 95 % "
            "intervals. The dotted line is the share below which the interval is to lie at the smallest step, for the "
            "middle eta.",
        ),
        _course_figure(record),
    ]


def _course_figure(record: Record) -> Drawing:
    alphas, horizon, looks = (record.config[name] for name in ("alphas", "horizon", "looks"))
    s = horizon * np.linspace(0, 1, looks + 1)[1:]
    shown = range(0, len(alphas), max(1, len(alphas) // 3))
    rows = (("residuals", "natural residual of $F$"), ("distances", "distance to $C_r$"))
    with style():
        figure, panels = new_figure("double", 0.75, nrows=2, ncols=2)
        for (name, label), row in zip(rows, panels, strict=True):
            for stage, scheme, axes in zip(STAGES, SCHEMES, row, strict=True):
                for colour, j in zip(COLOURS, shown, strict=False):
                    samples = record.arrays[f"{stage}_{name}"][:, j]
                    draw_band(axes, s, samples, color=colour, label=f"$\\alpha$ = {alphas[j]:g}")
                axes.set(yscale="log", title=scheme if name == "residuals" else "")
            row[0].set_ylabel(label)
        for axes in panels[1]:
            axes.set_xlabel("time $s = \\alpha t$")
        figure.legend(*panels[0, 0].get_legend_handles_labels(), loc="outside lower center", ncols=len(alphas))
    caption = (
        "The natural residual and the distance to the nearest critical point found, along the runs: medians over the "
        "repeats, and the middle 80 % as bands. If Theorem 2 holds, the level at which they stay falls with the step."
    )
    return Drawing("course", figure, caption)
