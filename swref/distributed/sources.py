"""A cloud that is read block by block: arrays, .npy files left on disk, Parquet files, anything that can be sliced.

A source is cheap to send: its parts know where their points are, and whoever needs them reads them. Blocks follow from
the sizes of the parts alone; no result depends on them.
"""

from __future__ import annotations

import itertools
import math
import os
from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final, NoReturn

import numpy as np

from swref import checks
from swref.arrays import to_host
from swref.decoding import decoding
from swref.errors import DataError, InputError
from swref.measures.arrow import read_row_group, row_groups
from swref.measures.columns import resolve_columns
from swref.measures.npy import shape_and_dtype
from swref.measures.reading import listing
from swref.messages import short, shown

BLOCK_ELEMENTS: Final = 1 << 20  # numbers read at a time
SAMPLE_RUNS, SAMPLE_ROWS = 16, 256  # runs of rows, evenly spaced: a file may be sorted


@dataclass(frozen=True)
class Part:
    """Some rows of a cloud: `rows` points of `dim` coordinates."""

    rows: int
    dim: int
    dtype: np.dtype
    where: str = ""  # a file
    names: tuple[str, ...] | None = None  # of the columns
    before: int = 0  # rows of the same file or array that are in parts before
    skip: int = 0  # rows of what is read that are not of this part

    @property
    def step(self) -> int:
        """How many rows to read at a time."""
        return max(1, BLOCK_ELEMENTS // self.dim)

    def in_order_of(self, names: tuple[str, ...]) -> Part:
        """The same with its columns in this order."""
        return replace(self, names=names)

    def cut(self, start: int, stop: int) -> Part:
        """Its rows from start to stop, as a part."""
        return replace(self, rows=stop - start, before=self.before + start, skip=self.skip + start)

    def read(self, start: int, stop: int) -> np.ndarray:
        """Its rows from start to stop, [k, d]."""
        raise NotImplementedError


@dataclass(frozen=True)
class ArrayPart(Part):
    """Rows of an array, or of whatever has a shape, can be sliced and turned into an array."""

    array: Any = None

    def in_order_of(self, names: tuple[str, ...]) -> Part:
        """The same with its columns in this order."""
        order = [(self.names or names).index(name) for name in names]
        return replace(self, names=names, array=self.array[:, order])

    def cut(self, start: int, stop: int) -> Part:
        """Its rows from start to stop, as a part, without the others."""
        return replace(self, rows=stop - start, before=self.before + start, array=self.array[start:stop])

    def read(self, start: int, stop: int) -> np.ndarray:
        """Its rows from start to stop, [k, d]."""
        return np.asarray(self.array[start:stop]).reshape(-1, self.dim)


class LazyPart(ArrayPart):
    """A chunk of a Dask array, which is computed as a whole."""

    @property
    def step(self) -> int:
        """All of its rows."""
        return self.rows


@dataclass(frozen=True)
class NpyPart(Part):
    """An .npy file, opened anew for each block: nothing that was read stays."""

    columns: tuple[int, ...] = ()  # those that are taken; all where there are none

    def read(self, start: int, stop: int) -> np.ndarray:
        """Its rows from start to stop, [k, d]."""
        with decoding(Path(self.where), DataError):
            mapped = np.load(self.where, mmap_mode="r", allow_pickle=False)  # which checks its length
            mapped = mapped.reshape(len(mapped), -1)
            first, rows = self.skip + start, mapped[self.skip + start : self.skip + stop]
            if mapped.flags.c_contiguous:  # read, which takes half the time of a map's page faults
                at = mapped.offset + first * mapped.strides[0]
                rows = np.fromfile(self.where, mapped.dtype, rows.size, offset=at).reshape(rows.shape)
            return np.array(rows[:, self.columns] if self.columns else rows, copy=None)


@dataclass(frozen=True)
class ParquetPart(Part):
    """A group of rows of a .parquet file, which is read as a whole."""

    group: int = 0
    left_out: tuple[str, ...] = ()  # columns that were not asked for, and are no numbers

    @property
    def step(self) -> int:
        """All of them."""
        return self.rows

    def read(self, start: int, stop: int) -> np.ndarray:
        """Its rows from start to stop, [k, d]."""
        rows = read_row_group(Path(self.where), self.group, list(self.names or ()), self.dtype)
        return rows[self.skip + start : self.skip + stop]


@dataclass(frozen=True)
class Source:
    """A cloud of points [n, d] in parts."""

    name: str
    parts: tuple[Part, ...]

    @property
    def rows(self) -> int:
        """The points of all parts."""
        return sum(part.rows for part in self.parts)

    @property
    def dim(self) -> int:
        """The coordinates of a point."""
        return self.parts[0].dim

    @property
    def dtype(self) -> np.dtype:
        """float32 where all parts are, else float64."""
        return np.result_type(*(part.dtype for part in self.parts))

    @property
    def names(self) -> tuple[str, ...] | None:
        """Those of the columns, where parts have them."""
        return self.parts[0].names

    def notes(self) -> list[str]:
        """A line for each file of which columns were left out."""
        left_out = {part.where: part.left_out for part in self.parts if isinstance(part, ParquetPart) and part.left_out}
        return [
            f"{os.path.basename(where)}: columns {listing(map(shown, names))} left out: no numbers"
            for where, names in left_out.items()
        ]

    def in_order_of(self, names: tuple[str, ...] | None) -> Source:
        """The same with its columns in this order, where both have names. InputError where those are others."""
        if names is None or all(part.names in (None, names) for part in self.parts):
            return self
        others = [part.names for part in self.parts if part.names is not None]
        for other in others:
            if sorted(other) != sorted(names) or len(set(names)) < len(names):
                came = f"{listing(map(short, names))} and {listing(map(short, other))}"
                raise InputError(
                    f"{self.name} must have the same columns in all parts and as the other cloud, got {came}; "
                    "choose columns, by index from 0 to compare differently named ones"
                )
        parts = (part if part.names is None else part.in_order_of(names) for part in self.parts)
        return replace(self, parts=tuple(parts))

    def starts(self) -> list[int]:
        """The first row of each part, and the number of all rows."""
        return [0, *itertools.accumulate(part.rows for part in self.parts)]

    def blocks(self) -> Iterator[tuple[int, int]]:
        """The rows (start, stop) of all blocks, in order; none reaches over two parts."""
        for part, first in zip(self.parts, self.starts(), strict=False):
            for start in range(0, part.rows, part.step):
                yield first + start, first + min(start + part.step, part.rows)

    def read(self, start: int, stop: int) -> np.ndarray:
        """Rows [stop - start, d] in C order, float32 or float64."""
        starts, pieces = self.starts(), []
        for k in range(bisect_right(starts, start) - 1, bisect_left(starts, stop)):
            part, first = self.parts[k], starts[k]
            piece = part.read(max(start - first, 0), min(stop - first, part.rows))
            pieces.append(np.require(piece, part.dtype, ["C", "W"]))  # kernels are compiled for what may be written to
        return pieces[0] if len(pieces) == 1 else np.concatenate(pieces)

    def between(self, start: int, stop: int) -> Source:
        """The rows from start to stop, as a source."""
        parts = [
            part.cut(max(start - first, 0), min(stop - first, part.rows))
            for part, first in zip(self.parts, self.starts(), strict=False)
            if first < stop and first + part.rows > start
        ]
        return replace(self, parts=tuple(parts))

    @property
    def lazy(self) -> bool:
        """Whether a part is a chunk of a Dask array."""
        return any(isinstance(part, LazyPart) for part in self.parts)

    def sample(self) -> np.ndarray:
        """At most 4096 rows [n, d], evenly spaced runs of them; which ones follows from the number of rows alone."""
        n, dim = self.rows, self.dim
        firsts = np.unique(np.linspace(0, max(0, n - SAMPLE_ROWS), SAMPLE_RUNS).astype(int))
        rows = np.concatenate([self.read(first, min(first + SAMPLE_ROWS, n)).astype(np.float64) for first in firsts])
        finite = rows[np.isfinite(rows).all(axis=1)]  # the pass says where others are
        return finite if len(finite) else np.zeros((1, dim))

    def refuse(self, start: int, x: np.ndarray) -> NoReturn:
        """Raise an error that says which entry of the rows x from `start` on is not finite."""
        bad = np.argwhere(~np.isfinite(x))
        if not len(bad):
            raise InputError(f"{self.name} must have a range that floats can hold")
        row, column = int(bad[0, 0]) + start, int(bad[0, 1])
        came, k = x[row - start, column], bisect_right(self.starts(), row) - 1
        part = self.parts[k]
        row += part.before - self.starts()[k]
        if not part.where:
            raise InputError(f"{self.name} must be finite, got {came} at [{row}, {column}]")
        raise DataError(f"{part.where}: row {row}, column {column} (both counted from 0): {came} is not finite")


def source_of(name: str, value: Any, columns: tuple[str | int, ...] = ()) -> Source:
    """The cloud that `value` stands for: a path or several, an array, or what can be sliced and turned into one.

    Raises InputError, InputTypeError or DataError: no rows, parts of different widths, other dtypes, other files.

    >>> source_of("x", np.zeros((3, 2))).rows
    3
    """
    if isinstance(value, Source):
        return value
    if isinstance(value, (str, os.PathLike)):
        parts = _file_parts(checks.path(name, value), columns)
    elif isinstance(value, (list, tuple)) and value and all(isinstance(one, (str, os.PathLike)) for one in value):
        parts = [part for k, one in enumerate(value) for part in _file_parts(checks.path(f"{name}[{k}]", one), columns)]
    elif columns:
        raise InputError(f"columns are chosen from files, and {name} is none")
    else:
        parts = _array_parts(name, value)
    parts = [part for part in parts if part.rows]
    if not parts:
        raise InputError(f"{name} must hold at least one point, got none")
    for part in parts:
        if part.dim != parts[0].dim:
            raise InputError(
                f"{name} must have as many columns in all parts, got {parts[0].dim} in {parts[0].where} "
                f"and {part.dim} in {part.where}"
            )
    return Source(name, tuple(parts)).in_order_of(parts[0].names)


def _file_parts(path: Path, columns: tuple[str | int, ...]) -> list[Part]:
    where, suffix = str(path), path.suffix.lower()
    if not path.is_file():
        raise DataError(f"{where}: is a folder, expected a file" if path.is_dir() else f"{where}: no such file")
    if suffix == ".parquet":
        sizes, names, others, dtype = row_groups(path, columns)
        starts = itertools.accumulate(sizes, initial=0)
        return [
            ParquetPart(
                size,
                len(names),
                dtype,
                where,
                tuple(names),
                before,
                group=group,
                left_out=() if columns else tuple(others),
            )
            for group, (size, before) in enumerate(zip(sizes, starts, strict=False))
        ]
    if suffix != ".npy":
        raise DataError(f"{where}: expected .npy or .parquet, the files that are read in blocks")
    shape, dtype = shape_and_dtype(path)
    if len(shape) not in (1, 2) or 0 in shape[1:]:
        raise DataError(f"{where}: expected points [n, d] or [n], d >= 1, got shape {shape}")
    chosen = tuple(resolve_columns(columns, None, math.prod(shape[1:]), where)) if columns else ()
    return [NpyPart(shape[0], len(chosen) or math.prod(shape[1:]), _as_read(dtype, where), where, columns=chosen)]


def _array_parts(name: str, value: Any) -> list[Part]:
    """One part, or one for each run of rows of a Dask array, whose chunks are tuples of sizes for each axis."""
    value = to_host(value)
    if not (isinstance(getattr(value, "shape", None), tuple) and hasattr(value, "dtype")):
        value = checks.point_array(name, value)
    checks.unmasked(name, value)
    shape, dtype = tuple(value.shape), _as_read(np.dtype(value.dtype), name)
    if len(shape) != 2 or 0 in shape[1:]:
        raise InputError(f"{name} must have two axes [n, d], d >= 1, got shape {shape}")
    if any(math.isnan(size) for size in shape):
        raise InputError(f"{name} must have chunks of known sizes, as after compute_chunk_sizes(), got shape {shape}")
    chunks = getattr(value, "chunks", None)
    if not (isinstance(chunks, tuple) and chunks and isinstance(chunks[0], tuple)):
        return [ArrayPart(int(shape[0]), int(shape[1]), dtype, array=value)]
    starts = itertools.accumulate(chunks[0], initial=0)
    return [
        LazyPart(size, int(shape[1]), dtype, before=start, array=value[start : start + size])
        for start, size in zip(starts, chunks[0], strict=False)
    ]


def _as_read(dtype: np.dtype, name: str) -> np.dtype:
    """float32 and float64 stay, whole numbers and booleans become float64."""
    native = dtype.newbyteorder("=")
    if native in checks.FLOATS:
        return native
    if dtype.kind in "iub":
        return np.dtype(np.float64)
    raise InputError(f"{name} must be of float32, float64 or integers, got dtype {dtype}")
