"""Points in NumPy's own files, .npy and .npz, without ever unpickling."""

from __future__ import annotations

import tokenize
import zipfile
import zlib
from pathlib import Path
from typing import Any

import numpy as np

from swref import checks
from swref.errors import DataError
from swref.measures.discrete import Discrete
from swref.measures.reading import Reading, listing
from swref.messages import short, shown

# What numpy.load and the members of an .npz raise on damaged bytes, found by damaging files.
_DAMAGE = (
    ValueError,
    EOFError,
    MemoryError,
    OverflowError,
    KeyError,
    TypeError,
    SyntaxError,
    RuntimeError,
    tokenize.TokenError,
    zipfile.BadZipFile,
    zlib.error,
)


def read_array(path: Path, key: str | None = None, missing: str = "drop") -> Discrete:
    """The rows of the array in a .npy or .npz file as a Discrete measure with uniform weights.

    An array [n] becomes points [n, 1], one with more axes [n, h, w] points [n, h w]; a structured one has its fields of
    numbers as named columns. An .npz holds one array, or just one with two axes, or with more, or `key` names the
    array. Rows with a NaN are left out ("drop") or refused ("error"). Pickled objects are refused: reading them can
    run code. Raises DataError for a damaged file, for no or several candidates, and for entries that are not finite
    numbers, with row and column.
    """
    members = _load(path)
    label = _choose(path, members, key)
    where = str(path) if label is None else f"{path}:{label}"
    array, names = members[label], None
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


def _load(path: Path) -> dict[str | None, np.ndarray]:
    """The arrays of the file: the members of an .npz by name, the array of an .npy under None."""
    try:
        with path.open("rb") as stream:
            loaded = np.load(stream, allow_pickle=False)
            if isinstance(loaded, np.ndarray):
                return {None: loaded}
            members = {key: loaded[key] for key in loaded.files}
            # An archive may hold files of other kinds, which come as bytes.
            return {key: value for key, value in members.items() if isinstance(value, np.ndarray)}
    except _DAMAGE as error:
        if "allow_pickle" in str(error):
            detail = "no plain numeric array in it; pickled objects are refused, since reading them can run code"
        else:
            detail = f"damaged or truncated ({str(error).splitlines()[0] if str(error) else type(error).__name__})"
        raise DataError(f"{path}: {detail}") from None


def _choose(path: Path, members: dict[str | None, np.ndarray], key: str | None) -> str | None:
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


def _listing(members: dict[str | None, np.ndarray]) -> str:
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
