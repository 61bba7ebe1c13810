"""One run of one scheme on real data, and its sliced Wasserstein distance to the held-out half along the way."""

from __future__ import annotations

import dataclasses
import math

import numpy as np

from swref.experiments.practice.config import PILOT, SCHEMES, PracticeConfig
from swref.randomness import stream
from swref.runs.evaluation import HeldOut
from swref.runs.problem import Problem
from swref.theory.assumptions.constants import alpha_0
from swref.theory.assumptions.layerwise import network_bounds
from swref.theory.population.exact_loss import on_sphere

SOURCE_DRAWS = 10_000  # behind the largest norm of an input


def times(config: PracticeConfig, data: str) -> np.ndarray:
    """The steps at which a run is looked at: 0, then a geometric sequence to its end.

    >>> times(PracticeConfig(penguins_steps=500, points=4), "penguins").tolist()
    [0, 10, 71, 500]
    """
    steps = config.training(data, 0, SCHEMES[0]).steps
    return np.unique(np.r_[0, np.geomspace(max(1.0, steps / 50), steps, config.points - 1).round().astype(int)])


def pilot_part(config: PracticeConfig, data: str) -> dict[str, float]:
    """Plain SGD with a seed that no other run has: |u| at its end; and the alpha_0 of the theorems in the wide ball."""
    training = config.training(data, PILOT, SCHEMES[0])
    problem = Problem.of(training)
    last = problem.initial()
    for iterate in dataclasses.replace(problem, config=training).iterates(last):
        last = iterate.u
    norm = float(np.linalg.norm(last))
    return {"norm": norm, "alpha_0": _step_bound(problem, config.wide * norm), "d_u": problem.net.n_params}


def yardstick_part(config: PracticeConfig, data: str, repeat: int) -> dict[str, float]:
    """Of a repeat's split: the mean distance of two random halves, and that of its training half to its held-out."""
    problem = Problem.of(config.training(data, repeat, SCHEMES[0]))
    held_out = HeldOut(problem, config.eval_directions, "cpu")
    return {
        "halves": float(held_out.halves(config.splits).mean()),
        "training_half": held_out.distance(problem.train, problem.held_out),
    }


def run_part(config: PracticeConfig, data: str, repeat: int, index: int, norm: float) -> dict[str, np.ndarray | float]:
    """One run of SCHEMES[index]: held-out distances at `times`, the last with more draws, and |u| at them."""
    scheme = SCHEMES[index]
    training = config.training(data, repeat, scheme, norm)
    problem = Problem.of(training)
    noise = config.noise(scheme, config.training(data, repeat, SCHEMES[0]), norm, problem.net.n_params)
    training = dataclasses.replace(training, noise=noise)
    held_out, wanted = HeldOut(problem, config.eval_directions, "cpu"), set(times(config, data).tolist())
    last = problem.initial()
    curve, norms = [held_out.generated(last, config.curve_draws).mean()], [float(np.linalg.norm(last))]
    touching = 0
    for iterate in dataclasses.replace(problem, config=training).iterates(last):
        last = iterate.u
        touching += on_sphere(last, training.radius)
        if iterate.t in wanted:
            curve.append(held_out.generated(last, config.curve_draws).mean())
            norms.append(float(np.linalg.norm(last)))
    final = held_out.generated(last, config.final_draws)
    return {
        "curve": np.array(curve),
        "norms": np.array(norms),
        "final": float(final.mean()),
        "final_error": float(final.std(ddof=1) / math.sqrt(len(final))),
        "on_sphere": touching / training.steps,
        "noise": noise,
        "radius": training.radius,
    }


def _step_bound(problem: Problem, radius: float) -> float:
    """1/((d^2 + 2 R_y) d_u M) over |u| <= radius, the inputs as large as the largest of many drawn ones."""
    inputs = problem.source.sample(stream(problem.config.seed, "source"), SOURCE_DRAWS)
    bounds = network_bounds(problem.net, radius, float(np.linalg.norm(inputs, axis=1).max()))
    largest = float(np.linalg.norm(problem.train.points, axis=1).max())
    return math.nan if bounds is None else alpha_0(problem.net.dim_out, largest, problem.net.n_params, bounds.M)
