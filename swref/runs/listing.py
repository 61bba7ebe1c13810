"""The runs below a folder as a table: what each learned, how, and how well."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

from swref import checks
from swref.errors import RunError, SwrefError
from swref.runs.folder import RunFolder


@dataclass(frozen=True)
class Row:
    """One run; None where it has not come that far."""

    name: str  # its path, from the folder that was asked for
    data: str
    L: int
    step: float
    batch: int
    steps: int  # done
    of: int  # asked for
    loss: float | None
    ratio: float | None  # generated / two halves
    seconds: float | None
    seed: int

    def to_dict(self) -> dict[str, Any]:
        """Plain values."""
        return asdict(self)


COLUMNS = tuple(field.name for field in fields(Row))


def list_runs(root: Path) -> tuple[list[Row], list[str]]:
    """The runs in and below `root`, by name, and a line for each folder that is one but cannot be read.

    Links are not followed. Raises RunError where `root` is no folder.
    """
    if not root.is_dir():
        raise RunError(f"{root} is no folder")
    rows, unreadable = [], []
    for folder, below, files in os.walk(root):
        below.sort()
        if "config.toml" not in files:
            continue
        below.clear()  # no run lies in another
        try:
            row = row_of(Path(folder), root)
        except SwrefError as error:
            unreadable.append(str(error))
        else:
            rows += [] if row is None else [row]
    return rows, unreadable


def row_of(path: Path, root: Path) -> Row | None:
    """The row of the run in `path`; None for the folder of an experiment. Raises what its files raise."""
    folder = RunFolder(path)
    if folder.is_experiment():
        return None
    config, checkpoint, summary = folder.config(), folder.checkpoint(), folder.summary() or {}
    return Row(
        name=path.relative_to(root).as_posix() if path != root else path.name,
        data=Path(config.target).name,
        L=config.directions,
        step=config.step,
        batch=config.batch,
        steps=0 if checkpoint is None else checkpoint.t,
        of=config.steps,
        loss=summary.get("loss"),
        ratio=summary.get("distances", {}).get("ratio_to_halves"),
        seconds=None if checkpoint is None else checkpoint.seconds,
        seed=config.seed,
    )


def sorted_rows(rows: Iterable[Row], column: str, descending: bool = False) -> list[Row]:
    """Rows by a column; those that have nothing there come last. Raises InputError for an unknown one.

    >>> sorted_rows([], "name")
    []
    """
    checks.one_of("sort", column, COLUMNS)
    all_rows = list(rows)
    known = [row for row in all_rows if getattr(row, column) is not None]
    unknown = [row for row in all_rows if getattr(row, column) is None]
    return sorted(known, key=lambda row: getattr(row, column), reverse=descending) + unknown


def as_text(rows: Iterable[Row]) -> str:
    """The table, a line a run under a line of names, numbers to three digits; "-" for what there is not yet.

    >>> print(as_text([Row("a", "moons", 1, 0.02, 512, 20, 20, 0.5, 1.25, 3.0, 0)]))
    name  data   L  step  batch  steps  loss  ratio  seconds  seed
    a     moons  1  0.02    512     20   0.5   1.25        3     0
    """
    shown = [[_cell(row, name) for name in COLUMNS if name != "of"] for row in rows]
    table = [[name for name in COLUMNS if name != "of"], *shown]
    widths = [max(map(len, column)) for column in zip(*table, strict=True)]
    return "\n".join(
        "  ".join(
            text.ljust(w) if k < 2 else text.rjust(w) for k, (text, w) in enumerate(zip(line, widths, strict=True))
        )
        for line in table
    )


def _cell(row: Row, name: str) -> str:
    value = getattr(row, name)
    if name == "steps" and row.of != row.steps:
        return f"{row.steps} of {row.of}"
    if value is None:
        return "-"
    return f"{value:.3g}" if isinstance(value, float) else str(value)
