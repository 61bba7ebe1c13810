"""The bytes of a data file, unpacked as they are read, and never more of them than a stated multiple of the file."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import os
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import IO, Any, Final

from swref.decoding import LEAST, RATIO
from swref.errors import DataError
from swref.messages import one_line

SUFFIXES: Final = (".gz", ".bz2", ".xz", ".zip")

_MAGIC: Final[dict[bytes, Callable[[IO[bytes]], Any]]] = {
    b"\x1f\x8b": lambda file: gzip.GzipFile(fileobj=file),
    b"BZh": bz2.BZ2File,
    b"\xfd7zXZ\0": lzma.LZMAFile,
    b"PK\x03\x04": lambda file: _only_member(file),
}


def unpacked_name(path: Path) -> str:
    """The name of a file without the suffix of its packing.

    >>> unpacked_name(Path("data/points.csv.gz"))
    'points.csv'
    """
    return path.stem if path.suffix.lower() in SUFFIXES else path.name


def open_unpacked(path: Path, least: int = LEAST) -> IO[bytes]:
    """A stream of the file's bytes; gzip, bzip2, xz and zip (of one member) are told by their first bytes and unpacked.

    Reading it raises DataError where the packing is damaged, or beyond RATIO times the file's size (64 MiB are always
    allowed); OSError where the system refuses.
    """
    file = open(path, "rb")  # noqa: SIM115  # closed by what is returned
    head = file.read(6)
    file.seek(0)
    unpack = next((unpack for magic, unpack in _MAGIC.items() if head.startswith(magic)), None)
    if unpack is None:
        return file
    limit = max(least, RATIO * os.fstat(file.fileno()).st_size)
    try:
        return io.BufferedReader(_Bounded(unpack(file), file, path, limit))
    except Exception as error:
        file.close()
        raise _damaged(path, error) from None


def read_unpacked(path: Path) -> bytes:
    """All the bytes of open_unpacked."""
    with open_unpacked(path) as stream:
        return stream.read()


def _only_member(file: IO[bytes]) -> IO[bytes]:
    archive = zipfile.ZipFile(file)
    names = [name for name in archive.namelist() if not name.endswith("/") and not name.startswith("__MACOSX/")]
    if len(names) != 1:
        raise ValueError(f"expected one file in it, got {len(names)}: unpack it and name one")
    return archive.open(names[0])


def _damaged(path: Path, error: Exception) -> Exception:
    """What to raise for an error of a decompressor: of zlib, lzma, zipfile, or an OSError without a number."""
    if isinstance(error, MemoryError) or (isinstance(error, OSError) and error.errno is not None):
        return error  # the system's own
    return DataError(f"{path}: damaged or truncated packed file ({one_line(str(error) or type(error).__name__)})")


class _Bounded(io.RawIOBase):
    """An unpacked stream that turns damage and excess into one clear line."""

    def __init__(self, stream: Any, file: IO[bytes], path: Path, limit: int):
        self._stream, self._file, self._path, self._left = stream, file, path, limit

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]  # all that BufferedReader gives
        try:
            content = self._stream.read(len(buffer))
        except Exception as error:
            raise _damaged(self._path, error) from None
        self._left -= len(content)
        if self._left < 0:
            raise DataError(f"{self._path}: unpacks to more than {RATIO} times its size and 64 MiB; unpack it yourself")
        buffer[: len(content)] = content
        return len(content)

    def close(self) -> None:
        try:
            self._stream.close()
        finally:
            self._file.close()
            super().close()
