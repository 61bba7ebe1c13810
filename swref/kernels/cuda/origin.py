"""The CUDA kernel that finds what is subtracted from both clouds as they are read: a block goes over one coordinate.

Apart from rows.py as the simulator allows: no device function with a barrier is shared.
"""

from __future__ import annotations

from numba import cuda, int64

from swref.kernels.cuda.bodies import common_offset, widened
from swref.kernels.cuda.policy import kernel


@cuda.jit(device=True)
def least_block(scratch, value):
    """The least of every thread's `value`, to all threads; scratch holds one number a thread and is free to use."""
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
