"""Tables of text: what is written comes back bit for bit, and a fault is named by line and column."""

from __future__ import annotations

import time
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from swref.errors import DataError, InputError
from swref.measures import Discrete, load_measure
from tests.measures.support import IRIS, NAMED, X, refused, table
from tests.support import slowness


@pytest.mark.parametrize("header", [None, "a,b,c"])
@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_csv_round_trip(tmp_path: Path, header: str | None, newline: str) -> None:
    """Oracle: repr of a float reads back to the same bits."""
    rows = [",".join(map(repr, row)) for row in X.tolist()]
    text = newline.join(([header] if header else []) + rows) + newline
    measure = load_measure(table(tmp_path, text))
    np.testing.assert_array_equal(measure.points, X)
    assert measure.names == (None if header is None else ("a", "b", "c"))
    assert measure.weights is None


def test_savetxt_reads_back(tmp_path: Path) -> None:
    np.savetxt(tmp_path / "plain.csv", X, delimiter=",")
    np.savetxt(tmp_path / "named.tsv", X, delimiter="\t", header="a\tb\tc")
    np.testing.assert_array_equal(load_measure(tmp_path / "plain.csv").points, X)
    named = load_measure(tmp_path / "named.tsv")
    np.testing.assert_array_equal(named.points, X)
    assert named.names == ("a", "b", "c")


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("semicolon.csv", "a;b\n1;2\n3;4\n"),
        ("tab.tsv", "a\tb\n1\t2\n3\t4\n"),
        ("upper.CSV", "a,b\n1,2\n3,4\n"),
        ("quotes.csv", '"a","b"\n"1","2"\n"3","4"\n'),
        ("blank.csv", "\n  \na,b\n\n1,2\n   \n3,4\n\n"),
        ("spaces.csv", " a , b \n 1 , 2 \n3, 4\n"),
        ("mark.csv", "\ufeffa,b\n1,2\n3,4\n"),
        ("no_end.csv", "a,b\n1,2\n3,4"),
        ("exponents.csv", "a,b\n1e0,+2\n.3e1,4.\n"),
    ],
)
def test_dialects_give_the_same_table(tmp_path: Path, name: str, text: str) -> None:
    measure = load_measure(table(tmp_path, text, name))
    assert measure.points.tolist() == [[1.0, 2.0], [3.0, 4.0]]
    assert measure.names == ("a", "b")


def test_true_and_false_are_numbers(tmp_path: Path) -> None:
    measure = load_measure(table(tmp_path, "kind,a,b\nx,TRUE,True\ny,FALSE,False\nz,NA,False\n"))
    assert (measure.names, measure.points.tolist()) == (("a", "b"), [[1.0, 1.0], [0.0, 0.0]])
    assert measure.reading.notes[-1] == "columns 'a', 'b': TRUE is 1 and FALSE is 0 (else --columns)"
    bare = load_measure(table(tmp_path, "TRUE,FALSE\nFALSE,TRUE\n", "bare.csv"))
    assert (bare.names, bare.points.tolist()) == (None, [[1.0, 0.0], [0.0, 1.0]])
    assert load_measure(table(tmp_path, "true\n0.5\n0.6\n", "name.csv")).names == ("true",)


@pytest.mark.parametrize("cell", [r'"12\" pipe, long"', r'"\"a\", \"b\""', r'"C:\\"', r'"5\""'])
def test_quotes_behind_backslashes(tmp_path: Path, cell: str) -> None:
    """As MySQL writes them, far below the head of the file, too."""
    rows = [f'"x",{i},{i}.5' for i in range(300)] + [f"{cell},300,300.5", r'"q\"q",301,301.5', r"\N,302,302.5"]
    measure = load_measure(table(tmp_path, "\n".join(["name,a,b", *rows])))
    np.testing.assert_array_equal(measure.points, [[i, i + 0.5] for i in range(303)])
    assert measure.reading.notes[-1] == "backslashes escape quotes"


def test_a_backslash_before_a_closing_quote_is_one(tmp_path: Path) -> None:
    measure = load_measure(table(tmp_path, 'path,a,b\n"C:\\dir\\",1,2\n"D:\\",3,4\n'))
    assert (measure.points.tolist(), measure.reading.notes) == (
        [[1.0, 2.0], [3.0, 4.0]],
        ("column 'path' left out: text",),
    )


