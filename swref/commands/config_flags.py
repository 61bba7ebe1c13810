"""One flag of `swref train` for every field of TrainConfig."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable, Iterable
from typing import Any, Final

import click

from swref.commands import completion
from swref.commands.comma_list import ColumnList, CommaList
from swref.commands.whole_number import WHOLE
from swref.directions import SCHEMES
from swref.measures.reading import MISSING_RULES
from swref.measures.standardize import UNITS
from swref.networks.activations import ACTIVATIONS
from swref.networks.inits import INITS
from swref.runs.choice import CHOSEN
from swref.runs.config import DTYPES, TrainConfig
from swref.runs.ties import KINDS
from swref.sgd import SCHEDULES
from swref.sliced import BACKENDS

# Field: what it shows as its value, and its help. TARGET is an argument; the format and the fingerprints are no choice.
FLAGS: Final[dict[str, tuple[str, str]]] = {
    "columns": ("C1,C2,...", "Of the target, by name or index from 0.  [default: all, of a table those of numbers]"),
    "sep": ("CHAR", "Separator of a table's cells: ';', tab, space, ... (so --decimal .. --missing: of the target)."),
    "decimal": ("MARK", "Decimal mark of a table, '.' or ','."),
    "header": ("", "Whether the first row of a table holds names."),
    "encoding": ("NAME", "Of a table of text, as Python names it: utf-8, latin-1, ..."),
    "missing": ("RULE", "Rows of a table with a missing number: drop (said); any: also with a word; error."),
    "source": ("LAW", "Law x of the network's input: gaussian:D, ball:D, sphere:D, cube:D, or data as TARGET."),
    "standardize": ("UNITS", "Scale the target to variance 1: each column, all columns alike (global), or none."),
    "transform": ("T1,T2,...", "log or none for each column, or one for all: learned so, undone in samples."),
    "holdout": ("SHARE", "Share of the data kept for the evaluation, between 0 and 1."),
    "hidden": ("W1,W2,...", "Widths of the hidden layers."),
    "activation": ("NAME", f"Of the hidden layers: {', '.join(ACTIVATIONS)}."),
    "init": ("LAW", f"Law of the initial parameters: {', '.join(INITS)}."),
    "init_radius": ("R0", "Radius of the ball for --init ball."),
    "step": ("ALPHA", "Step size alpha > 0."),
    "batch": ("N", "Points n of each batch, drawn with replacement."),
    "steps": ("T", "Steps, counted from the start of the run."),
    "directions": ("L", "Directions a step; the theorems have 1."),
    "scheme": ("NAME", f"How a step draws its directions: {', '.join(SCHEMES)}."),
    "noise": ("A", "Level a of the noise alpha a xi of the noised scheme, xi ~ N(0, I)."),
    "radius": ("R", "Project all parameters u on the ball |u| <= r after every step."),
    "schedule": ("NAME", "Of the step: constant, or linear, falling to 0 over the run, which leaves the theorems."),
    "decay": ("T0", "Step alpha / (1 + t/T0) at step t, which leaves the theorems."),
    "ties": ("KIND", "map: generated columns that repeat values get those of the training points; or none."),
    "p": ("P", "Order p >= 1 of the cost |x - y|^p."),
    "seed": ("SEED", "Of all random draws."),
    "dtype": ("TYPE", "float64 or float32."),
    "backend": ("NAME", f"Of the loss: {', '.join(BACKENDS)}."),
    "blas_threads": ("K", "Threads of the matrix products; part of what decides the bits."),
    "track": ("kkt,dc", "Record the exact loss's residual, d_c to its flow: finite data, 1 or 2 columns."),
    "track_every": ("STEPS", "Between two such records; 0: so that they add about a tenth to the time."),
}
_CHOICES: Final[dict[str, Iterable[str]]] = {
    "standardize": UNITS,
    "activation": ACTIVATIONS,
    "init": INITS,
    "scheme": SCHEMES,
    "dtype": DTYPES,
    "schedule": SCHEDULES,
    "ties": KINDS,
    "backend": BACKENDS,
    "missing": MISSING_RULES,
}
_TYPES: Final = {"int": WHOLE, "float": float}
TABLE: Final = ("sep", "decimal", "header", "encoding", "missing")
LISTS: Final = tuple(field.name for field in dataclasses.fields(TrainConfig) if str(field.type).startswith("tuple"))
ALONE: Final = (*LISTS, *TABLE, "seed")  # flags of a sweep with one value for all its runs


def config_flags(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add a flag for each field of TrainConfig; one that is not given comes as None."""
    for field in reversed([field for field in dataclasses.fields(TrainConfig) if field.name in FLAGS]):
        command = _flag(field)(command)
    return command


def _flag(field: dataclasses.Field[Any]) -> Callable[..., Any]:
    metavar, text = FLAGS[field.name]
    if field.name in TABLE:
        return _table_flag(field.name)
    if field.type in ("int", "float", "str"):
        kind: Any = _TYPES.get(str(field.type), str)
    else:
        kind = ColumnList() if field.name == "columns" else CommaList(int if "int" in str(field.type) else str)
    return click.option(
        f"--{field.name.replace('_', '-')}",
        type=kind,
        metavar=metavar,
        help=text + _defaults(field.name, field.default),
        shell_complete=_completer(field.name),
    )


def sweep_flags(command: Callable[..., Any]) -> Callable[..., Any]:
    """The same flags for a sweep: several values between commas, for what is no list itself; they come as tuples."""
    for field in reversed([field for field in dataclasses.fields(TrainConfig) if field.name in FLAGS]):
        metavar, text = FLAGS[field.name]
        if field.name in ALONE:
            command = _flag(field)(command)
            continue
        command = click.option(
            f"--{field.name.replace('_', '-')}",
            type=CommaList({"int": int, "float": float}.get(str(field.type), str)),
            metavar=f"{metavar},...",
            help=text,
            shell_complete=_completer(field.name),
        )(command)
    return command


def table_flags(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the flags that say how a table is written; those not given come as None."""
    for name in reversed(TABLE):
        command = _table_flag(name)(command)
    return command


def _table_flag(name: str) -> Callable[..., Any]:
    metavar, text = FLAGS[name]
    default = "drop" if name == "missing" else "guessed"
    shown: dict[str, Any] = {"help": f"{text}  [default: {default}]"}
    if name == "header":
        return click.option("--header/--no-header", default=None, callback=_yes_no, **shown)
    return click.option(f"--{name}", metavar=metavar, shell_complete=_completer(name), **shown)


def _yes_no(_ctx: click.Context, _parameter: click.Parameter, value: bool | None) -> str | None:
    return None if value is None else ("yes" if value else "no")


def _completer(field: str) -> completion.Completer:
    return completion.data if field == "source" else completion.of_names(_CHOICES.get(field, ()))


def _defaults(name: str, value: Any) -> str:
    """The default of a field, for its help."""
    if value == () or (isinstance(value, float) and math.isinf(value)):
        return ""
    if name in CHOSEN:
        return f"  [default: chosen; as in the paper: {_text(value)}]"
    return f"  [default: {_text(value)}]"


def _text(value: Any) -> str:
    if isinstance(value, tuple):
        return ",".join(map(str, value))
    return f"{value:g}" if isinstance(value, float) else str(value)
