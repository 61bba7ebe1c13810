"""F as a function of u alone, where it is known exactly: what flows and critical points are computed from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike

from swref import checks
from swref.errors import InputError
from swref.measures import Discrete, check_discrete_ends
from swref.networks import Network, check_network
from swref.reprs import Shown
from swref.sgd import project_on_ball
from swref.theory.population.loss import population_loss_and_grad

# Rounding moves a point of the sphere by about this much, relatively: nearer counts as on it, further out as outside.
ON_SPHERE = 1e-12


@dataclass(frozen=True, repr=False)
class ExactLoss(Shown):
    """u [d_u] -> (F(u), grad F(u) [d_u]) in float64: the population loss of order p, batches of n = `batch` or None.

    Exact needs an output dimension of 1 or 2, or batch = 1: elsewhere F is a sample over directions, whose error would
    be taken for a property of the flow or of the critical points. Raises InputError where that fails, and
    InputTypeError for a measure that is not Discrete, or points [m, d]. Source: F of Tanguy (TMLR 2023), section 2.

    >>> from swref.networks import Particles
    >>> points = Particles(1, 2)
    >>> F = ExactLoss(points, Discrete(points.indices()), Discrete([[3.0, 4.0]]), batch=None)
    >>> value, grad = F(np.zeros(2))
    >>> value, grad.tolist()
    (12.5, [-3.0, -4.0])
    """

    net: Network
    source: Discrete
    target: Discrete
    batch: int | None
    p: float = 2.0

    if TYPE_CHECKING:  # what is given may be an array of points, what is kept is a measure

        def __init__(
            self,
            net: Network,
            source: Discrete | ArrayLike,
            target: Discrete | ArrayLike,
            batch: int | None,
            p: float = 2.0,
        ) -> None: ...

    def __post_init__(self) -> None:
        check_network("net", self.net)
        source, target = check_discrete_ends(self.net, self.source, self.target)
        object.__setattr__(self, "source", source)
        object.__setattr__(self, "target", target)
        if self.batch is not None:
            checks.count("batch", self.batch)
        checks.order(self.p)
        if self.net.dim_out > 2 and self.batch != 1:
            raise InputError(
                f"target must have dimension 1 or 2 for an exact F (any dimension for batch = 1), got {self.target.dim}"
            )

    def __call__(self, u: np.ndarray) -> tuple[float, np.ndarray]:
        F = population_loss_and_grad(self.net, u, self.source, self.target, self.batch, self.p)
        return F.value, F.grad

    def parameters(self, name: str, value: ArrayLike) -> np.ndarray:
        """`value` as finite float64 parameters [d_u], a copy; InputError for another shape."""
        return np.array(checks.parameters(name, value, self.net.n_params), dtype=np.float64)

    def parameters_in_ball(self, name: str, value: ArrayLike, radius: float) -> tuple[np.ndarray, float]:
        """`parameters`, and the radius, checked: InputError for radius <= 0 or |value| > radius (beyond rounding)."""
        r = checks.number("radius", radius, above=0.0, infinite=True)
        u = self.parameters(name, value)
        norm = float(np.linalg.norm(u))
        if norm > r * (1 + ON_SPHERE):
            raise InputError(f"{name} must lie in the ball of radius {r:g}, got |{name}| = {norm:.9g}")
        return project_on_ball(u, r), r


def on_sphere(u: np.ndarray, r: float) -> bool:
    """Whether u [d_u], a point of the ball B(0, r), is on its sphere: |u| >= r (1 - ON_SPHERE).

    >>> on_sphere(np.array([0.6, 0.8]), 1.0), on_sphere(np.array([0.6, 0.8]), 1.1)
    (True, False)
    """
    return float(np.linalg.norm(u)) >= r * (1 - ON_SPHERE)


def normal_multiplier(u: np.ndarray, g: np.ndarray, r: float) -> float:
    """s* = max(0, -<g, u>/r^2) on the sphere, 0 inside: g + s* u is the least element of g + N_r(u).

    >>> normal_multiplier(np.array([2.0, 0.0]), np.array([-1.0, 5.0]), 2.0)
    0.5
    """
    return max(0.0, -float(g @ u) / r**2) if on_sphere(u, r) else 0.0
