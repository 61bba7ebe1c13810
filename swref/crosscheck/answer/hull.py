"""The set of gradients that a correct backend may return, and the test whether a given one belongs to it.

At a tie every matching gives a valid gradient, and so does every average of them: the valid set is convex. Along one
direction it holds the vectors c [n], c_i = sum_j pi_ij g(D_ij), g(D) = p sign(D) |D|^(p-1), over all optimal couplings
pi; the set in the points is the sum over the directions of slope_l c theta_l^T. Roundings are part of it: projections
closer than delta_l count as tied, and D may lie anywhere in D_ij +- delta_l.

The support function of the set, max over its elements of <V, .>, is a sort: along each direction, tied points take
the slots of their group in the order of V theta_l. So a linear program over all matchings costs one evaluation.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass, field

import numpy as np

from swref.crosscheck.inputs import Inputs
from swref.spec import match

MAX_VERTICES = 60
MAX_ENTRIES = 4096


def tie_groups(values: np.ndarray, delta: float) -> np.ndarray:
    """The number [n] of the group of every value: a gap above `delta` between sorted neighbours starts a new one.

    >>> tie_groups(np.array([3.0, 1.0, 1.1, 1.2]), 0.15).tolist()
    [1, 0, 0, 0]
    """
    order = np.argsort(values, kind="stable")
    group = np.empty(len(values), dtype=np.int64)
    group[order] = np.concatenate(([0], np.cumsum(np.diff(values[order]) > delta)))
    return group


@dataclass
class GradientSet:
    """The valid gradients in x [n, d] of sum_l slopes_l W_l^p at `inputs`.

    >>> square = Inputs(np.zeros((2, 1)), np.array([[1.0], [3.0]]), np.ones((1, 1)))
    >>> valid = GradientSet(square, np.ones(1))
    >>> valid.distance(np.array([[-3.0], [-1.0]])), valid.distance(np.array([[-2.0], [-2.0]]))
    (0.0, 0.0)
    >>> valid.distance(np.array([[-4.0], [0.0]])) > 0.5
    True
    """

    inputs: Inputs
    slopes: np.ndarray  # [L]
    slack: float = 0.0  # relative error that the slopes themselves may have
    px: np.ndarray = field(init=False)  # [L, n]
    py: np.ndarray = field(init=False)  # [L, m]
    delta: np.ndarray = field(init=False)  # [L]
    groups: np.ndarray = field(init=False)  # [L, n]
    theta: np.ndarray = field(init=False)  # [L, d]
    weights: tuple[np.ndarray | None, np.ndarray | None] = field(init=False)

    def __post_init__(self) -> None:
        self.px, self.py = self.inputs.projections()
        self.delta = self.inputs.rounding()
        self.groups = np.stack([tie_groups(row, delta) for row, delta in zip(self.px, self.delta, strict=True)])
        exact = self.inputs.in_float64()
        self.theta, self.weights = exact.theta, (exact.x_weights, exact.y_weights)

    def cumulated(self) -> GradientSet:
        """The valid gradients of masses that are differences of cumulated weights, each off by n eps of itself."""
        relative = max(self.inputs.n, self.inputs.m) * self.inputs.eps
        return GradientSet(self.inputs, self.slopes, self.slack + relative)

    @property
    def tied(self) -> bool:
        """Whether some direction sees two projections of x that cannot be told apart."""
        return bool((self.groups.max(axis=1) < self.px.shape[1] - 1).any())

    def vertex(self, V: np.ndarray | None = None) -> np.ndarray:
        """An element [n, d] of the set that maximises <V, .>; without V that of the stable matching, D as it is."""
        total = np.zeros((self.px.shape[1], self.theta.shape[1]))
        for l, slope in enumerate(self.slopes):
            along = None if V is None else V @ self.theta[l]  # [n]
            total += slope * np.outer(self._slopes_along(l, along, None), self.theta[l])
        return total

    def _slopes_along(self, l: int, along: np.ndarray | None, side: float | None) -> np.ndarray:
        """c [n]: the one-dimensional gradient along direction l that maximises <along, c>, else the stable one.

        With `side` +1 or -1 every D of the stable matching is taken at that end of its interval.
        """
        px, py, p = self.px[l], self.py[l], self.inputs.p
        wx, wy = self.weights
        if along is None:
            order, key = np.arange(len(px)), px
        else:  # in a group, the largest entry of `along` takes the first slot, that of the smallest y
            order = np.lexsort((-along, self.groups[l]))
            key = self.groups[l][order].astype(np.float64)
        pairs = match(key, py, None if wx is None else wx[order], wy)
        i = order[pairs.i]
        D = px[i] - py[pairs.j]
        if along is not None:
            D = D + np.sign(along[i]) * self.delta[l]
        elif side is not None:
            D = D + side * self.delta[l]
        g = p * np.sign(D) * np.abs(D) ** (p - 1)
        return np.bincount(i, weights=pairs.mass * g, minlength=len(px))

    @property
    def unique(self) -> bool:
        """Whether the set is one gradient: nothing ties in x or y, and for p = 1 no pair has D = 0, up to rounding.

        >>> zero, one = np.zeros((1, 1)), np.ones((1, 1))
        >>> [GradientSet(Inputs(zero, zero, one, p), one[0]).unique for p in (1.0, 2.0)]
        [False, True]
        """
        if self.tied or GradientSet(self.inputs.swapped(), self.slopes).tied:
            return False
        if self.inputs.p > 1:
            return True
        pairs = [match(px, py, *self.weights) for px, py in zip(self.px, self.py, strict=True)]
        gaps = zip(self.px, self.py, pairs, self.delta, strict=True)
        return all(bool((np.abs(px[pair.i] - py[pair.j]) > delta).all()) for px, py, pair, delta in gaps)

    @functools.cached_property
    def stable(self) -> np.ndarray:
        """The gradient [n, d] of the stable matching: the only one, where nothing ties."""
        return self.vertex()

    @functools.cached_property
    def allowance(self) -> np.ndarray:
        """Elementwise bound [n, d] on the rounding error of an element: of the projections, and of sums of terms."""
        n = self.px.shape[1]
        wide, size = np.zeros((n, self.theta.shape[1])), np.zeros((n, self.theta.shape[1]))
        for l, slope in enumerate(self.slopes):
            middle = self._slopes_along(l, None, None)
            ends = [np.abs(self._slopes_along(l, None, side) - middle) for side in (1.0, -1.0)]
            wide += slope * np.outer(np.maximum(*ends), np.abs(self.theta[l]))
            size += slope * np.outer(np.abs(middle), np.abs(self.theta[l]))
        terms = len(self.slopes) + max(1.0, self.px.shape[1] / self.py.shape[1])
        relative = self.inputs.sum_error(terms) + self.slack
        return wide + relative * (size + np.mean(size)) + 4 * self.inputs.tiny

    @functools.cached_property
    def box(self) -> tuple[np.ndarray, np.ndarray]:
        """Elementwise bounds [n, d] of the set: every point of a tied group may take any slot of its group."""
        low, high = np.zeros((2, self.px.shape[1], self.theta.shape[1]))
        for l, slope in enumerate(self.slopes):
            c_low, c_high = self._range_along(l)
            ends = [slope * np.outer(c, self.theta[l]) for c in (c_low, c_high)]
            low, high = low + np.minimum(*ends), high + np.maximum(*ends)
        return low, high

    def _range_along(self, l: int) -> tuple[np.ndarray, np.ndarray]:
        """The bounds [n] of c along direction l: the weight of a point times the slopes of the slots of its group."""
        px, py, p, group = self.px[l], self.py[l], self.inputs.p, self.groups[l]
        pairs = match(px, py, *self.weights)
        D = px[pairs.i] - py[pairs.j]
        ends = [D - self.delta[l], D + self.delta[l]]
        g_low, g_high = (p * np.sign(E) * np.abs(E) ** (p - 1) for E in ends)
        lowest, highest = np.full(group.max() + 1, np.inf), np.full(group.max() + 1, -np.inf)
        np.minimum.at(lowest, group[pairs.i], g_low)
        np.maximum.at(highest, group[pairs.i], g_high)
        mass = np.bincount(pairs.i, weights=pairs.mass, minlength=len(px))
        lowest, highest = (np.where(np.isfinite(bound), bound, 0.0) for bound in (lowest, highest))  # no mass
        return mass * lowest[group], mass * highest[group]

    def distance(self, gradient: np.ndarray) -> float:
        """0 for an element of the set, up to rounding; otherwise a positive number, how far outside it lies.

        First against the bounds of every entry and of the sum over the points, which no matching changes. Then, for up
        to MAX_ENTRIES entries, the nearest element is sought among convex combinations of vertices, one more each
        time. A direction V in which `gradient` lies beyond the support function proves that it is outside; nothing
        else is refused.
        """
        tolerance = self.allowance
        low, high = self.box
        outside = np.maximum(low - gradient, gradient - high)
        if (outside > tolerance).any():
            return float(outside.max())
        total = np.abs((gradient - self.stable).sum(axis=0))
        if (total > tolerance.sum(axis=0)).any():
            return float(total.max())
        return self._distance_to_hull(gradient, tolerance) if gradient.size <= MAX_ENTRIES else 0.0

    def _distance_to_hull(self, gradient: np.ndarray, tolerance: np.ndarray) -> float:
        from swref.theory.criticality.least_norm import least_norm  # here: few cases get this far

        vertices, weights = [self.stable], np.ones(1)
        nearest = vertices[0]  # the convex combination of them nearest to the gradient
        for _ in range(MAX_VERTICES):
            V = gradient - nearest
            if (np.abs(V) <= tolerance).all():
                return 0.0
            unit = V / np.abs(V).max()
            outermost = self.vertex(unit)
            beyond = np.sum(unit * (gradient - outermost)) - np.sum(np.abs(unit) * tolerance)
            if beyond > 0:
                return float(np.abs(V).max())
            vertices.append(outermost)
            found = np.stack(vertices)  # [K, n, d]
            weights = least_norm((found - gradient).reshape(len(found), -1), start=weights)
            nearest = np.tensordot(weights, found, axes=1)
        return 0.0