def test_a_quote_that_nothing_explains(tmp_path: Path) -> None:
    refused(table(tmp_path, 'a,b\n"1"2,3\n4,5\n'), "line 2: ',' expected after '\"'$")


def test_quoted_names_may_hold_delimiters(tmp_path: Path) -> None:
    measure = load_measure(table(tmp_path, '"a;b","c,d"\n1,2\n'))
    assert measure.names == ("a;b", "c,d")


def test_a_table_of_one_column(tmp_path: Path) -> None:
    assert load_measure(table(tmp_path, "a\n1\n\n2\n")).points.tolist() == [[1.0], [2.0]]


def test_a_text_column_does_not_make_the_first_row_a_header(tmp_path: Path) -> None:
    """The first flower must not be lost."""
    measure = load_measure(table(tmp_path, IRIS), columns=[0, 2])
    assert measure.points.tolist() == [[5.1, 1.4], [4.9, 1.3]]
    assert measure.names is None


def test_a_header_is_known_by_text_above_a_missing_cell(tmp_path: Path) -> None:
    measure = load_measure(table(tmp_path, "species,size,mass\nAdelie,NA,1\nGentoo,2,3\n"), columns=["mass"])
    assert measure.points.tolist() == [[1.0], [3.0]]


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("", r": the file is empty$"),
        ("\n \n\n", r": the file is empty$"),
        ("a,b\n", r": there is a header but no row of numbers below it$"),
        ("a,b\n1,2\n3\n", r": line 3: expected 2 cells, as in most rows, got 1 \(cut at ','; else --sep\)$"),
        ("a,b\n\n1,2\n\n3,4,5\n", r": line 5: expected 2 cells, as in most rows, got 3"),
        ("a,b\n7.5,2,3\n", r": line 2: expected 2 cells, as in most rows, got 3"),
        ("a,b\n1,2\n3,\x1c4\n", r": line 3, column 'b': '\\x1c4' holds a control character; remove it"),
        ("a,b\n1,\0\n", r": line 2, column 'b': '\\x00' holds a control character; remove it"),
        ("a,b\n" + 20 * "1,2\n" + "3,x\n", r": line 22, column 'b': 'x' is not a number; choose numeric columns"),
        (20 * "1,2\n" + "3,x\n", r": line 21, column 1 \(counted from 0\): 'x' is not a number"),
        ("a\n1e999\n", r": no column of numbers in it \(column 'a': no values\)$"),
        ("a,b\nx,y\n", r": no column of numbers in it \(columns 0, 1 \(counted from 0\): text\)$"),
        ('a,b\n1,"2\n', r": line \d: unexpected end of data$"),
        ('a,b\n1,"2"x\n', r": line 2: ',' expected after '\"'$"),
    ],
)
def test_faulty_tables(tmp_path: Path, text: str, line: str) -> None:
    refused(table(tmp_path, text), line)


@pytest.mark.parametrize(
    ("text", "columns", "line"),
    [
        (IRIS, [1], r": line 1, column 1 \(counted from 0\): 'setosa' is not a number; choose numeric columns"),
        (NAMED, ["id"], r": line 2, column 'id': '2007_1' is not a number"),
        (
            "a;b\n" + 20 * "2.5;x\n" + "1,5;x\n",
            ["a"],
            r": line 22, column 'a': '1,5' is not a number; .*, or --decimal ,$",
        ),
    ],
)
def test_text_in_chosen_columns(tmp_path: Path, text: str, columns: list[str | int], line: str) -> None:
    refused(table(tmp_path, text), line, columns)


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("a,b\n1,2\n,4\n", r": line 3, column 'a': missing value ''; .*--missing drop\)$"),
        ("a,b\n1,2\n3, NA\n", r": line 3, column 'b': missing value 'NA'"),
        ("a,b\nnan,2\n1,3\n", r": line 2, column 'a': missing value 'nan'"),
        ("a,b\n1,2\n-inf,2\n", r": line 3, column 'a': missing value '-inf'"),
        ("a,b\n" + 20 * "1,2\n" + "3\n", r": line 22: expected 2 cells, as in most rows, got 1"),
    ],
)
def test_rows_that_lack_a_number(tmp_path: Path, text: str, line: str) -> None:
    """Left out and counted, or refused."""
    path = table(tmp_path, text)
    measure = load_measure(path)
    assert isinstance(measure, Discrete)
    assert measure.m == len(text.splitlines()) - 2
    assert "1 " in measure.reading.notes[-1]
    with pytest.raises(DataError, match=line):
        load_measure(path, missing="error")


