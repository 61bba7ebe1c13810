"""CUDA kernels of a multilayer perceptron beside its products, and of the step of SGD; a thread an entry.

Letters: z, dh [n, d] a layer's values before its activation and the gradient after it, a row a point; h [d + 1, n] and
dz [d, n] those after and before it, a column a point, h with a row of ones below; u, phi, xi [d_u] as in swref.sgd.
"""

from __future__ import annotations

import math

from numba import cuda

from swref.kernels.cuda.policy import kernel

IDENTITY, TANH, RELU = 0, 1, 2
TILE = 16  # entries of either side that a block of contract multiplies, and points at a time
ROWS, COLUMNS = (TILE, TILE), (TILE, TILE + 1)  # read by columns without bank conflicts


@kernel
def activate(z, activation, h):
    """h = act(z)^T, and the ones."""
    i, k = cuda.grid(2)
    if i < h.shape[1] and k < h.shape[0]:
        value = type(z[0, 0])(1)
        if k < z.shape[1]:
            value = z[i, k]
            if activation == TANH:
                value = math.tanh(value)
            elif activation == RELU:
                value = max(value, type(value)(0))
        h[k, i] = value


@kernel
def chain(dh, h, activation, dz):
    """dz = dh^T act'(z), for h = act(z)^T."""
    # forward: h = act(z)^T
    i, k = cuda.grid(2)
    if i < dz.shape[1] and k < dz.shape[0]:
        slope = dh[i, k]
        if activation == TANH:
            slope *= type(slope)(1) - h[k, i] * h[k, i]
        elif activation == RELU and h[k, i] <= 0:
            slope = type(slope)(0)
        dz[k, i] = slope


@kernel
def contract(h, dz, width, parts):
    """parts[s, k, j] = sum_i h[k, i] dz[j, i] over the points of slice s, of `width`, in their order.

    Of the gradient in a layer's parameters, which are few and the points many: slices give blocks to compute them.
    """
    # forward: z = h^T A
    left = cuda.shared.array(ROWS, h.dtype)
    right = cuda.shared.array(COLUMNS, h.dtype)
    column, row, s = cuda.threadIdx.x, cuda.threadIdx.y, cuda.blockIdx.z
    k0, j0 = cuda.blockIdx.y * TILE, cuda.blockIdx.x * TILE
    zero = type(h[0, 0])(0)
    total = zero
    i, last = s * width, min((s + 1) * width, h.shape[1])
    while i < last:
        inside = i + column < last
        left[row, column] = h[k0 + row, i + column] if inside and k0 + row < h.shape[0] else zero
        right[row, column] = dz[j0 + row, i + column] if inside and j0 + row < dz.shape[0] else zero
        cuda.syncthreads()
        for c in range(TILE):
            total += left[row, c] * right[column, c]
        cuda.syncthreads()
        i += TILE
    if k0 + row < h.shape[0] and j0 + column < dz.shape[0]:
        parts[s, k0 + row, j0 + column] = total


@kernel
def add_parts(parts, phi):
    """phi[i] = sum_s parts[s, i], in order."""
    i, _ = cuda.grid(2)
    if i < phi.shape[0]:
        total = parts[0, i]
        for s in range(1, parts.shape[0]):
            total += parts[s, i]
        phi[i] = total


@kernel
def descend(u, phi, xi, noisy, coefficients, next_u):
    """next_u = u - alpha phi, + alpha a xi where `noisy`; coefficients: alpha, alpha a."""
    i, _ = cuda.grid(2)
    if i < u.shape[0]:
        value = u[i] - coefficients[0] * phi[i]
        next_u[i] = value + coefficients[1] * xi[i] if noisy else value
