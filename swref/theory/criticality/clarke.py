"""The Clarke subdifferential of the sample loss w_theta(., Y) at ties: its vertices, least element and derivatives.

    w_theta(X, Y) = min_sigma (1/n) sum_k |theta.x_k - theta.y_{sigma(k)}|^p

For p > 1 this is a minimum of C^1 functions, so that -w_theta is Clarke regular, and the subdifferential is exactly the
convex hull of the gradients of the active matchings: those that sort theta.X, in any order within each group of ties.
Source: Clarke, Optimization and Nonsmooth Analysis (1983), Theorem 2.8.2; w_theta of Tanguy (TMLR 2023), section 2.
"""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from swref import checks
from swref.errors import InputError
from swref.reprs import Shown

MAX_VERTICES = 10_000
TIE = 1e-12  # of max |theta.x|: what a tie may miss by when its projections are rounded


@dataclass(frozen=True, eq=False, repr=False)
class ClarkeVertices(Shown):
    """dC w_theta at X: the convex hull of `values[v, k] theta`, v = 1..V, a matrix [n, d] for each v.

    Every row of values [V, n] is a vertex, and no two are equal. groups: the indices of X of each group of ties.
    """

    values: np.ndarray
    theta: np.ndarray  # [d]
    groups: tuple[tuple[int, ...], ...]

    @property
    def matrices(self) -> np.ndarray:
        """The vertices as gradients [V, n, d]."""
        return self.values[:, :, None] * self.theta

    def least(self) -> np.ndarray:
        """The element [n, d] of least norm: 0 exactly where X is Clarke critical for w_theta.

        The hull is a product of permutohedra, one for each group of ties: its least element is their centre, the mean.

        >>> tied = clarke_vertices([[0.0], [0.0]], [[-1.0], [1.0]], [1.0])
        >>> bool(np.abs(tied.least()).max() < 1e-15)
        True
        """
        centre = self.values[0].copy()  # [n]
        for group in self.groups:
            centre[list(group)] = np.mean(self.values[0, list(group)])
        return centre[:, None] * self.theta

    def derivative(self, v: ArrayLike) -> float:
        """The one-sided directional derivative of w_theta at X along v [n, d]: min over the vertices of <g, v>.

        >>> clarke_vertices([[0.0], [0.0]], [[-1.0], [1.0]], [1.0]).derivative([[1.0], [-1.0]])
        -2.0
        """
        return float(np.min(self._products(v)))

    def clarke_derivative(self, v: ArrayLike) -> float:
        """Clarke's generalised directional derivative along v [n, d]: max over the vertices of <g, v>.

        >>> clarke_vertices([[0.0], [0.0]], [[-1.0], [1.0]], [1.0]).clarke_derivative([[1.0], [-1.0]])
        2.0
        """
        return float(np.max(self._products(v)))

    def to_dict(self) -> dict[str, Any]:
        """Plain numbers and lists, ready for JSON."""
        return {
            "values": self.values.tolist(),
            "theta": self.theta.tolist(),
            "groups": [list(group) for group in self.groups],
        }

    def _products(self, v: ArrayLike) -> np.ndarray:
        direction = checks.points("v", v, len(self.theta)).astype(np.float64)
        if len(direction) != self.values.shape[1]:
            raise InputError(f"v must have {self.values.shape[1]} rows, as x has, got shape {direction.shape}")
        return self.values @ (direction @ self.theta)


