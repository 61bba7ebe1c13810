"""The choices of the comparison on real data, thresholds included, and the schemes that it compares."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

from swref.errors import InputError
from swref.experiments.frame.seeds import derived_seed
from swref.experiments.frame.settings import Settings
from swref.runs.config import TrainConfig

DATA: Final = ("penguins", "digits")
PILOT: Final = 1_000_003  # the repeat whose run sets the radius: no other uses its seed


class Scheme(NamedTuple):
    """What a scheme adds to plain SGD: its name, and which of the prescriptions it follows."""

    name: str
    ball: str = ""  # "", "wide" or "tight"
    noise: str = ""  # "", "weak" or "strong"
    decreasing: bool = False


SCHEMES: Final = (
    Scheme("plain"),
    Scheme("weak noise, wide ball", "wide", "weak"),
    Scheme("strong noise, wide ball", "wide", "strong"),
    Scheme("weak noise, tight ball", "tight", "weak"),
    Scheme("decreasing step", decreasing=True),
)


@dataclass(frozen=True)
class PracticeConfig(Settings):
    """Choices of `practice`; the defaults are --quick. What is not here is as in `swref train`."""

    penguins_hidden: tuple[int, ...] = (32, 32)
    penguins_step: float = 0.05  # alpha
    penguins_batch: int = 128  # n
    penguins_directions: int = 1  # L
    penguins_steps: int = 3000
    penguins_repeats: int = 8
    digits_hidden: tuple[int, ...] = (128,)
    digits_step: float = 1.0
    digits_batch: int = 128
    digits_directions: int = 16
    digits_steps: int = 800
    digits_repeats: int = 6
    wide: float = 1.5  # r over the norm that plain SGD reaches in a pilot of another seed
    tight: float = 0.7  # the same, of the ball that binds
    weak: float = 0.1  # alpha a (d_u steps)^(1/2), how far the noise alone goes in a run, over the wide r
    strong: float = 1.0
    decay_ratio: float = 4.0  # steps over `decay`: the last alpha_t is the first over 1 + this
    points: int = 10  # steps at which the held-out distance is taken along a run
    curve_draws: int = 2  # of generated points, behind each of these
    final_draws: int = 20  # behind the last
    eval_directions: int = 200  # behind every distance
    splits: int = 20  # of the data in halves, behind the yardstick
    cost_below: float = 1.05  # the weak noise in the wide ball is to cost a factor less than this

    def __post_init__(self) -> None:
        super().__post_init__()
        if not 0 < self.tight < self.wide:
            raise InputError(f"tight must be positive and below wide = {self.wide:g}, got {self.tight:g}")

    def repeats(self, data: str) -> int:
        """Seeds of a data set."""
        return self.penguins_repeats if data == "penguins" else self.digits_repeats

    def training(self, data: str, repeat: int, scheme: Scheme, norm: float = math.inf) -> TrainConfig:
        """The run of a scheme; `norm` is that of the pilot. Repeats share split, start, batches and directions."""
        keys = ("hidden", "step", "batch", "directions", "steps")
        values = {key: getattr(self, f"{data}_{key}") for key in keys}
        values |= {"target": data, "backend": "cpu", "seed": derived_seed(self.seed, DATA.index(data), repeat)}
        if scheme.ball:
            values["radius"] = norm * (self.wide if scheme.ball == "wide" else self.tight)
        if scheme.decreasing:
            values["step"] *= self.decay_ratio / math.log1p(self.decay_ratio)
            values["decay"] = values["steps"] / self.decay_ratio
        return TrainConfig.from_values(values)

    def noise(self, scheme: Scheme, training: TrainConfig, norm: float, n_params: int) -> float:
        """a: such that the noise alone goes weak (strong) times the wide radius in the whole run.

            alpha a (d_u steps)^(1/2) = kappa wide norm,    kappa = weak or strong

        >>> config = PracticeConfig(wide=2.0, strong=0.5)
        >>> run = TrainConfig(step=0.1, steps=100)
        >>> config.noise(SCHEMES[2], run, norm=6.0, n_params=4)  # 0.1 a 20 = 0.5 2 6
        3.0
        """
        if not scheme.noise:
            return 0.0
        share = self.weak if scheme.noise == "weak" else self.strong
        return share * self.wide * norm / (training.step * math.sqrt(n_params * training.steps))


FULL: dict[str, Any] = {
    "penguins_hidden": (64, 64),
    "penguins_step": 0.02,
    "penguins_batch": 512,
    "penguins_steps": 8000,
    "penguins_repeats": 6,
    "digits_hidden": (256, 256),
    "digits_batch": 256,
    "digits_directions": 32,
    "digits_steps": 1500,
    "digits_repeats": 5,
    "points": 16,
    "eval_directions": 500,
}
