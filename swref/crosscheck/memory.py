"""Arrays as they lie in memory: their layout is part of a question, and a plain copy would lose it."""

from __future__ import annotations

from typing import Any

import numpy as np


def image(array: np.ndarray) -> tuple[np.ndarray, dict[str, Any]]:
    """The numbers [N] from the first to the last address that `array` touches, and its layout in JSON's types.

    >>> numbers, layout = image(np.arange(8.0).reshape(4, 2)[::-2, :1])
    >>> numbers.tolist(), layout["strides"], layout["start"]
    ([2.0, 3.0, 4.0, 5.0, 6.0], [-4, 1], 4)
    """
    size = array.itemsize
    if any(stride % size for stride in array.strides) or 0 in array.shape:  # fields of a record: copied in C order
        array = np.array(array, order="C")
    reach = [(length - 1) * stride // size for length, stride in zip(array.shape, array.strides, strict=True)]
    lowest = array[tuple(slice(None, None, -1) if stride < 0 else slice(None) for stride in array.strides)]
    numbers = np.lib.stride_tricks.as_strided(lowest, (1 + sum(map(abs, reach)),), (size,), writeable=False)
    layout = {
        "shape": list(array.shape),
        "strides": [stride // size for stride in array.strides],
        "start": -sum(step for step in reach if step < 0),
        "shift": array.ctypes.data % size,
        "writeable": array.flags.writeable,
    }
    return numbers, layout


def restored(numbers: np.ndarray, layout: dict[str, Any]) -> np.ndarray:
    """The array of an image, in memory of its own.

    >>> restored(*image(np.arange(8.0).reshape(4, 2)[::-2, :1])).tolist()
    [[6.0], [2.0]]
    """
    size = numbers.itemsize
    room = np.empty(numbers.nbytes + size, dtype=np.uint8)
    first = (layout["shift"] - room.ctypes.data) % size
    own = room[first : first + numbers.nbytes].view(numbers.dtype)
    own[...] = numbers
    strides = tuple(stride * size for stride in layout["strides"])
    array: np.ndarray = np.ndarray(layout["shape"], own.dtype, own, layout["start"] * size, strides)
    array.setflags(write=layout["writeable"])
    return array
