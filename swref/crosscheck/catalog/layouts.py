"""Memory layouts of the same numbers: a backend that reads the buffer and not the strides fails here."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from swref.crosscheck.catalog.makers import USUAL, Make, clouds
from swref.crosscheck.inputs import Inputs
from swref.crosscheck.kinds import Case

Layout = Callable[[np.ndarray], np.ndarray]


def cases() -> list[Case]:
    """The cases of this module."""
    layouts: tuple[tuple[str, str, Layout], ...] = (
        ("fortran", "Fortran order", np.asfortranarray),
        ("every-second-row", "every second row of a larger array", _every_second_row),
        ("columns", "columns cut from a wider array", _columns),
        ("reversed", "negative strides", lambda a: np.ascontiguousarray(a[::-1, ::-1])[::-1, ::-1]),
        ("read-only", "an array that must not be written to", _read_only),
        ("misaligned", "doubles that start at an odd byte", _misaligned),
    )
    fortran = _with(np.asfortranarray, "float32")
    return [
        *(Case(f"layout-{name}", f"{why}: same answer", ("layout",), _with(layout)) for name, why, layout in layouts),
        Case("layout-zero-stride", "one point broadcast to n rows: strides of 0", ("layout", "ties"), _zero_stride),
        Case("layout-fortran-float32", "Fortran order in float32", ("layout", "float32"), fortran),
    ]


def _with(layout: Layout, dtype: str = "float64") -> Make:
    def make(rng: np.random.Generator) -> Inputs:
        inputs = clouds(*USUAL, dtype=dtype)(rng)
        return replace(inputs, x=layout(inputs.x), y=layout(inputs.y), theta=layout(inputs.theta))

    return make


def _every_second_row(array: np.ndarray) -> np.ndarray:
    larger = np.full((2 * len(array), array.shape[1]), 7.0)
    larger[::2] = array
    return larger[::2]


def _columns(array: np.ndarray) -> np.ndarray:
    wider = np.full((len(array), array.shape[1] + 4), 7.0)
    wider[:, 2:-2] = array
    return wider[:, 2:-2]


def _read_only(array: np.ndarray) -> np.ndarray:
    array.setflags(write=False)
    return array


def _misaligned(array: np.ndarray) -> np.ndarray:
    buffer = bytearray(array.nbytes + 1)
    shifted = np.frombuffer(buffer, dtype=array.dtype, count=array.size, offset=1).reshape(array.shape)
    shifted[...] = array
    return shifted


def _zero_stride(rng: np.random.Generator) -> Inputs:
    inputs = clouds(*USUAL)(rng)
    return replace(inputs, x=np.broadcast_to(inputs.x[:1], inputs.x.shape))
