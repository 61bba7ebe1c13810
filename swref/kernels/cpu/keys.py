"""Sort keys: the order of a row from a plain sort of numbers, each with the index of its value in the low bits.

Letters: px [G, n] values; keys [G, n] of them, which once sorted and settled tell the order: & index_mask, they are the
indices of the sorted values [G, n].

A narrow key, an int32, has above the index the place of the value in the range of its row: it sorts in half the time of
a value. Rows where many values share a place (heavy tails, clusters) are told by a look at some pairs. A wide key, a
float64 (bodies.float_key), has a whole float32 there, or a float64 but for the bits that the index takes; when settled
its bits are those of an integer. `settle` looks at values that their keys do not tell apart; a row with too many of
them is left, for `refined_keys`.
"""

from __future__ import annotations

import numpy as np
from numba import types
from numba.extending import overload

from swref.kernels.bodies import float_key, integer_key
from swref.kernels.policy import compiled

NARROW = 513, 1 << 15  # sizes of rows with narrow keys: below they save nothing, above the places do not suffice
NEAR = 64  # places


def index_bits(n: int) -> int:
    """How many low bits of a key hold the index."""
    return max(1, (n - 1).bit_length())


def bits_of(numbers):
    """The same memory as integers."""
    return numbers.view(np.int32 if numbers.itemsize == 4 else np.int64)


@overload(bits_of)
def _bits_of(numbers):
    if numbers.dtype.bitwidth == 32:
        return lambda numbers: numbers.view(np.int32)
    return lambda numbers: numbers.view(np.int64)


def make_keys(px, index_bits, keys, crowded):
    """keys [G, n] of px, of their type. Marks the rows where those will not do in `crowded` and returns how many."""
    if keys.dtype == np.int32:
        return narrow_keys(px, index_bits, keys, crowded)
    return wide_keys(px, index_bits, keys, crowded)


@overload(make_keys)
def _make_keys(px, index_bits, keys, crowded):
    if keys.dtype == types.int32:
        return lambda px, index_bits, keys, crowded: narrow_keys(px, index_bits, keys, crowded)
    return lambda px, index_bits, keys, crowded: wide_keys(px, index_bits, keys, crowded)


@compiled
def narrow_keys(px, index_bits, keys, crowded):
    """From the top: the place of px[g, i] in the range of its row, of 2^(32 - index_bits), and the index i."""
    number = px.dtype.type
    half = number(1 << (31 - index_bits))
    steps, largest = number(2) * half * (number(1) - number(2.0**-20)), np.finfo(px.dtype).max
    least = number(4) * steps / largest  # so that the scale below is finite
    bits, ends, failures = bits_of(px), np.empty(2, px.dtype), 0
    for g in range(px.shape[0]):
        row, out = px[g], keys[g]
        find_ends(bits[g], bits_of(ends))
        low, width = ends[0], ends[1] - ends[0]
        if least <= width and width <= largest:
            scale = steps / width
            for i in range(row.size):
                out[i] = (np.int32((row[i] - low) * scale - half) << index_bits) | np.int32(i)
            crowded[g] = is_crowded(row, number(NEAR) / scale)
        else:  # no width is a row of equal values, of which the indices are the order
            crowded[g] = width != 0
            for i in range(row.size):
                out[i] = i
        failures += crowded[g]
    return failures


@compiled
def find_ends(bits, ends):
    """The bits of the least and the largest of the numbers with these bits [n].

    As integers in the order of the numbers: a minimum of floats is not vectorised.
    """
    flip, sign = np.iinfo(bits.dtype).max, 8 * bits.itemsize - 1
    low = bits[0] ^ ((bits[0] >> sign) & flip)
    high = low
    for i in range(bits.size):
        ordered = bits[i] ^ ((bits[i] >> sign) & flip)
        low, high = min(low, ordered), max(high, ordered)
    ends[0], ends[1] = low ^ ((low >> sign) & flip), high ^ ((high >> sign) & flip)


