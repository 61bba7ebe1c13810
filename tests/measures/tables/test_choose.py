"""Which columns and rows are points: oracle, what a person says who sees the table."""

from __future__ import annotations

import pytest

from swref.errors import DataError
from swref.measures.tables.choose import choose, complete_rows, labels
from swref.measures.tables.column import Column


def columns(**cells: str) -> list[Column]:
    result = []
    for index, (name, text) in enumerate(cells.items()):
        column = Column(index, f"column {name!r}", False)
        parts = text.split(" ")
        column.add("memory", range(2, 2 + len(parts)), parts, ".", False)
        result.append(column)
    return result


@pytest.mark.parametrize(
    ("cells", "kept", "note"),
    [
        ({"a": "1.5 2 4", "b": "x y z"}, ["a"], "column 'b' left out: text"),
        ({"a": "1.5 2 4", "b": "2020-01-01 2020-01-02 2020-01-03"}, ["a"], "column 'b' left out: dates"),
        ({"a": "1.5 2 4", "b": "7 7 7"}, ["a"], "column 'b' left out: constant (else --columns)"),
        ({"a": "1.5 2 4", "b": "  "}, ["a"], "column 'b' left out: no values"),
        ({"a": "1.5 2 4", "b": "NA NA 4"}, ["a"], "column 'b' left out: missing in too many rows (else --columns)"),
        ({"id": "17 9 12", "b": "1 5 4"}, ["b"], "column 'id' left out: numbers of rows (else --columns)"),
        ({"ID": "17 9 12", "b": "1 5 4"}, ["b"], "column 'ID' left out: numbers of rows (else --columns)"),
        ({"humid": "17 9 12", "b": "1 5 4"}, ["humid", "b"], None),
        ({"sampleId": "17 9 12", "b": "1 5 4"}, ["b"], "column 'sampleId' left out: numbers of rows (else --columns)"),
        ({"obs": "1 2 3", "b": "1 5 4"}, ["b"], "column 'obs' left out: numbers of rows (else --columns)"),
        (
            {"k": "1 2 3 4 5 6 7 8 9 10", "b": "1 5 4 1 5 4 1 5 4 2"},
            ["b"],
            "column 'k' left out: numbers of rows (else --columns)",
        ),
        ({"year": "1 2 3 4 5 6 7 8 9 10", "b": "1 5 4 1 5 4 1 5 4 2"}, ["year", "b"], None),
        ({"id": "17 9 12"}, ["id"], None),
        ({"a": "7 7 7", "b": "5 5 5"}, ["a", "b"], None),
        ({"a": "1 2 4", "b": "5 3 x"}, ["a"], "column 'b' left out: no numbers (line 4: 'x')"),
    ],
)
def test_columns(cells: dict[str, str], kept: list[str], note: str | None) -> None:
    notes: list[str] = []
    chosen = choose(columns(**cells), None, False, "memory", notes)
    assert [column.label for column in chosen] == [f"column {name!r}" for name in kept]
    assert notes == ([] if note is None else [note])


def test_a_constant_column_can_be_kept() -> None:
    assert len(choose(columns(a="1 2 4", b="7 7 7"), None, True, "memory", [])) == 2


def test_a_word_among_many_numbers_is_a_fault() -> None:
    with pytest.raises(DataError, match=r"^memory: line 13, column 'a': 'x' is not a number"):
        choose(columns(a="1 2 1 2 1 2 1 2 1 2 1 x 5"), None, False, "memory", [])


def test_no_numbers_at_all() -> None:
    with pytest.raises(DataError, match=r"^memory: no column of numbers in it \(columns 'a', 'b': text\)$"):
        choose(columns(a="x y", b="u v"), None, False, "memory", [])


def test_rows() -> None:
    notes: list[str] = []
    given = columns(a="1 NA 3", b="5 6 ")[:1] + columns(a="1 NA 3", b="5 6 7")[1:]
    assert complete_rows(given, "drop", "memory", notes).tolist() == [[1.0, 5.0], [3.0, 7.0]]
    assert notes == ["1 of 3 rows left out: missing values ('NA') in column 'a'"]
    with pytest.raises(DataError, match=r"^memory: line 3, column 'a': missing value 'NA'; .*--missing drop\)$"):
        complete_rows(given, "error", "memory", [])


def test_no_row_left() -> None:
    with pytest.raises(DataError, match=r"^memory: line 2, column 'b': missing value 'NA', and one in every row"):
        complete_rows(columns(a="1 NA", b="NA 1"), "drop", "memory", [])


def test_labels_of_columns_without_names() -> None:
    unnamed = [Column(index, f"column {index} (counted from 0)", False) for index in (0, 2)]
    assert labels(unnamed) == "columns 0, 2 (counted from 0)"
