"""The choices of `swflow`, thresholds included."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from swref.errors import InputError
from swref.experiments.frame.settings import Settings


@dataclass(frozen=True)
class SwflowConfig(Settings):
    """Choices of `swflow`; the defaults are --quick."""

    points: int = 20  # m = mt
    batch: int = 16  # n, of both flows
    widths: tuple[int, ...] = (4, 8, 16, 32, 64, 128)
    gains: tuple[float, ...] = (2.0, 4.0)  # on the first layer of the widest network: a narrower kernel
    init: str = "lecun"
    repeats: int = 12
    horizon: float = 15.0  # in the particles' time
    times: int = 31  # at which the points are compared at equal s
    levels: int = 21  # of F at which they are compared at equal F
    level: float = 0.91  # the share of the common fall of F at which the verdicts are given: the nearest level
    apart_above: float = 0.1  # the distance over the particles' path length from which paths are called different

    def __post_init__(self) -> None:
        super().__post_init__()
        if len(self.widths) < 2 or min(self.widths) < 1:
            raise InputError(f"widths must hold at least two numbers >= 1, got {self.widths}")
        if self.levels < 2 or self.times < 2:
            raise InputError(f"times and levels must be at least 2, got {self.times} and {self.levels}")
        if not 0 < self.level <= 1:
            raise InputError(f"level must lie in ]0, 1], got {self.level:g}")


FULL: Final[dict[str, Any]] = {
    "widths": (4, 8, 16, 32, 64, 128, 256, 512),
    "gains": (2.0, 4.0, 8.0),
    "repeats": 32,
}
