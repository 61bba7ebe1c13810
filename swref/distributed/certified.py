"""The certified tier: tables of both clouds in one pass, then bounds on each direction; more bits where they are wide.

Cost. A pass reads every point once, n d itemsize bytes. Held are a block of 2^20 numbers and of the tables the pages
that points fall into: with b bits some 10 2^b bins of 24 bytes a direction of an ordinary law. What parts of a cloud
send is 32 bytes for each of their bins that is not empty.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Final

import numpy as np

from swref.distributed.bounds import EPS, Bounds, bounds
from swref.distributed.clouds import MASS_UNIT, Cloud
from swref.distributed.frame import Frame
from swref.distributed.sources import source_of
from swref.distributed.tables import Tables
from swref.kernels.threads import get_num_threads, run_parallel

FEWEST_BITS, MOST_BITS = 6, 14  # of a bin: the widths of bounds go with 4^-bits
FIRST_BITS, WEIGHTED_BITS = 10, 8  # at most in a first pass; at least where masses are of 62 bits
TRIED: Final = 16  # directions of the samples that say how many bits are wanted
ADDRESSES: Final = 1 << 30  # bytes of the tables of one pass, of which an eighth is touched

Pass = Callable[[Cloud, Frame], Tables]


def tables_of(cloud: Cloud, frame: Frame) -> Tables:
    """The tables of a cloud, in one pass. Raises what Source.refuse says for points that are not finite."""
    tables = Tables(frame, weighted=cloud.weights is not None)
    for start, stop in cloud.points.blocks():
        add_block(tables, cloud, start, stop, get_num_threads())
    return tables


def add_block(tables: Tables, cloud: Cloud, start: int, stop: int, threads: int) -> None:
    """Add the points from start to stop to the tables, every thread in its own directions."""
    x, mass = cloud.points.read(start, stop), cloud.masses(start, stop)
    finite: list[bool] = []
    run_parallel(lambda first, last: finite.append(tables.add(x, mass, first, last)), len(tables.frame.theta), threads)
    if not all(finite):
        cloud.points.refuse(start, x)


def certified(
    x: Cloud, y: Cloud, theta: np.ndarray, p: float, tolerance: float, one_pass: Pass = tables_of
) -> list[Bounds]:
    """Bounds of W_p^p on every direction theta [L, d], those of the mean within `tolerance` of it where they can be.

    Samples say with how many bits to begin. Where the first pass leaves more than is wanted, a second one takes up the
    widest directions with the bits that they need.
    """
    samples = [x.points.sample(), y.points.sample()]
    frame = Frame.of(samples, theta, FEWEST_BITS)
    bits = max(first_bits(x, y), wanted_bits(samples, frame, p, tolerance))
    found = bounded(x, y, frame.part(np.arange(len(theta)), bits), p, one_pass)
    again, bits = to_refine(found, tolerance, bits)
    if len(again):
        finer = bounded(x, y, frame.part(again, bits), p, one_pass)
        for g, new in zip(again, finer, strict=True):
            lower, upper = max(new.lower, found[g].lower), min(new.upper, found[g].upper)
            found[g] = Bounds(lower, min(max(new.value, lower), upper), upper)
    return found


def first_bits(x: Cloud, y: Cloud) -> int:
    """The fewest bits with which no sum leaves 63 bits: of n squares r^2 < 4^(23 - bits), of masses times those.

    >>> from swref.distributed.clouds import cloud_of
    >>> cloud = cloud_of("x", np.zeros((10, 1)), None)
    >>> first_bits(cloud, cloud)
    6
    """
    weighted = x.weights is not None or y.weights is not None
    return max(WEIGHTED_BITS if weighted else FEWEST_BITS, (max(x.rows, y.rows).bit_length() - 16) // 2)


def wanted_bits(samples: list[np.ndarray], frame: Frame, p: float, tolerance: float) -> int:
    """The bits that half of the directions want for the tolerance, as samples of both clouds tell it."""
    few = frame.part(np.arange(min(TRIED, len(frame.theta))), FEWEST_BITS)
    one, other = (Cloud(source_of("sample", sample)) for sample in samples)
    wide, bits = to_refine(bounded(one, other, few, p), tolerance, FEWEST_BITS)
    return min(bits, FIRST_BITS) if 2 * len(wide) > len(few.theta) else FEWEST_BITS


def bounded(x: Cloud, y: Cloud, frame: Frame, p: float, one_pass: Pass = tables_of) -> list[Bounds]:
    """Bounds on every direction of the frame, of as many at a time as their tables may take addresses."""
    group, found = max(1, ADDRESSES // Tables.nbytes(frame.bits)), []
    for first in range(0, len(frame.theta), group):
        part = frame.part(np.arange(first, min(first + group, len(frame.theta))), frame.bits)
        one, other = one_pass(x, part), one_pass(y, part)
        lost = sum(lost_mass(cloud, tables) for cloud, tables in ((x, one), (y, other)))
        away = projected_by(part, one.reach) + projected_by(part, other.reach)
        found += [
            bounds(one.cells(g), other.cells(g), p, float(part.units[g]), away, lost) for g in range(len(part.theta))
        ]
    return found


def projected_by(frame: Frame, reach: np.ndarray) -> float:
    """How far rounding moved the projections theta . (x - centre) at most, where |x_k - centre_k| <= reach_k.

    d products of rounded differences and d sums: gamma_{d+2} sum_k |theta_k| |x_k - c_k|, and |theta| is 1 to 1e-5.
    """
    return (frame.theta.shape[1] + 3) * EPS * 1.01 * math.hypot(*reach)


def lost_mass(cloud: Cloud, tables: Tables) -> float:
    """What rounding n weights to whole masses moved of the mass M at most: n / 2 + n / 2, that of the sum included."""
    if cloud.weights is None:
        return 0.0
    mass = int(tables.cells(0).ends[-1])
    cloud.check_total(mass / MASS_UNIT)
    return cloud.rows / mass


def to_refine(found: list[Bounds], tolerance: float, bits: int = FEWEST_BITS) -> tuple[np.ndarray, int]:
    """The directions that need more bits for a mean with upper - lower <= tolerance value, and how many bits.

    With `more` bits a width becomes 4^-more of itself: the fewest bits with which some directions, the widest first,
    are enough; if none are, all of them and the most.

    >>> to_refine([Bounds(0.0, 1.0, 2.0), Bounds(0.9999, 1.0, 1.0001)], 1e-2)
    (array([0]), 10)
    """
    lower, value, upper = np.array(found).T
    width, allowed = upper - lower, tolerance * value.sum()
    if width.sum() <= allowed:
        return np.arange(0), bits
    order = np.argsort(-width, kind="stable")
    done = np.append(0.0, np.cumsum(width[order]))
    for more in range(2, MOST_BITS - bits + 1, 2):
        after = 2 * done / 4.0**more + (done[-1] - done)  # twice, for the law is not exact
        if after[-1] <= allowed:
            return np.sort(order[: int(np.argmax(after <= allowed))]), bits + more
    return np.arange(len(found)), MOST_BITS
