"""CUDA kernels in which the threads of a block work on one row together, a row being one direction.

Letters: x [n, d] and y [m, d] points, theta [L, d]; px [G, n] and py [G, m] projections on the G directions of a chunk,
which begins at direction `first`; origin [d] what is subtracted from every point as it is read; keys [G, n] the int64
sort keys. Blocks have a power of two of threads. No sum depends on anything but the sizes: partial sums of the threads
are added as a tree, or in order.

Kernels and the device functions with barriers share this module, because the simulator lends its threads to one
module at a time.
"""

from __future__ import annotations

from numba import cuda, int64

from swref.kernels.cuda.bodies import (
    common_offset,
    infinity,
    last_key,
    match_pair,
    merge_pair,
    merge_quad,
    place,
    point_key,
    projection,
    sort_quad,
    widened,
)
from swref.kernels.cuda.policy import kernel

EVEN_POWERS = 0x5555555555555555  # strides 1, 4, 16, ...: an odd number of stages is left, so one goes alone


@cuda.jit(device=True)
def sort_block(row, size, index_mask, values):
    """Sort row[:size] in shared memory, size >= 4 a power of two: Batcher's bitonic network.

    Two stages at a time on four elements in registers: half the barriers and half the traffic of one at a time.
    """
    thread, threads = int64(cuda.threadIdx.x), int64(cuda.blockDim.x)
    q = thread
    while q < (size >> 2):
        sort_quad(row, 4 * q, index_mask, values)
        q += threads
    cuda.syncthreads()
    merged = 8
    while merged <= size:
        stride = merged >> 1
        while stride > 0:
            if stride & EVEN_POWERS != 0:
                q = thread
                while q < (size >> 1):
                    merge_pair(row, q, stride, merged, index_mask, values)
                    q += threads
                stride >>= 1
            else:
                q = thread
                while q < (size >> 2):
                    merge_quad(row, q, stride, merged, index_mask, values)
                    q += threads
                stride >>= 2
            cuda.syncthreads()
        merged *= 2


@cuda.jit(device=True)
def sum_block(scratch, value):
    """The sum of every thread's `value`, to all threads; scratch holds one number a thread and is free to use."""
    thread, half = cuda.threadIdx.x, cuda.blockDim.x >> 1
    cuda.syncthreads()
    scratch[thread] = value
    cuda.syncthreads()
    while half > 0:
        if thread < half:
            scratch[thread] += scratch[thread + half]
        half >>= 1
        cuda.syncthreads()
    return scratch[0]


@cuda.jit(device=True)
def least_block(scratch, value):
    """The least of every thread's `value`, as sum_block."""
    thread, half = cuda.threadIdx.x, cuda.blockDim.x >> 1
    cuda.syncthreads()
    scratch[thread] = value
    cuda.syncthreads()
    while half > 0:
        if thread < half and scratch[thread + half] < scratch[thread]:
            scratch[thread] = scratch[thread + half]
        half >>= 1
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


@kernel
def find_origin(x, y, origin):
    """origin[k]: what spec.centred subtracts from coordinate k of both clouds. A block goes over one coordinate.

    A NaN gives 0 or is passed over: subtracted from, it stays one. Nothing is waited for, no cloud is copied.
    """
    scratch = cuda.shared.array(0, x.dtype)
    thread, threads, k = int64(cuda.threadIdx.x), int64(cuda.blockDim.x), cuda.blockIdx.x
    low, high = x[0, k], x[0, k]
    i = thread
    while i < x.shape[0]:
        low, high = widened(low, high, x[i, k])
        i += threads
    j = thread
    while j < y.shape[0]:
        low, high = widened(low, high, y[j, k])
        j += threads
    low, high = least_block(scratch, low), -least_block(scratch, -high)
    if thread == 0:
        origin[k] = common_offset(low, high)


@kernel
def match_rows(x, y, origin, theta, first, projected, index_mask, size, p, scale, px, py, losses):
    """Equal sizes, uniform weights: px becomes dW_p^p/dpx, losses[l] the value. One block does one direction.

    Dynamic shared memory: `size` keys, then `size` values, size >= n a power of two. The projections are taken from px
    and py where `projected`, else computed here; the value of a key is looked up in px.
    """
    keys = cuda.shared.array(0, int64)
    targets = cuda.shared.array(0, px.dtype)[size * 8 // px.itemsize :]
    thread, threads, g, n = int64(cuda.threadIdx.x), int64(cuda.blockDim.x), cuda.blockIdx.x, px.shape[1]
    values = px[g]
    i = thread
    while i < size:
        if i < n:
            if not projected:
                values[i] = projection(x, origin, theta, i, first + g)
            keys[i] = point_key(values[i], i, index_mask)
            targets[i] = py[g, i] if projected else projection(y, origin, theta, i, first + g)
        else:
            keys[i] = last_key(n, index_mask)
            targets[i] = infinity(px[g, 0])
        i += threads
    cuda.syncthreads()
    sort_block(keys, size, index_mask, values)
    sort_block(targets, size, index_mask, values)
    cost = type(scale)(0)
    k = thread
    while k < n:
        cost += match_pair(keys[k] & index_mask, targets[k], values, p, scale)
        k += threads
    cost = sum_block(targets, cost)
    if thread == 0:
        losses[first + g] = cost * scale


@kernel
def sort_tiles(px, index_mask, size, keys):
    """keys[g] in sorted tiles of `size`: the first step for a row that no block can hold. A block sorts a tile."""
    tile = cuda.shared.array(0, int64)
    thread, threads, g, n = int64(cuda.threadIdx.x), int64(cuda.blockDim.x), cuda.blockIdx.y, px.shape[1]
    start = cuda.blockIdx.x * size
    i = thread
    while i < size:
        k = start + i
        tile[i] = point_key(px[g, k], k, index_mask) if k < n else last_key(n, index_mask)
        i += threads
    cuda.syncthreads()
    sort_block(tile, size, index_mask, px[g])
    i = thread
    while i < min(size, n - start):
        keys[g, start + i] = tile[i]
        i += threads


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