@compiled
def is_crowded(row, near):
    """Whether values will need more than a quarter of a move each: too many of n / 2 pairs of them are near.

    Of pairs within NEAR places of each other one in 2 NEAR share their place, and half of those are out of order. So a
    quarter of a move a value is NEAR near pairs of n / 2, whatever n is.
    """
    apart, close = row.size // 2, 0
    one, other = row[:apart], row[apart:]
    for k in range(apart):
        close += abs(one[k] - other[k]) <= near
    return close > NEAR


@compiled
def wide_keys(px, index_bits, keys, crowded):
    """Float keys; no row is crowded."""
    bits, out = bits_of(px), bits_of(keys)
    shift, index_mask = 64 - 8 * px.itemsize, wide_mask(index_bits, px.itemsize)
    for g in range(px.shape[0]):
        for i in range(px.shape[1]):
            out[g, i] = float_key(np.int64(bits[g, i]) << shift, np.int64(i), index_mask)
    crowded[:] = False
    return 0


@compiled
def wide_mask(index_bits, itemsize):
    """The bits of a wide key that hold the index: those that a float32 leaves, as few as can be of a float64's."""
    return (1 << 32) - 1 if itemsize == 4 else (1 << index_bits) - 1


@compiled
def settle(keys, index_mask, px, unsettled):
    """Move what is still out of order among sorted keys, neighbours that do not tell their values apart, if any are.

    A row that takes n moves is marked in `unsettled`, and one that is marked already is left; returns how many are
    marked. The bits of wide keys become those of integers.
    """
    n, integers, values, failures = px.shape[1], bits_of(keys), np.empty(px.shape[1], px.dtype), 0
    for g in range(px.shape[0]):
        row = integers[g]
        close, last = 0, n - 1
        for k in range(last):  # vectorised, and of most rows all that is to be done
            key = row[k]
            close += (key ^ row[k + 1]) & ~index_mask == 0  # of both kinds of wide keys alike
            row[k] = as_integer(key)
        row[last] = as_integer(row[last])
        if close > 0 and not unsettled[g] and px.itemsize >= keys.itemsize:  # a wide key holds a float32 whole
            unsettled[g] = not insert(row, index_mask, px[g], values)
        failures += unsettled[g]
    return failures


def as_integer(key):
    """A narrow key as it is, of the bits of a wide one the integer."""
    return key if isinstance(key, np.int32) else integer_key(key)


@overload(as_integer)
def _as_integer(key):
    if key == types.int32:
        return lambda key: key
    return lambda key: integer_key(key)


@compiled
def insert(keys, index_mask, px, values):
    """Sort keys [n] by insertion in the order of their values, for which there is room; False once it takes n moves.

    It looks at values, not at which keys are alike: that many are could not be guessed, that few are out of order can.
    """
    before, moves = px[np.uint64(keys[0] & index_mask)], 0
    for k in range(keys.size):
        key = keys[k]
        value = px[np.uint64(key & index_mask)]  # an index that cannot be negative needs no test for it
        if not value < before:
            values[k] = before = value
        else:
            j = k
            while j > 0 and values[j - 1] > value:
                values[j], keys[j] = values[j - 1], keys[j - 1]
                j -= 1
            values[j], keys[j] = value, key
            moves += k - j
            if moves >= keys.size:
                return False
    return True


@compiled
def refined_keys(keys, index_bits, px, refined):
    """Of settled wide keys [n] of a float64 row: integers whose order is that of (value, index), all bits told.

    From the top: the number of the run of values alike in the bits that their keys hold; the bits that these lack; the
    index. Returns False if that takes more than 63 bits.
    """
    index_mask, bits, keys, run = (1 << index_bits) - 1, bits_of(px), bits_of(keys), 0
    for k in range(keys.size):
        key = keys[k]
        run += k > 0 and (key ^ keys[k - 1]) & ~index_mask != 0
        i = key & index_mask
        refined[k] = (((run << index_bits) | (integer_key(bits[i]) & index_mask)) << index_bits) | i
    return 2 * index_bits < 63 and run >> (63 - 2 * index_bits) == 0
