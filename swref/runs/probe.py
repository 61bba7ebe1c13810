"""How steep the loss is at the start: the curvature that bounds the step."""

from __future__ import annotations

import numpy as np

from swref.networks import Network

ITERATIONS = 12


def curvature(net: Network, u: np.ndarray, x: np.ndarray, rng: np.random.Generator) -> float:
    """The largest eigenvalue of (2/d) E[J^T J] at u [d_u], J = dT/du(u, x) [d, d_u], the mean over x [n, dx].

    That is the Hessian of the loss but for the part in the second derivatives of T, averaged over the directions (whose
    theta theta^T is I/d in the mean): gradient descent needs a step below 2 over it. By ITERATIONS power iterations,

        v <- (2/(d n)) sum_k J_k^T J_k v = (2/(d n)) backward(cache, jvp(u, x, v)),

    from a random direction: from below, and within some percent.

    >>> from swref.networks import MLP  # T = W x + b, x = 0: J^T J is I on b, 0 on W
    >>> curvature(MLP((1, 2)), np.zeros(4), np.zeros((5, 1)), np.random.default_rng(0))
    1.0
    """
    out, cache = net.forward(u, x)
    n, d = out.shape
    v, largest = rng.standard_normal(len(u)).astype(u.dtype), 0.0  # [d_u]
    for _ in range(ITERATIONS):
        norm = float(np.linalg.norm(v))
        if norm == 0.0:  # T does not move with u
            return 0.0
        v = net.backward(cache, net.jvp(u, x, v / u.dtype.type(norm))) * u.dtype.type(2 / (d * n))
        largest = float(np.linalg.norm(v))
    return largest
