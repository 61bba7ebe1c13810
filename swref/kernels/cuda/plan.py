"""What one call does on the device, worked out once for its sizes: which kernels on which parts of which memory.

A plan speaks of arrays before there is any memory: an `Array` is a shape at some distance in one of the pieces of
memory of a call, of which the first is the scratch. A call brings the addresses, and the plan's launches are gone
through: nothing else is computed then, and one plan serves calls from several threads at once.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np

SCRATCH: Final = 0  # the piece of memory
ALIGNMENT: Final = 256  # bytes, of every array in the scratch


FIRST: Final = object()  # as an argument of a kernel: the first direction of the group that is being worked on


@dataclass(frozen=True)
class Array:
    """A piece of the memory of a call, by its number, as an array; `strides` in bytes, None: C order."""

    memory: int
    shape: tuple[int, ...]
    dtype: np.dtype
    strides: tuple[int, ...] | None = None
    offset: int = 0

    @property
    def size(self) -> int:
        return math.prod(self.shape)

    @property
    def nbytes(self) -> int:
        return self.size * self.dtype.itemsize

    @property
    def steps(self) -> tuple[int, ...]:
        """The strides."""
        if self.strides is not None:
            return self.strides
        return tuple(self.dtype.itemsize * math.prod(self.shape[k + 1 :]) for k in range(len(self.shape)))

    def __len__(self) -> int:
        return self.shape[0]

    def rows(self, count: int) -> Array:
        """The first `count` of them."""
        return replace(self, shape=(count, *self.shape[1:]))

    def transposed(self) -> Array:
        """Of an array of two axes: its transpose, in the same memory."""
        return replace(self, shape=self.shape[::-1], strides=self.steps[::-1])

    def bits(self) -> Array:
        """Of floats, as integers."""
        return replace(self, dtype=np.dtype(f"int{8 * self.dtype.itemsize}"))

    def reshape(self, *shape: int) -> Array:
        """Of an array in C order."""
        return replace(self, shape=shape)


Launch = Callable[[Any, list[Any], int], None]  # on a stream, with the memory of a call, for a group of directions


class Plan:
    """Launches in groups of directions, each group with the directions at which it starts; and what scratch they need.

    `prepare(kernel, grid, block, shared, arguments)` makes a launch: swref.kernels.cuda.launch.
    """

    def __init__(self, prepare: Callable[..., Launch]):
        self._prepare = prepare
        self._groups: list[tuple[range, list[Launch]]] = [(range(1), [])]
        self.scratch = 0  # bytes

    def empty(self, shape: tuple[int, ...], dtype: Any) -> Array:
        """Scratch."""
        array = Array(SCRATCH, shape, np.dtype(dtype), offset=self.scratch)
        self.scratch += -(-array.nbytes // ALIGNMENT) * ALIGNMENT
        return array

    def launch(self, kernel: Any, grid: tuple[int, ...], block: tuple[int, ...], shared: int, *arguments: Any) -> None:
        """One launch more, in the group that is open."""
        self._groups[-1][1].append(self._prepare(kernel, grid, block, shared, arguments))

    def once(self) -> None:
        """Open a group that is gone through once, after those before it."""
        self._groups.append((range(1), []))

    def groups(self, size: int, total: int) -> Iterator[int]:
        """How many directions a group has: once for those of `size`, once for what is left.

        What is launched for a yielded size is launched for every group of that size, each with its own FIRST.
        """
        whole = total - total % size
        for count, firsts in ((size, range(0, whole, size)), (total - whole, range(whole, total, size))):
            if firsts:
                self._groups.append((firsts, []))
                yield count

    def run(self, stream: Any, memory: list[Any]) -> None:
        """Launch everything, in order."""
        for firsts, launches in self._groups:
            for first in firsts:
                for launch in launches:
                    launch(stream, memory, first)
