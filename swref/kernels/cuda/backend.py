"""The "cuda" backend: sliced Wasserstein losses and gradients on a GPU, from arrays on the host or on the device.

Equal sizes and uniform weights, as long as a row fits into shared memory: one kernel projects, sorts and matches, a
block a direction. Longer rows are sorted in tiles that are then merged in global memory. Any other sizes and weights
take the same sort and the quantile coupling, a thread a point, half the levels at a time. Then gradients are added up.

Directions go in chunks within a budget of scratch memory. No sum depends on timing: the same input gives the same bits
from run to run on one GPU, and the projections, hence the matching, are those of spec.project to the last bit on all.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from swref.kernels.cuda import device as cuda_device
from swref.kernels.cuda import elements as cuda_elements
from swref.kernels.cuda import rows as cuda_rows
from swref.kernels.cuda.device import Place
from swref.kernels.cuda.masses import Masses

Result = tuple[Any, tuple[Any, ...]]


@dataclass(frozen=True)
class Limits:
    """What bounds the decomposition, and so the order of the sums."""

    threads: int = 512  # of a block that works on one row
    points: int = 128  # threads of a block of independent elements
    shared: int = 48 << 10  # bytes of shared memory that any block may have
    scratch: int = 512 << 20  # bytes of scratch, when that is at least one direction
    fused_dimension: int = 8  # up to here projecting inside the sort is cheaper than a pass of its own
    tile: int = 4096  # keys that a block sorts of a row that it cannot hold whole


LIMITS = Limits()
GRID_ROWS = 65535  # the largest second side of a grid


def sw_losses_and_grads(
    x: Any,
    y: Any,
    theta: Any,
    p: float = 2.0,
    wx: np.ndarray | None = None,
    wy: np.ndarray | None = None,
    wrt: tuple[str, ...] = ("x",),
) -> Result:
    """Per-direction losses [L] and the gradients of their mean named in `wrt`. See spec.sw_loss_and_grad.

    Arrays of NumPy's are moved to the GPU and the results come back as NumPy's, losses in float64. Otherwise all stays
    on the device and on the caller's stream, and results are arrays of the caller's library, not waited for.
    Raises BackendError where no kernel can run, or memory does not suffice.
    """
    cuda_device.require()
    place = cuda_device.place_of(x, y, theta)
    with cuda_device.running_on(place):
        job = _Job(place, place.adopt(x), place.adopt(y), place.adopt(theta), p)
        if len(x) == len(y) and wx is None and wy is None and wrt in ((), ("x",), ("y",)):
            losses, grads = _equal(job.swapped() if wrt == ("y",) else job, wrt != ())
        else:
            losses, grads = _coupled(job, wx, wy, wrt)
        if place.library != "host":
            return losses, grads
        return losses.copy_to_host().astype(np.float64), tuple(grad.copy_to_host() for grad in grads)


@dataclass(frozen=True)
class _Job:
    """The arrays of one call, as Numba sees them, and how kernels are launched on them."""

    place: Place
    x: Any  # [n, d]
    y: Any  # [m, d]
    theta: Any  # [L, d]
    p: float

    def swapped(self) -> _Job:
        return _Job(self.place, self.y, self.x, self.theta, self.p)

    @cached_property
    def number(self) -> type:
        """The dtype's scalar type: arguments of that type keep a kernel in it."""
        return np.dtype(self.x.dtype).type

    @cached_property
    def origin(self) -> Any:
        """[d] What is subtracted from both clouds as they are read (spec.centred), found on the device."""
        n, m, d, _ = self.sizes
        origin = self.empty(d)
        self.by_row(cuda_rows.find_origin, d, n + m, None, self.x, self.y, origin)
        return origin

    @property
    def sizes(self) -> tuple[int, int, int, int]:
        """n, m, d, L."""
        return self.x.shape[0], self.y.shape[0], self.x.shape[1], self.theta.shape[0]

    def empty(self, *shape: int, dtype: Any = None) -> Any:
        return self.place.empty(shape, dtype or self.number)

    def chunks(self, bytes_a_direction: int) -> Iterator[tuple[int, int]]:
        """(first, last) of the directions taken together."""
        L = self.sizes[3]
        size = self.chunk(bytes_a_direction)
        for first in range(0, L, size):
            yield first, min(first + size, L)

    def chunk(self, bytes_a_direction: int) -> int:
        """How many directions are taken together."""
        return min(self.sizes[3], GRID_ROWS, max(1, LIMITS.scratch // bytes_a_direction))

    def by_row(self, kernel: Any, grid: Any, width: int, shared: int | None, *arguments: Any) -> None:
        """Launch a kernel of cuda_rows with enough threads for rows of `width`; `shared` None: a number a thread."""
        threads = min(LIMITS.threads, 1 << max(0, (width // 4).bit_length() - 1))
        size = threads * 8 if shared is None else shared
        launch = kernel[grid, threads, self.place.stream, size]
        if size > 48 << 10:
            cuda_device.request_shared_memory(launch, size)
        launch(*arguments)

    def by_element(self, kernel: Any, width: int, rows: int, *arguments: Any) -> None:
        """Launch a kernel of cuda_elements on `rows` x `width` elements."""
        kernel[(-(-width // LIMITS.points), rows), (LIMITS.points, 1), self.place.stream](*arguments)

    def add(self, slopes: Any, theta: Any, first: int, out: Any) -> None:
        """out [n, d] (+)= (1/L) slopes^T theta[first : first + G]."""
        columns, lanes, coordinates = cuda_elements.COLUMNS, cuda_elements.LANES, cuda_elements.COORDINATES
        grid = (-(-out.shape[0] // columns), -(-out.shape[1] // coordinates))
        launch = cuda_elements.add_directions[grid, (columns, lanes), self.place.stream]
        launch(slopes, theta, first, self.number(1) / self.number(self.sizes[3]), out)


def _index_mask(n: int, dtype: Any) -> int:
    """The bits of a sort key that hold the index: half of a float32's key, as few as can be of a float64's."""
    return (1 << 32) - 1 if np.dtype(dtype) == np.float32 else (1 << max(1, (n - 1).bit_length())) - 1


def _power_of_two(n: int) -> int:
    return max(4, 1 << (n - 1).bit_length())


def _equal(job: _Job, gradient: bool) -> Result:
    """Equal sizes and uniform weights, gradient in x."""
    (n, _, d, L), itemsize = job.sizes, np.dtype(job.number).itemsize
    losses, dx = job.place.make((L,), np.dtype(job.number)), None
    if gradient:
        dx = job.place.make((n, d), np.dtype(job.number))
        out = job.place.adopt(dx)
    shared = _power_of_two(n) * (8 + itemsize)
    match = _match_fused if shared <= cuda_device.shared_memory(LIMITS.shared) else _match_long
    for first, slopes in match(job, job.place.adopt(losses)):
        if gradient:
            job.add(slopes, job.theta, first, out)
    return losses, (dx,) if gradient else ()


def _match_fused(job: _Job, losses: Any) -> Iterator[tuple[int, Any]]:
    """(first, slopes [G, n]) of every chunk of directions; a block projects, sorts and matches one in shared memory."""
    n, _, d, _ = job.sizes
    itemsize, size = np.dtype(job.number).itemsize, _power_of_two(n)
    projected, shared = d > LIMITS.fused_dimension, size * (8 + itemsize)
    need = n * itemsize * (2 if projected else 1)
    scratch_x = job.empty(job.chunk(need), n)
    scratch_y = job.empty(job.chunk(need), n) if projected else scratch_x
    p, scale = job.number(job.p), job.number(1) / job.number(n)
    for first, last in job.chunks(need):
        G = last - first
        px, py = scratch_x[:G], scratch_y[:G]
        if projected:
            job.by_element(cuda_elements.project, n, G, job.x, job.origin, job.theta, first, px)
            job.by_element(cuda_elements.project, n, G, job.y, job.origin, job.theta, first, py)
        arguments = (job.x, job.y, job.origin, job.theta, first, projected, _index_mask(n, job.number), size)
        job.by_row(cuda_rows.match_rows, G, size, shared, *arguments, p, scale, px, py, losses)
        yield first, px


def _match_long(job: _Job, losses: Any) -> Iterator[tuple[int, Any]]:
    """The same for rows that no block can hold: sorted in tiles, merged, then matched, through global memory."""
    n, _, _, _ = job.sizes
    mask, need = _index_mask(n, job.number), n * (3 * np.dtype(job.number).itemsize + 3 * 8)
    p, scale = job.number(job.p), job.number(1) / job.number(n)
    G = job.chunk(need)
    floats = [job.empty(G, n) for _ in range(3)]
    buffers = [job.empty(G, n, dtype=np.int64) for _ in range(3)]
    for first, last in job.chunks(need):
        G = last - first
        px, py, costs = (array[:G] for array in floats)
        keys = [array[:G] for array in buffers]
        x_keys, spare = _sort(job, job.x, first, px, keys[0], keys[1])
        y_keys, _ = _sort(job, job.y, first, py, keys[2], spare)
        job.by_element(cuda_elements.match_sorted, n, G, x_keys, mask, px, y_keys, mask, py, p, scale, costs)
        job.by_row(cuda_rows.sum_rows, G, n, None, costs, first, job.number(1), losses)
        yield first, px


def _sort(job: _Job, points: Any, first: int, px: Any, keys: Any, spare: Any) -> tuple[Any, Any]:
    """Project `points` to px [G, n] and sort: the sorted keys, then the buffer that is free again."""
    G, n = px.shape
    mask, run = _index_mask(n, job.number), min(LIMITS.tile, _power_of_two(n))
    job.by_element(cuda_elements.project, n, G, points, job.origin, job.theta, first, px)
    job.by_row(cuda_rows.sort_tiles, (-(-n // run), G), run, run * 8, px, mask, run, keys)
    while run < n:
        job.by_element(cuda_elements.merge_runs, n, G, keys, run, mask, px, spare)
        keys, spare, run = spare, keys, 2 * run
    return keys, spare


def _coupled(job: _Job, wx: np.ndarray | None, wy: np.ndarray | None, wrt: tuple[str, ...]) -> Result:
    """Any sizes and weights, every gradient: the quantile coupling of both sorted sides."""
    n, m, d, L = job.sizes
    shapes = {"x": (n, d), "y": (m, d), "theta": (L, d), "x_weights": (n,), "y_weights": (m,)}
    losses = job.place.make((L,), np.dtype(job.number))
    grads = {name: job.place.make(shapes[name], np.dtype(job.number)) for name in wrt}
    out = {name: job.place.adopt(grad) for name, grad in grads.items()}
    coupling = _Coupling(job, Masses.of(n, m, wx, wy), job.place.adopt(losses), wrt)
    ones = job.place.adopt(np.ones((L, 1), job.number)) if any(name.endswith("weights") for name in wrt) else None
    for first, last in job.chunks(coupling.need):
        dpx, dpy = coupling.match(first, last)
        for name, slopes in (("x", dpx), ("y", dpy)):
            if name in out:
                job.add(slopes, job.theta, first, out[name])
        if "theta" in out:
            scale = job.number(1) / job.number(L)
            arguments = (dpx, job.x, dpy, job.y, job.origin, first, scale, out["theta"])
            job.by_row(cuda_rows.direction_gradient, (d, last - first), n + m, None, *arguments)
        for name in ("x_weights", "y_weights"):
            if name in out:
                job.add(coupling.potential(name[0]), ones, first, out[name].reshape(-1, 1))
    return losses, tuple(grads[name] for name in wrt)


class _Side:
    """One cloud of a coupling and its scratch: projections, keys, levels, slopes, costs, steps of the potential."""

    def __init__(self, job: _Job, points: Any, weights: np.ndarray, G: int):
        n = points.shape[0]
        self.job, self.points, self.n, self.mask = job, points, n, _index_mask(n, job.number)
        self.weights = job.place.adopt(weights)
        dtypes = (np.int64, np.int64, np.float64, *4 * (job.number,))
        self.scratch = [job.empty(G, n, dtype=dtype) for dtype in dtypes]

    def order(self, first: int, last: int) -> None:
        """Project and sort."""
        keys, spare, self.levels, *floats = (array[: last - first] for array in self.scratch)
        self.projections, self.slopes, self.costs, self.steps = floats
        self.keys, _ = _sort(self.job, self.points, first, self.projections, keys, spare)

    def count(self, reverse: bool) -> None:
        """Add up the weights in that order, or against it."""
        arguments = (self.keys, self.mask, self.weights, reverse, self.levels)
        self.job.by_row(cuda_rows.count_levels, self.keys.shape[0], self.n, None, *arguments)

    @property
    def described(self) -> tuple[Any, ...]:
        """What the kernels of a coupling take of each side."""
        return self.keys, self.mask, self.projections, self.levels


class _Coupling:
    """The quantile coupling of the projections on a chunk of directions."""

    def __init__(self, job: _Job, masses: Masses, losses: Any, wrt: tuple[str, ...]):
        n, m, _, _ = job.sizes
        self.need = (n + m) * (3 * 8 + 4 * np.dtype(job.number).itemsize)
        G = job.chunk(self.need)
        self.job, self.losses, self.wrt, self.half, self.rounding = job, losses, wrt, masses.total / 2, masses.rounding
        self.x, self.y = _Side(job, job.x, masses.x, G), _Side(job, job.y, masses.y, G)
        self.p, self.unit = job.number(job.p), job.number(1 / masses.total)

    def match(self, first: int, last: int) -> tuple[Any, Any]:
        """dpx [G, n] and dpy [G, m], the losses, and the steps of the potentials that are wanted."""
        job, G = self.job, last - first
        self.x.order(first, last)
        self.y.order(first, last)
        for reverse in (False, True):  # the lower half of the levels, then the upper, seen from above
            self.x.count(reverse)
            self.y.count(reverse)
            for one, other, name in ((self.x, self.y, "x_weights"), (self.y, self.x, "y_weights")):
                levels = (*one.described, *other.described, reverse, self.half)
                arguments = (*levels, self.p, self.unit, one.slopes, one.costs)
                job.by_element(cuda_elements.match_quantiles, one.n, G, *arguments)
                if name in self.wrt:
                    arguments = (*levels, self.rounding, self.p, one.steps)
                    job.by_element(cuda_elements.potential_steps, one.n, G, *arguments)
        job.by_row(cuda_rows.sum_rows, G, self.x.n, None, self.x.costs, first, job.number(1), self.losses)
        return self.x.slopes, self.y.slopes

    def potential(self, name: str) -> Any:
        """The centred potentials [G, n] of the side "x" or "y", in the place of its costs, which are used by now."""
        side = self.x if name == "x" else self.y
        arguments = (side.steps, side.keys, side.mask, side.weights, self.unit, side.costs)
        self.job.by_row(cuda_rows.accumulate_rows, len(side.steps), side.n, None, side.steps)
        self.job.by_row(cuda_rows.centre_rows, len(side.steps), side.n, None, *arguments)
        return side.costs
