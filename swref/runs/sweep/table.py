"""The table of a sweep: a row a run, in the order of the plan, the same bytes wherever the runs were done."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from swref import checks
from swref.errors import InputError
from swref.files import write_output
from swref.runs.sweep.folder import DONE, MISSING, SweepFolder
from swref.runs.sweep.members import Member

Row = Mapping[str, Any]
DISTANCES: Final = (
    "generated",
    "generated_standard_error",
    "halves",
    "resampled",
    "ratio_to_halves",
    "ratio_to_resampled",
    "rank_ratio",
)
MEASURED: Final = ("loss", "loss_floor", *DISTANCES)
METRICS: Final = ("ratio_to_resampled", "ratio_to_halves", "rank_ratio", "generated", "loss")  # the less, the better
FORMATS: Final = (".csv", ".parquet")


def columns(varied: Sequence[str]) -> tuple[str, ...]:
    """The names of the columns.

    >>> columns(["step"])[:5]
    ('run', 'step', 'seed', 'outcome', 'steps_done')
    """
    return ("run", *varied, "seed", "outcome", "steps_done", *MEASURED, "reason")


def rows(folder: SweepFolder, members: Sequence[Member]) -> list[Row]:
    """A row a run, from its folder; None for what there is not. Raises RunError for a damaged file."""
    return [_row(folder, member) for member in members]


def _row(folder: SweepFolder, member: Member) -> Row:
    state, run = folder.state(member), folder.run(member)
    summary = (run.summary() or {}) if state.kind == DONE else {}
    checkpoint = None if state.kind in (DONE, MISSING) else run.checkpoint()
    distances = summary.get("distances", {})
    return {
        "run": member.name,
        **{name: _cell(value) for name, value in member.point.items()},
        "seed": member.config.seed,
        "outcome": state.kind,
        "steps_done": summary.get("steps", 0 if checkpoint is None else checkpoint.t),
        **{name: summary.get(name, distances.get(name)) for name in MEASURED},
        "reason": state.reason,
    }


def _cell(value: Any) -> Any:
    return ",".join(map(str, value)) if isinstance(value, tuple) else value


def to_csv(table: Sequence[Row]) -> str:
    """CSV with a header, and digits that give the same floats back."""
    text = io.StringIO()
    writer = csv.DictWriter(text, list(table[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(table)
    return text.getvalue()


def write_table(path: Path, table: Sequence[Row]) -> None:
    """Write the table to a .csv or a .parquet. Raises InputError for another suffix or a path that cannot be written,
    BackendError where pyarrow is missing."""
    check_table_path("out", path)
    if path.suffix.lower() == ".csv":
        content = to_csv(table).encode()
    else:
        from swref.measures.arrow import parquet_bytes

        content = parquet_bytes({name: [row[name] for row in table] for name in table[0]})
    write_output(path, content)


def check_table_path(name: str, path: Path) -> None:
    """Raise InputError for a suffix that no table has."""
    if path.suffix.lower() not in FORMATS:
        raise InputError(f"{name} must end in {' or '.join(FORMATS)}, got {checks.shown(str(path))}")
