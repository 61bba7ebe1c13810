"""The landscape of the discrete sliced Wasserstein energy: its surfaces, its Monte-Carlo error, and descents on it."""

from __future__ import annotations

import numpy as np

from swref.experiments.frame.earlier import Text
from swref.experiments.frame.pool import Part, Pool
from swref.experiments.frame.record import Record
from swref.experiments.frame.words import Formula
from swref.experiments.landscape.config import FULL, LandscapeConfig
from swref.experiments.landscape.drawings import figures
from swref.experiments.landscape.measured import Measured
from swref.experiments.landscape.report import notes, summary, tables, verdicts
from swref.experiments.landscape.spiral import search, shown_iterations, spiral_cloud
from swref.experiments.landscape.two_points import BLOCK, minima, surfaces
from swref.experiments.landscape.uniform import errors

__all__ = ["CONFIG", "FULL", "TEXT", "figures", "run"]

CONFIG = LandscapeConfig

TEXT = Text(
    title="The landscape of the sliced Wasserstein energy",
    question=(
        "Take a target cloud Z of n points, and move another cloud Y of n points until it matches. The energy E(Y) is "
        "the squared sliced Wasserstein distance of the two: project both on a line, match the sorted projections, and "
        "average the squared gaps over all lines. In practice the average is over L random directions, fixed once: "
        "that is E_L. The two differ in shape. For fixed directions space falls into cells, in each of which the "
        "orders of the projections stay the same; on a cell E_L is a quadratic, and where the minimum of the quadratic "
        "lies in its own cell (a stable cell), E_L has a local minimum, perhaps a bad one.",
        "The theory says: E_L tends to E uniformly on compact sets, with an error of the order L^(-1/2), and its "
        "critical points approach those of E. The literature also reports, for a spiral of 30 points, that "
        "block-coordinate descent on E_L gets stuck near a transport cost of 0.041 with 15 directions, ends at the "
        "target with 70, and is then over ten times faster than SGD. All of this is measured here.",
    ),
    formulas=(
        Formula(
            r"E_L(Y) = \frac{1}{L} \sum_{l=1}^{L} \min_\sigma \frac{1}{n} \sum_{k=1}^{n} "
            r"(\theta_l\cdot y_k - \theta_l\cdot z_{\sigma(k)})^2, \qquad E(Y) = \mathbb{E}_\theta\, E_1(Y)",
            "the energy along L fixed directions theta_l of length 1, and its mean over all; sigma is a matching",
        ),
        Formula(
            r"E(y) = \frac{|y|^2 + 1}{2} - \frac{2|y|}{\pi} (\sin a + (\frac{\pi}{2} - a) \cos a)",
            "two symmetric points in the plane, Y = +-y and Z = +-(0, 1), a in [0, pi/2] the angle between their lines",
        ),
        Formula(
            r"Y_k \leftarrow M^{-1} \frac{1}{L} \sum_{l=1}^{L} \theta_l \theta_l^T z_{\sigma_l(k)}, \qquad "
            r"M = \frac{1}{L} \sum_{l=1}^{L} \theta_l \theta_l^T",
            "block-coordinate descent: the matchings sigma_l that are best for Y, then the Y that is best for them",
        ),
    ),
    method=(
        "Two points each: E is known in closed form. Its minima are y = +-(0, 1), of value 0; its saddles are "
        "+-(2/pi, 0), of value 1/2 - 2/pi^2 = 0.297; at 0 it has a peak. The minima of E_L are found by enumerating "
        "its cells. Its saddles lie on the edges of the cells, where it has no gradient: each is confirmed by "
        "finding 0 in the convex hull of the gradients that meet there (Clarke's subdifferential). For the largest "
        "error over a disc, the best radius is computed exactly for every angle of a fine grid. Slopes are fitted on "
        "logarithmic axes to means over repeats of the directions; their intervals resample the repeats.",
        "The spiral is x(t) = (t/pi)(cos t, sin t), with t equally spaced in [0, 4 pi[. Every repeat draws a standard "
        "normal start. Block-coordinate descent is run from it for several L, each with directions of its own, until "
        "E_L decreases by no more than the tolerance, or up to the cap. SGD is run from the same start on E: each "
        "iteration draws one fresh direction and takes a gradient step of the whole cloud, for several alpha. The "
        "distance to the target is the true transport cost W_2^2, not the sliced one. Effort is counted in iterations "
        "and in sorts of the cloud, not in seconds, which depend on the program. Shares have Wilson's interval.",
    ),
    source="Tanguy, Flamary, Delon, Properties of Discrete Sliced Wasserstein Losses (arXiv 2307.10352).",
)


def run(config: LandscapeConfig, pool: Pool) -> Record:
    """Surfaces, errors, minima and descents."""
    (drawn,) = pool.map("surfaces", surfaces, [(config,)])
    uniform = pool.map(
        "uniform-error",
        errors,
        [
            (config, j, first, BLOCK)
            for j in range(len(config.uniform_directions))
            for first in range(0, config.uniform_repeats, BLOCK)
        ],
    )
    minimal = pool.map(
        "minima",
        minima,
        [
            (config, j, first, BLOCK)
            for j in range(len(config.minima_directions))
            for first in range(0, config.minima_repeats, BLOCK)
        ],
    )
    searches = pool.map("descents", search, [(config, repeat) for repeat in range(config.descent_repeats)])
    found = Measured.of_parts(config, uniform, minimal, searches)
    kept = tables(found, drawn)
    return Record(
        config=config.to_dict(),
        verdicts=verdicts(found),
        summary=summary(found),
        tables=kept,
        shown=("descents", "uniform", "minima"),
        arrays={
            **{name: drawn[name] for name in ("axis", "surfaces", "theta")},
            "error": found.error,
            "error_slope": np.array(found.rate.triple),
            "distance": found.distance,
            "distance_slope": np.array(found.approach.triple),
            "iterations": shown_iterations(config),
            "costs": found.costs,
            "final": found.final,
            "target": spiral_cloud(config.spiral_points, config.spiral_turns),
            **_typical_ends(found, searches),
        },
        notes=notes(found, kept, drawn),
    )


def _typical_ends(found: Measured, searches: list[Part]) -> dict[str, np.ndarray]:
    """The end points [3, n, 2] of the runs of median W_2^2: few directions, enough of them, the last step of SGD."""
    methods = [found.method(found.config.few), found.method(found.config.enough), found.final.shape[1] - 1]
    repeats = [int(np.argsort(found.final[:, k], kind="stable")[len(found.final) // 2]) for k in methods]
    return {
        "typical": np.array([searches[repeat]["ends"][k] for k, repeat in zip(methods, repeats, strict=True)]),
        "typical_cost": np.array([found.final[repeat, k] for k, repeat in zip(methods, repeats, strict=True)]),
    }
