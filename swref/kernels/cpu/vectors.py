"""Vectors of 64 bytes in compiled code, where the compiler finds none by itself: code that is generated for LLVM."""

from __future__ import annotations

from typing import Any, Final

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

from swref.kernels.policy import compiled

VECTOR: Final = 64  # bytes; where registers are shorter LLVM takes several


class Memory:
    """Of an array, in code that is being generated: vectors of VECTOR bytes."""

    def __init__(self, context: Any, builder: Any, kind: Any, value: Any):
        self.builder, self.size = builder, kind.dtype.bitwidth // 8
        self.data = context.make_array(kind)(context, builder, value).data
        self.vector = ir.VectorType(context.get_value_type(kind.dtype), VECTOR // self.size)

    def pointers(self, start: Any, step: Any, count: int) -> list[Any]:
        """To the vectors that begin at the entries start, start + step, ..."""
        places = [self.builder.add(start, self.builder.mul(step, start.type(t))) for t in range(count)]
        return [self.builder.bitcast(self.builder.gep(self.data, [k]), self.vector.as_pointer()) for k in places]

    def entry(self, start: Any, step: Any, count: int) -> Any:
        """The one at start + count step."""
        place = self.builder.add(start, self.builder.mul(step, step.type(count)))
        return self.builder.load(self.builder.gep(self.data, [place]))

    def load(self, pointers: list[Any]) -> list[Any]:
        """Their vectors."""
        return [self.builder.load(pointer, align=self.size) for pointer in pointers]

    def store(self, rows: list[Any], pointers: list[Any]) -> None:
        """Write vectors where the pointers are."""
        for row, pointer in zip(rows, pointers, strict=True):
            self.builder.store(row, pointer, align=self.size)


def _shuffled(builder: Any, vector: Any, indices: list[int]) -> Any:
    """The vector of these entries of a vector."""
    mask = ir.Constant(ir.VectorType(ir.IntType(32), len(indices)), indices)
    return builder.shuffle_vector(vector, ir.Constant(vector.type, ir.Undefined), mask)


def repeated(builder: Any, vector: Any, value: Any) -> Any:
    """A vector of this type, all of whose entries are `value`."""
    first = builder.insert_element(ir.Constant(vector, ir.Undefined), value, ir.IntType(32)(0))
    return _shuffled(builder, first, [0] * vector.count)


def fused(builder: Any, a: Any, b: Any, c: Any) -> Any:
    """a b + c, rounded once."""
    bits = {"float": 32, "double": 64}[str(a.type.element)]
    function = ir.FunctionType(a.type, [a.type] * 3)
    name = f"llvm.fma.v{a.type.count}f{bits}"
    return builder.call(cgutils.get_or_insert_function(builder.module, function, name), [a, b, c])


def total(builder: Any, lanes: Any) -> Any:
    """The sum of a vector's entries, of its halves, of their halves, ..."""
    while (half := lanes.type.count // 2) > 0:
        both = _shuffled(builder, lanes, list(range(half))), _shuffled(builder, lanes, list(range(half, 2 * half)))
        lanes = builder.fadd(*both)
    return builder.extract_element(lanes, ir.IntType(32)(0))


@intrinsic
def transpose_tile(typing: Any, source: Any, at: Any, stride: Any, target: Any, to: Any, step: Any) -> Any:
    """target[to + j step + i] = source[at + i stride + j] for i, j < W, in flat indices: log2(W) rounds of shuffles."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        memory, out = (Memory(context, builder, kind, arguments[k]) for kind, k in ((source, 0), (target, 3)))
        width = memory.vector.count
        rows = memory.load(memory.pointers(arguments[1], arguments[2], width))
        mask = ir.VectorType(ir.IntType(32), width)
        for d in (1 << level for level in range(width.bit_length() - 1)):
            low = ir.Constant(mask, [j if not j & d else width + j - d for j in range(width)])
            high = ir.Constant(mask, [j + d if not j & d else width + j for j in range(width)])
            for i in (i for i in range(width) if not i & d):
                a, b = rows[i], rows[i + d]
                rows[i], rows[i + d] = builder.shuffle_vector(a, b, low), builder.shuffle_vector(a, b, high)
        out.store(rows, out.pointers(arguments[4], arguments[5], width))
        return context.get_dummy_value()

    return types.void(source, types.intp, types.intp, target, types.intp, types.intp), generate


@compiled
def transpose(source, target):
    """target [m, n] = source [n, m]^T, both in C order."""
    n, m = source.shape
    width = VECTOR // source.itemsize
    whole_n, whole_m = n - n % width, m - m % width
    for i in range(0, whole_n, width):
        for j in range(0, whole_m, width):
            transpose_tile(source, i * m + j, m, target, j * n + i, n)
    for i in range(n):
        for j in range(whole_m if i < whole_n else 0, m):
            target[j, i] = source[i, j]
