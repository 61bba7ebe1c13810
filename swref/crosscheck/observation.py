"""What a target answered to one case: plain arrays, or the reason why there are none."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from swref.messages import escaped


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


def one_line(error: BaseException) -> str:
    """The type and the message of an exception on one line."""
    return escaped(f"{type(error).__name__}: {' '.join(str(error).split())}"[:300].rstrip(": "))