def test_identifiers_are_not_numbers(tmp_path: Path) -> None:
    """float("2007_11") is 200711 to Python: in a table that would turn an identifier into a coordinate."""
    measure = load_measure(table(tmp_path, "a,b\n2007_10,2\n2007_11,5\n"))
    assert measure.points.tolist() == [[2.0], [5.0]]
    assert measure.reading.notes == ("column 'a' left out: text",)


def test_huge_finite_numbers_are_numbers(tmp_path: Path) -> None:
    """Their sum overflows, they do not."""
    assert load_measure(table(tmp_path, "1e308,1e308\n")).points.tolist() == [[1e308, 1e308]]


@pytest.mark.slow
def test_wide_table(tmp_path: Path) -> None:
    """A first line longer than the csv module's limit for one cell (131072 characters)."""
    row = np.random.default_rng(0).normal(size=10_000)
    measure = load_measure(table(tmp_path, ",".join(map(repr, row.tolist())) + "\n"))
    np.testing.assert_array_equal(measure.points, row[None])


CASES = {
    # The text, the points, the names, and a word of each note.
    "pandas": (",a,b\n3,1,2\n4,3,4\n", [[1, 2], [3, 4]], ("a", "b"), ["the index"]),
    "r": ('"","V1","V2"\n"1",0.5,0.6\n"2",1.5,1.6\n', [[0.5, 0.6], [1.5, 1.6]], ("V1", "V2"), ["the index"]),
    "write.table": ('"V1" "V2"\n"1" 0.5 0.6\n"2" 1.5 1.6\n', [[0.5, 0.6], [1.5, 1.6]], ("V1", "V2"), ["the index"]),
    "numeric header": ("0,1\n1.5,2.5\n3.5,4.5\n", [[1.5, 2.5], [3.5, 4.5]], ("0", "1"), ["--no-header"]),
    "text and missing": (
        "kind,a,b,sex\nA,1,2,m\nA,NA,3,f\nB,4,,f\nB,5,6,m\nA,7,9,f\n",
        [[1, 2], [5, 6], [7, 9]],
        ("a", "b"),
        ["columns 'kind', 'sex' left out: text", "2 of 5 rows left out: missing values"],
    ),
    "decimal comma": ("a;b\n0,5;0,6\n1,5;1,6\n", [[0.5, 0.6], [1.5, 1.6]], ("a", "b"), ["decimal"]),
    "sep line": ("sep=;\na;b\n0,5;0,6\n", [[0.5, 0.6]], ("a", "b"), ["decimal"]),
    "thousands": ('a,b\n"1,234.5",0.6\n"2,345.5",1.6\n', [[1234.5, 0.6], [2345.5, 1.6]], ("a", "b"), ["1234.5"]),
    "comments": ("# by a logger\n# units: m\na,b\n1,2\n", [[1, 2]], ("a", "b"), ["2 lines left out: comments"]),
    "units": ("a,b\nm,s\n0.5,0.6\n1.5,1.6\n", [[0.5, 0.6], [1.5, 1.6]], ("a", "b"), ["units: 'm', 's'"]),
    "units above many rows": (
        "a,b\nm,s\n" + "".join(f"{k}.5,{k * k}\n" for k in range(12)),
        [[k + 0.5, k * k] for k in range(12)],
        ("a", "b"),
        ["units: 'm', 's'"],
    ),
    "one comment": ("# by a logger\na,b\n1,2\n", [[1, 2]], ("a", "b"), ["1 line left out: comments"]),
    "empty cells behind the last": (
        "a,b\n1,2\n3,4\n5,7\n6,9\n7,1\n8,2,,\n9,4\n5,5\n4,2\n3,1\n2,2\n",
        [[1, 2], [3, 4], [5, 7], [6, 9], [7, 1], [8, 2], [9, 4], [5, 5], [4, 2], [3, 1], [2, 2]],
        ("a", "b"),
        [],
    ),
    "a short row among the first": (
        "a,b\n1,2\n3,4\n5\n" + "".join(f"{k},{k * k}\n" for k in range(90)),
        [[1, 2], [3, 4], *([k, k * k] for k in range(90))],
        ("a", "b"),
        ["1 row left out: not of 2 cells (line 4)"],
    ),
    "names that end with a separator": ("a,b,\n1,2\n3,4\n5,1\n2,2\n", [[1, 2], [3, 4], [5, 1], [2, 2]], ("a", "b"), []),
    "a title": ("Report,2020\nby a logger\na,b\n1,2\n3,4\n", [[1, 2], [3, 4]], ("a", "b"), ["lines above line 3"]),
    "two columns with gaps": (
        "a,b,c\n1,,2\n2,,7\n4,,1\n5,,5\n7,,\n6,,\n1,3,\n2,5,\n8,9,\n3,4,\n",
        [[1], [2], [4], [5], [7], [6], [1], [2], [8], [3]],
        ("a",),
        ["columns 'b', 'c' left out"],
    ),
    "dates": ("date,b\n2020-01-01,3\n2020-01-02,4\n", [[3], [4]], ("b",), ["dates"]),
}


