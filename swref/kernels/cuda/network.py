"""CUDA kernels of a multilayer perceptron beside its products, and of the step of SGD; a thread an entry.

Letters: z, dh [n, d] a layer's values before its activation and the gradient after it, a row a point; h [d + 1, n] and
dz [d, n] those after and before it, a column a point, h with a row of ones below; u, phi, xi [d_u] as in swref.sgd.
"""

from __future__ import annotations

import math

from numba import cuda

from swref.kernels.cuda.policy import kernel

IDENTITY, TANH, RELU = 0, 1, 2


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
def descend(u, phi, xi, noisy, coefficients, next_u):
    """next_u = u - alpha phi, + alpha a xi where `noisy`; coefficients: alpha, alpha a."""
    i, _ = cuda.grid(2)
    if i < u.shape[0]:
        value = u[i] - coefficients[0] * phi[i]
        next_u[i] = value + coefficients[1] * xi[i] if noisy else value
