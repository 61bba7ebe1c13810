"""The choices of the sensitivity study, thresholds included."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from swref import checks
from swref.experiments.frame.seeds import SeedTable
from swref.experiments.frame.settings import Settings, quick, require
from swref.experiments.problems.planar import steps_to
from swref.measures.shapes import SHAPES

SEEDS = SeedTable(
    grid=(0, "data", "repeat"),
    directions=(1, "d", "steps", "batch"),
    budget=(2, "d", "steps", "batch"),
    warm=(3, "d"),
)
CURVE: Final = "curve"  # the closed curve of the planar problem; every other data set is a sample of a Shape


@dataclass(frozen=True)
class Config(Settings):
    """Choices of `sensitivity`. Raises InputError where they do not fit together."""

    data: tuple[str, ...] = quick(
        (CURVE, "moons", "circles"), full=(CURVE, "moons", "circles", "eight_gaussians", "pinwheel")
    )
    data_seed: int = 0  # of the points drawn from the shapes: the same data for every seed of the experiment
    points: int = 16  # m = mt
    hidden: int = 4
    batch: int = 8  # n
    alpha: float = 0.05
    horizon: float = quick(30.0, full=50.0)  # time s = alpha t at which a run ends
    record_every: int = 5  # steps between two exact losses
    tail_share: float = 0.25  # of the run, over whose records the final loss and residual are means
    level_share: float = 0.2  # the set loss: this far from a perfect generator's to a collapsed one's
    start_radius: float = 0.9  # u0 is uniform in this ball; at most the least radius
    radii: tuple[float, ...] = quick((1.0, 1.5, 2.0, 4.0), full=(1.0, 1.5, 2.0, 3.0, 6.0))  # r
    noises: tuple[float, ...] = quick((0.0, 0.1, 0.3, 1.0), full=(0.0, 0.1, 0.3, 1.0, 3.0))  # a, the first 0
    repeats: int = quick(5, full=12)
    bowl_noise: float = 0.3  # the a at which the cost of noise is compared with that in a bowl
    bowl_ratio: float = 1.0  # which the measured cost is not to exceed
    dims: tuple[int, ...] = quick((2, 16), full=(2, 8, 32))  # d, of the study of directions
    cloud_points: int = 256  # of its source and its target
    width: int = 8  # of its networks
    warm_steps: tuple[int, ...] = (0, 400)  # SGD steps before the gradient is looked at
    warm_alpha: float = 0.1
    fixed_batch: int = 32  # n, of the batches that stay while directions are drawn
    counts: tuple[int, ...] = quick((1, 2, 4, 8, 16, 32, 64), full=(1, 2, 4, 8, 16, 32, 64, 128))  # L
    batches: int = quick(6, full=12)
    draws: int = quick(60, full=100)  # of directions, a batch and L
    budget: int = 256  # n L, of a step
    budget_batches: tuple[int, ...] = (256, 64, 16, 4)  # n; L = budget/n, so that the first has L = 1
    budget_draws: int = quick(100, full=200)  # of batches and directions, a repeat
    exponent_margin: float = 0.1  # within which the exponent of uniform directions is to be -1

    def __post_init__(self) -> None:
        super().__post_init__()
        for name in self.data:
            checks.one_of("data", name, (CURVE, *SHAPES))
        least, begins = min(self.radii), self.noises[0] == 0 and self.bowl_noise in self.noises[1:]
        divides = self.budget_batches[0] == self.budget and not any(self.budget % n for n in self.budget_batches)
        require(
            self.start_radius <= least,
            f"start_radius must be at most the least radius {least}, got {self.start_radius}",
        )
        require(begins, f"noises must begin with 0 and hold bowl_noise = {self.bowl_noise:g}, got {self.noises}")
        require(divides, f"budget_batches must divide budget = {self.budget} and begin with it")

    @property
    def steps(self) -> int:
        """SGD steps of a run."""
        return steps_to(self.horizon, self.alpha)
