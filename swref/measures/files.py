"""From a path to a measure: which reader a file goes to, and the errors that all readers share."""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Final

from swref.errors import DataError, InputError
from swref.measures.arrow import read_arrow
from swref.measures.base import Measure
from swref.measures.columns import choose_columns
from swref.measures.discrete import Discrete
from swref.measures.idx import is_idx_name, read_idx
from swref.measures.image import read_image
from swref.measures.npy import read_array
from swref.measures.packed import unpacked_name
from swref.measures.reading import TableOptions
from swref.measures.tables import read_table

_PICTURES: Final[dict[str, Callable[[Path], Measure]]] = dict.fromkeys(
    (".png", ".jpg", ".jpeg", ".tif", ".tiff"), read_image
)
_ARRAYS: Final = (".npy", ".npz")
_ARROW: Final = (".parquet", ".feather", ".arrow")
_TEXT: Final = (".csv", ".tsv", ".tab", ".txt", ".dat")
_KNOWN: Final = ", ".join((*_TEXT, *_ARRAYS, *_ARROW, *_PICTURES))
_AUTOMATIC: Final = TableOptions()


def read_measure(path: str | Path, options: TableOptions = _AUTOMATIC, keep_constant: bool = False) -> Measure:
    """The measure that a file holds; no file is ever executed or unpickled.

    .csv .tsv .tab .txt .dat: a table of text, also packed as .gz .bz2 .xz .zip (tables.read_table); .parquet .feather
    .arrow: a table (arrow.read_arrow); .npy .npz: an array, `file.npz:NAME` for a named one (npy.read_array); .png
    .jpg .tif: a picture as a density (image.read_image); idx or ubyte in the name: images (idx.read_idx). options:
    columns and missing are for all but pictures, the others for text. Raises DataError, one line that opens with the
    path, for a file that is missing, unreadable or of another kind; InputError for columns that do not exist.
    """
    path, key = split_key(Path(path))
    try:
        mode = os.stat(path).st_mode
        if stat.S_ISDIR(mode):
            raise DataError(f"{path}: is a folder, expected a file")
        if not stat.S_ISREG(mode):  # a pipe would be empty at the second look
            raise DataError(f"{path}: is no regular file; save the data to one")
        return _read(path, key, options, keep_constant)
    except FileNotFoundError:
        raise DataError(f"{path}: no such file") from None
    except OSError as error:
        raise DataError(f"{path}: cannot be read ({error.strerror or error})") from None
    except MemoryError:
        raise DataError(f"{path}: reading it takes more memory than there is") from None


def _read(path: Path, key: str | None, options: TableOptions, keep_constant: bool) -> Measure:
    if is_text_name(path):
        return read_table(path, options, keep_constant)
    refuse_text_options(str(path), options)
    suffix = path.suffix.lower()
    if suffix in _ARROW:
        return read_arrow(path, options, keep_constant)
    if key is not None or suffix in _ARRAYS:
        measure: Measure = read_array(path, key, options.missing)
    elif suffix in _PICTURES:
        measure = _PICTURES[suffix](path)
    elif is_idx_name(path.name):
        measure = read_idx(path)
    else:
        raise DataError(f"{path}: unknown kind of file; expected {_KNOWN}, or an IDX file (idx or ubyte in its name)")
    if isinstance(measure, Discrete):
        return choose_columns(measure, options.columns or None, str(path))
    if options.columns:
        raise InputError(f"{path}: columns cannot be chosen from a picture, a continuous law")
    return measure


def is_text_name(path: Path) -> bool:
    """Whether the name is that of a table of text, packed or not; a .zip is taken for one whatever it is called.

    >>> is_text_name(Path("a.csv.gz")), is_text_name(Path("a.npy"))
    (True, False)
    """
    inner = os.path.splitext(unpacked_name(path))[1].lower()
    return inner in _TEXT or (path.suffix.lower() == ".zip" and not is_idx_name(path.name))


def refuse_text_options(where: str, options: TableOptions) -> None:
    """Raise InputError where an option is given that only a table of text can have."""
    for name in ("sep", "decimal", "header", "encoding"):
        if getattr(options, name):
            raise InputError(f"{where}: {name} is for tables of text (.csv and the like), and this is none")


def split_key(path: Path) -> tuple[Path, str | None]:
    """`file.npz:NAME` cut in two, unless a file has the whole name."""
    match = re.fullmatch(r"(.+\.npz):([^/\\:]+)", str(path), flags=re.IGNORECASE)
    if match is None or os.path.exists(path):
        return path, None
    return Path(match[1]), match[2]
