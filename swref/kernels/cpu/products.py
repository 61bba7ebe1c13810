"""Products of matrices that fit the cache, at the speed of the processor's multipliers, whatever the BLAS is.

NumPy's OpenBLAS takes kernels for AVX2 on processors that it does not know, which may have AVX-512, and pays for its
packing: the product of a layer of 64 units and 256 points takes it 25 to 42 us on a core, this 18. Sums of a tile of
the result stay in registers while the terms pass, each added by one fused operation, in an order that follows from the
number of terms and the layout: so the bits of an entry depend neither on the other sizes nor on threads.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import numpy as np
from llvmlite import binding, ir
from numba import config, types
from numba.core import cgutils
from numba.extending import intrinsic

from swref.kernels.cpu.vectors import VECTOR, Memory, fused, repeated, total, transpose
from swref.kernels.policy import compiled

ROWS: Final = 8  # of a tile two vectors wide: half of the registers of AVX-512
SIDE: Final = 4  # of a tile of scalar products
HERE: Final = config.CPU_NAME in (None, binding.get_host_cpu_name())  # what is compiled for, is for this processor
QUICK: Final = not config.DISABLE_JIT and HERE and bool(binding.get_host_cpu_features().get("avx512f"))

Vectors = list[Any]


def _sums(
    builder: Any,
    vector: Any,
    shape: tuple[int, int],
    stop: Any,
    step: int,
    load: Callable[[Any], tuple[Vectors, Vectors]],
) -> list[Vectors]:
    """[sum_s factors[r] * terms[c]], r and c < shape, load(s) giving factors and terms of s = 0, step, ... < stop."""
    zero = ir.Constant(vector, [0.0] * vector.count)
    places = [[cgutils.alloca_once_value(builder, zero) for _ in range(shape[1])] for _ in range(shape[0])]
    for place in (place for row in places for place in row):
        builder.store(zero, place)
    with cgutils.for_range_slice(builder, stop.type(0), stop, stop.type(step)) as (s, _):
        factors, terms = load(s)
        for factor, row in zip(factors, places, strict=True):
            for term, place in zip(terms, row, strict=True):
                builder.store(fused(builder, factor, term, builder.load(place)), place)
    return [[builder.load(place) for place in row] for row in places]


def _tile(rows: int) -> Callable[..., None]:
    """Compiled: out[i, j] = sum_s a[i, s] b[s, j], s ascending, for `rows` rows i and two vectors of j.

    Of each array it takes where in its memory the tile begins; of a the steps from row to row and column to column, of
    b [K, N] both sizes.
    """

    @intrinsic
    def tile(
        typing: Any, a: Any, i: Any, row: Any, column: Any, b: Any, j: Any, K: Any, N: Any, out: Any, at: Any
    ) -> Any:
        def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
            a_value, i, row, column, b_value, j, K, N, out_value, at = arguments
            left, right = Memory(context, builder, a, a_value), Memory(context, builder, b, b_value)
            result, width = Memory(context, builder, out, out_value), at.type(right.vector.count)

            def load(s: Any) -> tuple[Vectors, Vectors]:
                start = builder.add(i, builder.mul(column, s))
                factors = [repeated(builder, left.vector, left.entry(start, row, r)) for r in range(rows)]
                return factors, right.load(right.pointers(builder.add(j, builder.mul(N, s)), width, 2))

            for r, pair in enumerate(_sums(builder, right.vector, (rows, 2), K, 1, load)):
                result.store(pair, result.pointers(builder.add(at, builder.mul(N, N.type(r))), width, 2))
            return context.get_dummy_value()

        index = types.intp
        return types.void(a, index, index, index, b, index, index, index, out, index), generate

    return tile


def _dots(rows: int, columns: int) -> Callable[..., None]:
    """Compiled: out[i, j] = sum_s a[i, s] b[j, s] for so many i and j; of lanes s, s + W, ..., the lanes by halves.

    It takes where in their memory the tiles begin, K, a multiple of W, and N.
    """

    @intrinsic
    def dots(typing: Any, a: Any, i: Any, b: Any, j: Any, K: Any, N: Any, out: Any, at: Any) -> Any:
        def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
            a_value, i, b_value, j, K, N, out_value, at = arguments
            left, right = Memory(context, builder, a, a_value), Memory(context, builder, b, b_value)
            result = Memory(context, builder, out, out_value)

            def load(s: Any) -> tuple[Vectors, Vectors]:
                factors = left.load(left.pointers(builder.add(i, s), K, rows))
                return factors, right.load(right.pointers(builder.add(j, s), K, columns))

            for r, row in enumerate(_sums(builder, left.vector, (rows, columns), K, left.vector.count, load)):
                for c, lanes in enumerate(row):
                    place = builder.add(builder.add(at, builder.mul(N, N.type(r))), N.type(c))
                    builder.store(total(builder, lanes), builder.gep(result.data, [place]))
            return context.get_dummy_value()

        index = types.intp
        return types.void(a, index, b, index, index, index, out, index), generate

    return dots


_tile_of_eight, _tile_of_two, _tile_of_one = _tile(ROWS), _tile(2), _tile(1)
_dots_of_a_tile, _dots_of_a_row, _dots_of_a_column = _dots(SIDE, SIDE), _dots(1, SIDE), _dots(SIDE, 1)


@compiled
def multiply(a, row, column, b, out):
    """out [M, N] = a b, N at least two vectors: entry (i, s) of a is at i row + s column in its memory; b [K, N]."""
    (K, N), M = b.shape, out.shape[0]
    width = 2 * VECTOR // out.itemsize
    rows = ROWS if M >= ROWS else min(M, 2)
    for i in range(0, M, rows):
        i = min(i, M - rows)  # the last tiles take entries again that are there already: to the same bits
        for j in range(0, N, width):
            j = min(j, N - width)
            if rows == ROWS:
                _tile_of_eight(a, i * row, row, column, b, j, K, N, out, i * N + j)
            elif rows == 2:
                _tile_of_two(a, i * row, row, column, b, j, K, N, out, i * N + j)
            else:
                _tile_of_one(a, i * row, row, column, b, j, K, N, out, i * N + j)


@compiled
def multiply_rows(a, b, out):
    """out [M, N] = a [M, K] b [N, K]^T, K a multiple of W, M or N at least SIDE."""
    K, (M, N) = a.shape[1], out.shape
    rows, columns = SIDE if M >= SIDE else 1, SIDE if N >= SIDE else 1
    for i in range(0, M, rows):
        i = min(i, M - rows)
        for j in range(0, N, columns):
            j = min(j, N - columns)
            if rows == 1:
                _dots_of_a_row(a, i * K, b, j * K, K, N, out, i * N + j)
            elif columns == 1:
                _dots_of_a_column(a, i * K, b, j * K, K, N, out, i * N + j)
            else:
                _dots_of_a_tile(a, i * K, b, j * K, K, N, out, i * N + j)


def product(a: np.ndarray, b: np.ndarray, out: np.ndarray) -> bool:
    """out = a b of matrices of one dtype, float32 or float64; False, and nothing done, where NumPy's is to be taken.

    Each of a and b may be in C or in Fortran order; out is in C order.
    """
    (M, N), K = out.shape, len(b)
    if not (QUICK and out.flags.c_contiguous):
        return False
    narrow = N * out.itemsize < 2 * VECTOR
    if (
        a.flags.c_contiguous
        and K * a.itemsize % VECTOR == 0
        and max(M, N) >= SIDE
        and (narrow or b.T.flags.c_contiguous)
    ):
        multiply_rows(a, np.ascontiguousarray(b.T), out)
        return True
    if narrow:  # out^T = b^T a^T is wide
        turned = np.empty((N, M), out.dtype)
        if M * out.itemsize < 2 * VECTOR or not a.flags.f_contiguous or not product(b.T, a.T, turned):
            return False
        out[...] = turned.T
        return True
    if not b.flags.c_contiguous:
        if not b.flags.f_contiguous:
            return False
        b, transposed = np.empty(b.shape, b.dtype), b.T
        transpose(transposed, b)
    if a.flags.c_contiguous:
        multiply(a, K, 1, b, out)
    elif a.flags.f_contiguous:
        multiply(a.T, 1, M, b, out)
    else:
        return False
    return True
