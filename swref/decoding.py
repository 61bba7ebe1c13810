"""Files of ours, decoded: what each holds is a schema, and whatever else comes is one error in one line.

They may come from anybody, so nothing is believed: an archive is asked what it unpacks to before it does, numbers have
the type, the shape and the range that the schema says, and no exception of a decoder leaves this module.
"""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np

from swref.errors import SwrefError
from swref.files import read_regular
from swref.messages import one_line

RATIO: Final = 200  # unpacked bytes over packed ones, at most; a table packs to a third or a tenth
LEAST: Final = 2**26  # what every file may unpack to, however small it is


@dataclass(frozen=True)
class Array:
    """What an array must be: kinds of its dtype ("f", "iu", "U", "b"), axes by a letter, the same length for the same
    letter, and for numbers whether each is finite and the least of them."""

    kinds: str
    axes: str = ""
    optional: bool = False
    finite: bool = True
    least: float | None = None

    def fault(self, array: np.ndarray, lengths: dict[str, int]) -> str:
        """What is wrong with it, in words; nothing where it is right. `lengths` of the letters grow."""
        if array.dtype.kind not in self.kinds:
            return f"has dtype {array.dtype}"
        if array.ndim != len(self.axes) or any(
            lengths.setdefault(axis, size) != size for axis, size in zip(self.axes, array.shape, strict=True)
        ):
            return f"has shape {array.shape}, not [{', '.join(f'{a} = {lengths.get(a)}' for a in self.axes)}]"
        if self.finite and array.dtype.kind == "f" and not np.isfinite(array).all():
            return "is not finite"
        if self.least is not None and array.size and array.min() < self.least:
            return f"is below {self.least:g}"
        return ""


Schema = Mapping[str, Array]


class TooMuchError(ValueError):
    """A file that would take more memory than files may, by what it says of itself."""


@contextmanager
def decoding(path: Path, refusal: type[SwrefError], remedy: str = "") -> Iterator[None]:
    """Inside, whatever goes wrong with the content of `path` is raised as `refusal`, in one line that ends with the
    `remedy`.

    >>> from swref.errors import RunError
    >>> with decoding(Path("a.npz"), RunError):
    ...     {}["u"]
    Traceback (most recent call last):
    swref.errors.RunError: a.npz is damaged or cut short (KeyError: 'u')
    """
    try:
        yield
    except refusal:
        raise
    except TooMuchError as error:
        raise refusal(f"{path}: {error}") from None
    except OSError as error:
        raise refusal(f"{path} cannot be read ({error.strerror or error})") from None
    except SwrefError as error:
        raise refusal(f"{path} is damaged or cut short ({one_line(str(error))}){remedy}") from None
    except Exception as error:  # of zip, zlib, lzma, NumPy's parser, JSON, TOML: there is no list of them
        said = f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
        raise refusal(f"{path} is damaged or cut short ({one_line(said)}){remedy}") from None


def read_npz(
    path: Path, refusal: type[SwrefError], schema: Schema | None = None, format: int | None = None
) -> dict[str, np.ndarray]:
    """The arrays of an .npz, as `schema` says (None: whatever is in it), others may be there, too; of this `format`.

    Raises `refusal`, also for an archive that unpacks to more than RATIO times its size and 64 MiB.
    """
    with decoding(path, refusal):
        values = npz_arrays(read_regular(path))
        if format is not None and int(values["format"]) != format:
            raise refusal(f"{path} has another format than {format}, the one this version reads")
        if schema is not None:
            check(values, schema)
        return values


def npz_arrays(content: bytes) -> dict[str, np.ndarray]:
    """The arrays in the bytes of an .npz; whatever a decoder raises where they are none, so inside of `decoding`."""
    check_archive(io.BytesIO(content), len(content))
    with np.load(io.BytesIO(content), allow_pickle=False) as file:
        return {name: file[name] for name in file.files}


def check_archive(file: Path | io.BytesIO, size: int) -> None:
    """Raise ValueError where `file`, an archive of `size` bytes, is none, or says that it unpacks to too much."""
    with zipfile.ZipFile(file) as archive:  # np.load would guess among formats
        unpacked = sum(member.file_size for member in archive.infolist())
    check_size(unpacked, size)


def check_size(unpacked: int, size: int) -> None:
    """Raise TooMuchError where a file of `size` bytes would unpack, or its numbers, of 8 bytes each, would come to more
    than RATIO times that and 64 MiB."""
    if unpacked > max(LEAST, RATIO * size):
        raise TooMuchError(f"it unpacks to {unpacked} bytes, more than {RATIO} times its size and 64 MiB")


def check(values: Mapping[str, Any], schema: Schema) -> None:
    """Raise ValueError unless the arrays are those of `schema`; others may be there."""
    lengths: dict[str, int] = {}
    for name, array in schema.items():
        if name not in values:
            if array.optional:
                continue
            raise ValueError(f"{name} is missing")
        if not isinstance(values[name], np.ndarray):  # a member of the archive that is no array comes as bytes
            raise ValueError(f"{name} is no array")
        if fault := array.fault(values[name], lengths):
            raise ValueError(f"{name} {fault}")


def read_json(path: Path, refusal: type[SwrefError]) -> dict[str, Any]:
    """The JSON object in a file; `refusal` for anything else, FileNotFoundError where there is none."""
    if not path.exists():
        raise FileNotFoundError(path)
    with decoding(path, refusal):
        values = json.loads(read_regular(path))
        if not isinstance(values, dict):
            raise ValueError(f"it holds {type(values).__name__}, no object")
        return values


def read_table(path: Path, names: tuple[str, ...], refusal: type[SwrefError]) -> dict[str, np.ndarray]:
    """The columns of a CSV of numbers under the header `names`; a last row that is not ended is none."""
    with decoding(path, refusal):
        header, *lines = read_regular(path).decode("ascii").split("\n")[:-1] or [""]
        if header.rstrip("\r") != ",".join(names):
            raise ValueError(f"its header is not {','.join(names)}")
        rows = [line.split(",") for line in lines]
        if any(len(row) != len(names) for row in rows):
            raise ValueError(f"a row is not {len(names)} numbers")
        if any(letter in line for line in lines for letter in "_ \t"):  # which Python's floats may have
            raise ValueError("a cell is no number as it is written")
        table = np.array(rows, dtype=np.float64).reshape(len(rows), len(names))
        return dict(zip(names, table.T, strict=True))
