"""How much work the evaluation of a run may be: a fifth of the training, by the model of costs, with no clock in it."""

from __future__ import annotations

from dataclasses import dataclass

from swref.runs.cost import distance_seconds, step_seconds
from swref.runs.problem import Problem

SHARE = 0.2  # of the training
LEAST_SECONDS = 2.0  # for short runs
DISTANCES = 100  # of one evaluation
LEAST_DIRECTIONS, LEAST_POINTS = 200, 500


@dataclass(frozen=True)
class Effort:
    """Directions, and at most so many points on each side of a distance."""

    directions: int
    points: int

    @classmethod
    def of(cls, problem: Problem, directions: int) -> Effort:
        """Fewer directions first, down to LEAST_DIRECTIONS, then fewer points, down to LEAST_POINTS."""
        config, d, points = problem.config, problem.net.dim_out, max(problem.train.m, problem.held_out.m)
        training = config.steps * step_seconds(config, problem.net.dim_in, d)
        each = max(LEAST_SECONDS, SHARE * training) / DISTANCES
        while directions > LEAST_DIRECTIONS and distance_seconds(2 * points, d, directions) > each:
            directions = max(LEAST_DIRECTIONS, int(0.8 * directions))
        while points > LEAST_POINTS and distance_seconds(2 * points, d, directions) > each:
            points = max(LEAST_POINTS, int(0.8 * points))
        return cls(directions, points)