def clarke_vertices(
    x: ArrayLike,
    y: ArrayLike,
    theta: ArrayLike,
    p: float = 2.0,
    *,
    tie: float = TIE,
    max_vertices: int = MAX_VERTICES,
) -> ClarkeVertices:
    """The vertices of dC w_theta(., y) at x, for x and y [n, d], one direction theta [d] of norm 1 and p > 1.

        (p/n) sign(D_k) |D_k|^(p-1) theta,    D_k = theta.x_k - theta.y_{sigma(k)},    sigma an active matching

    One vertex for every arrangement of the sorted theta.y among the ties of theta.x; equal theta.y in one group give
    one arrangement. Projections of x that differ by at most `tie` max |theta.x| count as tied, all at one of them.
    Raises InputError for shapes that differ, a theta that is no unit vector, p <= 1, and for more than `max_vertices`
    vertices.

    >>> clarke_vertices([[1.0], [1.0]], [[0.0], [2.0]], [1.0]).values.tolist()
    [[1.0, -1.0], [-1.0, 1.0]]
    """
    x, y = checks.points("x", x).astype(np.float64), checks.points("y", y).astype(np.float64)
    if x.shape != y.shape:
        raise InputError(f"x and y must have one shape [n, d], got {x.shape} and {y.shape}")
    theta = checks.float_array("theta", theta).astype(np.float64)
    if theta.shape != x.shape[1:]:
        raise InputError(f"theta must have shape {x.shape[1:]}, one direction, got {theta.shape}")
    if not abs(float(np.linalg.norm(theta)) - 1) < 1e-6:
        raise InputError(f"theta must have norm 1, got {np.linalg.norm(theta):.9g}")
    p = checks.number("p", p, above=1.0, maximum=checks.MAX_ORDER)
    tie = checks.number("tie", tie, minimum=0.0)
    px, py = x @ theta, np.sort(y @ theta)  # [n], [n]
    order = np.argsort(px, kind="stable")
    groups = _tie_groups(px, order, tie * float(np.max(np.abs(px))))
    choices, rank, count = [], 0, 1
    for group in groups:
        matched = py[rank : rank + len(group)]
        px[list(group)] = px[group[len(group) // 2]]  # one projection for those that count as tied
        rank += len(group)
        count *= arrangement_count(matched)
        choices.append((group, matched))
    limit = checks.integer("max_vertices", max_vertices, minimum=1)
    if count > limit:
        raise InputError(
            f"x must have fewer ties along theta: they make {checks.shown(count)} vertices, more than {limit}"
        )
    n, values = len(px), np.empty((count, len(px)))
    for v, chosen in enumerate(itertools.product(*(arrangements(matched) for _, matched in choices))):
        for (group, _), y_values in zip(choices, chosen, strict=True):
            D = px[list(group)] - np.array(y_values)
            with np.errstate(over="ignore"):
                values[v, list(group)] = p / n * np.sign(D) * np.abs(D) ** (p - 1)
    if not np.isfinite(values).all():
        raise InputError(f"x and y must be small enough for |x - y|^{p - 1:g} in float64, got one that overflows")
    return ClarkeVertices(values, theta, tuple(group for group, _ in choices if len(group) > 1))


def _tie_groups(px: np.ndarray, order: np.ndarray, width: float) -> list[tuple[int, ...]]:
    """The indices, by increasing px, cut wherever the gap to the next is above `width`."""
    cuts = np.flatnonzero(np.diff(px[order]) > width) + 1
    return [tuple(map(int, part)) for part in np.split(order, cuts)]


def arrangement_count(values: np.ndarray) -> int:
    """How many different sequences the values [k] can be put in: k! / prod multiplicity!.

    >>> arrangement_count(np.array([1.0, 1.0, 2.0]))
    3
    """
    _, multiplicities = np.unique(values, return_counts=True)
    return math.factorial(len(values)) // math.prod(math.factorial(int(m)) for m in multiplicities)


def arrangements(values: np.ndarray) -> list[tuple[float, ...]]:
    """The different sequences of the sorted values [k], in lexicographic order, each made once.

    >>> arrangements(np.array([1.0, 1.0, 2.0]))
    [(1.0, 1.0, 2.0), (1.0, 2.0, 1.0), (2.0, 1.0, 1.0)]
    """
    if len(values) == 0:
        return [()]
    found = []
    for first in np.unique(values):
        rest = np.delete(values, np.searchsorted(values, first))
        found += [(float(first), *tail) for tail in arrangements(rest)]
    return found
