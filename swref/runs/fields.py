"""The fields of a flat configuration record: checked one by one, and written as TOML."""

from __future__ import annotations

import dataclasses
import json
import math
import tomllib
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any, get_args, get_origin, get_type_hints

from swref import checks
from swref.errors import DataError, InputError, InputTypeError


def field_types(record: type) -> dict[str, Any]:
    """The types of a dataclass's fields by name, also where its module postpones the evaluation of annotations."""
    hints = get_type_hints(record)
    return {field.name: hints[field.name] for field in dataclasses.fields(record)}


def typed(name: str, value: Any, kind: Any) -> Any:
    """`value` as the type `kind` of its field; ints serve as floats, lists as tuples, and 1e4, a float, as an int.

    kind is int, float (infinity allowed), str or tuple[K, ...] of these. Raises InputTypeError for another type,
    InputError for NaN or for text that UTF-8 cannot write.

    >>> typed("alphas", [1, 0.5], tuple[float, ...]), typed("steps", 1e4, int)
    ((1.0, 0.5), 10000)
    """
    if kind is int:
        if isinstance(value, float) and value.is_integer() and abs(value) <= 2**53:
            value = int(value)  # 1e4, which TOML and Python read as a float
        return checks.integer(name, value, minimum=-(2**63), maximum=2**128)  # as far as seeds go
    if kind is float:
        return checks.number(name, value, infinite=True)
    if kind is str:
        if any("\ud800" <= c <= "\udfff" for c in checks.text(name, value)):  # a file name that is not UTF-8
            raise InputError(f"{name} must be text that UTF-8 can write, got {checks.shown(value)}")
        return value
    if get_origin(kind) is not tuple:
        raise TypeError(f"{name} has a type that no configuration can hold: {checks.shown(kind)}")
    if isinstance(value, str) or not isinstance(value, (list, tuple)):
        raise InputTypeError(f"{name} must be a list, got {checks.shown(value)}")
    inner = get_args(kind)[0]
    # A column of a table may be given by its index, too.
    return tuple(typed(f"{name}[{k}]", _column(v) if inner is str else v, inner) for k, v in enumerate(value))


def _column(value: Any) -> Any:
    """The text of an index; anything else as it is."""
    return str(value) if isinstance(value, int) and not isinstance(value, bool) and abs(value) < 2**63 else value


def merged(names: Collection[str], *layers: Mapping[str, Any]) -> dict[str, Any]:
    """The values of `layers`, later ones win. Raises InputError for a key that is none of `names`, with the nearest.

    >>> merged(("seed",), {"seed": 0}, {"seed": 1})
    {'seed': 1}
    """
    values: dict[str, Any] = {}
    for layer in layers:
        for key in layer:
            if key not in names:
                raise InputError(checks.unknown("configuration key", key, names))
        values |= layer
    return values


def plain(record: Any) -> dict[str, Any]:
    """The fields of a dataclass, tuples as lists."""
    return {k: list(v) if isinstance(v, tuple) else v for k, v in dataclasses.asdict(record).items()}


def to_toml(values: dict[str, Any]) -> str:
    """Plain values, tables of them and lists, as lines of TOML; NaN is none of them.

    >>> to_toml({"alphas": [0.5, 1.0], "name": "a"})
    'alphas = [0.5, 1.0]\\nname = "a"\\n'
    """
    return "".join(f"{key} = {_toml(value)}\n" for key, value in values.items())


def read_toml(path: str | Path) -> dict[str, Any]:
    """The values in a TOML file. Raises DataError for a file that is missing or not TOML, naming the line."""
    try:
        return tomllib.loads(Path(path).read_text(encoding="utf-8"))
    except OSError as error:
        raise DataError(f"{path}: cannot be read ({error.strerror})") from None
    except Exception as error:  # ValueError, RecursionError, and what a parser may meet besides
        raise DataError(f"{path}: not a TOML file ({error})") from None


def _toml(value: Any) -> str:
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")  # TOML escapes as JSON does, and DEL
    if isinstance(value, list):
        return "[" + ", ".join(_toml(v) for v in value) + "]"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key} = {_toml(v)}" for key, v in value.items()) + "}"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float):
        return repr(value) if math.isfinite(value) else ("inf" if value > 0 else "-inf")
    return str(value)
