"""Tables in Parquet, Feather and Arrow files, by the optional pyarrow."""

from __future__ import annotations

import struct
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np

from swref.decoding import TooMuchError, check_size, decoding
from swref.errors import BackendError, DataError
from swref.measures.columns import column_label, columns_for_config, left_out_of, resolve_columns
from swref.measures.discrete import Discrete
from swref.measures.reading import Reading, TableOptions, listing
from swref.measures.tables.choose import choose, complete_rows
from swref.measures.tables.column import Column
from swref.messages import short

NEEDED: Final = 'needs pyarrow: pip install "pyarrow>=16"'
PANDAS_INDEX: Final = "__index_level_0__"
_NUMBERS: Final = ("int", "uint", "float", "double", "halffloat", "bool", "decimal")


def read_arrow(path: Path, options: TableOptions, keep_constant: bool = False) -> Discrete:
    """The rows of a .parquet, .feather or .arrow file, columns chosen and rows left out as in tables of text.

    Raises BackendError without pyarrow, DataError for a damaged file or one without numbers, InputError for columns
    that do not exist.
    """
    table = _load(path)
    names = tuple(name for name, *_ in table)
    where = str(path)
    wanted = resolve_columns(options.columns or None, names, len(names), where)
    columns = [_column(*table[index][1:], index, names, bool(options.columns), where) for index in wanted]
    notes: list[str] = []
    index = names.index(PANDAS_INDEX) if PANDAS_INDEX in names else None
    kept = columns if options.columns else choose(columns, index, keep_constant, where, notes)
    points = complete_rows(kept, options.missing, where, notes)  # [m, d]
    indices = [column.index for column in kept]
    chosen = TableOptions(missing=options.missing, columns=columns_for_config(indices, names))
    measure = Discrete(points, names=tuple(names[index] for index in indices))
    left_out = () if options.columns else left_out_of(indices, len(names), names)
    return measure.with_reading(Reading(where, tuple(notes), chosen, left_out))


def row_groups(path: Path, columns: tuple[str | int, ...] = ()) -> tuple[list[int], list[str], list[str], np.dtype]:
    """The rows of each group of a .parquet; its numeric columns (or those chosen), and those left out; their dtype.

    float32 where all columns are, else float64. Raises BackendError without pyarrow, DataError for a file that is none
    or without numbers, InputError for columns that do not exist.
    """
    try:
        from pyarrow import parquet
    except ImportError:
        raise BackendError(f"{path}: reading it {NEEDED}") from None
    with decoding(path, DataError):
        file = parquet.ParquetFile(str(path))
        kinds, numeric = _columns_of_numbers(file)
        sizes = [file.metadata.row_group(g).num_rows for g in range(file.num_row_groups)]
        check_size(8 * max(sizes, default=0) * len(kinds), path.stat().st_size)
    all_names = [name for name, _ in kinds]
    names = [name for name in numeric if name != PANDAS_INDEX]
    if columns:
        names = [all_names[index] for index in resolve_columns(columns, all_names, len(kinds), str(path))]
    texts = [name for name in names if name not in numeric]
    if texts or not names:
        raise DataError(f"{path}: expected columns of numbers, got {listing(map(short, texts)) or 'none'}")
    single = all(kind == "float" for name, kind in kinds if name in names)
    return sizes, names, [name for name in all_names if name not in names], np.dtype("f4" if single else "f8")


def read_row_group(path: Path, group: int, names: list[str], dtype: np.dtype) -> np.ndarray:
    """The rows of one group [n, d]; NaN where a number is missing."""
    from pyarrow import parquet

    with decoding(path, DataError):
        table = parquet.ParquetFile(str(path)).read_row_group(group, columns=names, use_threads=False)
        return np.column_stack([table.column(name).to_numpy().astype(dtype) for name in names])


def parquet_bytes(columns: Mapping[str, Sequence[Any]]) -> bytes:
    """A table of these columns as Parquet; BackendError without pyarrow."""
    try:
        import pyarrow as pa
        from pyarrow import parquet
    except ImportError:
        raise BackendError(f"writing Parquet {NEEDED}") from None
    buffer = pa.BufferOutputStream()
    parquet.write_table(pa.table(dict(columns)), buffer)
    return bytes(buffer.getvalue())