@pytest.mark.parametrize("case", CASES)
def test_what_people_have(tmp_path: Path, case: str) -> None:
    """Oracle: the reading written beside each; and the same once more, with the guesses given as options."""
    text, points, names, words = CASES[case]
    path = table(tmp_path, text, "data.txt")
    measure = load_measure(path)
    assert isinstance(measure, Discrete)
    assert measure.points.tolist() == points
    assert measure.names == names
    notes = measure.reading.notes
    assert len(notes) == len(words)
    assert all(word in note for word, note in zip(words, notes, strict=True)), notes
    options = measure.reading.options
    again = load_measure(path, **{**options.to_dict(), "header": options.header == "yes"})
    assert again.points.tolist() == points
    assert again.names == names
    assert again.reading.options == options


def test_a_header_that_is_data(tmp_path: Path) -> None:
    path = table(tmp_path, "0,1\n1.5,2.5\n3.5,4.5\n")
    assert load_measure(path, header=False).m == 3


def test_a_name_with_a_comma(tmp_path: Path) -> None:
    path = table(tmp_path, '"mass, kg",b,c\n0.5,0.6,1\n1.5,1.6,2\n')
    assert load_measure(path, columns="mass, kg").names == ("mass, kg",)
    assert load_measure(path, columns="c,mass, kg").names == ("c", "mass, kg")
    assert load_measure(path, columns='"mass, kg", c').names == ("mass, kg", "c")


def test_another_encoding(tmp_path: Path) -> None:
    path = tmp_path / "latin.csv"
    path.write_bytes("größe,b\n1,2\n".encode("latin-1"))
    assert load_measure(path).names == ("größe", "b")
    assert "--encoding" in load_measure(path).reading.notes[0]
    assert load_measure(path, encoding="cp437").names != ("größe", "b")
    path.write_bytes("a,b\n1,2\n".encode("utf-16"))
    assert load_measure(path).names == ("a", "b")


@pytest.mark.parametrize(
    ("keywords", "line"),
    [
        ({"sep": "ab"}, r"^sep must be one character such as"),
        ({"decimal": ";"}, r"^decimal must be '.' or ',', got ';'$"),
        ({"encoding": "rot13"}, r"^encoding must be one that Python knows"),
        ({"missing": "impute"}, r"^missing must be one of drop, any, error, got 'impute'"),
        ({"header": "maybe"}, r"^header must be yes or no, got 'maybe'$"),
        ({"columns": ["c"]}, r"columns must be one of a, b, got 'c'"),
        ({"columns": "a,,b"}, r"^columns must have no empty entry"),
    ],
)
def test_options_refused(tmp_path: Path, keywords: dict[str, Any], line: str) -> None:
    with pytest.raises(InputError, match=line):
        load_measure(table(tmp_path, "a,b\n1,2\n"), **keywords)


FINITE = st.floats(allow_nan=False, allow_infinity=False)
DIALECTS = st.tuples(
    st.sampled_from([(",", "."), (";", "."), (";", ","), ("\t", "."), ("\t", ","), ("|", "."), (" ", "."), (" ", ",")]),
    st.booleans(),  # a header
    st.sampled_from(["\n", "\r\n"]),
    st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "latin-1"]),
    st.sampled_from(["", "# a comment\n", "\n"]),
    st.booleans(),  # a column of text
)


