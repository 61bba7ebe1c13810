"""Options of a table and what a file's reading says; oracle: the rules in their docstrings."""

from __future__ import annotations

import pytest

from swref.errors import InputError, InputTypeError
from swref.measures import Discrete
from swref.measures.reading import Reading, TableOptions, listing


def test_the_same_option_in_several_words() -> None:
    words = {"tab": "\t", "\\t": "\t", "\t": "\t", "space": " ", "spaces": "  ", ";": ";"}
    assert {word: TableOptions(sep=word).sep for word in words} == words
    assert TableOptions.of(header=True) == TableOptions.of(header="yes")
    assert TableOptions.of(columns="a,b").columns == ("a,b",)
    assert TableOptions.of(columns=[0, "b"], sep=None).to_dict()["columns"] == ["0", "b"]


@pytest.mark.parametrize("sep", ["ab", ";;", "1", "x", '"', ".", "-", "\n"])
def test_what_can_separate_no_numbers(sep: str) -> None:
    with pytest.raises(InputError, match=r"^sep must be one character such as"):
        TableOptions(sep=sep)


def test_wrong_types() -> None:
    with pytest.raises(InputTypeError, match=r"^sep must be a string, got 1$"):
        TableOptions(sep=1)  # type: ignore[arg-type]
    with pytest.raises(InputTypeError, match=r"^columns must be a sequence of names or indices, got 3$"):
        TableOptions.of(columns=3)


def test_a_list_of_names_is_short() -> None:
    assert listing(map(str, range(9)), most=3) == "0, 1, 2 and 6 more"


def test_a_measure_keeps_its_reading_through_nothing_but_reading() -> None:
    """What is computed from it is not what was read."""
    reading = Reading("a.csv", ("a note",))
    measure = Discrete([[1.0], [2.0]]).with_reading(reading)
    assert measure.reading == reading
    assert Discrete(measure.points).reading is None
