"""Points in NumPy's own files, .npy and .npz, without ever unpickling."""

from __future__ import annotations

import ast
import math
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, Final

import numpy as np

from swref import checks
from swref.decoding import check_archive, check_size, decoding
from swref.errors import DataError
from swref.measures.discrete import Discrete
from swref.measures.reading import Reading, listing
from swref.messages import short, shown

MAGIC: Final = b"\x93NUMPY"
_PICKLED: Final = "no plain numeric array in it; pickled objects are refused, since reading them can run code"
LONGEST_HEADER, DEEPEST = 10_000, 10  # bytes; brackets in brackets: a parser may take a time that doubles with each


@dataclass(frozen=True)
class _Header:
    """What an array says of itself before its numbers."""

    shape: tuple[int, ...]
    dtype: np.dtype

    @property
    def ndim(self) -> int:
        """The number of axes."""
        return len(self.shape)


def read_array(path: Path, key: str | None = None, missing: str = "drop") -> Discrete:
    """The rows of the array in a .npy or .npz file as a Discrete measure with uniform weights.

    An array [n] becomes points [n, 1], one with more axes [n, h, w] points [n, h w]; a structured one has its fields of
    numbers as named columns. An .npz holds one array, or just one with two axes, or with more, or `key` names the
    array. Rows with a NaN are left out ("drop") or refused ("error"). Pickled objects are refused: reading them can
    run code. Raises DataError for a damaged file, for no or several candidates, and for entries that are not finite
    numbers, with row and column.
    """
    with decoding(path, DataError):
        members = _headers(path)
        label = _choose(path, members, key)
        where = str(path) if label is None else f"{path}:{label}"
        array, names = _numbers(path, label, members[label]), None
    notes: list[str] = []
    shape = array.shape[1:] if array.ndim > 2 else ()
    if array.dtype.names is not None:
        array, names = _fields(array, where, notes)
    elif array.ndim > 2:
        notes.append(
            f"{len(array)} arrays of {' x '.join(map(str, array.shape[1:]))}, each taken as one point, row by row"
        )
        array = array.reshape(len(array), -1) if array.size else array
    points = array_points(array, where, missing, notes)
    return Discrete(points, names=names).with_reading(Reading(where, tuple(notes), shape=shape))


def shape_and_dtype(path: Path) -> tuple[tuple[int, ...], np.dtype]:
    """Of the array in an .npy, whose numbers are known to be there; DataError for any other file."""
    with decoding(path, DataError):
        with path.open("rb") as stream:
            header = _header(stream)
        if header is None or header.dtype.hasobject:
            raise DataError(f"{path}: {_PICKLED}")
        _check_length(header, path.stat().st_size)
        return header.shape, header.dtype


def _headers(path: Path) -> dict[str | None, _Header]:
    """What the file holds: the arrays of an .npz by name, that of an .npy under None."""
    with path.open("rb") as stream:
        if (found := _header(stream)) is not None:
            return {None: found}
    if not zipfile.is_zipfile(path):
        raise DataError(f"{path}: {_PICKLED}")
    check_archive(path, path.stat().st_size)
    headers: dict[str | None, _Header] = {}
    with zipfile.ZipFile(path) as archive:
        for member in archive.infolist():
            with archive.open(member) as stream:  # an archive may hold files of other kinds, too
                if member.filename.endswith(".npy") and (found := _header(stream)) is not None:
                    headers[member.filename.removesuffix(".npy")] = found
    return headers


def _header(stream: IO[bytes]) -> _Header | None:
    """The header of an .npy, None for another file. ValueError for one that is none, or longer or deeper than any."""
    start = stream.read(8)
    if start[:6] != MAGIC:
        return None
    length = int.from_bytes(stream.read(2 if start[6] == 1 else 4), "little")
    text = stream.read(min(length, LONGEST_HEADER + 1)).decode("utf-8" if start[6] >= 3 else "latin-1")
    depth = 0
    for letter in text:
        depth += (letter in "([{") - (letter in ")]}")
        if depth > DEEPEST:
            raise ValueError("its header is nested deeper than any")
    if not 0 < len(text) <= LONGEST_HEADER:
        raise ValueError(f"its header has {length} bytes, and {LONGEST_HEADER} are the most")
    described = ast.literal_eval(text.strip())
    shape, dtype = tuple(described["shape"]), np.lib.format.descr_to_dtype(described["descr"])
    if not all(isinstance(size, int) and size >= 0 for size in shape):
        raise ValueError(f"its shape is {shape}")
    return _Header(shape, dtype)


