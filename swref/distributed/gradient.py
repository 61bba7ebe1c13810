"""The gradient of SW_p^p in the points of x, in one pass more than the tables take: each entry with its bound."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final, Literal

import numpy as np
from numpy.typing import ArrayLike

from swref import checks
from swref.distributed.api import asked
from swref.distributed.bounds import KEY, common_ends
from swref.distributed.cells import Cells
from swref.distributed.certified import first_bits, lost_mass, projected_by, tables_of
from swref.distributed.clouds import Cloud
from swref.distributed.exact import total_weight
from swref.distributed.frame import Frame
from swref.distributed.kernels.bins import MANTISSA, OCTAVES
from swref.distributed.kernels.slopes import add_slopes
from swref.distributed.tables import Tables
from swref.kernels.threads import get_num_threads, run_parallel

ROWS: Final = 4096  # points that pass all directions while they are at hand


@dataclass(frozen=True)
class GradientBlock:
    """Rows of the gradient: |dx - the gradient| <= bound in every entry, in exact arithmetic."""

    start: int  # the first row
    dx: np.ndarray  # [k, d]
    bound: np.ndarray  # [k, d]


@dataclass(frozen=True)
class _Targets:
    """What add_slopes takes of the directions: see there."""

    first: Any  # of one direction numbers, of all arrays [L]
    edge: Any
    away: Any
    low: np.ndarray
    high: np.ndarray
    near: np.ndarray
    rise: np.ndarray


def gradient(
    x: Any,
    y: Any,
    theta: ArrayLike,
    p: float = 2.0,
    *,
    bits: int = 10,
    x_weights: Any = None,
    y_weights: Any = None,
) -> Iterator[GradientBlock]:
    """The gradient of SW_p^p in x, block after block of its rows, none of which is held.

    Arguments and errors as of `sw`. Two passes make tables of 2^bits bins an octave, 8 to 14, and a third gives every
    point its slope: each bit halves the bounds. They hold for the gradient of every matching of ties.

    >>> block = next(gradient([[0.0], [1.0]], [[2.0], [3.0]], [[1.0]]))
    >>> bool((abs(block.dx - [[-2.0], [-2.0]]) <= block.bound).all())
    True
    """
    one, other, directions, p = asked(x, y, theta, p, x_weights, y_weights)
    bits = max(checks.integer("bits", bits, minimum=8, maximum=14), first_bits(one, other))
    return blocks(one, other, Frame.of([one.points.sample(), other.points.sample()], directions, bits), p)


def blocks(x: Cloud, y: Cloud, frame: Frame, p: float) -> Iterator[GradientBlock]:
    """The blocks of the gradient, from the tables of a frame."""
    L, shift = len(frame.theta), MANTISSA - frame.bits
    one, other = tables_of(x, frame), tables_of(y, frame)
    lost = lost_mass(x, one) + lost_mass(y, other)
    targets = _stacked([_targets(one, other, g, lost) for g in range(L)])
    total = total_weight(x)
    for start, stop in x.points.blocks():
        points, w = x.points.read(start, stop), x.weights_of(start, stop)
        mass = np.full(len(points), 1 / x.rows) if w is None else w / total
        dx, bound = np.zeros(points.shape), np.zeros(points.shape)

        def work(
            first: int, last: int, points: Any = points, mass: Any = mass, dx: Any = dx, bound: Any = bound
        ) -> None:
            for low in range(first, last, ROWS):
                here = slice(low, min(low + ROWS, last))
                add_slopes(
                    points[here], frame.centre, frame.theta, frame.centres, frame.units, shift,
                    targets.first, targets.edge, targets.away, targets.low, targets.high, targets.near, targets.rise,
                    p, mass[here] / L, dx[here], bound[here],
                )  # fmt: skip

        run_parallel(work, len(points), get_num_threads())
        yield GradientBlock(start, dx, bound)


def _stacked(each: list[_Targets]) -> _Targets:
    """One for all directions, those with fewer slots filled up with their last, all above, which is there twice."""
    longest = max(len(targets.low) for targets in each) + 1
    rows = {
        name: np.array([np.pad(getattr(t, name), (0, longest - len(t.low)), mode="edge") for t in each])
        for name in ("low", "high", "near", "rise")
    }
    first, edge, away = (np.array([getattr(t, name) for t in each]) for name in ("first", "edge", "away"))
    return _Targets(first, edge, away, **rows)


def _targets(one: Tables, other: Tables, g: int, lost: float) -> _Targets:
    """Of the bins of x on direction g: the values of y at the ranks of their ends, whole numbers of a common total,
    less or more what rounding lost of the masses.

    Slots: nothing, all below the first bin that is not empty, the bins up to the last one, all above.
    """
    y, frame, masses = other.cells(g), one.frame, one.dense[g, :, 0]
    filled = np.flatnonzero(masses)
    first, last = (int(filled[0]), int(filled[-1])) if len(filled) else (OCTAVES << frame.bits,) * 2
    below, above = (sum(int(m[sign * z > 0].sum()) for z, m in one.far[g]) for sign in (-1, 1))
    ends = np.cumsum(np.concatenate(([0, 0, below], masses[first : last + 1], [above])))
    ranks, y_ends, moved = common_ends(ends, y.ends)
    slack = math.ceil((lost + moved) * float(y_ends[-1]))
    shift = MANTISSA - frame.bits
    # How far rounding moves projections. Keys keep their order: two values that it swaps are this many steps apart.
    away, y_away = (projected_by(frame, tables.reach) / float(frame.units[g]) for tables in (one, other))
    edge = min(2 + math.ceil(2 * away * 2.0**MANTISSA), 1 << shift)
    low = y.low[_cell(y_ends, ranks[:-1] - slack, "right")]
    high = y.high[_cell(y_ends, ranks[1:] + slack, "left")]
    if edge == 1 << shift:  # not even the next bin need hold
        low, high = np.full_like(low, y.low[0]), np.full_like(high, y.high[-1])
    at_start, at_end = _quantile(y, y_ends, ranks[:-1], "right"), _quantile(y, y_ends, ranks[1:], "left")
    outwards = np.arange(len(low)) + first - 2 >= OCTAVES << frame.bits
    near, outer = np.where(outwards, at_start, at_end), np.where(outwards, at_end, at_start)
    near[[1, -1]] = outer[[1, -1]] = (at_start[[1, -1]] + at_end[[1, -1]]) / 2
    return _Targets(
        np.int64(first),
        np.int64(edge),
        np.float64(away),
        low - KEY * 2 * (np.abs(low) + 1) - y_away,
        high + KEY * 2 * (np.abs(high) + 1) + y_away,
        near,
        (outer - near) / (1 << shift),
    )


def _cell(ends: np.ndarray, ranks: np.ndarray, side: Literal["left", "right"]) -> np.ndarray:
    """The cell that has the ranks just above (side "right") or just below."""
    return np.minimum(np.searchsorted(ends, ranks, side=side), len(ends) - 1)


def _quantile(y: Cells, ends: np.ndarray, ranks: np.ndarray, side: Literal["left", "right"]) -> np.ndarray:
    """An estimate of the quantile function at ranks: affine in each cell, with its mean and deviation."""
    cell = _cell(ends, ranks, side)
    start = np.where(cell > 0, ends[cell - 1], 0)
    part = (ranks - start) / (ends[cell] - start)
    value = y.mean[cell] + math.sqrt(3) * y.deviation[cell] * (2 * part - 1)
    return np.clip(value, y.low[cell], y.high[cell])
