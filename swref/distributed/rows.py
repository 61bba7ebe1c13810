"""The projections of a cloud on one direction in ascending order, in pieces that fit into memory.

Where all fit, they are one piece. Else the projections are counted by their leading bits in one pass, and each piece is
a range of these of at most so many values, for which the cloud is read again: nothing is written anywhere.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np

from swref.distributed.clouds import Cloud
from swref.distributed.kernels.sorted import LEADING, count_leading, take_between
from swref.errors import InputError
from swref.kernels.cpu.rows import project, transposed
from swref.kernels.threads import run_parallel

TILE: Final = 1 << 13  # points
Piece = tuple[np.ndarray, np.ndarray]  # values in ascending order, and their masses or nothing


@dataclass(frozen=True)
class Rows:
    """A cloud seen along directions, as the in-memory kernels see it: in one dtype, less a common offset."""

    cloud: Cloud
    offset: np.ndarray  # [d], or empty where nothing is subtracted
    dtype: np.dtype
    total: float  # of the weights, which are divided by it
    threads: int

    @property
    def value_bytes(self) -> int:
        """What a value takes while it is sorted; with masses that is an order and two copies more."""
        return self.dtype.itemsize if self.cloud.weights is None else 2 * self.dtype.itemsize + 24

    def weights(self, start: int, stop: int) -> np.ndarray:
        """Those of some points, of sum 1 over all; empty where they are all equal."""
        w = self.cloud.weights_of(start, stop)
        return np.empty(0) if w is None else w / self.total

    def blocks(self, theta: np.ndarray) -> Iterator[tuple[int, int, np.ndarray]]:
        """(start, stop, projections [stop - start]) on one direction theta [1, d], of all blocks."""
        for start, stop in self.cloud.points.blocks():
            px = np.empty((1, stop - start), self.dtype)
            self._project(start, stop, theta, px)
            yield start, stop, px[0]

    def projected(self, theta: np.ndarray) -> np.ndarray:
        """All projections [G, n]."""
        values = np.empty((len(theta), self.cloud.rows), self.dtype)
        for start, stop in self.cloud.points.blocks():
            self._project(start, stop, theta, values[:, start:stop])
        return values

    def _project(self, start: int, stop: int, theta: np.ndarray, out: np.ndarray) -> None:
        """out [G, stop - start]: of some points, tiles of which pass all directions while they are at hand.

        A direction at a time: of one row Numba knows that its entries are neighbours.
        """
        x = self.cloud.points.read(start, stop)

        def work(low: int, high: int) -> None:
            for first in range(low, high, TILE):
                here = slice(first, min(first + TILE, high))
                xT = transposed(x[here].astype(self.dtype, copy=False))
                if self.offset.size:
                    xT -= self.offset[:, None]
                for g in range(len(theta)):
                    project(xT, theta[g : g + 1], out[g : g + 1, here])

        run_parallel(work, len(x), self.threads)
        if not np.isfinite(out[0]).all():
            self.cloud.points.refuse(start, x)

    def whole(self, values: np.ndarray) -> Iterator[Piece]:
        """The one piece of the projections [n] of one direction, sorted already where weights are none."""
        if self.cloud.weights is None:
            yield values, np.empty(0)
        else:
            order = np.argsort(values, kind="stable")
            yield values[order], self.weights(0, len(values))[order]

    def pieces(self, theta: np.ndarray, most: int, descending: bool = False) -> Iterator[Piece]:
        """The projections on one direction theta [1, d] in pieces of at most `most` values."""
        kind, up = (np.int32, 32) if self.dtype == np.float32 else (np.int64, 0)
        counts = np.zeros(1 << LEADING, np.int64)
        for _, _, px in self.blocks(theta):
            count_leading(px.view(kind), up, counts)
        if counts.max() > most:
            raise InputError(
                f"memory must be at least {2 * int(counts.max()) * self.value_bytes} bytes: "
                f"{counts.max()} projections of {self.cloud.points.name} are nearly equal"
            )
        for low, high, count in ranges(counts, most)[:: -1 if descending else 1]:
            out = np.empty(count, self.dtype)
            masses, at = np.empty(count if self.cloud.weights is not None else 0), 0
            for start, stop, px in self.blocks(theta):
                w = self.weights(start, stop)
                at = take_between(px.view(kind), up, low, high, px, w, out, masses, at)
            if masses.size:
                order = np.argsort(out, kind="stable")
                out, masses = out[order], masses[order]
            else:
                out.sort()
            yield out, masses


def ranges(counts: np.ndarray, most: int) -> list[tuple[int, int, int]]:
    """(low, high, count) of runs of bins [low, high[ that hold `count` <= most together; empty runs are left out.

    >>> ranges(np.array([3, 0, 4, 2]), 6)
    [(0, 2, 3), (2, 4, 6)]
    """
    found, low, held = [], 0, 0
    for k in np.flatnonzero(counts):
        if held + counts[k] > most:
            found.append((low, int(k), held))
            low, held = int(k), 0
        held += int(counts[k])
    return [*found, (low, len(counts), held)]
