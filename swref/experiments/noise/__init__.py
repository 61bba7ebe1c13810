"""What added noise does at saddles and bad local minima, against SGD's own sampling noise and the exact gradient."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from swref.experiments.frame.earlier import Text
from swref.experiments.frame.pool import Pool
from swref.experiments.frame.record import Record
from swref.experiments.frame.words import Formula
from swref.experiments.noise.config import FULL, NoiseConfig
from swref.experiments.noise.drawings import figures
from swref.experiments.noise.report import (
    LOUD,
    Runs,
    by_group,
    difference_table,
    leaving_table,
    outcome_table,
    run_table,
    start_table,
    summary_of,
    verdicts_of,
)
from swref.experiments.noise.runs import descent, leave, race, times_of
from swref.experiments.noise.starts import GROUPS, Start, all_starts
from swref.experiments.problems.planar import planar_problem, step_note

__all__ = ["CONFIG", "FULL", "TEXT", "figures", "run"]

CONFIG = NoiseConfig

TEXT = Text(
    title="What added noise does at saddles and bad minima",
    question=(
        "The scheme of Theorem 2 adds Gaussian noise to every step of SGD. In the theorem this noise has one task: it "
        "keeps the iterates off the set where the loss has no gradient, whatever the network. The theorem says that "
        "the scheme ends near critical points, and does not say which: saddles and bad local minima are critical too. "
        "Yet noise is often said to help to leave those. Does it, here?",
        "SGD has noise of its own: each step uses the gradient of a random batch along a random direction. At an "
        "ordinary saddle this gradient is not 0 along the way out, so SGD should leave without help, and added noise "
        "should buy little. There are exceptions, called silent here: saddles at which every sample gradient is "
        "exactly 0 along the way out. A hidden unit all of whose weights are 0 is one: no sample ever moves it. There, "
        "only added noise can leave. A local minimum has no way out downhill, and there noise may or may not carry a "
        "run over the rim.",
    ),
    formulas=(
        Formula(
            r"u^{t+1} = \pi_r(u^t - \alpha\,\phi(u^t, X, Y, \theta) + \alpha\,a\,\xi), \qquad \xi \sim N(0, I)",
            "a step: alpha its size, phi the sample gradient of fresh batches X, Y along a random direction theta, a "
            "the level of the added noise, pi_r the projection on the ball of radius r",
        ),
        Formula(
            r"u = \pm\left(\frac{2\kappa}{\pi},\, 0\right), \qquad F(u) = \frac{1}{2} - \frac{2\kappa^2}{\pi^2},"
            r" \qquad \kappa = 1 - 2\,\binom{2n}{n}\,4^{-n}",
            "the saddle of two free points that are to match (0, 1) and (0, -1), for batches of n points",
        ),
    ),
    method=(
        "Starts. Two points: the saddle above, known in closed form. Saddles and bad minima: critical points of a "
        "small tanh network in a ball, found from many random points by solving for criticality, directly or after "
        "descent. Each is certified by its residual, and classified by the eigenvalues of the Hessian (of the "
        "Lagrangian, along the sphere, for points on it). Bad is a minimum whose loss is well above the least that was "
        "found. Silent saddles: the best network with one hidden unit, as a larger one whose other units idle; and the "
        "network whose units all idle: the images of all inputs coincide; F has a gradient there, 0, but no Hessian. "
        "Random starts: uniform in the ball.",
        "Runs. From every start: SGD without added noise and with several levels, several times, on the same batches, "
        "directions and noise, so that differences are taken in pairs. Exact gradient descent, which has no noise at "
        "all, is the reference; at saddles it is also run with added noise. A run leaves where the exact loss falls "
        "below that of its start by a margin; since noise keeps the loss up while it is on, whether it has left in the "
        "end is judged by the basin: the loss to which exact descent leads from the last iterate. The loss reached is "
        "the mean of F over the last part of the run, noise and all. How soon ordinary saddles are left is seen in "
        "many more, short runs, which stop there. The intervals are over the draws, for the starts that were found.",
    ),
    source="Tanguy (TMLR 2023), Theorem 2 and section 4; suggested by the paper's outlook. The saddle of two points: "
    "its companion on discrete measures (arXiv 2307.10352), here for batches.",
)


def run(config: NoiseConfig, pool: Pool) -> Record:
    """Find the starts, then run every arm from each."""
    starts, best, counts = all_starts(config, pool)
    fixed = [i for i, start in enumerate(starts) if start.group != GROUPS[-1]]
    index = [i for i in fixed for _ in range(config.repeats)] + [i for i in range(len(starts)) if i not in fixed]
    repeats = [k for _ in fixed for k in range(config.repeats)] + [0] * config.random_starts
    arguments = [(config, starts[i], i, repeat) for i, repeat in zip(index, repeats, strict=True)]
    runs = by_group(starts, index, pool.map("race", race, arguments))
    descents = pool.map("descent", descent, [(config, starts[i]) for i in fixed])
    still = by_group(starts, fixed, [{name: value[None] for name, value in part.items()} for part in descents])
    loud = [i for i in fixed if starts[i].group in LOUD]
    steps = np.array([part["steps"] for part in pool.map("leave", leave, [(config, starts[i], i) for i in loud])])
    return Record(
        config=config.to_dict(),
        verdicts=verdicts_of(config, runs, np.concatenate(steps)),
        summary=summary_of(config, runs, np.concatenate(steps)),
        tables={
            "starts": start_table(starts),
            "outcomes": outcome_table(config, runs, still),
            "leaving": leaving_table(config, [starts[i].group for i in loud], steps),
            "differences": difference_table(config, runs),
            "runs": run_table(config, runs),
        },
        shown=("starts", "leaving", "outcomes", "differences"),
        arrays={
            "steps": times_of(config),
            "steps to leave": steps,  # [S, R, 1 + A]
            **{f"loss of {group}": measures["loss"] for group, measures in runs.items()},  # [R, A, G]
            **{f"descent of {group}": measures["loss"][:, 0] for group, measures in still.items()},  # [S, G]
        },
        notes=_notes(config, starts, best, counts, still),
    )


def _notes(
    config: NoiseConfig, starts: Sequence[Start], best: float, counts: Mapping[str, int], still: Runs
) -> Sequence[str]:
    step_bound = planar_problem(config.points, config.hidden).alpha_0()
    stayed = [~still[group]["ended"][:, 0] for group in GROUPS[:3] if group in still]
    noises = [start.noise for start in starts if start.group in ("two points", "saddles")]
    return (
        f"Of the {counts['points']} points searched for, {counts['critical']} are critical to a residual of "
        f"{config.certified:g}: {counts['saddles']} saddles and {counts['minima']} local minima, symmetric copies "
        f"counted; bad minima among these: {counts['bad minima']}. The least loss found is {best:.4f}; that none is "
        "lower is not known. The starts are those of highest loss of each kind.",
        f"Exact gradient descent without noise stayed at {int(np.sum(np.concatenate(stayed)))} of "
        f"{len(np.concatenate(stayed))} saddles over the {config.steps} steps; rounding errors grow like "
        "exp(lambda s) at a lowest eigenvalue of -lambda, and take it away in the long run.",
        f"At the ordinary saddles the sample gradient deviates by {min(noises):.2g} to {max(noises):.2g} along the way "
        f"out. The added noise deviates by a = {config.level:g} (the level of the verdicts) along every direction.",
        "From a silent start SGD without noise cannot fall below the best network with fewer units: its idle weights "
        "stay exactly 0 (last column of runs.csv).",
        f"{step_note(step_bound, [config.alpha])} Theorem 2 asks for noise, and therefore does not speak of the runs "
        "without it. At the network whose units all idle F has a gradient, 0, but no Hessian: hence no eigenvalues.",
    )
