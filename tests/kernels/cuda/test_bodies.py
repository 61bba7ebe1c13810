"""What a thread does in a sort, compiled for the CPU: integers have the width they have in kernels, as in no simulator.

Oracles: NumPy's stable argsort and sort. That threads and barriers are right is for the simulator (test_backend).
"""

from __future__ import annotations

import numpy as np
import pytest
from numba import config, njit, types
from numba.extending import overload

from swref.kernels.cuda import bodies, rows
from swref.kernels.cuda.equal import index_mask

pytestmark = [pytest.mark.slow, pytest.mark.skipif(bool(config.DISABLE_JIT), reason="of compiled code")]
DTYPES = [np.float32, np.float64]


@overload(bodies.bits_of)
def _bits_of(value):
    if value == types.float32:
        return lambda value: np.float32(value).view(np.int32)
    return lambda value: np.float64(value).view(np.int64)


@overload(bodies.value_of)
def _value_of(bits):
    if bits == types.int32:
        return lambda bits: np.int32(bits).view(np.float32)
    return lambda bits: np.int64(bits).view(np.float64)


for name in ("value_key", "leading_bits", "precedes", "tile_key", "value_in"):
    overload(getattr(bodies, name))(getattr(bodies, f"_{name}"))


@njit
def keys_of(values, mask, keys):
    for i in range(len(values)):
        keys[i] = bodies.tile_key(values[i], i, mask)


@njit
def merged(row, b, end, integer, mask, values, out):
    """Parts of row[:b] merged with row[b:end], as of many threads, with indices of the type of `integer`."""
    held, T = np.empty(9, row.dtype), type(integer)
    for part in range(0, end, 9):
        bodies.merge_few(row, T(0), T(b), T(end), T(part), held, mask, values)
        for r in range(min(9, end - part)):
            out[part + r] = held[r]


@njit
def sorted_few(row, mask, values):
    for k in range(0, len(row), 9):
        bodies.sort_few(row[k : k + 9], mask, values)


@njit
def values_in(keys, mask, values, out):
    for k in range(len(out)):
        out[k] = bodies.value_in(keys[k], mask, values)


@njit
def values_of(keys, out):
    for k in range(len(out)):
        out[k] = bodies.value_of(bodies.value_key(keys[k]))


def sort(values: np.ndarray, mask: int, keys: np.ndarray, integer: np.generic) -> np.ndarray:
    """The keys of values [n], n a multiple of nine, sorted as a block sorts them."""
    n = len(values)
    keys_of(values, mask, keys)
    sorted_few(keys, mask, values)
    run = rows.KEYS
    while run < n:
        row = np.append(keys, keys[-1:])  # one more, which may be looked at
        for first in range(0, n, 2 * run):
            end = min(first + 2 * run, n)
            merged(row[first : end + 1], min(run, end - first), end - first, integer, mask, values, keys[first:end])
        run *= 2
    return keys


def some(dtype: type, n: int) -> list[np.ndarray]:
    """Values apart, tied, closer than a float64's key tells, large and infinite; no -0, which projections are not."""
    generator = np.random.default_rng(n)
    values = generator.standard_normal(n).astype(dtype)
    infinite = values * dtype(1e30)
    infinite[::7], infinite[::5] = -np.inf, np.inf
    close = (1 + 2.0**-52 * generator.integers(-9, 9, n)).astype(dtype)
    return [values, np.round(values) + dtype(0), close, infinite]


@pytest.mark.parametrize("integer", [np.int32(0), np.int64(0)], ids=["block", "tiles"])
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("n", [9, 27, 1008])
def test_points_in_the_order_of_value_and_index(n, dtype, integer):
    mask = index_mask(n, np.dtype(dtype))
    for values in some(dtype, n):
        keys = sort(values, mask, np.empty(n, np.int64), integer)
        np.testing.assert_array_equal(keys & mask, np.argsort(values, kind="stable"))
        found = np.empty_like(values)
        values_in(keys, mask, values, found)
        assert found.tobytes() == np.sort(values).tobytes()


@pytest.mark.parametrize("dtype", DTYPES)
def test_values_alone(dtype):
    """None is lost, NaN of either sign neither, and those are at the ends."""
    n, bits = 1008, f"i{np.dtype(dtype).itemsize}"
    for values in some(dtype, n):
        values[[3, 500]] = np.nan, -np.nan
        found = np.empty_like(values)
        values_of(sort(values.view(bits), 0, np.empty(n, bits), np.int32(0)), found)
        assert np.isnan(found[[0, -1]]).all()
        np.testing.assert_array_equal(found[1:-1], np.sort(values)[:-2])
