"""Many small problems by chunks and threads. Oracle: `small`, one by one."""

from __future__ import annotations

import math

import numpy as np

from swref.directions import directions
from swref.kernels.cpu import pairs, small
from swref.kernels.threads import get_num_threads, set_num_threads


def test_chunks_and_threads_do_not_show(monkeypatch):
    """More projections than one thread takes; chunks of one pair, of three, of all; a pair with wrong directions."""
    rng = np.random.default_rng(0)
    x, y, theta = rng.standard_normal((11, 64, 2)), rng.standard_normal((11, 64, 2)), directions(1, 11 * 32, 2)
    theta = theta.reshape(11, 32, 2)
    theta[4, 7] *= 1.1
    alone = [small.losses_and_grad(*pair, 2.0, math.inf) for pair in zip(x, y, theta, strict=True)]
    before = get_num_threads()
    for elements, threads in ((1, 1), (1, 3), (3 * 64 * 32, 2), (1 << 20, 1)):
        monkeypatch.setattr(pairs, "CHUNK_ELEMENTS", elements)
        set_num_threads(threads)
        try:
            losses, dx = np.empty(11), np.empty_like(x)
            assert pairs.losses_and_grads(x, y, theta, 2.0, 1e-4, losses, dx).tolist() == [4]
        finally:
            set_num_threads(before)
        for b in set(range(11)) - {4}:
            assert losses[b] == np.add.reduce(alone[b][0]) / 32
            assert dx[b].tobytes() == alone[b][1][0].tobytes()