def _load(path: Path) -> list[tuple[str, str, Any]]:
    """Name, type and values of each column; None for values that are no numbers and not read."""
    try:
        import pyarrow as pa
        from pyarrow import feather, ipc
    except ImportError:
        raise BackendError(f"{path}: reading it {NEEDED}") from None
    try:
        if path.suffix.lower() == ".parquet":
            return _parquet(path)
        with open(path, "rb") as stream:
            head = stream.read(6)
        if head.startswith(b"FEA1"):
            return _columns(feather.read_table(str(path), memory_map=False), path)
        with pa.OSFile(str(path)) as stream:
            start = 8 if head == b"ARROW1" else 0  # a file is a stream behind eight bytes
            stream.seek(start)
            check_size(_unpacked_size(ipc.MessageReader.open_stream(stream)), path.stat().st_size)
            stream.seek(start)
            table = ipc.open_stream(stream).read_all()
        return _columns(table, path)
    except MemoryError:
        raise
    except TooMuchError as error:
        raise DataError(f"{path}: {error}") from None
    except Exception as error:  # of Arrow's own classes, OSError, ValueError, and what else damaged bytes lead to
        raise DataError(f"{path}: damaged, or no such table ({' '.join(str(error).split())[:80]})") from None


def _columns(table: Any, path: Path) -> list[tuple[str, str, Any]]:
    table.validate()
    check_size(8 * table.num_rows * table.num_columns, path.stat().st_size)
    return [(field.name, str(field.type), data) for field, data in zip(table.schema, table.columns, strict=True)]


def _parquet(path: Path) -> list[tuple[str, str, Any]]:
    """The columns of a Parquet file. Only numbers are read: a text or a list of a few bytes may become many, and Arrow
    ends the process where it is asked for the sizes of columns that are damaged.
    """
    from pyarrow import parquet

    file = parquet.ParquetFile(str(path))
    kinds, names = _columns_of_numbers(file)
    check_size(8 * file.metadata.num_rows * len(kinds), path.stat().st_size)
    numbers = file.read(columns=names)
    return [(name, kind, numbers.column(name) if name in names else None) for name, kind in kinds]


def _columns_of_numbers(file: Any) -> tuple[list[tuple[str, str]], list[str]]:
    """Name and type of all columns of a Parquet file, and the names of those that hold numbers, each one column's."""
    kinds = [(field.name, str(field.type)) for field in file.schema_arrow]
    names = [name for name, kind in kinds if kind.startswith(_NUMBERS)]
    others = {name for name, kind in kinds if not kind.startswith(_NUMBERS)}
    dots = ((name, k) for name in names for k, letter in enumerate(f"{name}.") if letter == ".")
    if len(set(names)) < len(names) or any(name[:k] in others for name, k in dots):  # which would be read, too
        raise ValueError("several columns of one name")
    return kinds, names


def _unpacked_size(messages: Iterable[Any]) -> int:
    """The bytes that the record batches among the messages of an Arrow stream become, as they say themselves.

    Source: the Arrow columnar format, Message.fbs: a batch lists its buffers as (offset, length) in the body, and one
    that is compressed begins with its length before.
    """
    total = 0
    for message in messages:
        about, body = message.metadata.to_pybytes(), memoryview(message.body or b"")
        total += len(body)
        root = _pointed(about, 0)
        batch = _pointed(about, _field(about, root, 2))  # of the kind that field 1 says
        if about[_field(about, root, 1)] == 2:  # a dictionary, which holds a batch
            batch = _pointed(about, _field(about, batch, 1))
        elif about[_field(about, root, 1)] != 3:  # the schema, which has no body
            continue
        if not (_field(about, batch, 3) and _field(about, batch, 2)):  # not compressed
            continue
        buffers = _pointed(about, _field(about, batch, 2))
        (count,) = struct.unpack_from("<I", about, buffers)
        for offset, length in struct.iter_unpack("<qq", about[buffers + 4 : buffers + 4 + 16 * count]):
            if length:
                total += max(0, *struct.unpack_from("<q", body, offset))
    return total


def _pointed(about: bytes, at: int) -> int:
    """Where the offset at `at`, as FlatBuffers have them, leads."""
    return at + int(struct.unpack_from("<I", about, at)[0])


def _field(about: bytes, table: int, number: int) -> int:
    """Where a field of a FlatBuffers table is; 0 where it is not there."""
    entries = table - struct.unpack_from("<i", about, table)[0]
    at = 4 + 2 * number
    if at >= struct.unpack_from("<H", about, entries)[0]:
        return 0
    (offset,) = struct.unpack_from("<H", about, entries + at)
    return table + offset if offset else 0


def _column(kind: str, data: Any, index: int, names: tuple[str, ...], chosen: bool, where: str) -> Column:
    """A column as the tables of text keep it: numbers, NaN where one is missing. Lines count the rows from 1."""
    column = Column(index, column_label(index, names), chosen)
    if not kind.startswith(_NUMBERS):
        if chosen:
            raise DataError(f"{where}: {column.label} holds {kind}, no numbers; choose numeric columns (--columns)")
        column.texts = 1 if data is None else len(data) - int(data.null_count)
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
