"""Messages between the suite and the process of a target: a JSON header and plain arrays."""

from __future__ import annotations

import io
import json
import struct
from typing import IO, Any

import numpy as np

from swref.errors import DataError

Frame = tuple[dict[str, Any], dict[str, np.ndarray]]


def write_frame(stream: IO[bytes], header: dict[str, Any], arrays: dict[str, np.ndarray] | None = None) -> None:
    """One message: two little-endian 64-bit lengths, a JSON header, an .npz of the arrays (no pickle)."""
    buffer = io.BytesIO()
    if arrays:
        np.savez(buffer, allow_pickle=False, **arrays)
    text, payload = json.dumps(header).encode(), buffer.getvalue()
    stream.write(struct.pack("<QQ", len(text), len(payload)) + text + payload)
    stream.flush()


def read_frame(stream: IO[bytes]) -> Frame:
    """The next message; raises EOFError where the stream ends, DataError for one that is cut short.

    >>> stream = io.BytesIO()
    >>> write_frame(stream, {"case": "a"}, {"x": np.ones(2)})
    >>> _ = stream.seek(0)
    >>> read_frame(stream)[0]
    {'case': 'a'}
    """
    lengths = stream.read(16)
    if not lengths:
        raise EOFError("the stream ended")
    if len(lengths) < 16:
        raise DataError("the message must have 16 bytes of lengths")
    text_length, payload_length = struct.unpack("<QQ", lengths)
    text, payload = stream.read(text_length), stream.read(payload_length)
    if len(text) < text_length or len(payload) < payload_length:
        raise DataError("the message is cut short")
    arrays: dict[str, np.ndarray] = {}
    if payload:
        with np.load(io.BytesIO(payload), allow_pickle=False) as file:
            arrays = {name: file[name] for name in file.files}
    return json.loads(text), arrays
