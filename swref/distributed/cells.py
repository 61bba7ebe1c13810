"""The law of a cloud's projections on one direction as its bins tell it: cells in ascending order."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from swref.distributed.kernels.bins import MANTISSA, OCTAVES, ONE


@dataclass(frozen=True)
class Cells:
    """B cells in units of the frame: what is known of the values, each rounded to 2^-24 (|z| + 1), in each of them.

    The masses are exact, and so were the moments before each was rounded once to a float.
    """

    ends: np.ndarray  # [B] int64: masses > 0 added up
    mean: np.ndarray  # [B]
    deviation: np.ndarray  # [B], standard
    down: np.ndarray  # [B], from the mean to the lowest value that a cell may hold
    up: np.ndarray  # [B], to the highest
    low: np.ndarray  # [B], the lowest value itself, exact
    high: np.ndarray  # [B], the highest

    def __len__(self) -> int:
        return len(self.mean)


def cells_of(index: np.ndarray, sums: np.ndarray, bits: int, far: np.ndarray, far_mass: np.ndarray) -> Cells:
    """The cells of the bins index [K], ascending, with sums [K, 3 or 5], and of single values far [F].

    A bin has values base + step r, r = 0 .. R - 1, from 0 outwards. Mean and variance of r are quotients of whole
    numbers, S1 / N and (N S2 - S1^2) / N^2, which Python's integers hold exactly and round once.

    >>> cells_of(np.array([64 << 8]), np.array([[2, 4, 16]]), 8, np.array([-(2.0**70)]), np.array([1])).ends.tolist()
    [1, 3]
    """
    shift, half = MANTISSA - bits, OCTAVES << bits
    outwards = index >= half  # whether r grows with the value
    q = np.where(outwards, index - half, half - 1 - index) << shift
    base = (q + ONE).astype(np.int32).view(np.float32).astype(np.float64) - 1  # exact
    step, last = np.ldexp(1.0, (q >> MANTISSA) - MANTISSA), (1 << shift) - 1
    exact = sums.astype(object)
    if sums.shape[1] == 5:  # two words each
        exact = np.stack([exact[:, 0], (exact[:, 1] << 32) + exact[:, 2], (exact[:, 3] << 32) + exact[:, 4]], axis=1)
    N, S1, S2 = exact.T
    inner, outer = (quotient.astype(float) * step for quotient in (S1 / N, (last * N - S1) / N))
    deviation = np.sqrt(((N * S2 - S1 * S1) / (N * N)).astype(float)) * step
    far_mass, far = far_mass[far_mass > 0], far[far_mass > 0]
    order = np.lexsort((far_mass, far))
    values = far[order]
    split, nothing = int(np.searchsorted(values, 0.0)), np.zeros(len(values))

    def among_far(near: np.ndarray, beyond: np.ndarray) -> np.ndarray:
        return np.concatenate((beyond[:split], near, beyond[split:]))

    return Cells(
        ends=np.cumsum(among_far(sums[:, 0], far_mass[order])),
        mean=among_far(np.where(outwards, base + inner, -base - inner), values),
        deviation=among_far(deviation, nothing),
        down=among_far(np.where(outwards, inner, outer), nothing),
        up=among_far(np.where(outwards, outer, inner), nothing),
        low=among_far(np.where(outwards, base, -base - last * step), values),
        high=among_far(np.where(outwards, base + last * step, -base), values),
    )
