"""Curves in parameter space: the interpolated run of SGD, and the distance d_c in which Theorem 1 measures it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

import numpy as np
from numpy.typing import ArrayLike

from swref import checks
from swref.errors import InputError
from swref.reprs import Shown
from swref.sgd import Iterate

ROUNDING = 1e-12  # times built as t * alpha miss whole numbers by roundings: this much, relatively, counts as none
BLOCK_NUMBERS = 1 << 20


@dataclass(frozen=True, eq=False, repr=False)
class Trajectory(Shown):
    """A continuous piecewise-affine curve s -> v(s) in R^{d_u}, given by its breakpoints.

    times [T], strictly increasing, and points [T, d_u], both finite; kept as read-only float64 copies. Calling it
    evaluates the curve. Raises InputError or InputTypeError for anything else.

    >>> v = Trajectory([0.0, 1.0, 3.0], [[0.0], [2.0], [0.0]])
    >>> v(2.0).tolist(), v([0.5, 3.0]).tolist()
    ([1.0], [[1.0], [0.0]])
    """

    times: np.ndarray
    points: np.ndarray

    if TYPE_CHECKING:

        def __init__(self, times: ArrayLike, points: ArrayLike) -> None: ...

    def __post_init__(self) -> None:
        points = np.array(checks.points("points", self.points), dtype=np.float64)
        times = np.array(checks.float_array("times", self.times), dtype=np.float64)
        if times.shape != (len(points),):
            raise InputError(f"times must have shape ({len(points)},), one time a point, got {times.shape}")
        checks.finite("times", times)
        if np.any(np.diff(times) <= 0):
            index = int(np.argmax(np.diff(times) <= 0))
            raise InputError(
                f"times must increase, got {times[index]} and {times[index + 1]} at [{index}, {index + 1}]"
            )
        for name, value in (("times", times), ("points", points)):
            value.setflags(write=False)
            object.__setattr__(self, name, value)

    def __call__(self, s: ArrayLike) -> np.ndarray:
        """v(s) [d_u] for a number s, [S, d_u] for an array [S] of times, within the curve's span.

        Exact at the breakpoints. Raises InputError for a time outside times[0], ..., times[-1].

        >>> Trajectory([0.0, 1.0], [[0.0], [2.0]])(0.25).tolist()
        [0.5]
        """
        t = checks.float_array("s", s).astype(np.float64)
        if t.ndim > 1:
            raise InputError(f"s must be a number or a vector of times, got shape {t.shape}")
        checks.finite("s", np.atleast_1d(t))
        first, last = float(self.times[0]), float(self.times[-1])
        slack = ROUNDING * max(abs(first), abs(last))
        outside = (t < first - slack) | (t > last + slack)
        if np.any(outside):
            raise InputError(f"s must lie in [{first:g}, {last:g}], got {float(np.atleast_1d(t[outside])[0]):g}")
        t = np.clip(t, first, last)
        if len(self.times) == 1:
            return np.broadcast_to(self.points[0], (*t.shape, self.points.shape[1])).copy()
        k = np.clip(np.searchsorted(self.times, t, side="right") - 1, 0, len(self.times) - 2)
        share = ((t - self.times[k]) / (self.times[k + 1] - self.times[k]))[..., None]
        return (1 - share) * self.points[k] + share * self.points[k + 1]

    def to_dict(self) -> dict[str, Any]:
        """The breakpoints in plain lists, ready for JSON.

        >>> Trajectory([0.0], [[1.0]]).to_dict()
        {'times': [0.0], 'points': [[1.0]]}
        """
        return {"times": self.times.tolist(), "points": self.points.tolist()}


def interpolate(iterates: ArrayLike | Iterable[Iterate], alpha: float, u0: ArrayLike | None = None) -> Trajectory:
    """The interpolated run u_alpha of an SGD scheme with constant step alpha > 0.

        u_alpha(s) = u^t + (s/alpha - t) (u^{t+1} - u^t),    s in [t alpha, (t+1) alpha[

    iterates: an array [T + 1, d_u] of u^0, ..., u^T, or what `swref.sgd` yields, consecutive steps. The latter starts
    after the first step: `u0` [d_u], the iterate before it, is put in front. Raises InputError where steps are missing.
    Source: Tanguy (TMLR 2023), section 3; Bianchi, Hachem, Schechtman (2022).

    >>> interpolate([[0.0], [1.0], [3.0]], alpha=0.5)(0.75).tolist()
    [2.0]
    """
    alpha = checks.number("alpha", alpha, above=0.0)
    first = 0
    rows: Any = iterates
    if not isinstance(iterates, np.ndarray):
        checks.instance("iterates", iterates, Iterable, "an array or an iterable of iterates")
        rows = list(cast("Iterable[Any]", iterates))
        if rows and isinstance(rows[0], Iterate):
            steps = np.array([iterate.t for iterate in rows])
            if np.any(np.diff(steps) != 1):
                index = int(np.argmax(np.diff(steps) != 1))
                raise InputError(f"iterates must be consecutive, got t = {steps[index + 1]} after {steps[index]}")
            first, rows = int(steps[0]), np.array([iterate.u for iterate in rows])
    u = checks.points("iterates", rows, axes="t, d_u")
    if u0 is not None:
        start = checks.float_array("u0", u0)
        if start.shape != u.shape[1:]:
            raise InputError(f"u0 must have shape {u.shape[1:]}, as the iterates have, got {start.shape}")
        first, u = max(first - 1, 0), np.concatenate([start[None, :], u])
    return Trajectory(alpha * np.arange(first, first + len(u)), u)


def distance_c(v: Trajectory, w: Trajectory, k_max: int) -> tuple[float, float]:
    """d_c(v, w), the metric of uniform convergence on compacts, cut off at k_max: (value, bound on what is left out).

        d_c(v, w) = sum_{k>=1} 2^{-k} min(1, max_{[0,k]} |v - w|) in [value, value + 2^{-k_max}]

    The value is exact: |v - w| is convex between breakpoints, so its maximum over [0, k] is at a breakpoint of either
    curve or at k. Both curves must start at 0 and reach k_max; raises InputError where they do not, or where their
    dimensions differ. Source: Tanguy (TMLR 2023), section 3, equation of d_c.

    >>> still = Trajectory([0.0, 2.0], [[0.0], [0.0]])
    >>> distance_c(still, Trajectory([0.0, 2.0], [[0.0], [1.0]]), k_max=2)
    (0.5, 0.25)
    """
    k_max = checks.count("k_max", k_max)
    checks.instance("v", v, Trajectory)
    checks.instance("w", w, Trajectory)
    if v.points.shape[1] != w.points.shape[1]:
        raise InputError(f"v and w must have the same dimension, got {v.points.shape[1]} and {w.points.shape[1]}")
    for name, curve in (("v", v), ("w", w)):
        if curve.times[0] != 0.0:
            raise InputError(f"{name} must start at s = 0, got {curve.times[0]:g}")
        if curve.times[-1] < k_max * (1 - ROUNDING):
            raise InputError(f"{name} must reach s = k_max = {k_max}, got an end at {curve.times[-1]:g}")
    ends = np.arange(1, k_max + 1, dtype=np.float64)  # [k_max]
    s = np.unique(np.concatenate((v.times, w.times, ends)))
    s = s[s <= k_max]
    gaps = np.empty(len(s))  # |v - w| at s
    step = max(1, BLOCK_NUMBERS // v.points.shape[1])
    for start in range(0, len(s), step):
        block = slice(start, start + step)
        gaps[block] = np.linalg.norm(v(s[block]) - w(s[block]), axis=1)
    highest = np.maximum.accumulate(gaps)[np.searchsorted(s, ends)]  # [k_max] max over [0, k]
    return float(np.sum(0.5**ends * np.minimum(1.0, highest))), 0.5**k_max
