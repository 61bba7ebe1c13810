"""The choices of the sensitivity study, thresholds included."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from swref import checks
from swref.errors import InputError
from swref.experiments.frame.settings import Settings
from swref.experiments.problems.planar import steps_to
from swref.measures.shapes import SHAPES

CURVE: Final = "curve"  # the closed curve of the planar problem; every other data set is a sample of a Shape


@dataclass(frozen=True)
class SensitivityConfig(Settings):
    """Choices of `sensitivity`; the defaults are --quick."""

    data: tuple[str, ...] = (CURVE, "moons", "circles")
    data_seed: int = 0  # of the points drawn from the shapes: the same data for every seed of the experiment
    points: int = 16  # m = mt
    hidden: int = 4
    batch: int = 8  # n
    alpha: float = 0.05
    horizon: float = 30.0  # time s = alpha t at which a run ends
    record_every: int = 5  # steps between two exact losses
    tail_share: float = 0.25  # of the run, over whose records the final loss and residual are means
    level_share: float = 0.2  # the set loss: this far from a perfect generator's to a collapsed one's
    start_radius: float = 0.9  # u0 is uniform in this ball; at most the least radius
    radii: tuple[float, ...] = (1.0, 1.5, 2.0, 4.0)  # r
    noises: tuple[float, ...] = (0.0, 0.1, 0.3, 1.0)  # a, the first 0
    repeats: int = 5
    bowl_noise: float = 0.3  # the a at which the cost of noise is compared with that in a bowl
    bowl_ratio: float = 1.0  # which the measured cost is not to exceed
    dims: tuple[int, ...] = (2, 16)  # d, of the study of directions
    cloud_points: int = 256  # of its source and its target
    width: int = 8  # of its networks
    warm_steps: tuple[int, ...] = (0, 400)  # SGD steps before the gradient is looked at
    warm_alpha: float = 0.1
    fixed_batch: int = 32  # n, of the batches that stay while directions are drawn
    counts: tuple[int, ...] = (1, 2, 4, 8, 16, 32, 64)  # L
    batches: int = 6
    draws: int = 60  # of directions, a batch and L
    budget: int = 256  # n L, of a step
    budget_batches: tuple[int, ...] = (256, 64, 16, 4)  # n; L = budget/n, so that the first has L = 1
    budget_draws: int = 100  # of batches and directions, a repeat
    exponent_margin: float = 0.1  # within which the exponent of uniform directions is to be -1

    def __post_init__(self) -> None:
        super().__post_init__()
        for name in self.data:
            checks.one_of("data", name, (CURVE, *SHAPES))
        if self.start_radius > min(self.radii):
            raise InputError(
                f"start_radius must be at most the least radius {min(self.radii)}, got {self.start_radius}"
            )
        if self.noises[0] != 0 or self.bowl_noise not in self.noises[1:]:
            raise InputError(f"noises must begin with 0 and hold bowl_noise = {self.bowl_noise:g}, got {self.noises}")
        if self.budget_batches[0] != self.budget or any(self.budget % n for n in self.budget_batches):
            raise InputError(f"budget_batches must divide budget = {self.budget} and begin with it")

    @property
    def steps(self) -> int:
        """SGD steps of a run."""
        return steps_to(self.horizon, self.alpha)


FULL: dict[str, Any] = {
    "data": (CURVE, "moons", "circles", "eight_gaussians", "pinwheel"),
    "horizon": 50.0,
    "radii": (1.0, 1.5, 2.0, 3.0, 6.0),
    "noises": (0.0, 0.1, 0.3, 1.0, 3.0),
    "repeats": 12,
    "dims": (2, 8, 32),
    "counts": (1, 2, 4, 8, 16, 32, 64, 128),
    "batches": 12,
    "draws": 100,
    "budget_draws": 200,
}
