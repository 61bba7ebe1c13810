"""IDX files, plain or gzipped: the format of MNIST and its kin."""

from __future__ import annotations

import math
import struct
from pathlib import Path
from typing import IO, Final

import numpy as np

from swref.decoding import check_size, decoding
from swref.errors import DataError
from swref.measures.discrete import Discrete
from swref.measures.packed import open_unpacked
from swref.measures.reading import Reading

_TYPES: Final = {8: ">u1", 9: ">i1", 11: ">i2", 12: ">i4", 13: ">f4", 14: ">f8"}
_UINT8: Final = 8  # the type code of unsigned bytes, that images use


def is_idx_name(name: str) -> bool:
    """Whether a file name follows the habit of IDX files: it has idx or ubyte in it.

    >>> is_idx_name("train-images-idx3-ubyte.gz"), is_idx_name("points.csv")
    (True, False)
    """
    return "idx" in name.lower() or "ubyte" in name.lower()


def read_idx(path: Path) -> Discrete:
    """The items of an IDX file as a Discrete measure on points [n, d], d the product of all axes but the first.

    Unsigned bytes are pixels and divided by 255; numbers of other types are taken as they are. Layout: two zero bytes,
    a type code, the number of axes, each axis as a big-endian uint32, then the numbers, big-endian, in C order. The
    file may be packed. Raises DataError for another layout, for labels (bytes on one axis), for numbers that are not
    finite, and for a file that is shorter or longer than its header says, or announces more than it may hold.
    Source: the description of the format on the MNIST page (LeCun, Cortes, Burges).
    """
    with open_unpacked(path) as stream:
        type_code, shape = _header(stream, path)
        dtype = np.dtype(_TYPES[type_code])
        expected = math.prod(shape) * dtype.itemsize
        with decoding(path, DataError):
            check_size(8 * math.prod(shape), path.stat().st_size)
        content = stream.read(expected + 1)
    if len(content) != expected:
        state, found = ("truncated", str(len(content))) if len(content) < expected else ("too long", "more")
        raise DataError(f"{path}: {state}: the header announces {shape}, {expected} bytes of numbers, got {found}")
    if expected == 0:
        raise DataError(f"{path}: nothing in it: the header announces {shape}")
    items = np.frombuffer(content, dtype).reshape(shape[0], -1)  # [n, d]
    points = items / 255.0 if type_code == _UINT8 else items.astype(np.float64)
    if not np.isfinite(points).all():
        row, column = (int(i) for i in np.argwhere(~np.isfinite(points))[0])
        raise DataError(
            f"{path}: item {row}, number {column} (both counted from 0): {points[row, column]} is not finite"
        )
    sizes = " x ".join(map(str, shape[1:]))
    notes = (f"{shape[0]} arrays of {sizes}, each taken as one point, row by row",) if len(shape) > 2 else ()
    return Discrete(points).with_reading(Reading(str(path), notes, shape=shape[1:] if len(shape) > 2 else ()))


def _header(stream: IO[bytes], path: Path) -> tuple[int, tuple[int, ...]]:
    """(type code, shape), as the first bytes announce them."""
    start = stream.read(4)
    if len(start) < 4 or start[:2] != b"\0\0":
        raise DataError(f"{path}: no IDX file: it must begin with two zero bytes, a type code and the number of axes")
    type_code, n_axes = start[2], start[3]
    if type_code not in _TYPES or n_axes < 1:
        raise DataError(
            f"{path}: expected type code {', '.join(map(str, _TYPES))} and an axis or more, got type {type_code}, "
            f"{n_axes} axes"
        )
    if n_axes == 1 and type_code == _UINT8:
        raise DataError(f"{path}: one byte a row (idx1), so these are labels, not points; give the images file (idx3)")
    axes = stream.read(4 * n_axes)
    if len(axes) < 4 * n_axes:
        raise DataError(f"{path}: truncated: the header needs {4 + 4 * n_axes} bytes, the file has {4 + len(axes)}")
    return type_code, struct.unpack(f">{n_axes}I", axes)
