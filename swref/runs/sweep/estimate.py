"""How long a sweep will take: a probe of this machine, and the model of costs for all that the probe did not run."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from swref.runs.choice import measured_step_seconds
from swref.runs.cost import distance_seconds, step_seconds
from swref.runs.effort import DISTANCES, Effort
from swref.runs.evaluation import DIRECTIONS
from swref.runs.executors import one_thread
from swref.runs.problem import Problem
from swref.runs.sweep.members import Member


@dataclass(frozen=True)
class Forecast:
    """Numbers of runs, and the seconds of one process of this machine that the missing ones take."""

    runs: int
    missing: int
    seconds: float

    def to_dict(self) -> dict[str, Any]:
        """Plain values."""
        return {"runs": self.runs, "missing": self.missing, "seconds_of_one_process": round(self.seconds, 1)}


def forecast(runs: int, missing: Sequence[Member]) -> Forecast:
    """A step of the first missing run is timed; the model says what other sizes and the evaluation take beside it.

    Raises what loading the data raises.
    """
    problems: dict[tuple[str, str], Problem] = {}
    factor = seconds = 0.0
    for member in missing:
        config = member.config
        key = config.target, config.source
        if key not in problems:
            problems[key] = Problem.of(config, *member.data)
        problem = problems[key].under(config, member.data[1])
        step = step_seconds(config, problem.net.dim_in, problem.net.dim_out)
        if not factor:
            with one_thread():
                factor = measured_step_seconds(problem) / step
        effort = Effort.of(problem, DIRECTIONS)
        evaluated = DISTANCES * distance_seconds(2 * effort.points, problem.net.dim_out, effort.directions)
        seconds += factor * (config.steps * step + evaluated)
    return Forecast(runs, len(missing), seconds)
