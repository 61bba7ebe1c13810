"""The choices of `landscape`, thresholds included."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from swref.errors import InputError
from swref.experiments.frame.settings import Settings


@dataclass(frozen=True)
class LandscapeConfig(Settings):
    """Choices of `landscape`; the defaults are --quick."""

    shown: tuple[int, ...] = (1, 3, 10)  # L of the surfaces that are drawn, each set of directions holding the last
    half_width: float = 1.5  # of the square of y on which they are drawn
    grid: int = 161  # its points a side
    uniform_directions: tuple[int, ...] = (10, 30, 100, 300, 1000, 3000, 10000)  # L of the error over a disc
    uniform_repeats: int = 60
    disc: float = 2.0  # radius of the disc of y over which the largest error is taken
    angles: int = 1 << 16  # at which it is looked for; along the radius it is exact
    minima_directions: tuple[int, ...] = (3, 10, 30, 100)  # L of the landscapes whose critical points are found
    minima_repeats: int = 60
    counted: tuple[int, ...] = (10, 15)  # L of the landscapes in R^5 whose cells are counted
    spiral_points: int = 30  # n
    spiral_turns: int = 2  # N
    descent_directions: tuple[int, ...] = (5, 15, 30, 50, 70, 100, 200)  # L of block-coordinate descent
    descent_cap: int = 300  # updates at most
    descent_tolerance: float = 1e-5  # of the decrease of E_L at which it stops
    descent_repeats: int = 40
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
            if getattr(self, name) not in self.descent_directions:
                raise InputError(f"{name} must be one of descent_directions, got {getattr(self, name)}")
        for name, least in (("shown", 1), ("uniform_directions", 2), ("minima_directions", 2)):
            values = getattr(self, name)
            if min(values) < least:
                raise InputError(f"{name} must hold numbers of directions >= {least}, got {min(values)}")
        if len(self.shown) != 3:
            raise InputError(f"shown must hold 3 numbers of directions, one a panel beside E, got {len(self.shown)}")
        for name in ("uniform_repeats", "minima_repeats", "descent_repeats", "grid", "spiral_points"):
            if getattr(self, name) < 2:
                raise InputError(f"{name} must be >= 2, got {getattr(self, name)}")


FULL: Final[dict[str, Any]] = {
    "grid": 241,
    "uniform_directions": (10, 30, 100, 300, 1000, 3000, 10000, 30000, 100000),
    "uniform_repeats": 300,
    "angles": 1 << 17,
    "minima_directions": (3, 10, 30, 100, 200),
    "minima_repeats": 200,
    "counted": (10, 15, 20),
    "descent_directions": (5, 15, 30, 50, 70, 100, 200, 500),
    "descent_repeats": 160,
}
