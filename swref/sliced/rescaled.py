"""Losses and gradients whose way leaves the range of floats where they themselves need not."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np


def rescaled(
    function: Callable[..., tuple[np.ndarray, tuple[np.ndarray, ...]]],
    x: np.ndarray,
    y: np.ndarray,
    theta: np.ndarray,
    p: float,
    wx: np.ndarray | None,
    wy: np.ndarray | None,
    wrt: tuple[str, ...],
    losses: np.ndarray,
    grads: tuple[np.ndarray, ...],
) -> tuple[np.ndarray, tuple[np.ndarray, ...]]:
    """Losses and gradients where those found are not finite: by homogeneity, from points over 2^k.

    No projection overflows there, for inf - inf has no value; and as k is at most 2 beyond that, no power underflows
    that overflowed. A loss that was finite stays, and so do gradients where no projection did overflow.
    """
    most = math.frexp(max(float(np.abs(z).max()) for z in (x, y)))[1]
    most += math.ceil(math.log2(x.shape[1]) + math.log2(max(1.0, float(np.abs(theta).max()))))
    largest = np.finfo(x.dtype).maxexp
    beyond = max(0, most + 2 - largest)
    k = beyond + int(min(2.0, 1.9 * largest / p))
    small, slopes = function(np.ldexp(x, -k), np.ldexp(y, -k), theta, p, wx, wy, wrt)
    with np.errstate(over="ignore", invalid="ignore"):
        losses = np.where(np.isfinite(losses), losses, _times_power_of_two(small, k * p))
        scaled = [
            _times_power_of_two(slope, k * (p - (name in ("x", "y")))) for name, slope in zip(wrt, slopes, strict=True)
        ]
    if not beyond:
        scaled = [np.where(np.isfinite(grad), grad, s) for grad, s in zip(grads, scaled, strict=True)]
    return losses, tuple(scaled)


def _times_power_of_two(values: np.ndarray, exponent: float) -> np.ndarray:
    """values 2^exponent, infinite or 0 only where that is no float, whatever 2^exponent is."""
    whole = math.floor(exponent)
    return np.ldexp(values * values.dtype.type(2.0 ** (exponent - whole)), whole)