def _numbers(path: Path, label: str | None, header: _Header) -> np.ndarray:
    """The array named `label`, the file's own for None, once its numbers are known to be there."""
    if header.dtype.hasobject:
        raise DataError(f"{path}: {_PICKLED}")
    if label is None:
        there = path.stat().st_size
    else:
        with zipfile.ZipFile(path) as archive:
            there = archive.getinfo(f"{label}.npy").file_size
    _check_length(header, there)
    check_size(8 * math.prod(header.shape) * len(header.dtype.names or " "), path.stat().st_size)
    loaded = np.load(path, allow_pickle=False)
    if label is None:
        return loaded
    with loaded as file:
        return file[label]


def _check_length(header: _Header, there: int) -> None:
    announced = math.prod(header.shape) * header.dtype.itemsize
    if announced > there:
        raise ValueError(f"its header announces {announced} bytes of numbers, and there are fewer than {there}")


def _choose(path: Path, members: dict[str | None, _Header], key: str | None) -> str | None:
    """The name of the array to read."""
    if None in members and key is not None:
        raise DataError(f"{path}: holds one array without a name, so {checks.shown(key)} cannot be chosen")
    if key is not None:
        if key not in members:
            raise DataError(f"{path}: no array named {checks.shown(key)}, only {_listing(members)}")
        return key
    candidates = list(members)
    if len(members) > 1:  # points beside what is none; or a set of images beside its labels
        points = [name for name, value in members.items() if value.ndim == 2]
        candidates = points or [name for name, value in members.items() if value.ndim > 2]
    if len(candidates) != 1:
        raise DataError(
            f"{path}: expected one array of two axes [n, d], got {_listing(members)}; choose one with {path.name}:NAME"
        )
    return candidates[0]


def _listing(members: dict[str | None, _Header]) -> str:
    named = [("" if name is None else f"{short(name)} ") + str(value.shape) for name, value in members.items()]
    return listing(named) or "no array"


def array_points(array: np.ndarray, where: str, missing: str, notes: list[str]) -> np.ndarray:
    """`array` as points[n, d] in float64, an array [n] as [n, 1]; DataError, opened by `where`, if it cannot be that.

    >>> array_points(np.arange(3), "memory", "drop", []).shape
    (3, 1)
    """
    if array.dtype.kind not in "iubf":
        raise DataError(f"{where}: expected real numbers, got dtype {array.dtype}")
    if array.ndim not in (1, 2) or array.size == 0:
        raise DataError(f"{where}: expected points [n, d] or [n], n and d >= 1, got shape {array.shape}")
    points = array.astype(np.float64).reshape(len(array), -1)
    whole = ~np.isnan(points).any(axis=1)  # [n]
    if missing != "error" and whole.any() and not whole.all():
        notes.append(f"{len(points) - int(whole.sum())} of {len(points)} rows left out: missing values (nan)")
        points = points[whole]
    bad = ~np.isfinite(points)
    if bad.any():
        row, column = (int(i) for i in np.argwhere(bad)[0])
        raise DataError(
            f"{where}: row {row}, column {column} (both counted from 0): {points[row, column]} is not finite"
        )
    return points


def _fields(array: np.ndarray, where: str, notes: list[str]) -> tuple[np.ndarray, tuple[str, ...]]:
    """The fields of numbers of a structured array as columns [n, d], and their names."""
    fields: dict[str, Any] = dict(array.dtype.fields or {})
    numeric = [name for name, (dtype, *_) in fields.items() if dtype.kind in "iubf" and not dtype.shape]
    others = [shown(name) for name in fields if name not in numeric]
    if not numeric or array.ndim != 1 or array.size == 0:
        raise DataError(
            f"{where}: expected records [n] with fields of numbers, got {array.dtype} of shape {array.shape}"
        )
    if others:
        notes.append(f"fields {listing(others)} left out: no single numbers")
    return np.column_stack([array[name].astype(np.float64) for name in numeric]), tuple(numeric)
