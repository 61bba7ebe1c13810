"""IDX files, plain or gzipped: the format of MNIST and its kin."""

from __future__ import annotations

import gzip
import math
import struct
import zlib
from pathlib import Path
from typing import Final

import numpy as np

from swref.errors import DataError
from swref.measures.discrete import Discrete

_GZIP: Final = b"\x1f\x8b"
_UINT8: Final = 8  # the type code of unsigned bytes, the only one that images use


def is_idx_name(name: str) -> bool:
    """Whether a file name follows the habit of IDX files: it has idx or ubyte in it.

    >>> is_idx_name("train-images-idx3-ubyte.gz"), is_idx_name("points.csv")
    (True, False)
    """
    return "idx" in name.lower() or "ubyte" in name.lower()


def read_idx(path: Path) -> Discrete:
    """The images of an idx3-ubyte file as a Discrete measure on points [n, rows * cols], pixels divided by 255.

    Layout: two zero bytes, a type code (8: unsigned bytes), the number of axes, each axis as a big-endian uint32, then
    the bytes in C order. Raises DataError for another layout or type, for labels (idx1), and for a file that is
    shorter or longer than its header says.
    Source: the description of the format on the MNIST page (LeCun, Cortes, Burges).
    """
    content = _content(path)
    if len(content) < 4 or content[:2] != b"\0\0":
        raise DataError(f"{path}: no IDX file: it must begin with two zero bytes, a type code and the number of axes")
    type_code, n_axes = content[2], content[3]
    if n_axes == 1:
        raise DataError(
            f"{path}: one number a row (idx1), so these are labels, not points; give the images file (idx3)"
        )
    if type_code != _UINT8 or n_axes < 2:
        raise DataError(
            f"{path}: expected images of unsigned bytes (type 8, 2 axes or more), got type {type_code}, {n_axes} axes"
        )
    start = 4 + 4 * n_axes
    if len(content) < start:
        raise DataError(f"{path}: truncated: the header needs {start} bytes, the file has {len(content)}")
    shape = struct.unpack(f">{n_axes}I", content[4:start])
    expected, found = math.prod(shape), len(content) - start
    if found != expected:
        state = "truncated" if found < expected else "too long"
        raise DataError(f"{path}: {state}: the header announces {shape}, {expected} bytes of pixels, got {found}")
    if expected == 0:
        raise DataError(f"{path}: no image in it: the header announces {shape}")
    pixels = np.frombuffer(content, np.uint8, offset=start).reshape(shape[0], -1)  # [n, rows * cols]
    return Discrete(pixels / 255.0)


def _content(path: Path) -> bytes:
    """The bytes of the file, unpacked if they are gzipped, whatever the name says."""
    content = path.read_bytes()
    if content[:2] != _GZIP:
        return content
    try:
        return gzip.decompress(content)
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise DataError(f"{path}: damaged or truncated gzip file ({error})") from None
