"""Theorem 2 measured: how far the noised projected scheme stays from the critical set C_r after long runs."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

import numpy as np

from swref import checks
from swref.errors import SwrefError
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
from swref.experiments.problems.planar import PlanarProblem, natural_residual_of, step_note
from swref.inference.statistics import Estimate, power_law
from swref.measures import Discrete
from swref.networks import CutOff, SkipNet
from swref.plots import Figure, new_figure, style
from swref.sgd import project_on_ball
from swref.theory.criticality.certificate import Certificate, certify
from swref.theory.criticality.search import descend, solve
from swref.theory.population.exact_loss import ExactLoss, on_sphere

SEEDS = SeedTable(start=("scheme", "repeat"), run=("scheme", "repeat", "alpha"))
PLACES = {"inside": "minimisers inside the ball", "sphere": "minimisers outside the ball"}
SAME = 1e-6
REACH = 7.5  # the cut-off is 1 up to this |u|


@dataclass(frozen=True)
class Config(Settings):
    """Choices of `critical`. Raises InputError where they do not fit together."""

    batch: int = 32  # n
    noise: float = 0.1  # a
    radii: tuple[float, ...] = (1.0, 0.35)  # r of each scheme: minimisers have norms of 0.51 to 0.54
    alphas: tuple[float, ...] = quick((0.3, 0.1, 0.03, 0.01), full=(0.3, 0.1, 0.03, 0.01, 0.003))
    horizon: float = 60.0  # s at the end of every run, when the exact flow has settled
    looks: int = 40  # times along the run at which the residual is taken
    late: int = quick(6, full=8)  # of them, in the last quarter, those at which the distance is taken
    repeats: int = quick(10, full=80)
    etas: tuple[float, ...] = quick((0.1, 0.2, 0.4), full=(0.05, 0.1, 0.2))
    tolerance: float = 1e-9  # a natural residual below this ends a search
    share_below: float = quick(0.4, full=0.05)  # P(distance > middle eta) at the smallest alpha is to be below this

    def __post_init__(self) -> None:
        super().__post_init__()
        self.at_least(1, "batch", "looks", "late")
        self.at_least(2, "repeats")
        check_steps("alphas", self.alphas)
        check_etas(self.etas)
        check_share(self.share_below)
        checks.number("tolerance", self.tolerance, above=0.0)
        checks.number("horizon", self.horizon, minimum=self.looks * max(self.alphas))
        fit = len(self.radii) == 2 and 0 < min(self.radii) <= max(self.radii) <= REACH
        require(fit, f"radii must be two numbers in ]0, {REACH:g}], inside the cut-off, got {self.radii}")


def three_points() -> PlanarProblem:
    """Three points to three: the exact flow from random starts in these balls has settled long before the late looks.

    (From 50 starts its natural residual is below 1e-5 at s = 45. Four points can leave a flat spot on the way, without
    a critical point in it, in which runs stay for hundreds of units of time.)
    """
    source = Discrete([[1.5, 0.3], [-1.05, 1.2], [-0.75, -1.35]])
    target = Discrete([[0.8, 0.0], [-0.5, 0.2], [-0.3, -0.3]])
    return PlanarProblem(CutOff(SkipNet((2, 2), output_activation="tanh"), REACH + 0.5, 6.0, 0.5), source, target)


def late_looks(config: Config) -> np.ndarray:
    """Which of the looks along a run are the late ones [late]."""
    return np.linspace(3 * config.looks // 4, config.looks - 1, config.late).astype(int)


def long_runs(config: Config, scheme: str, repeat: int) -> dict[str, np.ndarray]:
    """One start in the ball of a scheme, and a run from it for every alpha.

    seen [alpha, look, u]: iterates along the run; residuals [alpha, look]: their natural residuals. on_sphere [alpha,
    late]: whether a late iterate is on the sphere; near [alpha, late, u]: what a search for a critical point from
    there ends at; errors [alpha, late]: within which there is one for certain, infinite without a certificate.
    """
    problem, k, late = three_points(), list(PLACES).index(scheme), late_looks(config)
    F, r = problem.loss(config.batch), config.radii[k]
    u0 = project_on_ball(problem.net.init(SEEDS("start", config.seed, k, repeat)), 0.99 * r)
    seen = []
    for j, alpha in enumerate(config.alphas):
        looks = np.ceil(np.linspace(0, 1, config.looks + 1)[1:] * config.horizon / alpha).astype(int)
        steps, seed, wanted = int(looks[-1]), SEEDS("run", config.seed, k, repeat, j), set(looks.tolist())
        iterates = problem.sgd(u0, step=alpha, batch=config.batch, steps=steps, noise=config.noise, radius=r, seed=seed)
        seen.append([iterate.u for iterate in iterates if iterate.t in wanted])
    near = [[critical_near(F, run[i], r, config.tolerance) for i in late] for run in seen]
    return {
        "seen": np.array(seen),
        "residuals": np.array([[natural_residual_of(F, u, r) for u in run] for run in seen]),
        "on_sphere": np.array([[on_sphere(run[i], r) for i in late] for run in seen]),
        "near": np.array([[found.point for found in points] for points in near]),
        "errors": np.array([[found.error for found in points] for points in near]),
    }


def critical_near(F: ExactLoss, u: np.ndarray, r: float, tolerance: float) -> Certificate:
    """A critical point found from u [d_u]; where that search stalls, one that descent leads to."""
    near = solve(F, u, r)
    if natural_residual_of(F, near, r) > tolerance:
        near = solve(F, descend(F, u, r), r)
    return certify(F, near, r)


def catalogue_of(near: np.ndarray, errors: np.ndarray) -> np.ndarray:
    """Every certified point [C, d_u] among near [..., d_u], with finite errors [...], once: no two within SAME."""
    certified = near.reshape(-1, near.shape[-1])[np.isfinite(errors.ravel())]
    catalogue: list[np.ndarray] = []
    for point in certified[np.lexsort(certified.T[::-1])]:
        if all(np.linalg.norm(point - known) > SAME for known in catalogue):
            catalogue.append(point)
    if not catalogue:
        raise SwrefError("no critical point was certified; try a smaller tolerance")
    return np.array(catalogue)


def distances_to(seen: np.ndarray, catalogue: np.ndarray) -> np.ndarray:
    """The distance [...] of every iterate [..., d_u] to the nearest of the catalogue [C, d_u]."""
    return np.asarray(np.min(np.linalg.norm(seen[..., None, :] - catalogue, axis=-1), axis=-1))


def run(config: Config, pool: Pool) -> Record:
    """Long runs for both radii, the critical points near them, and the distances."""
    problem, late = three_points(), late_looks(config)
    of = sampled(
        pool,
        "runs",
        long_runs,
        config,
        outer={"scheme": list(PLACES), "repeat": range(config.repeats)},
        shapes={
            "seen": "alpha look u",
            "residuals": "alpha look",
            "near": "alpha late u",
            "errors on_sphere": "alpha late",
        },
        inner={"alpha": config.alphas, "look": range(config.looks), "late": late, "u": range(problem.net.n_params)},
    )
    samples: dict[str, Sample] = {}
    arrays: dict[str, np.ndarray] = {}
    slopes: dict[str, Estimate] = {}
    mean, furthest = {}, {}
    for key, scheme in PLACES.items():
        mine = {name: sample.at(scheme=key) for name, sample in of.items()}
        errors = mine["errors"].values
        catalogue = catalogue_of(mine["near"].values, errors)
        axes = mine["residuals"].axes
        distances = Sample(distances_to(mine["seen"].values, catalogue), axes)
        mean[scheme] = distances.where(look=late).over("look", np.mean)
        furthest[scheme] = distances.where(look=late).over("look", np.max)
        residual = mine["residuals"].where(look=range(3 * config.looks // 4, config.looks)).over("look", np.mean)
        slopes |= {f"{key}_slope": slope_of(config, mean[scheme]),
                   f"{key}_residual": slope_of(config, residual)}  # fmt: skip
        samples |= {f"{key}_residuals": mine["residuals"], f"{key}_distances": distances}
        arrays |= {
            f"{key}_critical": catalogue,
            f"{key}_failed": np.array(np.mean(np.isinf(errors))),
            f"{key}_error": np.array(np.max(errors[np.isfinite(errors)])),
            f"{key}_on_sphere": np.mean(mine["on_sphere"].values, axis=(0, 2)),  # [alpha]
        }
    step_bound, alpha, eta = problem.step_bounds(max(config.radii)), min(config.alphas), middle(config.etas)
    shares = {
        f"{key}_share": shares_above(furthest[scheme], config.etas).at(alpha=alpha, eta=eta).estimate()
        for key, scheme in PLACES.items()
    }
    course = samples["inside_distances"].at(alpha=alpha).over("repeat", np.mean)
    title = "Shares of runs further than eta from C_r at any late time, exact binomial intervals"
    return Record(
        verdicts=[
            verdict
            for key in PLACES
            for verdict in (
                above(f"{key} distance", slopes[f"{key}_slope"], 0.0),
                below(f"{key} share", shares[f"{key}_share"], config.share_below, upper_bound=True),
                above(f"{key} residual", slopes[f"{key}_residual"], 0.0),
            )
        ],
        tables={
            "distances": distance_table(
                "Mean distance to C_r at late times", "distance", mean, dict.fromkeys(mean, step_bound)
            ),
            "exceedance": share_table(title, furthest, config.etas),
            "repeats": run_table("distance", mean),
            "furthest": run_table("distance", furthest),
        },
        shown=("distances", "exceedance"),
        samples=samples,
        arrays=arrays | {"slopes": np.array([slopes[f"{key}_slope"].triple for key in PLACES])},
        facts={
            **slopes,
            **shares,
            "alpha": alpha,
            "eta": eta,
            "step_note": step_note(step_bound, config.alphas),
            "inside_count": len(arrays["inside_critical"]),
            "sphere_count": len(arrays["sphere_critical"]),
            "inside_failed": float(arrays["inside_failed"]),
            "sphere_failed": float(arrays["sphere_failed"]),
            "error": max(float(arrays[f"{key}_error"]) for key in PLACES),
            "on_sphere": float(arrays["sphere_on_sphere"][int(np.argmin(config.alphas))]),
            "earlier": course.at(look=3 * config.looks // 4).item(),
            "last": course.at(look=config.looks - 1).item(),
        },
    )


def slope_of(config: Config, values: Sample) -> Estimate:
    """The exponent of values [repeat, alpha] over alpha."""
    return estimated(values, partial(power_law, config.alphas), along="alpha").estimate()


def figures(record: Record) -> dict[str, Figure]:
    """Distances against alpha, the shares above eta, and residuals and distances along the runs."""
    runs, slopes, schemes = record.tables["repeats"], record.arrays["slopes"], tuple(PLACES.values())
    return {
        "distance": slope_figure(runs, "distance", "mean distance to $C_r$, late", slopes),
        "exceedance": share_figure(record, schemes, schemes, "share further than $\\eta$"),
        "course": _course_figure(record),
    }


def _course_figure(record: Record) -> Figure:
    alphas, looks = record.config["alphas"], record.config["looks"]
    s = record.config["horizon"] * np.linspace(0, 1, looks + 1)[1:]
    rows = (("residuals", "natural residual of $F$"), ("distances", "distance to $C_r$"))
    with style():
        figure, panels = new_figure("double", 0.75, nrows=2, ncols=2)
        for (name, label), row in zip(rows, panels, strict=True):
            for (key, scheme), axes in zip(PLACES.items(), row, strict=True):
                shown = record.samples[f"{key}_{name}"].where(alpha=alphas[:: max(1, len(alphas) // 3)])
                draw_bands(axes, shown, s, "alpha", COLOURS, "$\\alpha$ = {:g}")
                axes.set(yscale="log", title=scheme if name == "residuals" else "")
            row[0].set_ylabel(label)
        for axes in panels[1]:
            axes.set_xlabel("time $s = \\alpha t$")
        figure.legend(*panels[0, 0].get_legend_handles_labels(), loc="outside lower center", ncols=len(alphas))
    return figure
