"""What a caller may give for a measure: a measure, an array of points, or something that stands for one."""

from __future__ import annotations

from typing import Any

from swref import checks
from swref.errors import InputTypeError
from swref.measures.base import Measure
from swref.measures.discrete import Discrete


def as_measure(name: str, value: Any) -> Measure:
    """`value` as a measure: one stays as it is, points [m, d] become a Discrete, a run stands for its generator.

    Raises InputTypeError for anything else, InputError for an array that is no points, both naming the argument.

    >>> as_measure("target", [[0.0, 1.0]])
    Discrete(m=1, dim=2, uniform)
    """
    if isinstance(value, Measure):
        return value
    generator = getattr(value, "generator", None)
    if isinstance(generator, Measure):
        return generator
    if value is None or isinstance(value, (str, bytes)) or not (hasattr(value, "__array__") or _is_list(value)):
        raise InputTypeError(f"{name} must be a measure (with dim and sample) or points [m, d], got {value!r}")
    return Discrete(checks.points(name, value))


def _is_list(value: Any) -> bool:
    return isinstance(value, (list, tuple)) or hasattr(value, "__dlpack__")
