"""The choices of `flow`, thresholds included."""

from __future__ import annotations

from dataclasses import dataclass

from swref import checks
from swref.errors import InputError
from swref.experiments.decay import check_etas, check_share, check_steps
from swref.experiments.settings import Settings

SCHEMES = ("plain", "noised and projected", "order 1.5")


@dataclass(frozen=True)
class FlowConfig(Settings):
    """Choices of `flow`; the defaults are --quick."""

    points: int = 10  # m = mt
    hidden: int = 4
    batch: int = 8  # n
    start_radius: float = 0.1  # of the ball from which u0 is drawn
    start_norm: float = 2.0  # |centre of that ball|
    alphas: tuple[float, ...] = (0.1, 0.03, 0.01, 0.003)
    variant_alphas: tuple[float, ...] = (0.1, 0.03, 0.01)  # of the two other schemes
    repeats: int = 24
    variant_repeats: int = 24
    k_max: int = 8  # the horizon of the flow: what lies beyond adds at most 2^-k_max to d_c
    delta: float = 1e-3  # how far the flow's chords may be from it
    etas: tuple[float, ...] = (0.1, 0.2, 0.4)
    noise: float = 0.2  # a, of the second scheme
    radius: float = 2.15  # r, of the second scheme: below the norm that the flow would reach
    share_below: float = 0.2  # P(d_c > middle eta) at the smallest alpha is to be below this

    def __post_init__(self) -> None:
        super().__post_init__()
        for name in ("points", "hidden", "batch", "k_max"):
            checks.integer(name, getattr(self, name), minimum=1)
        for name in ("repeats", "variant_repeats"):
            checks.integer(name, getattr(self, name), minimum=2)
        for name in ("alphas", "variant_alphas"):
            check_steps(name, getattr(self, name))
        check_etas(self.etas)
        checks.number("delta", self.delta, above=0.0)
        slack = 2.0**-self.k_max + self.delta
        if not slack < min(self.etas):
            raise InputError(
                f"etas must be above 2^-k_max + delta = {slack:g}, the bounds on d_c, got {min(self.etas):g}"
            )
        check_share(self.share_below)
        reach = self.start_norm + self.start_radius
        if not reach <= self.radius:
            raise InputError(f"radius must be at least start_norm + start_radius = {reach:g}, got {self.radius:g}")


FULL = {
    "alphas": (0.1, 0.03, 0.01, 0.003, 0.001, 0.0003),
    "variant_alphas": (0.1, 0.03, 0.01, 0.003, 0.001),
    "repeats": 80,
    "variant_repeats": 40,
    "k_max": 10,
    "etas": (0.05, 0.1, 0.2),
    "share_below": 0.05,
}


def alphas_of(config: FlowConfig, k: int) -> tuple[float, ...]:
    """The steps of scheme k."""
    return config.alphas if k == 0 else config.variant_alphas
