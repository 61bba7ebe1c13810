"""What the plan of a call is made with: its sizes and arrays, its scratch, and how blocks cover rows and elements."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from swref.kernels.cuda import elements as cuda_elements
from swref.kernels.cuda import origin as cuda_origin
from swref.kernels.cuda import rows as cuda_rows
from swref.kernels.cuda import tiles as cuda_tiles
from swref.kernels.cuda.launch import machine
from swref.kernels.cuda.place import Place, Strides
from swref.kernels.cuda.plan import FIRST, Array, Plan

Result = tuple[Any, Any, tuple[Any, ...]]  # mean or None, losses, gradients
Layout = tuple[tuple[int, ...], Strides, bool]  # shape, strides, whether it is on the device


@dataclass(frozen=True)
class Limits:
    """What bounds the decomposition, and so the order of the sums."""

    threads: int = 512  # of a block that works on one row
    sorting: int = cuda_rows.THREADS  # threads of a block that sorts, at most
    merging: int = 256  # and of one that merges; the former times a power of two
    points: int = 128  # threads of a block of independent elements
    shared: int = 48 << 10  # bytes of shared memory that any block may have
    scratch: int = 512 << 20  # bytes of scratch, when that is at least one direction
    fused_dimension: int = 8  # up to here projecting inside the sort is cheaper than a pass of its own


LIMITS = Limits()
GRID_ROWS = 65535  # the largest second side of a grid


class Job:
    """The plan of a call, and the arrays that it speaks of."""

    def __init__(
        self,
        kind: type[Place],
        device: int,
        dtype: np.dtype,
        p: float,
        layouts: tuple[Layout, ...],
        weighted: tuple[bool, bool] = (False, False),
        wrt: tuple[str, ...] = (),
    ):
        self.kind, self.machine, self.dtype, self.p, self.weighted = kind, machine(device), dtype, p, weighted
        self.number = dtype.type  # arguments of that type keep a kernel in it
        self.wrt, self.plan = wrt, Plan(self.machine.prepare)
        self.uploads: list[tuple[int, Array]] = []  # which argument of a call goes where
        self.made: list[Array] = []  # by the place
        self.x, self.y, self.theta = (self._given(k, *layout) for k, layout in enumerate(layouts))
        n, m, d, L = self.sizes
        shapes = {"x": (n, d), "y": (m, d), "theta": (L, d), "x_weights": (n,), "y_weights": (m,)}
        self.loss = self._result((), kind.has_scalars)
        self.losses = self._result((L,), kind.makes)
        self.grads = {name: self._result(shapes[name], kind.makes) for name in dict.fromkeys(wrt)}
        self.origin = self.empty(d)  # what is subtracted from both clouds as they are read (spec.centred)
        self.by_row(cuda_origin.find_origin, (d,), n + m, None, self.x, self.y, self.origin)

    def _given(self, k: int, shape: tuple[int, ...], strides: Strides, on_device: bool) -> Array:
        """Argument k of a call: where it is, or where it is to be copied to."""
        return Array(k + 1, shape, self.dtype, strides) if on_device else self.uploaded(k, shape, self.dtype)

    def _result(self, shape: tuple[int, ...], made: bool) -> Array:
        if not made:
            return self.empty(*shape)
        self.made.append(Array(4 + len(self.made), shape, self.dtype))
        return self.made[-1]

    def uploaded(self, k: int, shape: tuple[int, ...], dtype: Any) -> Array:
        """Scratch to which argument k of a call is copied."""
        array = self.empty(*shape, dtype=dtype)
        self.uploads.append((k, array))
        return array

    def run(self, place: Place, memory: list[Any], arguments: tuple[Any, ...]) -> Result:
        """One call, with the arguments where `memory` says or, where it says None, on the host."""
        here, stream = self.machine, self.machine.stream(place.handle)
        scratch, owner = place.scratch(self.plan.scratch) or here.scratch(self.plan.scratch, stream)
        addresses, results = [scratch, *memory], []
        for array in self.made:
            address, result = place.make(array.shape, self.dtype)
            addresses.append(address)
            results.append(result)
        for k, array in self.uploads:
            here.upload(np.ascontiguousarray(arguments[k]), array, addresses, stream)
        self.plan.run(stream, addresses)
        if not self.kind.makes:
            results = [None, *here.download([self.losses, *self.grads.values()], addresses, stream)]
        elif not self.kind.has_scalars:
            results = [float(here.download([self.loss], addresses, stream)[0]), *results]
        del owner  # only now: what is freed before the launches may be given away before them
        grads = dict(zip(self.grads, results[2:], strict=True))
        return results[0], results[1], tuple(grads[name] for name in self.wrt)

    def swap(self) -> None:
        """Exchange the clouds: the gradient in y is that in x of the exchanged problem."""
        self.x, self.y = self.y, self.x

    @property
    def sizes(self) -> tuple[int, int, int, int]:
        """n, m, d, L."""
        return self.x.shape[0], self.y.shape[0], self.x.shape[1], self.theta.shape[0]

    def empty(self, *shape: int, dtype: Any = None) -> Array:
        return self.plan.empty(shape, dtype or self.dtype)

    def chunks(self, bytes_a_direction: int) -> Iterator[int]:
        """How many directions are taken together; what is launched is launched for every chunk, as FIRST says."""
        return self.plan.groups(self.chunk(bytes_a_direction), self.sizes[3])

    def chunk(self, bytes_a_direction: int) -> int:
        """How many directions are taken together at most."""
        return min(self.sizes[3], GRID_ROWS, max(1, LIMITS.scratch // bytes_a_direction))

    def by_row(self, kernel: Any, grid: tuple[int, ...], width: int, shared: int | None, *arguments: Any) -> None:
        """Launch a kernel of cuda_rows with enough threads for rows of `width`; `shared` None: a number a thread."""
        threads = min(LIMITS.threads, 1 << max(0, (width // 4).bit_length() - 1))
        self.plan.launch(kernel, grid, (threads,), threads * 8 if shared is None else shared, *arguments)

    def by_element(self, kernel: Any, width: int, rows: int, *arguments: Any) -> None:
        """Launch a kernel of cuda_elements on `rows` x `width` elements."""
        self.plan.launch(kernel, (-(-width // LIMITS.points), rows), (LIMITS.points, 1), 0, *arguments)

    def filled(self, value: float, shape: tuple[int, ...], dtype: np.dtype) -> Array:
        """Scratch in which every entry is `value`."""
        array = self.empty(*shape, dtype=dtype)
        self.by_element(cuda_elements.fill, array.size, 1, array.reshape(array.size), dtype.type(value))
        return array

    def project(self, px: Array, py: Array) -> None:
        """px [G, n] and py [G, m]: both clouds on theta[FIRST : FIRST + G]."""
        grid = (*cuda_tiles.grid(max(px.shape[1], py.shape[1]), px.shape[0], cuda_tiles.POINTS), 2)
        arguments = (self.x, self.y, self.origin, self.theta, FIRST, px, py)
        self.plan.launch(cuda_tiles.project, grid, (cuda_tiles.LANES, cuda_tiles.WARPS), 0, *arguments)

    def add(self, slopes: Array, theta: Array, out: Array) -> None:
        """out [n, d] (+)= (1/L) slopes^T theta[FIRST : FIRST + G]."""
        product(self.plan, slopes, theta, FIRST, self.number(1) / self.number(self.sizes[3]), out)

    def shared_memory(self) -> int:
        """Bytes that one block may ask for."""
        return max(LIMITS.shared, self.machine.shared or 0)


def product(plan: Plan, a: Array, b: Array, first: Any, scale: Any, out: Array) -> None:
    """out [n, d] (+)= scale a^T b[first : first + G], for a [G, n]."""
    n, d = out.shape
    if d > LIMITS.fused_dimension:
        kernel, grid = cuda_tiles.add_tiles, cuda_tiles.grid(n, d, cuda_tiles.FEWER_POINTS)
        block: tuple[int, ...] = (cuda_tiles.LANES, cuda_tiles.WARPS, cuda_tiles.SLICES)
    else:
        kernel, block = cuda_elements.add_directions, (cuda_elements.COLUMNS, cuda_elements.LANES)
        grid = (-(-n // cuda_elements.COLUMNS), -(-d // cuda_elements.COORDINATES))
    plan.launch(kernel, grid, block, 0, a, b, first, scale, out)
