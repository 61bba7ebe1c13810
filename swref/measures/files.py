"""From a path to a measure: which reader a file goes to, and the errors that all readers share."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import Final

from swref.errors import DataError, InputError
from swref.measures.base import Measure
from swref.measures.columns import Columns, choose_columns
from swref.measures.discrete import Discrete
from swref.measures.idx import is_idx_name, read_idx
from swref.measures.image import read_image
from swref.measures.npy import read_array
from swref.measures.tables import read_table

_READERS: Final[dict[str, Callable[[Path], Measure]]] = {
    ".npy": read_array,
    ".npz": read_array,
    ".png": read_image,
    ".jpg": read_image,
    ".jpeg": read_image,
}
_TABLES: Final = (".csv", ".tsv")
_KNOWN: Final = ", ".join((*_TABLES, *_READERS))


def read_measure(path: str | Path, columns: Columns | None = None) -> Measure:
    """The measure that a file holds; no file is ever executed or unpickled.

    .csv .tsv: a table (tables.read_table); .npy .npz: an array, `file.npz:NAME` for a named one (arrays.read_array);
    .png .jpg: a picture as a density (image.read_image); idx or ubyte in the name: images (idx.read_idx).
    columns: names (tables only) or indices from 0. Raises DataError, one line that opens with the path, for a file that
    is missing, unreadable or of another kind; InputError for columns that do not exist.
    """
    path, key = split_key(Path(path))
    if os.path.isdir(path):
        raise DataError(f"{path}: is a folder, expected a file")
    if not os.path.exists(path):
        raise DataError(f"{path}: no such file")
    try:
        return _read(path, key, columns)
    except OSError as error:
        raise DataError(f"{path}: cannot be read ({error.strerror or error})") from None


def _read(path: Path, key: str | None, columns: Columns | None) -> Measure:
    suffix = path.suffix.lower()
    if suffix in _TABLES:
        return read_table(path, columns)  # chooses while reading, so that other columns may hold text
    if key is not None:
        measure: Measure = read_array(path, key)
    elif suffix in _READERS:
        measure = _READERS[suffix](path)
    elif is_idx_name(path.name):
        measure = read_idx(path)
    else:
        raise DataError(f"{path}: unknown kind of file; expected {_KNOWN}, or an IDX file (idx or ubyte in its name)")
    if isinstance(measure, Discrete):
        return choose_columns(measure, columns, str(path))
    if columns is not None:
        raise InputError(f"{path}: columns cannot be chosen from a picture, a continuous law")
    return measure


def split_key(path: Path) -> tuple[Path, str | None]:
    """`file.npz:NAME` cut in two, unless a file has the whole name."""
    match = re.fullmatch(r"(.+\.npz):([^/\\:]+)", str(path), flags=re.IGNORECASE)
    if match is None or os.path.exists(path):
        return path, None
    return Path(match[1]), match[2]
