"""Runs beside each other: what was set differently, and which is nearer to the same held-out data, how certainly."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from swref.directions import directions
from swref.distance import points_distance
from swref.errors import InputError
from swref.measures import Discrete
from swref.randomness import stream
from swref.runs.evaluation import DIRECTIONS, REPEATS
from swref.runs.run import Run
from swref.sliced import sw_loss_and_grad

POTENTIAL_DIRECTIONS = 100  # for the error of the held-out sample
NOT_COMPARED = ("format", "target_sha256", "source_sha256", "track", "track_every")


@dataclass(frozen=True)
class Compared:
    """A run beside the first: SW_p, with the root, to the held-out data of the first, in the first's units."""

    run: str
    steps: int
    loss: float | None  # mean over the last tenth of its steps
    distance: float  # from as many generated points as there are held-out points
    standard_error: float  # of drawing generated points: REPEATS draws, 19 degrees of freedom
    difference: float  # distance less that of the first run
    paired_standard_error: float | None  # of the difference: of drawing both, and of the held-out sample


@dataclass(frozen=True)
class Comparison:
    """Runs beside each other; see `compare`."""

    runs: list[Compared]
    settings: dict[str, list[Any]]  # the keys of config.toml that differ, a value a run
    p: float
    held_out: int  # points
    directions: int
    remarks: list[str]

    def to_dict(self) -> dict[str, Any]:
        """Plain values."""
        values = {key: [_plain(value) for value in row] for key, row in self.settings.items()}
        return {**asdict(self), "settings": values}


def compare(runs: Sequence[Run]) -> Comparison:
    """Compare runs, the first being what the others are compared with.

    All generate from the same streams, so that runs with one law of the input share the inputs, and all distances are
    over the same directions: what is common to both cancels in a difference. Its error joins that of REPEATS draws with
    that of the held-out points, by the influence function (see swref.inference.Sampling).
    Raises InputError for fewer than two runs, runs of different dimensions, or a first one without held-out data.
    """
    if len(runs) < 2:
        raise InputError(f"runs must be at least two to be compared, got {len(runs)}")
    first = runs[0]
    for run in runs:
        if run.generator.dim != first.generator.dim:
            raise InputError(
                f"runs must have one dimension: {first.path} has {first.generator.dim}, {run.path} {run.generator.dim}"
            )
    if len(first.kept.held_out) == 0:
        raise InputError(f"the first run must have kept held-out data, got {first.path}, which has none")
    held_out = Discrete(first.kept.units.apply(first.kept.held_out))
    theta = directions(stream(first.config.seed, "evaluation: directions"), DIRECTIONS, held_out.dim)
    draws = [[_generated(run, first, held_out.m, r) for r in range(REPEATS)] for run in runs]
    p = first.config.p
    distances = np.array([[points_distance(Discrete(z), held_out, theta, p=p) for z in sets] for sets in draws])
    influences = [_influence(sets[0], held_out, theta, p) for sets in draws]
    return Comparison(
        runs=[_row(run, distances[k], distances[0], influences[k] - influences[0]) for k, run in enumerate(runs)],
        settings=different_settings(runs),
        p=p,
        held_out=held_out.m,
        directions=DIRECTIONS,
        remarks=_remarks(runs),
    )


def different_settings(runs: Sequence[Run]) -> dict[str, list[Any]]:
    """The fields of the configurations that are not the same in all runs, a value a run."""
    configs = [run.config.to_dict() for run in runs]
    different = [key for key in configs[0] if any(config[key] != configs[0][key] for config in configs)]
    return {key: [config[key] for config in configs] for key in different if key not in NOT_COMPARED}


def _row(run: Run, distances: np.ndarray, first: np.ndarray, influence: np.ndarray) -> Compared:
    losses, gaps = run.history["loss"], distances - first
    error = None
    if len(influence) > 1:
        of_held_out = influence.std(ddof=1) / math.sqrt(len(influence))
        error = math.hypot(gaps.std(ddof=1) / math.sqrt(REPEATS), of_held_out)
    return Compared(
        run=str(run.path),
        steps=run.steps,
        loss=float(losses[-max(1, len(losses) // 10) :].mean()) if len(losses) else None,
        distance=float(distances.mean()),
        standard_error=float(distances.std(ddof=1) / math.sqrt(REPEATS)),
        difference=float(gaps.mean()),
        paired_standard_error=error,
    )


def _generated(run: Run, first: Run, n: int, r: int) -> np.ndarray:
    """n generated points [n, d] of draw r, in the units of the first run."""
    return first.kept.units.apply(run.generator.sample(stream(first.config.seed, "comparison", r), n))


def _influence(generated: np.ndarray, held_out: Discrete, theta: np.ndarray, p: float) -> np.ndarray:
    """How SW_p changes per unit of mass at each held-out point [m]: the potential of SW_p^p, over p SW_p^{p-1}."""
    some = theta[:POTENTIAL_DIRECTIONS]
    power, g = sw_loss_and_grad(generated, held_out.points, some, p=p, wrt="y_weights")
    return g / (p * power ** (1 - 1 / p)) if power > 0 else np.zeros(held_out.m)


def _remarks(runs: Sequence[Run]) -> list[str]:
    """What makes the comparison less than fair."""
    first, found = runs[0], []
    for run in runs[1:]:
        keys = ("target", "columns", "target_sha256")
        if any(getattr(run.config, key) != getattr(first.config, key) for key in keys):
            found.append(f"{run.path} learned other data ({run.data_name}) than {first.path} ({first.data_name})")
        elif (run.config.seed, run.config.holdout) != (first.config.seed, first.config.holdout):
            found.append(f"{run.path} has another seed or holdout: it trained on some of these held-out points")
    return found


def _plain(value: Any) -> Any:
    return str(value) if isinstance(value, float) and math.isinf(value) else value
