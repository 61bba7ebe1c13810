"""Theorem 2 measured: how far the noised projected scheme stays from the critical set C_r after long runs."""

from __future__ import annotations

import numpy as np

from swref.errors import SwrefError
from swref.experiments.critical.config import FULL, SCHEMES, STAGES, CriticalConfig
from swref.experiments.critical.drawings import figures
from swref.experiments.critical.measure import catalogue_of, distances_to, late_looks, long_runs, three_points
from swref.experiments.critical.report import notes_of, summary_of, verdicts_of
from swref.experiments.decay import distance_table, run_table, share_table
from swref.experiments.pool import Pool
from swref.experiments.recipe import Formula, Text
from swref.experiments.record import Record
from swref.experiments.statistics import derived_seed, power_law

__all__ = ["CONFIG", "FULL", "TEXT", "CriticalConfig", "figures", "run"]

CONFIG = CriticalConfig


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
        "A layer of two tanh units with smooth cut-offs maps three points to the plane; every assumption of the "
        "theorem holds, F and its gradient are exact, and the smooth points of C_r that a search finds are isolated. "
        "Each repeat starts from a random initialisation and runs to the same time s = alpha t for every alpha. The "
        "iterate is looked at several times in the last quarter of the run.",
        "Distances to C_r are upper bounds: from each of those iterates Levenberg-Marquardt looks for a critical "
        "point (natural residual below the tolerance), and the nearest of all points found by any run counts. (C_r "
        "also holds non-smooth points, where all images coincide; leaving them out can only lengthen a distance.) A "
        "run counts as further than eta if it was at any of the late times, which is more often than at a given time: "
        "the share of such runs bounds the limsup from above, as far as the late times stand for it.",
        "The three points were chosen by the exact flow alone, which from random starts settles before the late times. "
        "An earlier set-up with four points was given up after its full run: there the flow passes a flat spot without "
        "a critical point in it, in which 16 % of the runs with the smallest step still were at s = 120.",
    ),
    source="Tanguy (TMLR 2023), Theorem 2.",
)


def run(config: CriticalConfig, pool: Pool) -> Record:
    """Long runs for both radii, the critical points near them, and the distances."""
    samples, residuals, slopes, found, arrays = {}, {}, {}, {}, {}
    for k, scheme in enumerate(SCHEMES):
        parts = pool.map(STAGES[k], long_runs, [(config, k, repeat) for repeat in range(config.repeats)])
        catalogue = catalogue_of(parts, config.tolerance)  # [C, d_u]
        if len(catalogue) == 0:
            raise SwrefError(f"no critical point was found within tolerance = {config.tolerance:g}; try a larger one")
        distances = np.array([distances_to(part["seen"], catalogue) for part in parts])  # [R, A, looks]
        D = distances[:, :, late_looks(config)]
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
    step_bound = three_points().alpha_0()
    return Record(
        config=config.to_dict(),
        verdicts=verdicts_of(config, found, slopes, residuals),
        summary=summary_of(config, slopes, found),
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
        notes=notes_of(config, arrays, step_bound),
    )
