"""`load_measure`: one name or path to a measure, built in or read from a file."""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import partial
from importlib import resources
from pathlib import Path
from typing import Final

import numpy as np

from swref import checks
from swref.errors import InputError
from swref.measures.base import Measure
from swref.measures.columns import Columns, choose_columns
from swref.measures.discrete import Discrete
from swref.measures.files import read_measure, refuse_text_options, split_key
from swref.measures.laws import MAX_DIMENSION, UNIFORM_SHAPES, Gaussian, Uniform
from swref.measures.reading import TableOptions
from swref.measures.shapes import SHAPES, Shape
from swref.measures.tables import parse_table

_DATA: Final = ("penguins", "digits")
_LAWS: Final[dict[str, Callable[[int], Measure]]] = {  # the standard law of each family, by its dimension
    "gaussian": lambda dim: Gaussian(np.zeros(dim), np.eye(dim)),
    **{shape: partial(Uniform, shape) for shape in UNIFORM_SHAPES},
}


def measure_names() -> tuple[str, ...]:
    """The built-in names that load_measure takes; the laws, last, also take a dimension, as in `gaussian:3`.

    >>> "penguins" in measure_names()
    True
    """
    return (*_DATA, *SHAPES, *_LAWS)


def load_measure(
    name_or_path: str | os.PathLike[str],
    columns: Columns | None = None,
    *,
    sep: str | None = None,
    decimal: str | None = None,
    header: bool | None = None,
    encoding: str | None = None,
    missing: str = "drop",
    label: str = "measure",
) -> Measure:
    """A built-in measure by its name, or the measure that a file holds.

    Names: penguins (342 points, 4 named columns, mm and g), digits (1797 points, 64 pixels in 0..16), the shapes
    (see Shape), and gaussian:D, ball:D, sphere:D, cube:D, the standard laws of dimension D (2 if left out). Anything
    else that has a suffix or a separator, or that exists, is a path (see files.read_measure); write ./digits
    for a file called digits. columns: names or indices from 0, for discrete data only; without them a table gives its
    columns of numbers. sep, decimal, header, encoding: how a table of text is written, guessed where they are not given
    (docs/data.md); what was guessed or left out is in `reading.notes` of the measure. missing: rows with a missing
    number are left out ("drop"), also those with a word among numbers ("any"), or refused ("error"). label: what
    messages call an unknown name.
    Raises InputError for an unknown name or column, and DataError for a file that cannot be read.

    >>> load_measure("penguins", columns=["bill_length_mm", "body_mass_g"])
    Discrete(m=342, dim=2, uniform, names=('bill_length_mm', 'body_mass_g'))
    >>> load_measure("ball:3").dim
    3
    """
    options = TableOptions.of(
        columns=columns, sep=sep, decimal=decimal, header=header, encoding=encoding, missing=missing
    )
    return load_with(name_or_path, options, label)


def load_with(
    name_or_path: str | os.PathLike[str],
    options: TableOptions,
    label: str = "measure",
    keep_constant: bool = False,
) -> Measure:
    """What load_measure does, with its keywords as one record; keep_constant: of a table, also the constant columns."""
    checks.text("label", label)
    plain = isinstance(name_or_path, str) and "\0" not in name_or_path
    path = Path(name_or_path) if plain else checks.path(_called(label), name_or_path)
    if not isinstance(name_or_path, str):
        return read_measure(path, options, keep_constant)
    columns = options.columns or None
    name, colon, dimension = name_or_path.partition(":")
    if name in measure_names():
        refuse_text_options(name, options)
    if name in _DATA and not colon:
        return choose_columns(_penguins() if name == "penguins" else _digits(), columns, name)
    if (name in SHAPES and not colon) or name in _LAWS:
        if columns is not None:
            raise InputError(f"columns cannot be chosen from {name}, a continuous law; leave them out")
        return Shape(name) if name in SHAPES else _LAWS[name](_dimension(name_or_path, dimension) if colon else 2)
    if name in measure_names():
        raise InputError(f"{checks.shown(name)} takes no dimension, got {checks.shown(name_or_path)}")
    if name_or_path and (path.suffix or path.name != name_or_path or os.path.exists(path)):
        return read_measure(path, options, keep_constant)
    rest = f"{colon}{dimension}" if dimension.isdigit() else ""
    laws = [f"{law}{rest}" if law in _LAWS else law for law in measure_names()]
    unknown = checks.unknown(label, name_or_path, laws)
    raise InputError(f"{unknown} (nor is there a file of that name)")


def _called(label: str) -> str:
    """The argument, as messages call it."""
    return "name_or_path" if label == "measure" else label


def is_builtin(name_or_path: str) -> bool:
    """Whether load_measure takes this for a built-in name, whatever files there are.

    >>> is_builtin("gaussian:3"), is_builtin("./gaussian")
    (True, False)
    """
    return name_or_path.partition(":")[0] in measure_names()


def portable_name(name_or_path: str) -> str:
    """What load_measure takes, less the folder of a file: good on another machine, in the folder of that file.

    >>> portable_name("gaussian:3"), portable_name("data/a.npz:x"), portable_name("data/moons")
    ('gaussian:3', 'a.npz:x', './moons')
    """
    if is_builtin(name_or_path):
        return name_or_path
    file, key = split_key(Path(name_or_path))
    name = file.name if key is None else f"{file.name}:{key}"
    return f"./{name}" if is_builtin(name) or not file.suffix else name


def _dimension(whole: str, text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) <= 20 and int(text) >= 1):
        came = checks.shown(text)
        raise InputError(f"the dimension in {checks.shown(whole)} must be a whole number >= 1, got {came}")
    return checks.integer(f"the dimension in {checks.shown(whole)}", int(text), minimum=1, maximum=MAX_DIMENSION)


def _penguins() -> Discrete:
    file = resources.files("swref.measures").joinpath("data", "penguins.csv")
    table = parse_table(file.read_text(encoding="utf-8").splitlines, "penguins")
    return Discrete(table.points, names=table.names)


def _digits() -> Discrete:
    file = resources.files("swref.measures").joinpath("data", "digits.npz")
    with file.open("rb") as stream, np.load(stream, allow_pickle=False) as archive:
        return Discrete(archive["images"])
