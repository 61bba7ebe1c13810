"""What one pass keeps of a cloud: per direction the bins that hold points, with exact moments. Adds up in any order."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from swref.distributed.cells import Cells, cells_of
from swref.distributed.frame import Frame
from swref.distributed.kernels import bins

TILE_ELEMENTS: Final = 1 << 16  # coordinates of the points that pass all directions while they are at hand
TILE_ROWS: Final = 1024, 8192  # points: at least and at most


@dataclass(frozen=True)
class Gathered:
    """Tables without their empty bins: what goes from a worker to another."""

    reach: np.ndarray  # [d]
    where: np.ndarray  # [K], the bins that are not empty, counted through all directions
    sums: np.ndarray  # [K, 3 or 5]
    far_direction: np.ndarray  # [F], of values beyond the bins
    far: np.ndarray  # [F]
    far_mass: np.ndarray  # [F]

    def __sizeof__(self) -> int:
        """The bytes of the arrays: what Dask plans with."""
        return sum(array.nbytes for array in vars(self).values())


class Tables:
    """The tables of a cloud, or of a part of it, over all directions: add points, add other tables, read.

    >>> frame = Frame.of([np.zeros((1, 1)), np.ones((1, 1))], np.ones((1, 1)), bits=8)
    >>> one, other = Tables(frame), Tables(frame)
    >>> one.add(np.zeros((3, 1))), other.add(np.ones((2, 1)))
    (True, True)
    >>> one.merge(other.gathered())
    >>> one.cells(0).ends.tolist()
    [3, 5]
    """

    def __init__(self, frame: Frame, weighted: bool = False):
        L, d = frame.theta.shape
        self.frame, self.weighted = frame, weighted
        # Pages that no point touches are never there: [L, bins, 3 or 5].
        self.dense = np.zeros((L, 2 * (bins.OCTAVES << frame.bits), 5 if weighted else 3), np.int64)
        self.reach = np.zeros(d)  # the largest |x - centre| of each coordinate
        self.far: list[list[tuple[np.ndarray, np.ndarray]]] = [[] for _ in range(L)]

    @staticmethod
    def nbytes(bits: int) -> int:
        """The addresses that a direction takes at most."""
        return 2 * (bins.OCTAVES << bits) * 5 * 8

    def add(self, x: np.ndarray, mass: np.ndarray | None = None, first: int = 0, last: int | None = None) -> bool:
        """Add the points x [n, d], of whole masses [n] or 1 each, to the directions from first to last.

        False, once all are added, if one has no finite projection.
        """
        frame, here, finite = self.frame, slice(first, last), True
        theta, (n, d) = frame.theta[here], x.shape
        T = max(1, min(TILE_ROWS[1], n, max(TILE_ELEMENTS // d, TILE_ROWS[0])))
        masses = np.empty(0, np.int64) if mass is None else mass
        reach, xT = self.reach.copy(), np.empty((d, T))
        far, far_mass = np.empty(len(theta) * T), np.empty(len(theta) * T, np.int64)
        for low in range(0, n, T):
            beyond = bins.accumulate(
                x[low : low + T], masses[low : low + T], frame.centre, theta, frame.centres[here],
                1 / frame.units[here], bins.MANTISSA - frame.bits, xT, reach, self.dense[here], far, far_mass,
            )  # fmt: skip
            at = 0
            for g in np.flatnonzero(beyond):
                met = slice(at, at := at + int(beyond[g]))
                self.far[first + g].append((far[met].copy(), far_mass[met].copy()))
                finite = finite and bool(np.isfinite(far[met]).all())
        if first == 0:  # every thread sees all points
            self.reach = reach
        return finite

    def merge(self, other: Gathered) -> None:
        """Add the sums of another part of the same cloud."""
        self.reach = np.maximum(self.reach, other.reach)
        self.dense.reshape(-1, self.dense.shape[2])[other.where] += other.sums
        for g in np.unique(other.far_direction):
            here = other.far_direction == g
            self.far[g].append((other.far[here], other.far_mass[here]))

    def gathered(self) -> Gathered:
        """What is in the tables, for `merge`."""
        flat = self.dense.reshape(-1, self.dense.shape[2])
        where = np.flatnonzero(flat[:, 0])
        far = [(np.full(len(z), g), z, mass) for g, parts in enumerate(self.far) for z, mass in parts]
        columns = [np.concatenate(column) for column in zip(*far, strict=True)] or [np.empty(0, int)] * 3
        return Gathered(self.reach, where, flat[where], *columns)

    def cells(self, g: int) -> Cells:
        """The law of the projections on direction g as its bins tell it."""
        parts = self.far[g] or [(np.empty(0), np.empty(0, np.int64))]
        far, far_mass = (np.concatenate(column) for column in zip(*parts, strict=True))
        index = np.flatnonzero(self.dense[g, :, 0])
        return cells_of(index, self.dense[g, index], self.frame.bits, far, far_mass)
