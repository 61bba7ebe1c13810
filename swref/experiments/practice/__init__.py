"""Penguins and digits: plain SGD, the noised projected scheme, and a decreasing step, at equal budget."""

from __future__ import annotations

import numpy as np

from swref.experiments.frame.earlier import Text
from swref.experiments.frame.pool import Part, Pool
from swref.experiments.frame.record import Record
from swref.experiments.frame.words import Formula
from swref.experiments.practice import report
from swref.experiments.practice.config import DATA, FULL, SCHEMES, PracticeConfig
from swref.experiments.practice.drawings import figures
from swref.experiments.practice.measure import pilot_part, run_part, times, yardstick_part

__all__ = ["CONFIG", "FULL", "TEXT", "figures", "run"]

TEXT = Text(
    title="What the theory's prescriptions cost or buy in practice",
    question=(
        "Theorem 2 says that SGD with a constant step ends ever nearer to the critical points of its loss as that step "
        "goes to 0, if noise is added to every step and the parameters are projected on a ball. People who train "
        "networks do neither; and they let the step decrease, which the theorems do not cover. On real data: do the "
        "prescriptions cost anything, do they buy anything, and what does the decreasing step buy?",
        "The answer is looked for in the distance of generated points to data that the training has not seen.",
    ),
    formulas=(
        Formula(
            r"u^{t+1} = \pi_r\left(u^t - \alpha_t\,\phi(u^t, X, Y, \theta) + \alpha_t a\,\xi\right)",
            "all schemes in one: phi is the gradient on a fresh batch and fresh random directions, xi standard normal "
            "noise of level a, pi_r the projection of the whole parameter vector on the ball of radius r. Plain SGD "
            "has a = 0, r infinite and alpha_t = alpha",
        ),
        Formula(
            r"\alpha_t = \frac{\alpha\,c}{1 + q\,t/T}, \qquad c = \frac{q}{\ln(1 + q)}",
            "the decreasing step over T steps: it falls by the factor 1 + q, and the sum of all steps, which is the "
            "length of the flow followed, is that of the constant step",
        ),
        Formula(
            r"\alpha\,a\,\sqrt{d_u\,T} = \kappa\,r",
            "the rule for a: the d_u-dimensional noise alone would carry the parameters kappa times the wide radius "
            "through a run; kappa is weak or strong",
        ),
    ),
    method=(
        "For every seed the data are split in halves, one to train on and one held out; all schemes of the seed share "
        "the split, the start, the batches and the directions, and do the same number of steps. The comparison is "
        "paired: ratios and differences are taken within a seed, and the interval is Student's over the seeds.",
        "The radius is a multiple of the norm that plain SGD reaches in a pilot run with a seed of its own: a wide "
        "ball, meant to be hardly felt, and a tight one, meant to bind (a start outside it is projected, too).",
        "The held-out distance is SW_2, with the root, between the held-out half and as many generated points as there "
        "are training points, over fixed random directions; the mean over several such sets of points, whose standard "
        "error is the draws' error. The yardstick is the distance of two random halves of the data: what a perfect "
        "generator would have on average.",
    ),
    source="Tanguy (TMLR 2023), section 4 and Theorem 2; suggested by the paper's outlook.",
)

CONFIG = PracticeConfig


def run(config: PracticeConfig, pool: Pool) -> Record:
    """A pilot for each data set, then every scheme with every seed."""
    pilots = dict(zip(DATA, pool.map("pilot", pilot_part, [(config, data) for data in DATA]), strict=True))
    seeds = [(data, repeat) for data in DATA for repeat in range(config.repeats(data))]
    jobs = [
        (config, data, repeat, k, float(pilots[data]["norm"])) for data, repeat in seeds for k in range(len(SCHEMES))
    ]
    runs = pool.map("runs", run_part, jobs)
    references = pool.map("yardsticks", yardstick_part, [(config, *seed) for seed in seeds])
    values = {
        data: _stacked([part for part, job in zip(runs, jobs, strict=True) if job[1] == data], len(SCHEMES))
        for data in DATA
    }
    yardsticks = {
        data: _stacked([part for part, seed in zip(references, seeds, strict=True) if seed[0] == data]) for data in DATA
    }
    return Record(
        config=config.to_dict(),
        verdicts=report.verdicts(config, values),
        summary=report.summary(values, yardsticks),
        tables={
            "results": report.result_table(config, values, yardsticks),
            "choices": report.choice_table(config, values),
            "runs": report.run_table(values),
            "curves": report.curve_table(config, values),
            "yardsticks": report.yardstick_table(yardsticks),
        },
        shown=("results", "choices"),
        arrays={
            **{f"{data}_steps": times(config, data) for data in DATA},
            **{f"{data}_curve": values[data]["curve"] for data in DATA},  # [R, S, points]
            **{f"{data}_ratios": report.ratios(values, data) for data in DATA},  # [S, 3]: value, low, high
        },
        notes=report.notes(config, pilots, values),
    )


def _stacked(parts: list[Part], schemes: int | None = None) -> dict[str, np.ndarray]:
    """Parts, in order of repeat and then scheme, as arrays [R, S, ...]; [R, ...] without schemes."""
    values = {name: np.array([part[name] for part in parts]) for name in parts[0]}
    return values if schemes is None else {k: v.reshape(-1, schemes, *v.shape[1:]) for k, v in values.items()}
