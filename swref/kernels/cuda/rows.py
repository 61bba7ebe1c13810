"""CUDA kernels in which the threads of a block work on one row together, a row being one direction.

Letters: x [n, d] and y [m, d] points, theta [L, d]; px [G, n] and py [G, m] projections on the G directions of a chunk,
which begins at direction `first`; origin [d] what is subtracted from every point as it is read; keys [G, n] the int64
sort keys. No sum depends on anything but the sizes: partial sums of the threads
are added as a tree, or in order.

Kernels and the device functions with barriers share this module, because the simulator lends its threads to one
module at a time.
"""

from __future__ import annotations

from numba import cuda, int32, int64, uint32, uint64

from swref.kernels.cuda.bodies import (
    bits_of,
    last_key,
    match_pair,
    merge_few,
    merge_split,
    place,
    point_key,
    projection,
    sort_few,
    tile_key,
    value_key,
    value_of,
)
from swref.kernels.cuda.policy import kernel

THREADS = 1024  # of a block that sorts, at most
KEYS = 9  # that a thread sorts or merges in registers: odd, so that their places in shared memory share no banks


@cuda.jit(device=True)
def sort_block(row, size, begin, spare, index_mask, values):
    """Sort `size` keys in shared memory, a multiple of KEYS, from row[begin:] to row[:size].

    Every thread sorts some in registers, then pairs of runs are merged, a thread finding its part of a merged run by
    itself. Where threads have one part each it waits in registers (spare = 0), else runs are merged from row[:size] to
    row[spare:] and back. Ends with a barrier; may look at the place behind the last.
    """
    held = cuda.local.array(KEYS, row.dtype)
    thread, threads, parts = int32(cuda.threadIdx.x), int32(cuda.blockDim.x), int32(size // KEYS)
    here, there, run = int32(begin), int32(spare - begin), int32(1)
    part = thread
    while part < parts:
        for r in range(KEYS):
            held[r] = row[uint32(here + part * KEYS + r)]
        sort_few(held, index_mask, values)
        for r in range(KEYS):
            row[uint32(here + part * KEYS + r)] = held[r]
        part = int32(part + threads)
    cuda.syncthreads()
    while run < parts:
        part = thread
        while part < parts:
            first = int32(part & -2 * run)
            a, b = int32(here + first * KEYS), int32(here + min(first + run, parts) * KEYS)
            end = int32(here + min(first + 2 * run, parts) * KEYS)
            merge_few(row, a, b, end, int32((part - first) * KEYS), held, index_mask, values)
            if spare == 0:
                cuda.syncthreads()
            for r in range(KEYS):
                row[uint32(there + part * KEYS + r)] = held[r]
            part = int32(part + threads)
        cuda.syncthreads()
        here, there, run = there, here, int32(2 * run)


@cuda.jit(device=True)
def sum_block(scratch, value):
    """The sum of every thread's `value`, to all threads; scratch holds one number a thread and is free to use."""
    thread, width = cuda.threadIdx.x, cuda.blockDim.x
    cuda.syncthreads()
    scratch[thread] = value
    cuda.syncthreads()
    while width > 1:
        half = (width + 1) >> 1
        if thread < width - half:
            scratch[thread] += scratch[thread + half]
        width = half
        cuda.syncthreads()
    return scratch[0]


@cuda.jit(device=True)
def accumulate_block(scratch, row):
    """row[i] becomes the sum of row[:i + 1]. Every thread adds up its own stretch, then what lies before it.

    What lies before is added to the finished sums of a stretch: so sums of numbers >= 0 never descend, and stay as they
    are where 0 is added, also from one stretch to the next.
    """
    thread, threads, n = int64(cuda.threadIdx.x), int64(cuda.blockDim.x), row.shape[0]
    start, stop = n * thread // threads, n * (thread + 1) // threads
    T = type(row[0])
    total, before = T(0), T(0)
    for i in range(start, stop):
        total += row[i]
        row[i] = total
    scratch[thread] = total
    cuda.syncthreads()
    for t in range(thread):
        before += scratch[t]
    for i in range(start, stop):
        row[i] += before


@kernel(threads=THREADS)
def match_rows(x, y, origin, theta, first, projected, index_mask, size, begin, spare, p, scale, px, py, losses):
    """Equal sizes, uniform weights: px becomes dW_p^p/dpx, losses[l] the value. One block does one direction.

    Dynamic shared memory: what sort_block needs for `size` >= n keys, then, behind the sorted keys, for as many values
    as integers. The projections are taken from px and the bits in py where `projected`, else computed here; the value
    of a key is looked up in px.
    """
    keys = cuda.shared.array(0, int64)
    targets = cuda.shared.array(0, py.dtype)[size * 8 // py.itemsize :]
    thread, threads, g, n = int64(cuda.threadIdx.x), int64(cuda.blockDim.x), cuda.blockIdx.x, px.shape[1]
    values = px[g]
    i = thread
    while i < size:
        if i < n and not projected:
            values[i] = projection(x, origin, theta, i, first + g)
        keys[begin + i] = point_key(values[i], i, index_mask) if i < n else last_key(n, index_mask)
        i += threads
    cuda.syncthreads()
    sort_block(keys, size, begin, spare, index_mask, values)
    j = thread
    while j < size:
        if j < n:
            bits = py[g, j] if projected else bits_of(projection(y, origin, theta, j, first + g))
            targets[begin + j] = value_key(bits)
        else:
            targets[begin + j] = last_key(n, 0) >> (64 - 8 * py.itemsize)
        j += threads
    cuda.syncthreads()
    sort_block(targets, size, begin, spare, 0, py[g])
    cost = type(scale)(0)
    k = thread
    while k < n:
        cost += match_pair(keys[k], index_mask, value_of(value_key(targets[k])), values, p, scale)
        k += threads
    cost = sum_block(cuda.shared.array(0, px.dtype), cost)
    if thread == 0:
        losses[first + g] = cost * scale


@kernel(threads=THREADS)
def sort_tiles(values, index_mask, size, keys):
    """keys[g] in sorted tiles of `size`, a block a tile: of values[g] or, where those are bits, without the index."""
    tile = cuda.shared.array(0, keys.dtype)
    thread, threads, g, n = int64(cuda.threadIdx.x), int64(cuda.blockDim.x), cuda.blockIdx.y, keys.shape[1]
    start, last = cuda.blockIdx.x * size, last_key(n, index_mask) >> (64 - 8 * keys.itemsize)
    i = thread
    while i < size:
        tile[i] = tile_key(values[g, start + i], start + i, index_mask) if start + i < n else last
        i += threads
    cuda.syncthreads()
    sort_block(tile, size, 0, 0, index_mask, values[g])
    i = thread
    while i < min(size, n - start):
        keys[g, start + i] = tile[i]
        i += threads


@kernel
def merge_tiles(keys, run, index_mask, values, merged):
    """merged[g]: the sorted runs of keys[g], of `run` tiles each, merged two by two; `run` is a power of two.

    A block does a tile. Where its part of either run begins and ends is searched for in global memory, all
    else is done in shared memory.
    """
    tile, held = cuda.shared.array(0, keys.dtype), cuda.local.array(KEYS, keys.dtype)
    splits = cuda.shared.array(2, int64)
    thread, threads, g, n = int64(cuda.threadIdx.x), int64(cuda.blockDim.x), cuda.blockIdx.y, keys.shape[1]
    size, first = threads * KEYS, int64(cuda.blockIdx.x) & -2 * run
    a, b, end = first * size, min((first + run) * size, n), min((first + 2 * run) * size, n)
    start = cuda.blockIdx.x * size - a
    count = min(size, end - a - start)
    if thread < 2:
        splits[thread] = merge_split(keys[g], a, b, end, start + count * thread, index_mask, values[g])
    cuda.syncthreads()
    split, ours, row, out = splits[0], splits[1] - splits[0], keys[g], merged[g]
    k = thread
    while k < count:
        tile[uint32(k)] = row[uint64(a + split + k if k < ours else b + start - split + k - ours)]
        k += threads
    cuda.syncthreads()
    if thread * KEYS < count:
        merge_few(tile, 0, ours, count, thread * KEYS, held, index_mask, values[g])
    cuda.syncthreads()
    for r in range(KEYS):
        tile[uint32(thread * KEYS + r)] = held[r]
    cuda.syncthreads()
    k = thread
    while k < count:
        out[uint64(a + start + k)] = tile[uint32(k)]
        k += threads


@kernel
def sum_rows(values, first, scale, sums):
    """sums[first + g] = sum_i scale * values[g, i]."""
    scratch = cuda.shared.array(0, values.dtype)
    thread, g = cuda.threadIdx.x, cuda.blockIdx.x
    total = type(scale)(0)
    for i in range(thread, values.shape[1], cuda.blockDim.x):
        total += scale * values[g, i]
    total = sum_block(scratch, total)
    if thread == 0:
        sums[first + g] = total


@kernel
def measure_step(loss, phi, u, row, numbers):
    """numbers[row]: the loss, |phi|^2 and |u|^2 of a step of training. One block."""
    scratch = cuda.shared.array(0, phi.dtype)
    thread, threads = int64(cuda.threadIdx.x), int64(cuda.blockDim.x)
    zero = type(phi[0])(0)
    phi_square, u_square = zero, zero
    i = thread
    while i < phi.shape[0]:
        phi_square += phi[i] * phi[i]
        u_square += u[i] * u[i]
        i += threads
    phi_square = sum_block(scratch, phi_square)
    u_square = sum_block(scratch, u_square)
    if thread == 0:
        numbers[row, 0], numbers[row, 1], numbers[row, 2] = loss[0], phi_square, u_square


@kernel
def accumulate_rows(values):
    """values[g, i] becomes the sum of values[g, :i + 1]."""
    accumulate_block(cuda.shared.array(0, values.dtype), values[cuda.blockIdx.x])


@kernel
def count_levels(keys, index_mask, weights, reverse, levels):
    """levels[g, k]: the weights of the k + 1 least points, added up; of the greatest in `reverse`."""
    scratch = cuda.shared.array(0, levels.dtype)
    thread, threads, g, n = int64(cuda.threadIdx.x), int64(cuda.blockDim.x), cuda.blockIdx.x, levels.shape[1]
    k = thread
    while k < n:
        levels[g, k] = weights[keys[g, place(k, n, reverse)] & index_mask]
        k += threads
    cuda.syncthreads()
    accumulate_block(scratch, levels[g])


@kernel
def centre_rows(steps, keys, index_mask, weights, unit, potentials):
    """potentials[g, i]: the accumulated steps at their points, less their mean; weights are counted in `unit`s."""
    scratch = cuda.shared.array(0, steps.dtype)
    thread, threads, g, n = int64(cuda.threadIdx.x), int64(cuda.blockDim.x), cuda.blockIdx.x, steps.shape[1]
    T = type(unit)
    mean = T(0)
    k = thread
    while k < n:
        mean += steps[g, k] * (T(weights[keys[g, k] & index_mask]) * unit)
        k += threads
    mean = sum_block(scratch, mean)
    k = thread
    while k < n:
        potentials[g, keys[g, k] & index_mask] = steps[g, k] - mean
        k += threads


@kernel
def direction_gradient(dpx, x, dpy, y, origin, first, scale, dtheta):
    """dtheta[l, k] = scale * (sum_i dpx[g, i] x[i, k] + sum_j dpy[g, j] y[j, k]), the points less `origin`.

    A block sums one entry.
    """
    scratch = cuda.shared.array(0, dpx.dtype)
    thread, threads, g, k = int64(cuda.threadIdx.x), int64(cuda.blockDim.x), cuda.blockIdx.y, cuda.blockIdx.x
    total = type(scale)(0)
    i = thread
    while i < x.shape[0]:
        total += dpx[g, i] * (x[i, k] - origin[k])
        i += threads
    j = thread
    while j < y.shape[0]:
        total += dpy[g, j] * (y[j, k] - origin[k])
        j += threads
    total = sum_block(scratch, total)
    if thread == 0:
        dtheta[first + g, k] = total * scale
