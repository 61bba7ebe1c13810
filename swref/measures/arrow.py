"""Tables in Parquet, Feather and Arrow files, by the optional pyarrow."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

import numpy as np

from swref.decoding import check_size
from swref.errors import BackendError, DataError
from swref.measures.columns import column_label, columns_for_config, left_out_of, resolve_columns
from swref.measures.discrete import Discrete
from swref.measures.reading import Reading, TableOptions
from swref.measures.tables.choose import choose, complete_rows
from swref.measures.tables.column import Column

PANDAS_INDEX: Final = "__index_level_0__"
_NUMBERS: Final = ("int", "uint", "float", "double", "halffloat", "bool", "decimal")


def read_arrow(path: Path, options: TableOptions, keep_constant: bool = False) -> Discrete:
    """The rows of a .parquet, .feather or .arrow file, columns chosen and rows left out as in tables of text.

    Raises BackendError without pyarrow, DataError for a damaged file or one without numbers, InputError for columns
    that do not exist.
    """
    table = _load(path)
    names = tuple(map(str, table.column_names))
    where = str(path)
    wanted = resolve_columns(options.columns or None, names, len(names), where)
    columns = [_column(table.column(index), index, names, bool(options.columns), where) for index in wanted]
    notes: list[str] = []
    index = names.index(PANDAS_INDEX) if PANDAS_INDEX in names else None
    kept = columns if options.columns else choose(columns, index, keep_constant, where, notes)
    points = complete_rows(kept, options.missing, where, notes)  # [m, d]
    indices = [column.index for column in kept]
    chosen = TableOptions(missing=options.missing, columns=columns_for_config(indices, names))
    measure = Discrete(points, names=tuple(names[index] for index in indices))
    left_out = () if options.columns else left_out_of(indices, len(names), names)
    return measure.with_reading(Reading(where, tuple(notes), chosen, left_out))


def _load(path: Path) -> Any:
    try:
        import pyarrow as pa
        from pyarrow import feather, ipc, parquet
    except ImportError:
        raise BackendError(f'{path}: reading it needs pyarrow: pip install "pyarrow>=16"') from None
    try:
        if path.suffix.lower() == ".parquet":
            file = parquet.ParquetFile(str(path))
            check_size(file.metadata.num_rows * file.metadata.num_columns * 8, path.stat().st_size)
            return file.read()
        with open(path, "rb") as stream:
            head = stream.read(6)
        if head != b"ARROW1" and not head.startswith(b"FEA1"):
            with pa.OSFile(str(path)) as stream:
                return ipc.open_stream(stream).read_all()
        return feather.read_table(str(path), memory_map=False)
    except MemoryError:
        raise
    except Exception as error:  # of Arrow's own classes, OSError, ValueError, and what else damaged bytes lead to
        raise DataError(f"{path}: damaged, or no such table ({' '.join(str(error).split())[:80]})") from None


def _column(data: Any, index: int, names: tuple[str, ...], chosen: bool, where: str) -> Column:
    """A column as the tables of text keep it: numbers, NaN where one is missing. Lines count the rows from 1."""
    column = Column(index, column_label(index, names), chosen)
    kind = str(data.type)
    if not kind.startswith(_NUMBERS):
        if chosen:
            raise DataError(f"{where}: {column.label} holds {kind}, no numbers; choose numeric columns (--columns)")
        column.texts = len(data) - int(data.null_count)
        column.dates = column.texts if kind.startswith(("timestamp", "date", "time")) else 0
        column.first_text = (1, kind)
        return column
    values = (
        np.array([np.nan if v is None else v for v in data.to_pylist()], dtype=np.float64)
        if (data.null_count or kind.startswith(("bool", "decimal")))
        else data.to_numpy().astype(np.float64)
    )
    values[np.isinf(values)] = np.nan  # no coordinate, as in tables of text
    gaps = np.flatnonzero(np.isnan(values))
    column.parts, column.missing, column.numbers = [values], len(gaps), len(values) - len(gaps)
    if len(gaps):
        column.first_missing, column.words = (int(gaps[0]) + 1, "null"), {"null"}
    return column
