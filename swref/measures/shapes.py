"""Two-dimensional shapes as continuous laws: the usual toy targets of generative modelling.

Every row is drawn on its own (the component too: not n/2 and n/2), so that n rows are an i.i.d. sample, and every
shape fits in about [-4, 4]^2. `noise` is the standard deviation of the isotropic Gaussian added at the end, but for
the pinwheel, where it is the thickness of the arms.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np

from swref import checks
from swref.measures.base import Support, check_draw
from swref.reprs import Shown

Sampler = Callable[[np.random.Generator, int, float], np.ndarray]


def _blur(rng: np.random.Generator, x: np.ndarray, noise: float) -> np.ndarray:
    return x + noise * rng.standard_normal(x.shape)


def _moons(rng: np.random.Generator, n: int, noise: float) -> np.ndarray:
    """Two half circles of radius 2, t ~ U[0, pi]: 2 (cos t, sin t) - (1, 1/2) or its image under x -> -x."""
    t = rng.uniform(0.0, np.pi, n)  # [n]
    side = rng.choice([-1.0, 1.0], (n, 1))
    return _blur(rng, side * (2.0 * np.column_stack([np.cos(t), np.sin(t)]) - [1.0, 0.5]), noise)


def _circles(rng: np.random.Generator, n: int, noise: float) -> np.ndarray:
    """Two concentric circles of radii 1.5 and 3, each with probability 1/2."""
    t = rng.uniform(0.0, 2.0 * np.pi, n)  # [n]
    radius = rng.choice([1.5, 3.0], (n, 1))
    return _blur(rng, radius * np.column_stack([np.cos(t), np.sin(t)]), noise)


def _swissroll(rng: np.random.Generator, n: int, noise: float) -> np.ndarray:
    """One and a half turns, t ~ U[3 pi/2, 9 pi/2]: (3.5 t/(9 pi/2)) (cos t, sin t)."""
    t = rng.uniform(1.5 * np.pi, 4.5 * np.pi, n)  # [n]
    return _blur(rng, (3.5 / (4.5 * np.pi)) * t[:, None] * np.column_stack([np.cos(t), np.sin(t)]), noise)


def _eight_gaussians(rng: np.random.Generator, n: int, noise: float) -> np.ndarray:
    """Eight equal Gaussians of standard deviation `noise`, centred at 3 (cos k pi/4, sin k pi/4)."""
    t = rng.integers(8, size=n) * (np.pi / 4.0)  # [n]
    return _blur(rng, 3.0 * np.column_stack([np.cos(t), np.sin(t)]), noise)


def _checkerboard(rng: np.random.Generator, n: int, noise: float) -> np.ndarray:
    """Uniform on the 8 squares of side 2 of [-4, 4]^2 whose column and row numbers add to an even number."""
    column = rng.integers(4, size=n)  # [n]
    row = 2 * rng.integers(2, size=n) + column % 2  # [n]
    corner = np.column_stack([column, row]) * 2.0 - 4.0
    return _blur(rng, corner + 2.0 * rng.random((n, 2)), noise)


def _spiral(rng: np.random.Generator, n: int, noise: float) -> np.ndarray:
    """Two arms of one and a half turns, t = 3 pi sqrt(U): +-(3.5 t/(3 pi)) (cos t, sin t)."""
    # sqrt(U) spreads the points about evenly along the arm, whose length grows like t^2.
    t = 3.0 * np.pi * np.sqrt(rng.random(n))  # [n]
    arm = rng.choice([-1.0, 1.0], (n, 1))
    return _blur(rng, arm * (3.5 / (3.0 * np.pi)) * t[:, None] * np.column_stack([np.cos(t), np.sin(t)]), noise)


def _pinwheel(rng: np.random.Generator, n: int, noise: float) -> np.ndarray:
    """Five bent arms: N((1, 0), diag(0.3^2, noise^2)) scaled by 2, turned by 2 pi k/5 + exp(its radial part)/4."""
    g = rng.standard_normal((n, 2)) * [0.3, noise] + [1.0, 0.0]  # [n, 2]
    t = rng.integers(5, size=n) * (2.0 * np.pi / 5.0) + 0.25 * np.exp(g[:, 0])  # [n]
    cos, sin = np.cos(t), np.sin(t)
    return 2.0 * np.column_stack([cos * g[:, 0] - sin * g[:, 1], sin * g[:, 0] + cos * g[:, 1]])


class _Recipe(NamedTuple):
    draw: Sampler
    noise: float
    radius: float  # sup |x| without noise


SHAPES: Final = {
    "moons": _Recipe(_moons, 0.1, math.hypot(3.0, 0.5)),  # the ends of the half circles
    "circles": _Recipe(_circles, 0.1, 3.0),
    "swissroll": _Recipe(_swissroll, 0.1, 3.5),
    "eight_gaussians": _Recipe(_eight_gaussians, 0.25, 3.0),
    "checkerboard": _Recipe(_checkerboard, 0.0, 4 * math.sqrt(2)),
    "spiral": _Recipe(_spiral, 0.1, 3.5),
    "pinwheel": _Recipe(_pinwheel, 0.05, math.inf),  # Gaussian tails even then
}


@dataclass(frozen=True)
class Shape(Shown):
    """A named 2-D law: moons, circles, swissroll, eight_gaussians, checkerboard, spiral or pinwheel.

    noise: standard deviation, >= 0, in the units of the coordinates; None takes the default of the shape. Raises
    InputError for an unknown name or a negative noise.

    >>> import numpy as np
    >>> Shape("moons").sample(np.random.default_rng(0), 5).shape
    (5, 2)
    >>> Shape("eight_gaussians").noise
    0.25
    """

    name: str
    noise: float = field(default=None)  # type: ignore[assignment]  # replaced by the shape's own when it is made

    if TYPE_CHECKING:

        def __init__(self, name: str, noise: float | None = None) -> None: ...

    def __post_init__(self) -> None:
        checks.one_of("name", self.name, SHAPES)
        noise = SHAPES[self.name].noise if self.noise is None else checks.number("noise", self.noise, minimum=0.0)
        object.__setattr__(self, "noise", noise)

    @property
    def dim(self) -> int:
        """Always 2."""
        return 2

    def sample(self, rng: np.random.Generator, n: int) -> np.ndarray:
        """n i.i.d. points x[n, 2]; errors as in Discrete.sample."""
        return SHAPES[self.name].draw(rng, check_draw(rng, n), self.noise)

    @property
    def support(self) -> Support:
        """Bounded without noise, but for the pinwheel."""
        if self.noise != 0:
            return Support(math.inf, math.inf)
        return Support(SHAPES[self.name].radius, 8 if self.name == "eight_gaussians" else math.inf)

    def to_dict(self) -> dict[str, Any]:
        """Kind, name and noise: all that defines the law."""
        return {"kind": "shape", "name": self.name, "noise": self.noise}
