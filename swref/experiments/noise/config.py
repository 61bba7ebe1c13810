"""The choices of the experiment `noise`."""

from __future__ import annotations

from dataclasses import dataclass

from swref.experiments.frame.seeds import SeedTable
from swref.experiments.frame.settings import Settings, quick, require

SEEDS = SeedTable(
    point=(1, "search"),  # from which critical points are sought
    deviation=(2, "search"),  # of the sample gradient at one
    narrow_point=(3, "search"),  # the same two for the narrower network
    narrow_deviation=(4, "search"),
    pair_deviation=(5,),
    start=(6, "repeat"),
    run=(7, "start", "repeat"),
    short_run=(10, "start", "repeat"),
)


@dataclass(frozen=True)
class Config(Settings):
    """Choices of `noise`. Raises InputError for a level that is not one of noises."""

    points: int = 6  # m = mt of the network's problem
    hidden: int = 2
    batch: int = 32  # n
    radius: float = 1.5  # r of the network: small, so that critical points are isolated and certain
    pair_radius: float = 2.0  # r of the two points
    alpha: float = 0.1
    steps: int = quick(1000, full=2500)
    noises: tuple[float, ...] = quick((0.1, 0.3), full=(0.03, 0.1, 0.3, 1.0))  # a of the runs with noise
    level: float = 0.3  # the one of noises that the verdicts are about
    repeats: int = quick(4, full=8)  # for every critical start
    patience: int = 600  # steps, at most, of the runs that stop where they have left an ordinary saddle
    leave_repeats: int = quick(32, full=60)  # of these short runs, for every such saddle
    leave_every: int = 2  # steps between two evaluations of F in them
    random_starts: int = quick(8, full=24)
    searches: int = quick(14, full=24)  # random points from which critical points are sought
    saddles: int = quick(2, full=3)  # starts of each kind, those of highest loss
    minima: int = quick(2, full=4)
    residual: float = 1e-10  # natural residual below which a point counts as critical
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
        require(self.level in self.noises, f"level must be one of noises {self.noises}, got {self.level:g}")
