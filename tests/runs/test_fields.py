"""Fields of a record: types by their annotation, layers, and TOML that tomllib reads back to the same values."""

from __future__ import annotations

import dataclasses
import math
import tomllib

import numpy as np
import pytest

from swref.errors import DataError, InputError, InputTypeError
from swref.runs.fields import merged, plain, read_toml, to_toml, typed


@pytest.mark.parametrize(
    ("value", "kind", "expected"),
    [
        (3, int, 3),
        (np.int64(3), int, 3),
        (-(2**63), int, -(2**63)),
        (3, float, 3.0),
        (math.inf, float, math.inf),
        ("a", str, "a"),
        ([], tuple[int, ...], ()),
        ([1, 2], tuple[int, ...], (1, 2)),
        ((1, 0.5), tuple[float, ...], (1.0, 0.5)),
        ([0, "b"], tuple[str, ...], ("0", "b")),
    ],
)
def test_values_that_fit_their_annotation(value, kind, expected):
    found = typed("x", value, kind)
    assert found == expected
    assert type(found) is type(expected)


@pytest.mark.parametrize(
    ("value", "kind", "error", "message"),
    [
        (3.5, int, InputTypeError, "x must be an integer, got 3.5"),
        (True, int, InputTypeError, "x must be an integer, got True"),
        ("3", float, InputTypeError, "x must be a number, got '3'"),
        (math.nan, float, InputError, "x must be finite"),
        (3, str, InputTypeError, "x must be a string, got 3"),
        ("a\udcff", str, InputError, "x must be text that UTF-8 can write"),
        ("12", tuple[int, ...], InputTypeError, "x must be a list, got '12'"),
        (3, tuple[int, ...], InputTypeError, "x must be a list, got 3"),
        ([1, "b"], tuple[int, ...], InputTypeError, r"x\[1\] must be an integer, got 'b'"),
    ],
)
def test_values_that_do_not_are_named(value, kind, error, message):
    with pytest.raises(error, match=message):
        typed("x", value, kind)


def test_later_layers_win_and_unknown_keys_come_with_the_nearest():
    assert merged(("a", "b"), {"a": 1, "b": 2}, {}, {"a": 3}) == {"a": 3, "b": 2}
    assert merged(("a",)) == {}
    with pytest.raises(
        InputError, match=r"configuration key must be one of steps, seed, got 'step'; did you mean 'steps'"
    ):
        merged(("steps", "seed"), {"step": 3})


def test_toml_is_read_back_to_the_same_values():
    """Oracle: tomllib, on texts that need escaping and floats at the ends of their range."""
    values = {
        "text": 'a "b" \\ \n \t \x7f \x00 é 日',
        "whole": -(2**62),
        "floats": [0.1, 1e-308, 1e16, math.inf, -math.inf, -0.0],
        "empty": [],
        "texts": ["", "a,b"],
    }
    again = tomllib.loads(to_toml(values))
    assert again == values
    assert [type(value) for value in again["floats"]] == [float] * 6
    assert math.copysign(1, again["floats"][-1]) == -1


def test_a_record_as_plain_values():
    @dataclasses.dataclass
    class Record:
        name: str = "a"
        sizes: tuple[int, ...] = (1, 2)

    assert plain(Record()) == {"name": "a", "sizes": [1, 2]}


def test_files_that_are_no_toml_are_named(tmp_path):
    for name, content, message in (
        ("a.toml", b"a = 1\nb = x\n", r"a\.toml: not a TOML file \(.*line 2"),
        ("b.toml", b"\xff\xfe", r"b\.toml: not a TOML file"),
        ("c.toml", b"a = " + 5000 * b"[", r"c\.toml: not a TOML file"),
    ):
        (tmp_path / name).write_bytes(content)
        with pytest.raises(DataError, match=message):
            read_toml(tmp_path / name)
    with pytest.raises(DataError, match=r"none\.toml: cannot be read \(No such file"):
        read_toml(tmp_path / "none.toml")
    (tmp_path / "d.toml").write_text("a = [1, 2]\n")
    assert read_toml(tmp_path / "d.toml") == {"a": [1, 2]}
