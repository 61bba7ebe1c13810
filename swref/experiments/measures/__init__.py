"""What discrete inputs have to do with it: flows and runs under discretisations of growing m, and under heavy tails."""

from __future__ import annotations

from swref.experiments.frame.earlier import Text
from swref.experiments.frame.pool import Pool
from swref.experiments.frame.record import Record
from swref.experiments.frame.words import Formula
from swref.experiments.measures import runs, tails, trajectories
from swref.experiments.measures.config import FULL, SETTINGS, MeasuresConfig
from swref.experiments.measures.drawings import figures
from swref.experiments.measures.report import record

__all__ = ["CONFIG", "FULL", "TEXT", "MeasuresConfig", "figures", "run"]

TEXT = Text(
    title="Discrete inputs against continuous ones",
    question=(
        "Theorem 2 says where noised, projected SGD ends: near the critical points of the population loss F. It is "
        "proven for inputs x and targets y that are discrete, with finitely many points each (assumption A6). Real "
        "generators are fed with Gaussian noise. Does anything change when A6 fails?",
        "First, what a discretisation does: replace a continuous law by m points, and follow the exact gradient flow "
        "of the loss F_m that they give. As m grows the flows should converge; for random points at the rate of "
        "averages, one over the square root of m. Then, where runs end that draw from the continuous law itself.",
        "Last, targets that are unbounded or have heavy tails, against assumption A3: Student's law with nu degrees of "
        "freedom has no moments of order nu and above. The sample gradient phi inherits the tail. For nu below 2 its "
        "variance is infinite, and so is F itself; for nu above 1 the gradient of F still exists.",
    ),
    formulas=(
        Formula(
            r"x_m = \frac{1}{m} \sum_{k=1}^{m} \delta_{x_k}, \qquad F_m(u) = \mathbb{E}\,W_2^2(\theta\cdot T(u, X), "
            r"\theta\cdot Y), \quad X \sim x_m^{\otimes n}",
            "m points in place of a law, and the loss of a network T for batches of n of them; theta is a random "
            "direction, W the Wasserstein distance in one dimension",
        ),
        Formula(
            r"\frac{du}{ds} = -\nabla F_m(u), \qquad d_c(v, w) = \sum_{k \geq 1} 2^{-k} \min(1, \max_{[0,k]} |v - w|)",
            "the flow, and the distance of two curves: 0 is equality, 1 the most",
        ),
        Formula(
            r"u^{t+1} = \pi_r(u^t - \alpha\,\phi(u^t) + \alpha a\,\xi^t), \qquad |u - \pi_r(u - \nabla F(u))|",
            "noised projected SGD: phi the sample gradient, xi normal noise, pi_r the projection on the ball of radius "
            "r; and the natural residual, zero exactly at the points of C_r, the critical points of F on the ball, "
            "where F is differentiable; it is continuous off the u with coinciding images",
        ),
    ),
    method=(
        "A small tanh network with smooth cut-offs maps the plane to the plane. Four settings: x uniform on a disc, or "
        "x Gaussian, both with a target of a few points on a curve; x and y both Gaussian; x Gaussian and y of "
        "Student's law, which differs from the third in the tail of y alone. Two discretisations: even, a lattice like "
        "the seeds of a sunflower, stretched to the law and turned by a random angle; and random, m independent draws.",
        "What belongs to a continuous law (its flow, its gradient) is computed for an even discretisation ten times "
        "finer than the one it is compared with; how much the numbers move when that is made twice as fine again is "
        "reported. Within a repeat all flows and runs of all settings have the same start u0, which is drawn from a "
        "small ball, and the even discretisations the same angles. Intervals resample whole repeats.",
        "Tails: the norms of phi along projected runs, and Hill's estimate of their tail index from the largest; then "
        "plain SGD without projection, which a single large phi can throw so far that the cut-off makes T vanish: "
        "there phi = 0 for ever.",
    ),
    source="Tanguy (TMLR 2023), Theorem 2, assumptions A3 and A6; suggested by its outlook.",
)

CONFIG = MeasuresConfig


def run(config: MeasuresConfig, pool: Pool) -> Record:
    """Flows and runs in the four settings, then gradients and unprojected runs for the targets with tails."""
    pairs = [(config, k, repeat) for k in range(len(SETTINGS)) for repeat in range(config.repeats)]
    flows = pool.map("flows", trajectories.compare, pairs)
    ends = pool.map("runs", runs.descend, pairs)
    names = range(len(tails.targets(config)))
    norms = pool.map(
        "gradients", tails.gradients, [(config, j, repeat) for j in names for repeat in range(config.tail_repeats)]
    )
    thrown = pool.map(
        "thrown", tails.thrown, [(config, j, repeat) for j in names for repeat in range(config.free_repeats)]
    )
    return record(config, flows, ends, norms, thrown)
