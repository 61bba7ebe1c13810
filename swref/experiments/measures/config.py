"""The choices of the experiment, and the problems they name: which side is continuous, and what stands in for it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from swref.experiments.frame.seeds import SeedTable
from swref.experiments.frame.settings import Settings, quick, require
from swref.experiments.problems.isotropic import Isotropic
from swref.experiments.problems.planar import PlanarProblem, closed_curve, in_ball, planar_problem
from swref.measures import Discrete, Measure
from swref.networks import CutOff
from swref.theory.population.exact_loss import ExactLoss

SEEDS = SeedTable(
    start=(9, "repeat"),
    even=(10, "repeat", "m"),
    random=(11, "setting", "repeat", "m", "draw"),
    run=(12, "setting", "repeat", "source", "alpha"),
    tails=(13, "target", "repeat", "projected"),
)
SETTINGS: Final = ("uniform x", "Gaussian x", "Gaussian x and y", "Gaussian x, Student y")  # what is continuous
UNIFORM, GAUSSIAN, BOTH, HEAVY = SETTINGS
LIGHT: Final = (UNIFORM, GAUSSIAN, BOTH)  # those without heavy tails


@dataclass(frozen=True)
class Config(Settings):
    """Choices of `measures`. Raises InputError where they do not fit together."""

    hidden: int = 4
    target_points: int = 12  # of the target where it is discrete
    batch: int = 8  # n
    start_radius: float = 0.1  # of the ball from which u0 is drawn
    start_norm: float = 2.0  # |centre of that ball|
    supports: tuple[int, ...] = quick((4, 8, 16), full=(4, 8, 16, 32))  # m
    finer: int = 10  # what stands for the continuous law has so many times m points
    repeats: int = quick(6, full=16)
    # Random discretisations of every size, a repeat: more of them where there are few repeats.
    draws: int = quick(6, full=3)
    checked: int = 1  # repeats in which a discretisation twice as fine again is looked at
    k_max: int = 5  # the horizon of the flows
    delta: float = 1e-3  # how far the flow's chords may be from it
    alphas: tuple[float, ...] = quick((0.1, 0.03, 0.01), full=(0.1, 0.03, 0.01, 0.003))
    horizon: float = 8.0  # of SGD, in steps times alpha
    looks: int = 5  # iterates in the second half of a run at which the residual is taken
    noise: float = 0.1  # a
    radius: float = 4.0  # r
    disc_median: float = 0.7  # median |x| of the uniform law
    gaussian_median: float = 0.6  # median |x| of the Gaussian law
    target_median: float = 0.4  # median |y| of the continuous targets
    freedom: float = 1.5  # of Student's law in the settings above
    freedoms: tuple[float, ...] = (3.0, 1.5)  # of those whose tails are measured, beside a Gaussian
    tail_repeats: int = quick(6, full=16)
    tail_steps: int = quick(2000, full=6000)  # of the projected runs whose gradients are kept
    tail_alpha: float = 0.02
    tail_share: float = 0.01  # the share of the largest gradients from which the tail index is estimated
    free_steps: int = 700  # of the runs without projection
    free_alpha: float = 0.1
    free_repeats: int = quick(20, full=60)
    rate_low: float = 0.35  # where the exponent b of d_c ~ m^-b is to lie for random discretisations
    rate_high: float = 0.65
    ratio_low: float = 0.8  # where the residual with continuous inputs over that with discrete ones is to lie
    ratio_high: float = 1.25
    thrown_above: float = 0.1  # what the share of runs thrown out by the heaviest tail is to exceed

    def __post_init__(self) -> None:
        super().__post_init__()
        several = len(self.supports) >= 2 and len(self.alphas) >= 2
        require(self.finer >= 2, f"finer must be at least 2, got {self.finer}")
        require(several, "supports and alphas must hold at least two values each: exponents are fitted")
        fits = self.checked <= self.repeats
        require(fits, f"checked must be at most repeats = {self.repeats}, got {self.checked}")

    @property
    def fine(self) -> int:
        """Points of the discretisation that stands for the continuous law where one is to serve all m."""
        return self.finer * max(self.supports)


def laws(config: Config, setting: str) -> tuple[Isotropic, Isotropic | None]:
    """The laws of x and of y in a setting; None where the target is the discrete curve."""
    disc, bell = Isotropic("disc", config.disc_median), Isotropic("gaussian", config.gaussian_median)
    if setting == HEAVY:
        return bell, Isotropic("student", config.target_median, config.freedom)
    if setting == BOTH:
        return bell, Isotropic("gaussian", config.target_median)
    return (disc if setting == UNIFORM else bell), None


def continuous(config: Config, setting: str) -> tuple[Measure, Measure]:
    """x and y of a setting themselves."""
    x, y = laws(config, setting)
    return x, closed_curve(config.target_points) if y is None else y


def even(config: Config, setting: str, m: int, seed: int) -> tuple[Discrete, Discrete]:
    """x and y of a setting with m evenly spread points for each continuous law, turned by random angles."""
    (x, y), turns = laws(config, setting), np.random.default_rng(seed).uniform(0.0, 2 * np.pi, 2)
    return x.lattice(m, turns[0]), closed_curve(config.target_points) if y is None else y.lattice(m, turns[1])


def random(config: Config, setting: str, m: int, seed: int) -> tuple[Discrete, Discrete]:
    """x and y of a setting with m i.i.d. points for each continuous law."""
    (x, y), rng = laws(config, setting), np.random.default_rng(seed)
    cloud = Discrete(x.sample(rng, m))
    return cloud, closed_curve(config.target_points) if y is None else Discrete(y.sample(rng, m))


def network(config: Config) -> CutOff:
    """T, the same for every setting."""
    return planar_problem(config.target_points, config.hidden).net


def problem(config: Config, x: Discrete, y: Discrete) -> PlanarProblem:
    """The problem of T, x and y."""
    return PlanarProblem(network(config), x, y)


def loss(config: Config, x: Discrete, y: Discrete) -> ExactLoss:
    """F for x and y."""
    return problem(config, x, y).loss(config.batch)


def start(config: Config, repeat: int) -> np.ndarray:
    """u0 [d_u] of a repeat, uniform in a small ball; one for all settings."""
    u = network(config).init(config.seed)
    centre = u * (config.start_norm / np.linalg.norm(u))
    return in_ball(centre, config.start_radius, SEEDS("start", config.seed, repeat))
