"""Bounds of W_p^p on one direction from the cells of both sides, rounding included, each step of it proven."""

from __future__ import annotations

import math
from typing import Final, NamedTuple

import numpy as np

from swref.distributed.cells import Cells
from swref.distributed.kernels.staircase import walk

EPS: Final = 2.0**-53  # of one rounding of a float64
KEY: Final = 2.0**-24  # of |z| + 1 to a float32
TINY, LARGEST = 1e-300, 2.0**1023  # more than what powers that underflow come to, and less than those that overflow
GRID: Final = 1 << 62  # of masses whose totals have no common multiple below it


class Bounds(NamedTuple):
    """lower <= W_p^p <= upper, and an estimate between."""

    lower: float
    value: float
    upper: float


def bounds(
    x: Cells, y: Cells, p: float, unit: float = 1.0, perturbation: float = 0.0, lost_mass: float = 0.0
) -> Bounds:
    """Bounds of W_p^p between two laws whose values, over `unit` and rounded, are in the cells.

    perturbation: how far, in W_p, the values that were put into bins may be from those of the laws. lost_mass: the
    share of mass that rounding moved at most.

    Masses. If those of a law change by delta_i, W_p^p changes by at most sum |delta_i| / 2 times the oscillation of an
    optimal potential (put that of one law into the dual problem of the other), at most D^p, D the diameter of both
    supports. Values. W_p changes by at most the L^p norm of their changes (Minkowski), which are KEY (|z| + 1) of the
    bins and a few EPS |z| of the means.

    >>> from swref.distributed.cells import cells_of
    >>> none, zero = (np.array([]), np.array([], int)), np.array([64 << 8])
    >>> cells = [cells_of(zero, np.array([[2, S, S * S // 2]]), 8, *none) for S in (0, 4)]  # two points at 0, at 2
    >>> low, value, high = bounds(*cells, 2.0, unit=2.0**23)
    >>> low < value == 4 < high
    True
    """
    x_ends, y_ends, moved = common_ends(x.ends, y.ends)
    diameter = max(x.high[-1], y.high[-1]) - min(x.low[0], y.low[0])
    e = math.frexp(diameter)[1] if diameter > 0 else 0
    a, b = _scaled(x, -e), _scaled(y, -e)  # within [-1, 1], so that no power overflows
    value, low, low_size, second, second_size, high, high_size = walk(x_ends, *a, y_ends, *b, p)
    part = (8 * (len(x) + len(y)) + 64 + 16 * p) * EPS
    low = low - part * low_size + max(0.0, second - part * second_size)
    high = high + part * high_size + TINY
    if p == 1:
        line = line_bounds(x_ends, a, np.ldexp([x.low, x.high], -e), y_ends, b, np.ldexp([y.low, y.high], -e))
        low, high = max(low, line[0]), min(high, line[1])
    scale = math.ldexp(unit, e)
    away = perturbation + unit * (_rounded_by(x, p) + _rounded_by(y, p))
    last = 1 + 64 * (p + 1) * EPS  # of what follows
    with np.errstate(over="ignore"):  # beyond the range of floats is inf
        root = max(0.0, max(0.0, low - moved - lost_mass) ** (1 / p) * scale / last - away)
        lower = min(float(np.float64(root) ** p) / last, LARGEST)
        upper = float(np.float64(((high + moved + lost_mass) ** (1 / p) * scale + away) * last) ** p * last)
        return Bounds(lower, min(max(value * float(np.float64(scale) ** p), lower), upper), upper)


