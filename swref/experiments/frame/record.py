"""What an experiment measured: tables with units, arrays, verdicts; written as .npz, .csv and .json, and read again."""

from __future__ import annotations

import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from swref.decoding import decoding, read_json, read_npz
from swref.errors import RunError
from swref.experiments.frame.samples import Sample
from swref.experiments.frame.tables import Table
from swref.experiments.frame.verdict import Verdict
from swref.files import write_atomically
from swref.inference.statistics import Estimate

FORMAT = 2  # of the folder: its parts, record.json and record.npz; settings are those of format 1
VERDICT_FORMAT = 1  # of verdict.json
Fact = str | float | Estimate


@dataclass(frozen=True, eq=False)
class Record:
    """Everything that the figures and the page of an experiment show.

    tables: by name; those named in `shown` stand on the page. samples: what was measured, with its axes. arrays: those
    whose axes have no labels. facts: the numbers that the words name. The rest follows from the settings and the words:
    config, summary (the outcome in one sentence) and notes (what a reader must know to trust it).
    """

    verdicts: Sequence[Verdict]
    tables: Mapping[str, Table]
    shown: Sequence[str] = ()
    samples: Mapping[str, Sample] = field(default_factory=dict)
    arrays: Mapping[str, np.ndarray] = field(default_factory=dict)
    facts: Mapping[str, Fact] = field(default_factory=dict)
    config: Mapping[str, Any] = field(default_factory=dict)
    summary: str = ""
    notes: Sequence[str] = ()

    def write(self, folder: Path) -> None:
        """Write NAME.csv for every table, verdict.json, then record.npz and record.json, each whole or not at all.

        record.json comes last: where it is, the record is complete. Raises RunError where the system refuses.
        """
        for name, table in self.tables.items():
            write_atomically(folder / f"{name}.csv", table.to_csv().encode(), RunError)
        verdicts = {"format": VERDICT_FORMAT, "summary": self.summary, "verdicts": [v.to_dict() for v in self.verdicts]}
        write_atomically(folder / "verdict.json", _json(verdicts), RunError)
        content = io.BytesIO()
        columns = {f"{t}/{c}": table.column(c) for t, table in self.tables.items() for c in table.columns}
        arrays = {**{name: sample.values for name, sample in self.samples.items()}, **self.arrays}
        np.savez(content, **columns, **{f"/{name}": array for name, array in arrays.items()})  # type: ignore[arg-type]
        write_atomically(folder / "record.npz", content.getvalue(), RunError)
        described = {
            "format": FORMAT,
            "config": dict(self.config),
            "summary": self.summary,
            "notes": list(self.notes),
            "shown": list(self.shown),
            "facts": {name: vars(fact) if isinstance(fact, Estimate) else fact for name, fact in self.facts.items()},
            "axes": {name: dict(sample.axes) for name, sample in self.samples.items()},
            "tables": {
                name: {"title": table.title, "units": {c: unit for c, (unit, _) in table.columns.items()}}
                for name, table in self.tables.items()
            },
        }
        write_atomically(folder / "record.json", _json(described), RunError)

    @classmethod
    def read(cls, folder: Path) -> Record:
        """What `write` wrote. Raises RunError where it is missing, damaged or of another format."""
        with decoding(folder / "record.json", RunError, "; remove the folder to compute it anew"):
            described = _restored(read_json(folder / "record.json", RunError))
            verdicts = _restored(read_json(folder / "verdict.json", RunError))
            values = read_npz(folder / "record.npz", RunError)
            if described["format"] != FORMAT:
                raise RunError(
                    f"{folder} has a record of format {described['format']}, and this version of swref reads {FORMAT}: "
                    "remove the folder to compute it anew"
                )
            axes = described["axes"]
            arrays = {name[1:]: array for name, array in values.items() if name.startswith("/")}
            facts = described["facts"].items()
            return cls(
                config=described["config"],
                verdicts=[Verdict.from_dict(verdict) for verdict in verdicts["verdicts"]],
                summary=described["summary"],
                tables={
                    name: Table(table["title"], {c: (u, values[f"{name}/{c}"]) for c, u in table["units"].items()})
                    for name, table in described["tables"].items()
                },
                shown=described["shown"],
                samples={name: Sample(arrays[name], axes[name]) for name in axes},
                arrays={name: array for name, array in arrays.items() if name not in axes},
                facts={name: Estimate(**fact) if isinstance(fact, dict) else fact for name, fact in facts},
                notes=described["notes"],
            )


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
