"""Equal sizes and uniform weights as launches of a plan: sorted against sorted; and the sort that all paths share."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from swref.errors import BackendError
from swref.kernels.cuda import elements as cuda_elements
from swref.kernels.cuda import job as cuda_job
from swref.kernels.cuda import rows as cuda_rows
from swref.kernels.cuda.job import Job
from swref.kernels.cuda.plan import FIRST, Array

LARGEST_ROW = (1 << 31) - 1  # what the merges count in


def equal(job: Job) -> None:
    """Equal sizes and uniform weights, gradient in x, or none."""
    match = _match_fused if shared_bytes(job) <= job.shared_memory() else _match_long
    for slopes in match(job):
        for out in job.grads.values():
            job.add(slopes, job.theta, out)


def _in_shared_memory(n: int) -> tuple[int, int, int, int]:
    """Threads, keys, begin and spare of cuda_rows.sort_block for a row of n."""
    parts = -(-n // cuda_rows.KEYS)
    passes = -(-parts // cuda_job.LIMITS.sorting)
    size = parts * cuda_rows.KEYS
    spare = 0 if passes == 1 else size
    return -(-parts // passes), size, spare * ((parts - 1).bit_length() % 2), spare


def shared_bytes(job: Job) -> int:
    """Bytes of shared memory for match_rows."""
    _, size, _, spare = _in_shared_memory(job.sizes[0])
    return 8 * size + max(job.dtype.itemsize * (size + spare), 8 * spare) + 8


def _match_fused(job: Job) -> Iterator[Array]:
    """Slopes [G, n] of every chunk of directions; a block projects, sorts and matches one in shared memory."""
    n, _, d, _ = job.sizes
    threads, *places = _in_shared_memory(n)
    projected = d > cuda_job.LIMITS.fused_dimension
    need = n * job.dtype.itemsize * (2 if projected else 1)
    scratch_x = job.empty(job.chunk(need), n)
    scratch_y = job.empty(job.chunk(need), n) if projected else scratch_x
    p, scale = job.number(job.p), job.number(1) / job.number(n)
    for G in job.chunks(need):
        px, py = scratch_x.rows(G), scratch_y.rows(G)
        if projected:
            job.project(px, py)
        arguments = (job.x, job.y, job.origin, job.theta, FIRST, projected, index_mask(n, job.dtype), *places)
        arguments = (*arguments, p, scale, px, py.bits(), job.losses)
        job.plan.launch(cuda_rows.match_rows, (G,), (threads,), shared_bytes(job), *arguments)
        yield px


def _match_long(job: Job) -> Iterator[Array]:
    """The same for rows that no block can hold: sorted in tiles, merged, then matched, through global memory."""
    n = job.sizes[0]
    mask, need = index_mask(n, job.dtype), n * (4 * job.dtype.itemsize + 2 * 8)
    p, scale = job.number(job.p), job.number(1) / job.number(n)
    most = job.chunk(need)
    floats = [job.empty(most, n) for _ in range(4)]
    buffers = [job.empty(most, n, dtype=np.int64) for _ in range(2)]
    for G in job.chunks(need):
        px, py, spare, costs = (array.rows(G) for array in floats)
        job.project(px, py)
        keys, _ = sorted_rows(job, px, mask, *(array.rows(G) for array in buffers))
        targets, _ = sorted_rows(job, py.bits(), 0, spare.bits(), py.bits())
        job.by_element(cuda_elements.match_sorted, n, G, keys, mask, px, targets, p, scale, costs)
        job.by_row(cuda_rows.sum_rows, (G,), n, None, costs, FIRST, job.number(1), job.losses)
        yield px


def sorted_rows(job: Job, values: Array, mask: int, keys: Array, spare: Array) -> tuple[Array, Array]:
    """The sorted keys of values [G, n], then the buffer that is free again; see cuda_rows.sort_tiles."""
    (G, n), itemsize, limits = values.shape, keys.dtype.itemsize, cuda_job.LIMITS
    if n > LARGEST_ROW:
        raise BackendError(f"the cuda backend sorts rows of at most {LARGEST_ROW} points, got {n}")
    most = limits.sorting
    while most * cuda_rows.KEYS * itemsize + 8 > job.shared_memory():
        most //= 2
    threads, tile, run = min(most, -(-n // cuda_rows.KEYS)), limits.merging * cuda_rows.KEYS, most // limits.merging
    size = threads * cuda_rows.KEYS
    grid, shared = (-(-n // size), G), size * itemsize + 8
    job.plan.launch(cuda_rows.sort_tiles, grid, (threads,), shared, values, mask, size, keys)
    while run * tile < n:
        grid, shared = (-(-n // tile), G), tile * itemsize + 8
        job.plan.launch(cuda_rows.merge_tiles, grid, (limits.merging,), shared, keys, run, mask, values, spare)
        keys, spare, run = spare, keys, 2 * run
    return keys, spare


def index_mask(n: int, dtype: np.dtype) -> int:
    """The bits of a sort key that hold the index: half of a float32's key, as few as can be of a float64's."""
    return (1 << 32) - 1 if dtype == np.float32 else (1 << max(1, (n - 1).bit_length())) - 1
