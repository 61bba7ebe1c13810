"""What a training run takes where nothing was said: a rule from the dimension of the data and a probe of the network.

    standardize global where points are images, whose pixels have one unit
    source      gaussian:max(d, 4)
    directions  L = max(d, 32)
    step        2 / (lambda (1 + d/L)), lambda the curvature at u0 (swref.runs.probe), three digits of it
    schedule    linear: the step falls to 0 over the run
    dtype       float32
    ties        map: columns that repeat values (swref.runs.ties) get training values
    steps       what takes 13 s on two cores by swref.runs.cost; 6000 if that is more, and no more than 38 s

A, the mean of d theta theta^T over L directions, has the mean I and E[A^2] = (1 + (d - 1)/L) I: the noise of the
directions asks for about that much smaller a step. docs/training.md has what the rule was tried on.
"""

from __future__ import annotations

import math
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from swref import checks
from swref.errors import InputError
from swref.kernels import blas
from swref.measures import Discrete
from swref.randomness import stream
from swref.runs.config import TrainConfig
from swref.runs.cost import step_seconds
from swref.runs.probe import curvature
from swref.runs.problem import Problem
from swref.runs.ties import names_of

CHOSEN = ("standardize", "source", "directions", "step", "schedule", "dtype", "ties", "steps")
LEAST_INPUTS, LEAST_DIRECTIONS = 4, 32
SECONDS, MOST_SECONDS = 13.0, 38.0  # of training, on two cores
LEAST_STEPS = 6000
MEASURED_SECONDS = 1.0  # of steps, for --minutes
MOST_MINUTES = 525_600.0  # a year
WARM_UP = 20


@dataclass(frozen=True)
class Choice:
    """A problem whose config is complete, the fields that were chosen, and what they became."""

    problem: Problem
    fields: frozenset[str]
    notes: tuple[str, ...]  # a few words on each

    @property
    def config(self) -> TrainConfig:
        """The complete config."""
        return self.problem.config


def chosen(
    *layers: Mapping[str, Any],
    minutes: float | None = None,
    as_in_paper: bool = False,
    target: Any = None,
    source: Any = None,
) -> Choice:
    """Load the data and fill what no layer gives (see TrainConfig.from_values); the rest is the config's default.

    minutes: as many steps as take that long on this machine, which is measured. as_in_paper: choose nothing, all
    defaults are those of TrainConfig; so it is, too, with a layer that is complete, as the config.toml of a run.
    target, source: measures or points instead of names. Raises what the config and loading raise, and InputError for
    minutes beside steps.

    >>> choice = chosen({"target": "moons", "steps": 100})
    >>> choice.config.source, choice.config.directions, choice.config.schedule
    ('gaussian:4', 32, 'linear')
    """
    checks.flag("as_in_paper", as_in_paper)
    given = {key for layer in layers for key in layer} | ({"source"} if source is not None else set())
    free = not as_in_paper and "format" not in given
    config = TrainConfig.from_values({"ties": "map"} if free else {}, *layers)
    if minutes is not None:
        minutes = checks.number("minutes", minutes, above=0.0, maximum=MOST_MINUTES)
        if "steps" in given and "format" not in given:
            raise InputError("minutes (--minutes) are given in place of steps (--steps): leave one of them out")
    problem = Problem.of(config, target, source)
    fields: dict[str, str] = {}
    if free:
        if "standardize" not in given and looks_like_images(problem):
            problem = Problem.of(replace(config, standardize="global"), target, source)
            fields["standardize"] = "standardize global (images)"
        problem, more = _filled(problem, given)
        fields |= more
    if minutes is not None:
        per_step = measured_step_seconds(problem)
        problem = problem.under(replace(problem.config, steps=two_digits(60 * minutes / per_step)))
        fields["steps"] = f"steps {problem.config.steps} ({minutes:g} min at {1e3 * per_step:.3g} ms a step here)"
    return Choice(problem, frozenset(fields), tuple(fields.values()))


def _filled(problem: Problem, given: set[str]) -> tuple[Problem, dict[str, str]]:
    """The problem under the rule, and a few words on each field that is not given."""
    config, d, fields = problem.config, problem.net.dim_out, {}
    if "source" not in given:
        config = replace(config, source=f"gaussian:{max(d, LEAST_INPUTS)}")
        fields["source"] = f"source {config.source}"
    if "directions" not in given:
        config = replace(config, directions=max(d, LEAST_DIRECTIONS))
        fields["directions"] = f"directions {config.directions}"
    if "dtype" not in given:
        config = replace(config, dtype="float32")
        fields["dtype"] = "dtype float32"
    if "schedule" not in given and math.isinf(config.decay) and "dc" not in config.track:
        config = replace(config, schedule="linear")
        fields["schedule"] = "schedule linear"
    problem = problem.under(config)
    if "step" not in given:
        config = replace(config, step=chosen_step(problem))
        fields["step"] = f"step {config.step:g}"
    if "steps" not in given:
        seconds = step_seconds(config, problem.net.dim_in, d)
        config = replace(config, steps=chosen_steps(seconds))
        fields["steps"] = f"steps {config.steps} (about {config.steps * seconds:.0f} s on two cores)"
    if "ties" not in given and problem.ties.columns:
        listed = ", ".join(names_of(problem.ties.columns[:5], problem.names))
        more = "" if len(problem.ties.columns) <= 5 else f" and {len(problem.ties.columns) - 5} more"
        fields["ties"] = f"ties map (columns {listed}{more})"
    return problem.under(config), fields


def looks_like_images(problem: Problem) -> bool:
    """Whether finite data are images: half of the pixels have half of the range of all."""
    if not isinstance(problem.target, Discrete) or problem.picture is None:
        return False
    points = problem.units.invert(problem.whole.points)  # [m, d]
    return bool(np.median(np.ptp(points, axis=0)) >= 0.5 * np.ptp(points))


def chosen_step(problem: Problem) -> float:
    """2 / (lambda (1 + d/L)) to three digits, so that rounding makes it no other on another machine."""
    config, d = problem.config, problem.net.dim_out
    rng = stream(config.seed, "probe")
    with blas.limited(config.blas_threads):
        u0 = problem.initial().astype("float64")
        steepness = curvature(problem.net, u0, problem.source.sample(rng, config.batch), rng)
    return float(f"{2 / (steepness * (1 + d / config.directions)):.2e}") if steepness > 0 else config.step


def chosen_steps(seconds: float) -> int:
    """How many steps of so many seconds each a run has that gives none, to two digits.

    >>> chosen_steps(4e-4), chosen_steps(5e-3), chosen_steps(0.1)
    (32000, 6000, 380)
    """
    return two_digits(min(max(SECONDS / seconds, LEAST_STEPS), MOST_SECONDS / seconds))


def two_digits(number: float) -> int:
    """`number` >= 0 to two digits, at least 1.

    >>> two_digits(32563.2), two_digits(0.2)
    (33000, 1)
    """
    return max(1, int(float(f"{number:.1e}")))


def measured_step_seconds(problem: Problem) -> float:
    """Of a step on this machine: the mean over MEASURED_SECONDS, after a warm-up that compiles."""
    config = problem.config
    endless = problem.under(replace(config, steps=10**9, track=()))
    with blas.limited(config.blas_threads):
        iterates = endless.iterates(endless.initial())
        for _ in range(WARM_UP):
            next(iterates)
        began, count = time.perf_counter(), 0
        while time.perf_counter() - began < MEASURED_SECONDS:
            next(iterates)
            count += 1
        return (time.perf_counter() - began) / count
