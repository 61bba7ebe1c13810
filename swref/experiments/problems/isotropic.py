"""Continuous laws of the plane that need no more than a radius: sampled, or replaced by m points, even or random."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from swref import checks
from swref.experiments.problems.planar import GOLDEN_ANGLE
from swref.measures import Discrete

KINDS: Final = ("disc", "gaussian", "student")


@dataclass(frozen=True)
class Isotropic:
    """A law of the plane that turning does not change: a uniform angle, and a radius with the quantiles of `kind`.

        disc: r(q) ~ sqrt(q),   gaussian: r(q) ~ sqrt(-2 log(1-q)),   student: r(q) ~ sqrt(nu ((1-q)^(-2/nu) - 1))

    scaled to the radius `median` at q = 1/2. "disc" is uniform on a disc, bounded; "gaussian" has every moment;
    "student", with `freedom` = nu degrees of freedom, has moments of order below nu alone. Raises InputError for
    another kind, or a median or freedom that is not positive.

    >>> law = Isotropic("disc", 0.5)
    >>> law.dim, law.radius(np.array([0.5])).tolist(), law.lattice(10).m
    (2, [0.5], 10)
    """

    kind: str
    median: float
    freedom: float = 1.0  # of "student" alone

    def __post_init__(self) -> None:
        checks.one_of("kind", self.kind, KINDS)
        checks.number("median", self.median, above=0.0)
        checks.number("freedom", self.freedom, above=0.0)

    @property
    def dim(self) -> int:
        """Always 2."""
        return 2

    def radius(self, q: np.ndarray) -> np.ndarray:
        """The radius that a share q [...] of the mass lies within."""
        return np.asarray(self.median * self._shape(q) / self._shape(np.array(0.5)))

    def sample(self, rng: np.random.Generator, n: int) -> np.ndarray:
        """n i.i.d. points [n, 2]."""
        q, angle = rng.random(n), rng.uniform(0.0, 2 * np.pi, n)
        return _polar(self.radius(q), angle)

    def lattice(self, m: int, turn: float = 0.0) -> Discrete:
        """m points spread evenly over the law, as the seeds of a sunflower are over a disc, turned by an angle.

        Point k has the radius of the share (k + 1/2)/m and k times the golden angle.
        """
        k = np.arange(m) + 0.5
        return Discrete(_polar(self.radius(k / m), GOLDEN_ANGLE * k + turn))

    def to_dict(self) -> dict[str, Any]:
        """Kind, median and, where it matters, freedom."""
        tail = {"freedom": self.freedom} if self.kind == "student" else {}
        return {"kind": self.kind, "median": self.median, **tail}

    def _shape(self, q: np.ndarray) -> np.ndarray:
        if self.kind == "disc":
            return np.asarray(np.sqrt(q))
        upper = -2 * np.log1p(-q)
        tail = upper if self.kind == "gaussian" else self.freedom * np.expm1(upper / self.freedom)
        return np.asarray(np.sqrt(tail))


def _polar(radius: np.ndarray, angle: np.ndarray) -> np.ndarray:
    return np.column_stack((radius * np.cos(angle), radius * np.sin(angle)))
