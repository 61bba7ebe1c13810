"""The choices of the experiment `ball`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from swref.errors import InputError
from swref.experiments.settings import Settings


@dataclass(frozen=True)
class BallConfig(Settings):
    """Choices of `ball`; the defaults are --quick. Raises InputError where they do not fit together."""

    points: int = 10  # m = mt
    hidden: int = 4
    batch: int = 32  # n
    alpha: float = 0.1
    steps: int = 1200
    radii: tuple[float, ...] = (1.0, 1.25, 1.5, 1.75, 2.0, 2.5, 4.0)
    wide: float = 2.5  # the one of radii that is expected to cost nothing without noise
    noises: tuple[float, ...] = (0.0, 0.5)  # a; the first is 0, the last the one of the verdicts
    start_radius: float = 1.0  # u0 is uniform in the ball of this radius
    repeats: int = 10
    looks: int = 60  # times at which F is evaluated
    last: float = 0.2  # the share of a run over which the loss reached is averaged
    rounding: float = 4.0  # units of eps r: an excess below this is rounding
    same_loss: float = 0.005  # a difference of F below this counts as none

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.start_radius > min(self.radii):
            raise InputError(f"start_radius must be at most the least of radii, got {self.start_radius:g}")
        if self.wide not in self.radii:
            raise InputError(f"wide must be one of radii {self.radii}, got {self.wide:g}")
        if self.noises[0] != 0 or len(self.noises) < 2:
            raise InputError(f"noises must be 0 and then at least one level, got {self.noises}")


FULL: Final[dict[str, Any]] = {
    "steps": 4000,
    "radii": (1.0, 1.25, 1.5, 1.75, 2.0, 2.25, 2.5, 3.0, 4.0, 5.0, 7.0),
    "noises": (0.0, 0.1, 0.5),
    "repeats": 16,
}
