"""What a target answered to one case: plain arrays, or the reason why there are none."""

from __future__ import annotations

import io
import json
import struct
from dataclasses import dataclass, field
from typing import Any, BinaryIO

import numpy as np

from swref.errors import DataError


class TargetError(Exception):
    """The target returned something that is no array of real numbers: the message says what."""


@dataclass
class Observation:
    """Arrays by name, or a failure: `status` one of ok, skip, error, invalid, timeout, crash, and `detail` one line.

    Names of the arrays: value, dx, dy (a Case); before, after (a relation); loss, phi, u1 (a network); loss, u (a
    trace); value [k], dx [k, n, d] (a mean). `notes` are failures that leave part of the answer standing.
    """

    arrays: dict[str, np.ndarray] = field(default_factory=dict)
    status: str = "ok"
    detail: str = ""
    notes: dict[str, str] = field(default_factory=dict)
    seconds: float = 0.0
    compile_seconds: float = 0.0


def real_array(name: str, value: Any) -> np.ndarray:
    """`value` as a NumPy array of floats; raises TargetError for anything that is not.

    >>> real_array("value", 2).tolist()
    2.0
    >>> real_array("value", "2.0")
    Traceback (most recent call last):
    swref.crosscheck.observation.TargetError: value must be a real number or an array of them, got str
    """
    if value is None or isinstance(value, (str, bytes, dict)):
        raise TargetError(f"{name} must be a real number or an array of them, got {type(value).__name__}")
    if hasattr(value, "detach"):  # a torch tensor that carries a graph
        value = value.detach()
    try:
        array = np.asarray(value)
    except (TypeError, ValueError, RuntimeError) as error:
        raise TargetError(f"{name} must be a real number or an array of them ({error})") from None
    if array.dtype.kind in "iub":
        return array.astype(np.float64)
    if array.dtype.name == "bfloat16":  # of ml_dtypes: NumPy cannot store it
        return array.astype(np.float32)
    if array.dtype.kind != "f":
        raise TargetError(f"{name} must be a real number or an array of them, got dtype {array.dtype}")
    return array


def write_frame(stream: BinaryIO, header: dict[str, Any], arrays: dict[str, np.ndarray] | None = None) -> None:
    """One message: two little-endian 64-bit lengths, a JSON header, an .npz of the arrays (no pickle)."""
    buffer = io.BytesIO()
    if arrays:
        np.savez(buffer, allow_pickle=False, **arrays)
    text, payload = json.dumps(header).encode(), buffer.getvalue()
    stream.write(struct.pack("<QQ", len(text), len(payload)) + text + payload)
    stream.flush()


def read_frame(stream: BinaryIO) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
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