def common_ends(x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray, float]:
    """Cumulative whole masses of both sides over one total, below 2^63, and the share of mass that rounding them moved.

    Exact where the totals have a common multiple up to 2^62. Rounded down to a grid of 2^62 else: each cell then gets
    or loses less than 2^-62.
    """
    X, Y = int(x[-1]), int(y[-1])
    common = math.lcm(X, Y)
    if common <= GRID:
        return x * (common // X), y * (common // Y), 0.0
    moved = (len(x) + len(y)) * 2.0**-62
    on_grid = ((ends.astype(object) * GRID // total).astype(np.int64) for ends, total in ((x, X), (y, Y)))
    return next(on_grid), next(on_grid), moved


def _scaled(cells: Cells, e: int) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """mean, deviation, down and up times 2^e, exactly."""
    mean, deviation, down, up = np.ldexp([cells.mean, cells.deviation, cells.down, cells.up], e)
    return mean, deviation, down, up


def _rounded_by(cells: Cells, p: float) -> float:
    """How far, in W_p, rounding moved the values of a side: KEY times the L^p norm of |z| + 1, and a little more."""
    size = 1 + np.maximum(np.abs(cells.low), np.abs(cells.high))
    most = float(size.max())
    masses = np.diff(cells.ends, prepend=0).astype(float) / int(cells.ends[-1])
    return KEY * (1 + 2.0**-20) * most * math.fsum(masses * (size / most) ** p) ** (1 / p)


def line_bounds(
    x_ends: np.ndarray,
    a: tuple[np.ndarray, ...],
    x_range: np.ndarray,
    y_ends: np.ndarray,
    b: tuple[np.ndarray, ...],
    y_range: np.ndarray,
) -> tuple[float, float]:
    """Bounds of W_1 = int |F - G|, F and G the distribution functions, over groups of cells that overlap.

    On a group [low, high] of length h the integral of F - G is exact: F(low) h and each cell's mass times its distance
    to the end. So is that of |F - G| where the sign is known, F(low) >= G(high) or F(high) <= G(low). Else at most
    |F - G| at an end, times h, and what both sides add from there, or the largest difference times h. Between groups
    F - G is constant.
    """
    total = int(x_ends[-1])
    low, high = np.concatenate((x_range, y_range), axis=1)
    order = np.argsort(low, kind="stable")
    reach = np.maximum.accumulate(high[order])
    new = np.append(True, low[order][1:] > reach[:-1])
    first, last = np.flatnonzero(new), np.append(np.flatnonzero(new)[1:], len(low)) - 1
    left, right = low[order][first], reach[last]  # [groups]
    group = np.empty(len(low), int)
    group[order] = np.cumsum(new) - 1
    sides, cut = [], len(x_ends)
    for ends, (_, _, down, up), (cell_low, cell_high), of in (
        (x_ends, a, x_range, group[:cut]),
        (y_ends, b, y_range, group[cut:]),
    ):
        mass = np.diff(ends, prepend=0)
        after = np.searchsorted(of, np.arange(len(left)), side="right")
        F = np.append(0, ends)[np.append(0, after)]  # [groups + 1]
        to_right = np.bincount(of, mass / total * (up + (right[of] - cell_high)), len(left))
        to_left = np.bincount(of, mass / total * (down + (cell_low - left[of])), len(left))
        sides.append((F, to_right, to_left))
    (F, F_right, F_left), (G, G_right, G_left) = sides
    h, gaps = right - left, left[1:] - right[:-1]
    between = np.abs(F - G) / total  # [groups + 1]
    signed = (F - G)[:-1] / total * h + F_right - G_right
    size = between[:-1] * h + F_right + G_right
    known = (F[:-1] >= G[1:]) | (F[1:] <= G[:-1])
    most = np.maximum(np.abs(F[:-1] - G[1:]), np.abs(F[1:] - G[:-1])) / total * h
    over = np.minimum(np.minimum(size, between[1:] * h + F_left + G_left), most)
    unit = (len(low) + 64) * EPS
    rest = math.fsum(between[1:-1] * gaps)
    wrong = unit * (math.fsum(size) + rest)
    return rest + math.fsum(np.abs(signed)) - wrong, rest + math.fsum(np.where(known, np.abs(signed), over)) + wrong
