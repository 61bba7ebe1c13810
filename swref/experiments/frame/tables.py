"""Tables: columns with units, made of samples with named axes, written as .csv and drawn as lines with intervals."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from swref import checks
from swref.errors import InputError
from swref.experiments.frame.samples import Sample, all_axes


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
        return len(self.column(next(iter(self.columns))))

    def column(self, name: str) -> np.ndarray:
        """The values [T] of a column."""
        return np.asarray(self.columns[checks.one_of("column", name, self.columns)][1])

    def where(self, **labels: Any) -> Table:
        """The rows in which each named column has its value, or passes its test.

        >>> Table("Steps", {"alpha": ("1", [0.1, 0.2]), "F": ("1", [3.0, 4.0])}).where(alpha=0.2).column("F").tolist()
        [4.0]
        """
        kept = np.full(len(self), True)
        for name, label in labels.items():
            kept &= label(self.column(name)) if callable(label) else self.column(name) == label
        return Table(self.title, {name: (unit, np.asarray(v)[kept]) for name, (unit, v) in self.columns.items()})

    def interval(self, name: str) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """The estimates of a column with the ends of their intervals: value, low and high [T]."""
        low, high = (end if f"{name} {end}" not in self.columns else f"{name} {end}" for end in ("low", "high"))
        return self.column(name), self.column(low), self.column(high)

    def to_csv(self) -> str:
        """CSV with a header of `name [unit]`, and digits that give the same floats back."""
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow([f"{name} [{unit}]" if unit else name for name, (unit, _) in self.columns.items()])
        writer.writerows(zip(*(self.column(name).tolist() for name in self.columns), strict=True))
        return text.getvalue()


def table(
    title: str,
    columns: Mapping[str, Sample],
    units: Mapping[str, str] | None = None,
    *,
    order: str | Sequence[str] | None = None,
    split: Mapping[str, str | Sequence[str]] | None = None,
) -> Table:
    """A row for every place along the axes of the samples, which may lack some of them; the labels come first.

    An estimate gives three columns, NAME, NAME low and NAME high (low and high where it is the only one). `units`
    names what is not a pure number; `order` is the order of the axes where it is not that of their appearance; `split`
    names the columns of an axis whose labels are tuples: {"arm": "gradient a"}; ({"source": ("drawn from",)}: of one).

    >>> F = Sample(np.array([[1.0, 2.0], [3.0, 4.0]]), {"a": (0.0, 0.5), "repeat": (0, 1)})
    >>> print(table("Every run", {"F": F, "mean": F.over("repeat", np.mean)}, {"F": "m"}).to_csv())
    a [1],repeat [1],F [m],mean [1]
    0.0,0,1.0,1.5
    0.0,1,2.0,1.5
    0.5,0,3.0,3.5
    0.5,1,4.0,3.5
    <BLANKLINE>
    """
    axes = all_axes(columns.values())
    if order is not None:
        axes = {name: axes[name] for name in (order.split() if isinstance(order, str) else order)}
    shape = tuple(map(len, axes.values()))
    cells: dict[str, np.ndarray] = {}
    for place, (axis, labels) in zip(np.indices(shape), axes.items(), strict=True):
        names = (split or {}).get(axis, (axis,))
        names = names.split() if isinstance(names, str) else names
        parts = zip(*labels, strict=True) if len(names) > 1 else [labels]
        cells |= {name: np.array(part)[place] for name, part in zip(names, parts, strict=True)}
    estimates = [name for name, sample in columns.items() if sample.values.dtype == object]
    for name, sample in columns.items():
        cells[name] = np.broadcast_to(sample.spread(axes), shape)
        if name in estimates:
            ends = (f"{name} low", f"{name} high") if len(estimates) > 1 else ("low", "high")
            triples = np.array([estimate.triple for estimate in cells[name].flat])
            cells |= dict(zip((name, *ends), triples.T, strict=True))
    found = {name: ("" if v.dtype.kind == "U" else "1", v.ravel()) for name, v in cells.items()}
    return Table(title, {name: ((units or {}).get(name, unit), v) for name, (unit, v) in found.items()})


def stacked(axis: str, tables: Mapping[str, Table]) -> Table:
    """Tables of the same columns under each other, after a first column `axis` with the name of each.

    >>> part = Table("T", {"F": ("1", [1.0])})
    >>> stacked("scheme", {"plain": part, "noised": part}).to_csv()
    'scheme,F [1]\\nplain,1.0\\nnoised,1.0\\n'
    """
    names = [name for name, part in tables.items() for _ in range(len(part))]
    below = joined(list(tables.values()))
    return Table(below.title, {axis: ("", names), **below.columns})


def joined(tables: Sequence[Table]) -> Table:
    """Tables of the same columns under each other; the title is that of the first."""
    columns = {
        name: (unit, np.concatenate([part.column(name) for part in tables]))
        for name, (unit, _) in tables[0].columns.items()
    }
    return Table(tables[0].title, columns)
