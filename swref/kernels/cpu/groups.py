"""How the directions of a call are cut, and which part a thread does: rows of projections, then points of dx."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, nullcontext

import numpy as np

from swref.kernels import blas
from swref.kernels.cpu import rows
from swref.kernels.cpu.side import BLAS_DIMENSION, Side
from swref.kernels.cpu.sorting import LARGEST
from swref.kernels.threads import get_num_threads, run_parallel

GROUP_ELEMENTS = 1 << 20  # projections held at a time, when that is at least one row a thread
CHUNK_ELEMENTS = 1 << 15  # projections that one call of a kernel works on: they stay in the second-level cache
WIDE_ROW = 1 << 16  # from here on two rows share a pass over the points, none fitting the cache: 5 % at n = 100 000
SORTED_TOGETHER = 16  # rows of up to LARGEST values: a strip of the sorting network
SERIAL_ELEMENTS = 1 << 14  # below this many projections, waking a thread costs more than it saves
# One block of each product: the same whatever the number of threads.
BLAS_PROJECTION = 256, 256  # directions, points
BLAS_GRADIENT = 1024, 128  # coordinates, points


def for_one_thread(elements: int) -> bool:
    """Whether so many projections are done sooner than a thread is woken."""
    return elements <= SERIAL_ELEMENTS


class Groups:
    """The directions of one call, cut into groups, and the two parallel phases of a group."""

    def __init__(self, theta: np.ndarray, width: int):
        self.L, self.d = theta.shape
        self.theta, self.width = theta, width  # width: projections a direction
        self.threads = 1 if for_one_thread(self.L * width) else get_num_threads()
        self.in_order = self.d < BLAS_DIMENSION
        # In a product of the BLAS the group is the length of its sums: there it must not depend on the threads.
        least = self.threads if self.in_order else 16
        self.size = min(self.L, max(least, GROUP_ELEMENTS // width))

    def __iter__(self) -> Iterator[tuple[int, int]]:
        for first in range(0, self.L, self.size):
            yield first, min(first + self.size, self.L)

    def single_blas(self) -> AbstractContextManager[None]:
        """A `with` in which the BLAS keeps to its caller's thread, where it is used at all."""
        return nullcontext() if self.in_order else blas.one_thread_each()

    def zeros(self, n: int, dtype: np.dtype) -> np.ndarray:
        """[d, n] zeros to add a gradient into, laid out as `add` writes: along points in order, else along d."""
        return np.zeros((self.d, n), dtype) if self.in_order else np.zeros((n, self.d), dtype).T

    def project(self, side: Side, directions: np.ndarray, out: np.ndarray) -> None:
        """out [G, n] = directions [G, d] . x by the BLAS, every thread on its own blocks.

        The whole group before anything else: with the few directions of a chunk at a time, all points were read and
        packed anew for each (3.6 times as long for the whole at n = 10 000, d = 784, L = 50).
        """

        def project(directions_here: slice, points: slice) -> None:
            np.matmul(directions[directions_here], side.points[:, points], out=out[directions_here, points])

        self._by_blocks(project, out.shape, BLAS_PROJECTION)

    def _by_blocks(self, work: Callable[[slice, slice], None], shape: tuple[int, int], block: tuple[int, int]) -> None:
        """Call `work` on the blocks of an array of this shape."""
        columns = -(-shape[1] // block[1])

        def run(start: int, stop: int) -> None:
            blas.hold(1)
            for place in range(start, stop):
                r, c = divmod(place, columns)
                work(slice(r * block[0], (r + 1) * block[0]), slice(c * block[1], (c + 1) * block[1]))

        run_parallel(run, -(-shape[0] // block[0]) * columns, self.threads)

    def by_rows(self, first: int, last: int, make_task: Callable[[int], Callable[[int, int], None]]) -> None:
        """Call a task(start, stop) of make_task(chunk) on chunks of the group's rows; each thread makes one task."""
        rows_here = last - first
        least = SORTED_TOGETHER if self.width <= LARGEST else 2 if self.width >= WIDE_ROW else 1
        chunk = min(max(CHUNK_ELEMENTS // self.width, least), -(-rows_here // self.threads))

        def run(start: int, stop: int) -> None:
            task = make_task(chunk)
            for low in range(start, stop, chunk):
                task(low, min(low + chunk, stop))

        run_parallel(run, rows_here, self.threads)

    def add(self, slopes: np.ndarray, factors: np.ndarray, out: np.ndarray) -> None:
        """out [k, n] += factors [G, k]^T slopes [G, n], every thread on its own points, G ascending."""
        n = out.shape[1]
        if self.in_order or factors.shape[1] == 1:

            def task(start: int, stop: int) -> None:
                rows.add_product(factors.T, slopes, out, start, stop)

            run_parallel(task, n, self.threads)
            return

        def gradient(coordinates: slice, points: slice) -> None:
            out.T[points, coordinates] += slopes[:, points].T @ factors[:, coordinates]

        self._by_blocks(gradient, out.shape, BLAS_GRADIENT)
