"""The scalar arithmetic of the sliced Wasserstein loss: one body, inlined by every CPU and CUDA launcher.

Bodies are bare `@njit` without signatures, allocations or exceptions, so that they run inside `prange`-free CPU loops
and compile into CUDA kernels alike. Arguments keep their dtype: no literal promotes a float32.
"""

from __future__ import annotations

from numba import njit

INT64_MAX = 0x7FFFFFFFFFFFFFFF


@njit
def power_cost(D, p):
    """|D|^p."""
    if p == 2:
        return D * D
    if p == 1:
        return abs(D)
    return abs(D) ** p


@njit
def power_slope(D, p):
    """d|D|^p / dD = p sign(D) |D|^(p-1), with sign(0) = 0."""
    if p == 2:
        return D + D
    sign = type(D)(D > 0) - type(D)(D < 0)
    if p == 1:
        return sign
    return sign * p * abs(D) ** (p - type(p)(1))


@njit
def sort_key(bits, index, index_mask):
    """An int64 that orders like the float64 of these `bits`, its low bits replaced by the point's index.

    Floats order like sign-and-magnitude integers: flipping the other 63 bits of the negative ones makes them order
    like two's complement. Sorting the keys then sorts by (value to the bits kept, index).
    """
    return ((bits ^ ((bits >> 63) & INT64_MAX)) & ~index_mask) | index
