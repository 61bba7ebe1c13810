"""The choices of `critical`, thresholds included."""

from __future__ import annotations

from dataclasses import dataclass

from swref import checks
from swref.errors import InputError
from swref.experiments.decay import check_etas, check_share, check_steps
from swref.experiments.settings import Settings

SCHEMES = ("minimisers inside the ball", "minimisers outside the ball")
STAGES = ("inside", "sphere")
REACH = 7.5  # the cut-off is 1 up to this |u|


@dataclass(frozen=True)
class CriticalConfig(Settings):
    """Choices of `critical`; the defaults are --quick."""

    batch: int = 32  # n
    noise: float = 0.1  # a
    radii: tuple[float, ...] = (1.0, 0.35)  # r: minimisers have norms of 0.51 to 0.54
    alphas: tuple[float, ...] = (0.3, 0.1, 0.03, 0.01)
    horizon: float = 60.0  # s at the end of every run, when the exact flow has settled
    looks: int = 40  # times along the run at which the residual is taken
    late: int = 6  # of them, in the last quarter, those at which the distance is taken
    repeats: int = 10
    etas: tuple[float, ...] = (0.1, 0.2, 0.4)
    tolerance: float = 1e-9  # a natural residual below this is a critical point
    share_below: float = 0.4  # P(distance > middle eta) at the smallest alpha is to be below this

    def __post_init__(self) -> None:
        super().__post_init__()
        for name in ("batch", "looks", "late"):
            checks.integer(name, getattr(self, name), minimum=1)
        checks.integer("repeats", self.repeats, minimum=2)
        check_steps("alphas", self.alphas)
        check_etas(self.etas)
        check_share(self.share_below)
        checks.number("tolerance", self.tolerance, above=0.0)
        checks.number("horizon", self.horizon, minimum=self.looks * max(self.alphas))
        if len(self.radii) != 2 or not 0 < min(self.radii) <= max(self.radii) <= REACH:
            raise InputError(f"radii must be two numbers in ]0, {REACH:g}], inside the cut-off, got {self.radii}")


FULL = {
    "alphas": (0.3, 0.1, 0.03, 0.01, 0.003),
    "late": 8,
    "repeats": 80,
    "etas": (0.05, 0.1, 0.2),
    "share_below": 0.05,
}
