"""The choices of `landscape`, thresholds included."""

from __future__ import annotations

from dataclasses import dataclass

from swref.experiments.frame.seeds import SeedTable
from swref.experiments.frame.settings import Settings, quick, require

SEEDS = SeedTable(
    # The 2 is for the eye: with seed 0 and other keys an edge runs through (0, 1), as if one always did.
    surfaces=(0, 2), error=(1, "L", "repeat"), minima=(2, "L", "repeat"), start=(3, "repeat"),
    blocks=(4, "repeat", "L"), sgd=(5, "repeat", "alpha"), cells=(6, "L"),
)  # fmt: skip


@dataclass(frozen=True)
class Config(Settings):
    """Choices of `landscape`. Raises InputError where they do not fit together."""

    shown: tuple[int, ...] = (1, 3, 10)  # L of the surfaces that are drawn, each set of directions holding the last
    half_width: float = 1.5  # of the square of y on which they are drawn
    grid: int = quick(161, full=241)  # its points a side
    uniform_directions: tuple[int, ...] = quick(  # L of the error over a disc
        (10, 30, 100, 300, 1000, 3000, 10000), full=(10, 30, 100, 300, 1000, 3000, 10000, 30000, 100000)
    )
    uniform_repeats: int = quick(60, full=300)
    disc: float = 2.0  # radius of the disc of y over which the largest error is taken
    angles: int = quick(1 << 16, full=1 << 17)  # at which it is looked for; along the radius it is exact
    minima_directions: tuple[int, ...] = quick(  # L of the landscapes whose critical points are found
        (3, 10, 30, 100), full=(3, 10, 30, 100, 200)
    )
    minima_repeats: int = quick(60, full=200)
    counted: tuple[int, ...] = quick((10, 15), full=(10, 15, 20))  # L of the landscapes in R^5 whose cells are counted
    spiral_points: int = 30  # n
    spiral_turns: int = 2  # N
    descent_directions: tuple[int, ...] = quick(  # L of block-coordinate descent
        (5, 15, 30, 50, 70, 100, 200), full=(5, 15, 30, 50, 70, 100, 200, 500)
    )
    descent_cap: int = 300  # updates at most
    descent_tolerance: float = 1e-5  # of the decrease of E_L at which it stops
    descent_repeats: int = quick(40, full=160)
    sgd_steps: tuple[float, ...] = (1.5, 5.0, 15.0)  # alpha: n/20, n/6, n/2; at n/2 one step matches its direction
    sgd_iterations: int = 1000
    few: int = 15  # L at which the literature reports a descent that is stuck,
    stuck_at: float = 0.041  # at this W_2^2; confirmed where the mean is within a
    stuck_factor: float = 2.0  # of it
    enough: int = 70  # L at which the literature reports an exact one
    exact_below: float = 1e-3  # W_2^2 that counts as exact; |z|^2 is 5.3 on average
    share_exact: float = 0.5  # the least share of runs for which "exact" is confirmed
    times_faster: float = 10.0  # by which the literature puts block-coordinate descent before SGD
    rate_low: float = 0.4  # the uniform error is to fall like L^-rate, with a rate between these
    rate_high: float = 0.6

    def __post_init__(self) -> None:
        super().__post_init__()
        for name in ("few", "enough"):
            L = getattr(self, name)
            require(L in self.descent_directions, f"{name} must be one of descent_directions, got {L}")
        for name, least in (("shown", 1), ("uniform_directions", 2), ("minima_directions", 2)):
            L = min(getattr(self, name))
            require(least <= L, f"{name} must hold numbers of directions >= {least}, got {L}")
        panels = len(self.shown)
        require(panels == 3, f"shown must hold 3 numbers of directions, one a panel beside E, got {panels}")
        self.at_least(2, "uniform_repeats", "minima_repeats", "descent_repeats", "grid", "spiral_points")
