"""Equal sizes and uniform weights as launches of a plan: sorted against sorted; and the sort that all paths share."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from swref.kernels.cuda import elements as cuda_elements
from swref.kernels.cuda import job as cuda_job
from swref.kernels.cuda import rows as cuda_rows
from swref.kernels.cuda.job import Job
from swref.kernels.cuda.plan import FIRST, Array


def equal(job: Job) -> None:
    """Equal sizes and uniform weights, gradient in x, or none."""
    n, itemsize = job.sizes[0], job.dtype.itemsize
    shared = _power_of_two(n) * (8 + itemsize)
    match = _match_fused if shared <= job.shared_memory() else _match_long
    for slopes in match(job):
        for out in job.grads.values():
            job.add(slopes, job.theta, out)


def _match_fused(job: Job) -> Iterator[Array]:
    """Slopes [G, n] of every chunk of directions; a block projects, sorts and matches one in shared memory."""
    n, _, d, _ = job.sizes
    itemsize, size = job.dtype.itemsize, _power_of_two(n)
    projected, shared = d > cuda_job.LIMITS.fused_dimension, size * (8 + itemsize)
    need = n * itemsize * (2 if projected else 1)
    scratch_x = job.empty(job.chunk(need), n)
    scratch_y = job.empty(job.chunk(need), n) if projected else scratch_x
    p, scale = job.number(job.p), job.number(1) / job.number(n)
    for G in job.chunks(need):
        px, py = scratch_x.rows(G), scratch_y.rows(G)
        if projected:
            job.project(px, py)
        arguments = (job.x, job.y, job.origin, job.theta, FIRST, projected, index_mask(n, job.dtype), size)
        job.by_row(cuda_rows.match_rows, (G,), size, shared, *arguments, p, scale, px, py, job.losses)
        yield px


def _match_long(job: Job) -> Iterator[Array]:
    """The same for rows that no block can hold: sorted in tiles, merged, then matched, through global memory."""
    n = job.sizes[0]
    mask, need = index_mask(n, job.dtype), n * (3 * job.dtype.itemsize + 3 * 8)
    p, scale = job.number(job.p), job.number(1) / job.number(n)
    most = job.chunk(need)
    floats = [job.empty(most, n) for _ in range(3)]
    buffers = [job.empty(most, n, dtype=np.int64) for _ in range(3)]
    for G in job.chunks(need):
        px, py, costs = (array.rows(G) for array in floats)
        keys = [array.rows(G) for array in buffers]
        job.project(px, py)
        x_keys, spare = sorted_rows(job, px, keys[0], keys[1])
        y_keys, _ = sorted_rows(job, py, keys[2], spare)
        job.by_element(cuda_elements.match_sorted, n, G, x_keys, mask, px, y_keys, mask, py, p, scale, costs)
        job.by_row(cuda_rows.sum_rows, (G,), n, None, costs, FIRST, job.number(1), job.losses)
        yield px


def sorted_rows(job: Job, px: Array, keys: Array, spare: Array) -> tuple[Array, Array]:
    """The sorted keys of px [G, n], then the buffer that is free again."""
    G, n = px.shape
    mask, run = index_mask(n, job.dtype), min(cuda_job.LIMITS.tile, _power_of_two(n))
    job.by_row(cuda_rows.sort_tiles, (-(-n // run), G), run, run * 8, px, mask, run, keys)
    while run < n:
        job.by_element(cuda_elements.merge_runs, n, G, keys, run, mask, px, spare)
        keys, spare, run = spare, keys, 2 * run
    return keys, spare


def index_mask(n: int, dtype: np.dtype) -> int:
    """The bits of a sort key that hold the index: half of a float32's key, as few as can be of a float64's."""
    return (1 << 32) - 1 if dtype == np.float32 else (1 << max(1, (n - 1).bit_length())) - 1


def _power_of_two(n: int) -> int:
    return max(4, 1 << (n - 1).bit_length())
