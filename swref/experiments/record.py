"""What an experiment measured: tables with units, arrays, verdicts; written as .npz, .csv and .json, and read again."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from swref.errors import InputError, RunError
from swref.experiments.pool import read_npz
from swref.experiments.verdict import Verdict
from swref.files import write_atomically

FORMAT = 1


@dataclass(frozen=True, eq=False)
class Table:
    """Columns [T] of numbers or text, each with its unit ("1" for a pure number, "" for text).

    Raises InputError for columns of different lengths.

    >>> Table("Steps", {"alpha": ("1", [0.1, 0.2])}).column("alpha").tolist()
    [0.1, 0.2]
    """

    title: str
    columns: Mapping[str, tuple[str, ArrayLike]]  # name -> (unit, values)

    def __post_init__(self) -> None:
        columns = {name: (unit, np.asarray(values)) for name, (unit, values) in self.columns.items()}
        lengths = {name: values.shape for name, (_, values) in columns.items()}
        if len(set(lengths.values())) != 1 or any(len(shape) != 1 for shape in lengths.values()):
            raise InputError(f"the columns of a table must have one length, got shapes {lengths}")
        object.__setattr__(self, "columns", columns)

    @classmethod
    def of_rows(cls, title: str, units: Mapping[str, str], rows: Iterable[Sequence[Any]]) -> Table:
        """A table of at least one row, `units` giving the columns' names and units in order.

        >>> Table.of_rows("Steps", {"scheme": "", "alpha": "1"}, [("plain", 0.1)]).column("scheme").tolist()
        ['plain']
        """
        columns = zip(*rows, strict=True)
        return cls(title, {name: (unit, values) for (name, unit), values in zip(units.items(), columns, strict=True)})

    def __len__(self) -> int:
        return len(next(iter(self.columns.values()))[1])

    def column(self, name: str) -> np.ndarray:
        """The values [T] of a column."""
        return np.asarray(self.columns[name][1])

    def to_csv(self) -> str:
        """CSV with a header of `name [unit]`, and digits that give the same floats back."""
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow([f"{name} [{unit}]" if unit else name for name, (unit, _) in self.columns.items()])
        writer.writerows(zip(*(self.column(name).tolist() for name in self.columns), strict=True))
        return text.getvalue()


@dataclass(frozen=True, eq=False)
class Record:
    """Everything that the figures and the page of an experiment show.

    config: its fields. tables: by name; those named in `shown` stand on the page. arrays: surfaces and the like.
    summary: the outcome in one sentence. notes: what a reader must know to trust it (alpha/alpha_0, errors, limits).
    """

    config: Mapping[str, Any]
    verdicts: Sequence[Verdict]
    summary: str
    tables: Mapping[str, Table]
    shown: Sequence[str] = ()
    arrays: Mapping[str, np.ndarray] = field(default_factory=dict)
    notes: Sequence[str] = ()

    def write(self, folder: Path) -> None:
        """Write NAME.csv for every table, verdict.json, then record.npz and record.json, each whole or not at all.

        record.json comes last: where it is, the record is complete. Raises RunError where the system refuses.
        """
        for name, table in self.tables.items():
            write_atomically(folder / f"{name}.csv", table.to_csv().encode(), RunError)
        verdicts = {"format": FORMAT, "summary": self.summary, "verdicts": [v.to_dict() for v in self.verdicts]}
        write_atomically(folder / "verdict.json", _json(verdicts), RunError)
        content = io.BytesIO()
        columns = {f"{t}/{c}": table.column(c) for t, table in self.tables.items() for c in table.columns}
        np.savez(content, **columns, **{f"/{name}": array for name, array in self.arrays.items()})
        write_atomically(folder / "record.npz", content.getvalue(), RunError)
        described = {
            "format": FORMAT,
            "config": dict(self.config),
            "summary": self.summary,
            "notes": list(self.notes),
            "shown": list(self.shown),
            "tables": {
                name: {"title": table.title, "units": {c: unit for c, (unit, _) in table.columns.items()}}
                for name, table in self.tables.items()
            },
        }
        write_atomically(folder / "record.json", _json(described), RunError)

    @classmethod
    def read(cls, folder: Path) -> Record:
        """What `write` wrote. Raises RunError where it is missing, damaged or of another format."""
        try:
            described = _restored(json.loads((folder / "record.json").read_bytes()))
            verdicts = _restored(json.loads((folder / "verdict.json").read_bytes()))["verdicts"]
            if described["format"] != FORMAT:
                raise RunError(f"{folder} has a record of another format than {FORMAT}, the one this version reads")
            values = read_npz(folder / "record.npz")
            return cls(
                config=described["config"],
                verdicts=[Verdict.from_dict(verdict) for verdict in verdicts],
                summary=described["summary"],
                tables={
                    name: Table(table["title"], {c: (u, values[f"{name}/{c}"]) for c, u in table["units"].items()})
                    for name, table in described["tables"].items()
                },
                shown=described["shown"],
                arrays={name[1:]: array for name, array in values.items() if name.startswith("/")},
                notes=described["notes"],
            )
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            raise RunError(
                f"the record in {folder} is damaged or cut short: remove the folder to compute it anew ({error})"
            ) from None


def _json(values: dict[str, Any]) -> bytes:
    return (json.dumps(plain_json(values), indent=2, allow_nan=False) + "\n").encode()


def plain_json(value: Any) -> Any:
    """`value` with text in place of NaN and infinity, which JSON does not have.

    >>> plain_json({"low": [float("-inf"), 0.5]})
    {'low': ['-inf', 0.5]}
    """
    if isinstance(value, dict):
        return {key: plain_json(entry) for key, entry in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain_json(entry) for entry in value]
    if isinstance(value, float) and not np.isfinite(value):
        return str(value)
    return value


def _restored(value: Any) -> Any:
    """The inverse of plain_json."""
    if isinstance(value, dict):
        return {key: _restored(entry) for key, entry in value.items()}
    if isinstance(value, list):
        return [_restored(entry) for entry in value]
    return float(value) if value in ("inf", "-inf", "nan") else value