@given(DIALECTS, st.integers(1, 4).flatmap(lambda d: st.lists(st.tuples(*[FINITE] * d), min_size=3, max_size=6)))
@settings(max_examples=150, deadline=None)
def test_tables_in_every_dialect_come_back(dialect: Any, rows: list[tuple[float, ...]]) -> None:
    """Oracle: the numbers that were written; columns that are constant or count the rows are left out, and said."""
    (sep, decimal), header, newline, encoding, above, text = dialect
    d = len(rows[0])
    if d == 1 and (not text or (sep == " " and not header)):
        decimal = "."  # 0,5 or "0,5 word" alone could be two cells
    lines = [sep.join(["größe", *(f"c{j}" for j in range(1, d))] + ["word"] * text)] if header else []
    for k, row in enumerate(rows):
        cells = [repr(value).replace(".", decimal) for value in row]
        lines.append(sep.join(cells + [f"w{k}"] * text))
    content = above.replace("\n", newline) + "".join(line + newline for line in lines)
    with TemporaryDirectory() as folder:
        path = Path(folder, "data.txt")
        path.write_bytes(content.encode(encoding))
        measure = load_measure(path)
    points = np.array(rows)
    varies = [j for j in range(d) if (points[:, j] != points[0, j]).any()] or list(range(d))
    assert isinstance(measure, Discrete)
    np.testing.assert_array_equal(measure.points, points[:, varies])
    if header:
        assert measure.names == tuple(["größe", *(f"c{j}" for j in range(1, d))][j] for j in varies)


@pytest.mark.slow
def test_half_a_million_rows_take_seconds(tmp_path: Path) -> None:
    """A tenth of them here, in a tenth of the time: 50,000 x 3, compared with what was written."""
    points = np.random.default_rng(0).normal(size=(50_000, 3))
    path = tmp_path / "x.csv"
    np.savetxt(path, points, delimiter=",", fmt="%.17g", header="a,b,c", comments="")
    start = time.perf_counter()
    measure = load_measure(path)
    seconds = time.perf_counter() - start
    assert seconds < 2.0 * slowness()
    np.testing.assert_array_equal(measure.points, points)


@pytest.mark.parametrize("columns", [None, ["b"]])
def test_words_among_numbers_can_be_left_out(tmp_path: Path, columns: list[str] | None) -> None:
    path = table(tmp_path, "b,a\n" + 20 * "2,1\n3,7\n" + "422-528,3\n")
    refused(
        path, r": line 42, column 'b': '422-528' is not a number; .* leave such rows out \(--missing any\)$", columns
    )
    measure = load_measure(path, columns=columns, missing="any")
    assert measure.points[:, 0].tolist() == 20 * [2.0, 3.0]
    assert measure.reading.notes == ("1 of 41 rows left out: missing values ('422-528') in column 'b'",)
    assert measure.reading.options.missing == "any"


def test_only_words(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r": line 2, column 'a': missing value 'x', and one in every row"):
        load_measure(table(tmp_path, "a,b\nx,1\ny,2\n"), columns=["a"], missing="any")


CELLS = ["1.5", "2", "0,5", "1,234.5", "NA", "x", "id", "2020-01-01", "é", "1e999", "-inf", "1_0", "９", ""]
MARKS = [
    ",",
    ";",
    "|",
    "#",
    "%",
    "----",
    "/*",
    '"',
    " ",
    "  ",
    "\t",
    "\n",
    "\r\n",
    "\r",
    "sep=;\n",
    "\ufeff",
    "\x00",
    "\x1c",
]
PIECES = st.sampled_from(CELLS) | st.sampled_from(MARKS)


@given(st.lists(PIECES, max_size=40).map("".join), st.sampled_from(["utf-8", "utf-16", "latin-1"]))
@settings(max_examples=300, deadline=None)
def test_whatever_is_in_a_file(text: str, encoding: str) -> None:
    """Points, finite, that the recorded options give again, or one line without control characters; nothing else."""
    with TemporaryDirectory() as folder:
        path = Path(folder, "data.csv")
        path.write_bytes(text.encode(encoding, errors="replace"))
        refusal, measure = None, None
        try:
            measure = load_measure(path)
        except DataError as error:
            refusal = str(error)
        assert refusal is None or refusal.isprintable()
        if measure is None:
            return
        assert isinstance(measure, Discrete)
        assert np.isfinite(measure.points).all()
        assert measure.reading is not None
        assert all(note.isprintable() for note in measure.reading.notes)
        options = measure.reading.options
        assert options is not None
        again = load_measure(path, **{**options.to_dict(), "header": options.header == "yes"})
    np.testing.assert_array_equal(again.points, measure.points)
    assert again.names == measure.names
