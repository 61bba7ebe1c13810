"""Many small problems at once, pair by pair: the two compiled calls and the two sorts of `small`, of a chunk of pairs.

Letters: B pairs of clouds x [B, n, d] and y [B, n, d], theta [B, L, d], or [1, L, d] for all. Each thread takes its own
pairs, a chunk at a time, whose scratch stays in its cache. Every pair has the bits that `small` gives it alone.
"""

from __future__ import annotations

import numpy as np

from swref.arrays import aligned_empty
from swref.kernels.cpu.groups import CHUNK_ELEMENTS, for_one_thread
from swref.kernels.cpu.keys import settle
from swref.kernels.cpu.rows import gradient_small, match_equal, prepare_small
from swref.kernels.cpu.side import BLAS_DIMENSION
from swref.kernels.cpu.small import layout
from swref.kernels.cpu.sorting import sort_rows
from swref.kernels.policy import compiled
from swref.kernels.threads import get_num_threads, run_parallel


def are_small(n: int, theta: np.ndarray) -> bool:
    """Whether each pair of n points is too small for threads of its own."""
    return for_one_thread(n * theta.shape[1]) and theta.shape[2] < BLAS_DIMENSION


def losses_and_grads(
    x: np.ndarray, y: np.ndarray, theta: np.ndarray, p: float, unit_tolerance: float, losses: np.ndarray, dx: np.ndarray
) -> np.ndarray:
    """SW_p^p into losses [B], uniform weights, the gradients in x into dx [B, n, d]; returns which pairs have neither.

    Those have a row of theta whose square is not within `unit_tolerance` of 1, a loss that is not finite, or keys that
    need a full sort: see small.losses_and_grad.
    """
    (B, n, _), L, dtype = x.shape, theta.shape[1], x.dtype
    index_bits, index_mask, kind = layout(n, dtype)
    size, sound = max(1, CHUNK_ELEMENTS // (n * L)), np.empty(B, np.bool_)

    def task(start: int, stop: int) -> None:
        (px, py), keys = aligned_empty((2, size, L, n), dtype), aligned_empty((size, L, n), kind)
        terms = np.empty((size, L))
        for first in range(start, stop, size):
            pairs, count = slice(first, min(first + size, stop)), min(size, stop - first)
            directions = theta if len(theta) == 1 else theta[pairs]
            prepare(x[pairs], y[pairs], directions, index_bits, px, keys, py, unit_tolerance, sound[pairs])
            slopes, x_keys, targets = (array[:count].reshape(-1, n) for array in (px, keys, py))
            sort_rows(x_keys)
            sort_rows(targets)
            conclude(x_keys, index_mask, slopes, targets, p, directions, terms.ravel(), dx[pairs], sound[pairs])
            with np.errstate(over="ignore", invalid="ignore"):  # of a pair that is not sound
                losses[pairs] = np.add.reduce(terms[:count], axis=1) / L

    run_parallel(task, B, 1 if for_one_thread(B * n * L) else get_num_threads())
    return np.flatnonzero(~(sound & np.isfinite(losses)))


@compiled
def prepare(x, y, theta, index_bits, px, keys, py, unit_tolerance, sound):
    """rows.prepare_small of each pair."""
    for b in range(x.shape[0]):
        args = (theta[b % theta.shape[0]], index_bits, px[b], keys[b], py[b], unit_tolerance)
        sound[b] = prepare_small(x[b], y[b], *args) == 0


@compiled
def conclude(keys, index_mask, px, py, p, theta, losses, dx, sound):
    """Settle and match all rows [B L, n], and the gradient of each pair; no more sound is one with a row left open."""
    L, unsettled = theta.shape[1], np.zeros(px.shape[0], np.bool_)
    settle(keys, index_mask, px, unsettled)
    match_equal(keys, index_mask, px, py, p, losses)
    for b in range(dx.shape[0]):
        rows = slice(b * L, (b + 1) * L)
        sound[b] = sound[b] and not unsettled[rows].any()
        gradient_small(px[rows], theta[b % theta.shape[0]], dx[b])
