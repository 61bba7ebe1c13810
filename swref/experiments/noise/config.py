"""The choices of the experiment `noise`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from swref.errors import InputError
from swref.experiments.frame.settings import Settings


@dataclass(frozen=True)
class NoiseConfig(Settings):
    """Choices of `noise`; the defaults are --quick. Raises InputError for a level that is not one of noises."""

    points: int = 6  # m = mt of the network's problem
    hidden: int = 2
    batch: int = 32  # n
    radius: float = 1.5  # r of the network: small, so that critical points are isolated and certain
    pair_radius: float = 2.0  # r of the two points
    alpha: float = 0.1
    steps: int = 1000
    noises: tuple[float, ...] = (0.1, 0.3)  # a of the runs with noise
    level: float = 0.3  # the one of noises that the verdicts are about
    repeats: int = 4  # for every critical start
    patience: int = 600  # steps, at most, of the runs that stop where they have left an ordinary saddle
    leave_repeats: int = 32  # of these short runs, for every such saddle
    leave_every: int = 2  # steps between two evaluations of F in them
    random_starts: int = 8
    searches: int = 14  # random points from which critical points are sought
    saddles: int = 2  # starts of each kind, those of highest loss
    minima: int = 2
    certified: float = 1e-10  # natural residual below which a point counts as critical
    curvature: float = 1e-3  # saddle: the lowest eigenvalue below minus this; minimum: above
    silent: float = 1e-6  # deviation of the sample gradient along the escape direction that counts as none
    bad: float = 0.01  # a minimum is bad if its loss is this far above the best found
    margin: float = 0.005  # a critical start is left when the loss falls this far below it
    near: float = 0.02  # a random start arrives when the loss comes this near to the best found
    every: int = 10  # steps between two evaluations of F
    last: float = 0.2  # the share of a run over which the loss reached is averaged
    share_left: float = 0.5  # a majority: the share of the verdicts on leaving is to be above this
    speed_up: float = 2.0  # noise that shortens the time to leave an ordinary saddle by less than this buys little

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.level not in self.noises:
            raise InputError(f"level must be one of noises {self.noises}, got {self.level:g}")


FULL: Final[dict[str, Any]] = {
    "steps": 2500,
    "noises": (0.03, 0.1, 0.3, 1.0),
    "repeats": 8,
    "leave_repeats": 60,
    "random_starts": 24,
    "searches": 24,
    "saddles": 3,
    "minima": 4,
}
