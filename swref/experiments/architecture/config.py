"""The choices of `architecture`, and what they stand for."""

from __future__ import annotations

from dataclasses import dataclass

from swref.checks import one_of
from swref.experiments.architecture.laws import NAMES
from swref.experiments.architecture.nets import Architecture, Cut, shape
from swref.experiments.frame.seeds import SeedTable
from swref.experiments.frame.settings import Settings, quick, require
from swref.networks.activations import activation

SEEDS = SeedTable(
    growth=(1, "network", "repeat"),
    run=(2, "repeat", "activation", "alpha"),
    input=(3, "repeat", "alpha"),
    draws=(4, "law", "repeat"),
    far=(7, "activation", "repeat"),
)


@dataclass(frozen=True)
class Config(Settings):
    """Choices of `architecture` in every study. A shape is a family and a number of layers."""

    points: int = 12  # m = mt
    cut_off_u: float = 8.0  # R_u: T = 0 beyond |u| = R_u + eps
    cut_off_x: float = 3.0  # R_x, the same for x
    cut_off_eps: float = 1.0
    noise: float = 0.1  # a, of the scheme that the report is about
    report_activations: tuple[str, ...] = ("relu", "leaky_relu", "elu", "gelu", "tanh")
    report_shapes: tuple[str, ...] = ("MLP 3", "skip 3")
    laws: tuple[str, ...] = NAMES  # of x, from the first, bounded, to the heaviest tail
    df: float = 2.0  # degrees of freedom of Student's t
    activations: tuple[str, ...] = ("relu", "leaky_relu", "gelu", "tanh")  # whose growth is measured
    shapes: tuple[str, ...] = quick(("MLP 2", "skip 3"), full=("MLP 2", "MLP 3", "skip 2", "skip 3"))
    cut_shapes: tuple[str, ...] = quick(("MLP 2",), full=("MLP 2", "skip 3"))  # measured with a cut-off, too
    width: int = 4  # of the hidden layers, in the measurement of growth
    radii: tuple[float, ...] = quick(
        (4.0, 8.0, 32.0, 128.0, 512.0), full=(2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0, 256.0, 512.0)
    )  # R
    fit_from: float = 8.0  # powers are fitted to the radii from here on
    starts: int = quick(20, full=32)  # of the search on every sphere
    moves: int = quick(12, full=24)  # its attempts to improve on the best start
    typical: int = 8  # random u on every sphere, for the mean
    repeats: int = quick(6, full=8)
    run_activations: tuple[str, ...] = quick(("relu", "tanh"), full=("relu", "leaky_relu", "gelu", "tanh"))
    run_shape: str = "MLP 2"
    run_width: int = 8
    batch: int = 16  # n
    steps: int = quick(120, full=200)
    start_radius: float = 3.0  # u0 is uniform in a ball
    alphas: tuple[float, ...] = quick(
        (0.1, 0.3, 0.45, 0.6, 0.8, 1.2, 5.0), full=(0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.8, 1.0, 1.2, 2.0, 5.0)
    )
    shown_alpha: float = 1.2  # of these, the one whose runs are drawn
    law_alphas: tuple[float, ...] = quick(
        (0.0001, 0.001, 0.01, 0.1), full=(0.0001, 0.0003, 0.001, 0.003, 0.01, 0.03, 0.1, 0.3)
    )  # where the law of x varies
    heavy_alpha: float = 0.01  # of these, the one that the verdict is about
    limit: float = 1e6  # a run has diverged when |u| is above this, or a number overflows
    run_repeats: int = quick(20, full=50)
    draws: tuple[int, ...] = quick(
        (100, 1000, 10000, 100000), full=(100, 300, 1000, 3000, 10000, 30000, 100000, 300000)
    )  # m, of the farthest of m draws
    draw_repeats: int = quick(40, full=200)
    far_activations: tuple[str, ...] = ("relu", "tanh")  # whose derivatives are looked at on those farthest draws
    far_radii: tuple[float, ...] = (8.0, 64.0, 512.0)  # R, there
    far_starts: int = 8
    far_moves: int = 4
    far_repeats: int = quick(4, full=8)  # the first of draw_repeats
    power_within: float = 0.25  # of the power of the proven bound
    share_above: float = 0.5  # of runs are to diverge where an assumption fails
    share_below: float = 0.05  # at most are to diverge with a cut-off or a projection

    def __post_init__(self) -> None:
        super().__post_init__()
        for name in (*self.report_shapes, *self.shapes, *self.cut_shapes, self.run_shape):
            shape(name)
        for name in (*self.report_activations, *self.activations, *self.run_activations, *self.far_activations):
            activation(name)
        for name in self.laws:
            one_of("laws", name, NAMES)
        for name, grid in (("shown_alpha", "alphas"), ("heavy_alpha", "law_alphas")):
            value = getattr(self, name)
            require(value in getattr(self, grid), f"{name} must be one of {grid}, got {value:g}")
        fitted = sum(radius >= self.fit_from for radius in self.radii)
        far = 2 <= self.far_repeats <= self.draw_repeats and len(self.far_radii) >= 2
        growing, inside = self.far_radii == tuple(sorted(self.far_radii)), min(self.cut_off_u, self.cut_off_x - 1.0)
        require(fitted >= 2, f"radii must hold at least two values from fit_from = {self.fit_from:g} on")
        require(far, "far_repeats must be from 2 to draw_repeats, and far_radii at least two values")
        require(growing, f"far_radii must be growing, got {self.far_radii}")
        eps = self.cut_off_eps
        require(eps < inside, f"cut_off_eps must be below cut_off_u and cut_off_x - 1, got {eps:g}")

    @property
    def cut(self) -> Cut:
        """Where the cut-offs stand."""
        return Cut(self.cut_off_u, self.cut_off_x, self.cut_off_eps)

    @property
    def ball(self) -> float:
        """r, the radius of the projection: the largest ball that the cut-off leaves alone."""
        return self.cut_off_u - self.cut_off_eps

    @property
    def edge(self) -> float:
        """|u| from which on T = 0."""
        return self.cut_off_u + self.cut_off_eps

    def reported(self) -> list[Architecture]:
        """The networks of the matrix of verdicts."""
        return [
            Architecture(act, depth, family, self.run_width, cut)
            for cut in (None, self.cut)
            for family, depth in map(shape, self.report_shapes)
            for act in self.report_activations
        ]

    def measured(self) -> list[Architecture]:
        """The networks whose growth is measured: one affine layer, then the others, then those with cut-offs."""
        shaped = [*((name, None) for name in self.shapes), *((name, self.cut) for name in self.cut_shapes)]
        return [
            Architecture("identity", 1, "MLP", self.width),
            *(
                Architecture(act, depth, family, self.width, cut)
                for (family, depth), cut in ((shape(name), cut) for name, cut in shaped)
                for act in self.activations
            ),
        ]

    def over_laws(self) -> list[Architecture]:
        """The networks that the laws of x are combined with in the report."""
        return [
            Architecture("identity", 1, "MLP", self.run_width),
            self.trained("relu", False),
            self.trained("tanh", False),
            self.trained("tanh", True),
        ]

    def trained(self, act: str, cut: bool) -> Architecture:
        """A network of the runs."""
        family, depth = shape(self.run_shape)
        return Architecture(act, depth, family, self.run_width, self.cut if cut else None)
