"""The scalar arithmetic of the sliced Wasserstein loss: one body, inlined by every CPU and CUDA launcher.

A `body` has no signature, allocation or exception, so that it runs inside CPU loops and compiles into CUDA kernels
alike. Arguments keep their dtype: no literal promotes a float32.
"""

from __future__ import annotations

from swref.kernels.policy import body

INT64_MAX = 0x7FFFFFFFFFFFFFFF
INT64_MIN = -INT64_MAX - 1
EXPONENT_UNIT = 1 << 52  # of a float64
LARGEST_MAGNITUDE = (0x7FF << 52) - 1 - EXPONENT_UNIT  # with one more in the exponent, the largest finite float64


@body
def power_cost(D, p):
    """|D|^p."""
    if p == 2:
        return D * D
    if p == 1:
        return abs(D)
    return abs(D) ** p


@body
def power_slope(D, p):
    """d|D|^p / dD = p sign(D) |D|^(p-1), with sign(0) = 0."""
    if p == 2:
        return D + D
    sign = type(D)(D > 0) - type(D)(D < 0)
    if p == 1:
        return sign
    return sign * p * abs(D) ** (p - type(p)(1))


@body
def power_cost_and_slope(D, p):
    """power_cost and power_slope of D, with one power for both."""
    if p == 2:
        return D * D, D + D
    return other_cost_and_slope(D, p)  # apart: loops are then compiled once for p = 2 and once for the rest


@body
def other_cost_and_slope(D, p):
    """The same for p != 2."""
    sign = type(D)(D > 0) - type(D)(D < 0)
    if p == 1:
        return abs(D), sign
    power = abs(D) ** (p - type(p)(1))
    return abs(D) * power, sign * p * power


@body
def exact_offset(low, high):
    """What to subtract from values that fill [low, high]: the end nearest to 0, if the other is within twice it, or 0.

    Such differences are exact (Sterbenz), and the values are then as small as their range (spec.centred).
    """
    if low > 0 and high - low <= low:
        return low
    if high < 0 and high - low <= -high:
        return high
    return type(low)(0)


@body
def sort_key(bits, index, index_mask):
    """An int64 that orders like the float64 of these `bits`, its low bits replaced by the point's index.

    Floats order like sign-and-magnitude integers: flipping the other 63 bits of the negative ones makes them order
    like two's complement. Sorting the keys then sorts by (value to the bits kept, index).
    """
    return ((bits ^ ((bits >> 63) & INT64_MAX)) & ~index_mask) | index


@body
def float_key(bits, index, index_mask):
    """The bits of a float64 that orders as sort_key does: NumPy sorts floats in 0.75 of the time of integers.

    The exponent is one higher, so that no key is subnormal, which a processor told to flush those would take for 0;
    and bounded, so that none is an infinity or NaN, whose low bits a sort need not keep.
    """
    magnitude = min(bits & INT64_MAX, LARGEST_MAGNITUDE) + EXPONENT_UNIT
    sign = bits >> 63
    return (sign & INT64_MIN) | (magnitude & ~index_mask) | ((index ^ sign) & index_mask)


@body
def integer_key(float_bits):
    """The int64 that orders like the float64 of these bits, with the index in its low bits as it was."""
    return float_bits ^ ((float_bits >> 63) & INT64_MAX)
