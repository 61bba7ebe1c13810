"""What several commands write: JSON on stdout, points as CSV or .npy, the line on a first compilation."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click
import numpy as np

from swref.commands.lines import show
from swref.errors import InputError
from swref.files import check_writable, refuse_overwriting, write_output

COMPILING = "compiling the kernels (once per installation, some seconds) ..."


def say(line: str) -> None:
    """A line on stderr: what was guessed or left out."""
    show(line, err=True)


def show_json(value: dict[str, Any]) -> None:
    """One JSON object on stdout."""
    click.echo(json.dumps(value, indent=2, allow_nan=False))


def check_points_file(name: str, path: Path | None, inputs: Iterable[str | Path] = ()) -> None:
    """Raise InputError, before any work, for an output file that write_points cannot write or that is an input.

    inputs: names or paths of what is read; those that are no files are passed over.
    """
    if path is None:
        return
    if path.suffix.lower() not in (".csv", ".npy"):
        raise InputError(f"{name} must end in .csv or .npy, got {path}")
    refuse_overwriting(name, path, inputs)
    check_writable(path)


def write_points(path: Path, points: np.ndarray, names: Sequence[str] | None) -> None:
    """Write points [n, d] to a .csv with a header or an .npy, whole or not at all; InputError where that fails."""
    if path.suffix.lower() == ".npy":
        buffer = io.BytesIO()
        np.save(buffer, points, allow_pickle=False)
        write_output(path, buffer.getvalue())
    else:
        write_output(path, csv_text(points, names).encode())


def csv_text(points: np.ndarray, names: Sequence[str] | None) -> str:
    """Points [n, d] as CSV: a header, x1, x2, ... without names, and digits that give the same floats back.

    >>> csv_text(np.array([[0.5, 1.0]]), ("a", "b,c"))
    'a,"b,c"\\n0.5,1.0\\n'
    """
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(names or [f"x{j}" for j in range(1, points.shape[1] + 1)])
    writer.writerows(points.tolist())
    return buffer.getvalue()


@contextmanager
def telling_of_compilation(backend: str) -> Iterator[None]:
    """Say on stderr that the first kernels are compiled, if they are: the wait is not to look like a hang."""
    if backend == "numpy":
        yield
        return
    from swref.kernels.cache import on_compilation

    with on_compilation(lambda: say(COMPILING)):
        yield
