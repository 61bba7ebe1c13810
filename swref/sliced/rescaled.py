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
    """Losses and gradients where those found are not finite: in float64, by homogeneity, from points over 2^k.

    A power 2^e with e > 1024 is infinite, but its mass, at least 2^-1074, may make it finite where e < 2098. Powers are
    over 2^900, then 2^1800, or a little more, for k is whole: one of the two is finite wherever the result is, and no
    power underflows that was infinite before. What was finite stays; but where a projection overflows, inf - inf has no
    value, and all gradients are found anew.
    """
    dtype, largest = x.dtype, np.finfo(np.float64).maxexp
    x, y, theta = (array.astype(np.float64) for array in (x, y, theta))
    most = math.frexp(max(float(np.abs(z).max()) for z in (x, y)))[1]
    most += math.ceil(math.log2(x.shape[1]) + math.log2(max(1.0, float(np.abs(theta).max()))))
    beyond = max(0, most + 2 - largest)
    if most + 2 > np.finfo(dtype).maxexp:
        grads = tuple(np.full_like(grad, np.nan) for grad in grads)
    dtypes, grads = [grad.dtype for grad in grads], tuple(grad.astype(np.float64) for grad in grads)
    with np.errstate(over="ignore", invalid="ignore"):
        for share in (0, 900, 1800):
            k = beyond + math.ceil(share / p)
            small, slopes = function(np.ldexp(x, -k), np.ldexp(y, -k), theta, p, wx, wy, wrt)
            losses = _filled(losses, _times_power_of_two(small, k * p))
            grads = tuple(
                _filled(grad, _times_power_of_two(slope, k * (p - (name in ("x", "y")))))
                for name, grad, slope in zip(wrt, grads, slopes, strict=True)
            )
            if all(np.isfinite(values).all() for values in (losses, *grads)):
                break
        # Not before: of what is infinite in float32 alone, a later share would underflow.
        return losses, tuple(grad.astype(kind) for grad, kind in zip(grads, dtypes, strict=True))


def _filled(values: np.ndarray, others: np.ndarray) -> np.ndarray:
    """The values, and the others where they are not finite."""
    return np.where(np.isfinite(values), values, others)


def _times_power_of_two(values: np.ndarray, exponent: float) -> np.ndarray:
    """values 2^exponent, infinite or 0 only where that is no float, whatever 2^exponent is."""
    whole = math.floor(exponent)
    return np.ldexp(values * values.dtype.type(2.0 ** (exponent - whole)), whole)
