"""Continuous laws with a closed form: Gaussian, and uniform on a ball, a sphere or a cube."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike

from swref import checks
from swref.errors import InputError
from swref.measures.base import Support, check_draw, read_only, vector
from swref.reprs import Shown

MAX_DIMENSION = 1 << 24  # 128 MiB a point
UNIFORM_SHAPES = ("ball", "sphere", "cube")


@dataclass(frozen=True, eq=False, repr=False)
class Gaussian(Shown):
    """The normal law N(mean, covariance) on R^d; a singular covariance is allowed.

        x = mean + S^{1/2} g,   g ~ N(0, I_d),   S^{1/2} the symmetric square root of the covariance S.

    mean: [d]; covariance: [d, d], symmetric and positive semi-definite, both within rounding. Raises InputError
    otherwise. Its projections are N(theta.mean, theta^T S theta) for every direction theta. The support is
    not compact: assumption A3 of Tanguy 2023 does not hold for it.

    >>> import numpy as np
    >>> law = Gaussian([1.0, 2.0], [[1.0, 0.0], [0.0, 0.0]])
    >>> law.sample(np.random.default_rng(0), 3)[:, 1]
    array([2., 2., 2.])
    """

    mean: np.ndarray
    covariance: np.ndarray
    _root: np.ndarray = field(init=False, repr=False)

    if TYPE_CHECKING:

        def __init__(self, mean: ArrayLike, covariance: ArrayLike) -> None: ...

    def __post_init__(self) -> None:
        mean = vector("mean", self.mean)  # [d]
        given = checks.points("covariance", self.covariance, mean.size)
        covariance = given.astype(np.float64)
        if covariance.shape != (mean.size, mean.size):
            raise InputError(f"covariance must have shape ({mean.size}, {mean.size}), got {covariance.shape}")
        covariance = _symmetric(covariance, float(np.finfo(given.dtype).eps))
        root = _symmetric_root(covariance, float(np.finfo(given.dtype).eps))  # [d, d]
        for name, value in (("mean", mean), ("covariance", read_only(covariance)), ("_root", read_only(root))):
            object.__setattr__(self, name, value)

    @property
    def dim(self) -> int:
        """Coordinates a point."""
        return self.mean.size

    def sample(self, rng: np.random.Generator, n: int) -> np.ndarray:
        """n i.i.d. points x[n, d]; errors as in Discrete.sample."""
        n = check_draw(rng, n)
        return self.mean + rng.standard_normal((n, self.dim)) @ self._root

    @property
    def support(self) -> Support:
        """All of a subspace, but for the covariance 0."""
        if self.covariance.any():
            return Support(math.inf, math.inf)
        return Support(float(np.linalg.norm(self.mean)), 1)

    def to_dict(self) -> dict[str, Any]:
        """Kind, mean and covariance: all that defines the law."""
        return {"kind": "gaussian", "mean": self.mean.tolist(), "covariance": self.covariance.tolist()}


def _symmetric(covariance: np.ndarray, eps: float) -> np.ndarray:
    """(S + S^T)/2, which is S itself where that is symmetric; InputError where more than rounding to eps differs."""
    asymmetry = np.abs(covariance - covariance.T).max()
    if asymmetry > max(1e-10, 8 * eps) * np.abs(covariance).max():
        raise InputError(f"covariance must be symmetric, got entries that differ from the transpose by {asymmetry:.3g}")
    return (covariance + covariance.T) / 2


def _symmetric_root(covariance: np.ndarray, eps: float) -> np.ndarray:
    """The symmetric S^{1/2}[d, d]: unlike V sqrt(eigenvalues) it does not depend on the signs of the eigenvectors."""
    eigenvalues, vectors = np.linalg.eigh(covariance)  # [d], [d, d]
    if eigenvalues[0] < -max(1e-10, len(covariance) * eps) * np.abs(covariance).max():
        raise InputError(f"covariance must be positive semi-definite, got an eigenvalue {eigenvalues[0]:.3g}")
    return (vectors * np.sqrt(np.maximum(eigenvalues, 0.0))) @ vectors.T


@dataclass(frozen=True, eq=False, repr=False)
class Uniform(Shown):
    """The uniform law on a ball, a sphere or a cube of R^dim: compact supports, as assumption A3 asks.

    shape "ball": ||x - center|| <= radius; "sphere": ||x - center|| = radius; "cube": every coordinate of x - center
    in [-radius, radius]. The covariance is v I with v = radius^2/(dim + 2), radius^2/dim and radius^2/3 in turn.
    center: [dim], 0 when None. Raises InputError for another shape, dim < 1 or radius <= 0.

    >>> import numpy as np
    >>> x = Uniform("sphere", 3, radius=2.0).sample(np.random.default_rng(0), 5)
    >>> np.linalg.norm(x, axis=1).round(12)
    array([2., 2., 2., 2., 2.])
    """

    shape: str
    dim: int
    radius: float = 1.0
    center: np.ndarray = field(default=None)  # type: ignore[arg-type]  # replaced by 0 [dim] when it is made

    if TYPE_CHECKING:

        def __init__(self, shape: str, dim: int, radius: float = 1.0, center: ArrayLike | None = None) -> None: ...

    def __post_init__(self) -> None:
        checks.one_of("shape", self.shape, UNIFORM_SHAPES)
        dim = checks.integer("dim", self.dim, minimum=1, maximum=MAX_DIMENSION)
        center = vector("center", np.zeros(dim) if self.center is None else self.center, dim)  # [dim]
        values = {"dim": dim, "radius": checks.number("radius", self.radius, above=0.0), "center": center}
        for name, value in values.items():
            object.__setattr__(self, name, value)

    def sample(self, rng: np.random.Generator, n: int) -> np.ndarray:
        """n i.i.d. points x[n, dim]; errors as in Discrete.sample.

        A normalised Gaussian vector is uniform on the sphere, and times U^{1/dim}, U uniform on [0, 1], on the ball.
        """
        n = check_draw(rng, n)
        if self.shape == "cube":
            return self.center + rng.uniform(-self.radius, self.radius, (n, self.dim))
        x = rng.standard_normal((n, self.dim))  # [n, dim]
        if self.dim == 1 and self.shape == "sphere":  # two points and no other, as `support` says
            return self.center + np.copysign(self.radius, x)
        x *= self.radius / np.linalg.norm(x, axis=1, keepdims=True)
        if self.shape == "ball":
            x *= rng.random((n, 1)) ** (1.0 / self.dim)
        return self.center + x

    @property
    def support(self) -> Support:
        """From 0 to the far side of the shape, a bound; two points for the sphere of the line."""
        corner = self.radius * (math.sqrt(self.dim) if self.shape == "cube" else 1.0)
        atoms = 2 if self.shape == "sphere" and self.dim == 1 else math.inf
        return Support(float(np.linalg.norm(self.center)) + corner, atoms)

    def to_dict(self) -> dict[str, Any]:
        """Kind, shape, dimension, radius and centre: all that defines the law."""
        return {
            "kind": "uniform",
            "shape": self.shape,
            "dim": self.dim,
            "radius": self.radius,
            "center": self.center.tolist(),
        }
