"""Plans of launches, without a device: what is launched, on which memory, for which directions. Oracle: by hand."""

from __future__ import annotations

import numpy as np
import pytest

from swref.kernels.cuda.plan import ALIGNMENT, FIRST, SCRATCH, Array, Plan

FLOAT = np.dtype(np.float32)


def recorded() -> tuple[Plan, list[tuple[object, ...]]]:
    """A plan, and where its launches leave what they are launched with."""
    done: list[tuple[object, ...]] = []

    def prepare(kernel, grid, block, shared, arguments):
        return lambda stream, memory, first: done.append(
            (kernel, grid, block, shared, arguments, stream, memory, first)
        )

    return Plan(prepare), done


def test_arrays_lie_beside_each_other_in_the_scratch():
    plan, _ = recorded()
    first, second, third = plan.empty((3, 5), FLOAT), plan.empty((65,), np.float64), plan.empty((), FLOAT)
    assert [array.memory for array in (first, second, third)] == [SCRATCH] * 3
    assert [array.offset for array in (first, second, third)] == [0, ALIGNMENT, 4 * ALIGNMENT]
    assert plan.scratch == 5 * ALIGNMENT
    assert (first.size, first.nbytes, first.steps) == (15, 60, np.empty((3, 5), FLOAT).strides)
    assert (third.size, third.nbytes, third.steps) == (1, 4, ())


def test_parts_of_an_array():
    array = Array(2, (4, 6), FLOAT, offset=256)
    assert array.rows(3) == Array(2, (3, 6), FLOAT, offset=256)
    assert array.reshape(1, 24) == Array(2, (1, 24), FLOAT, offset=256)
    assert Array(1, (4, 6), FLOAT, (4, 16)).steps == (4, 16)


@pytest.mark.parametrize(
    ("size", "total", "order"),
    [
        (3, 8, [("a", 0), ("b", 3), ("b", 3), ("c", 2), ("d", 0)]),
        (4, 8, [("a", 0), ("b", 4), ("b", 4), ("d", 0)]),
        (8, 8, [("a", 0), ("b", 8), ("d", 0)]),
        (9, 8, [("a", 0), ("c", 8), ("d", 0)]),
    ],
)
def test_directions_go_in_groups(size, total, order):
    """Once what is before, then every group with where it starts, what is left as a smaller one, once what is after."""
    plan, done = recorded()
    plan.launch("a", (1,), (1,), 0, FIRST)
    for count in plan.groups(size, total):
        plan.launch("b" if count == size else "c", (count,), (1,), 0, FIRST)
    plan.once()
    plan.launch("d", (1,), (1,), 0)
    plan.run("stream", ["memory"])
    assert [(kernel, grid[0] if kernel in "bc" else 0) for kernel, grid, *_ in done] == order
    firsts = [first for kernel, *_, first in done if kernel in "bc"]
    assert firsts == list(range(0, total, size))
    assert {(stream, *memory) for *_, stream, memory, _ in done} == {("stream", "memory")}
