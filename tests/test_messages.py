"""Values in messages and in JSON. Oracle: by eye, and that neither fails, whatever the value."""

from __future__ import annotations

import json
import math
from fractions import Fraction

import numpy as np
import pytest

import swref
from swref.errors import SwrefError
from swref.messages import SHOWN, json_number, one_line, shown
from swref.runs import TrainConfig


def test_a_value_is_shown_as_python_writes_it_where_it_can():
    for value, text in (
        ("a", "'a'"),
        (3, "3"),
        (-(10**39), f"-1{39 * '0'}"),
        (10**5000, "an integer of about 5000 digits"),
        (-(10**5000), "a negative integer of about 5000 digits"),
        ((1, -(10**5000)), "(1, a negative integer of about 5000 digits)"),
        (np.eye(2), "array([[1., 0.], [0., 1.]])"),
        (np.float32(0.5), "np.float32(0.5)"),
    ):
        assert shown(value) == text


class Mute:
    """Its repr raises."""

    def __repr__(self):
        raise RuntimeError


def test_what_cannot_be_written_or_is_long_is_one_short_line():
    cyclic: list = []
    cyclic.append(cyclic)
    for value in (
        Mute(),
        [Mute()],
        Fraction(10**5000),
        "9" * 10**6,
        b"9" * 10**6,
        list(range(10**6)),
        cyclic,
        np.zeros((50, 50, 50)),
        "line\nbreak",
        {k: k for k in range(10**5)},
    ):
        text = shown(value)
        assert 0 < len(text) <= 400
        assert "\n" not in text
    assert one_line("a\n   b") == "a b"
    assert len(one_line("a" * 10**6)) <= 400


@pytest.mark.parametrize("value", [None, 0.5, -3, math.inf, -math.inf, math.nan])
def test_json_has_no_infinity(value):
    """Oracle: the standard library's, which refuses what JSON has not."""
    found = json_number(value)
    assert json.loads(json.dumps(found, allow_nan=False)) == found
    assert (found is None) == (value is None or not math.isfinite(value))


EVIL = "\x1b[2J\x07\r\n\u202e\u2028"  # a terminal's code, a bell, ends of lines, right to left


def test_text_from_elsewhere_is_escaped_and_cut():
    assert shown(EVIL) == r"'\x1b[2J\x07\r\n\u202e\u2028'"
    assert len(shown("x" * 1000)) <= SHOWN


@pytest.mark.parametrize(
    ("case", "content"),
    [
        ("cell", '"a{evil}",b\n1,2\n3,x\n5,6\n'),
        ("name", '"a{evil}{long}",b\n1,2\n3,4\n'),
        ("key", '"{escape}" = 1\n'),
        ("value", 'scheme = "{escape}"\n'),
        ("toml", "scheme = {evil}\n"),
    ],
)
def test_names_cells_keys_and_values_of_files_never_reach_a_terminal(case, content, tmp_path):
    path = tmp_path / f"evil{EVIL}.csv"
    escape = "".join(f"\\u{ord(c):04x}" if not c.isprintable() else c for c in EVIL)
    path.write_text(content.format(evil=EVIL, long="y" * 1000, escape=escape), encoding="utf-8", newline="")
    read = {
        "cell": lambda: swref.load_measure(path, columns=["b"], missing="error"),
        "name": lambda: swref.load_measure(path, columns=["c" * 1000]),
    }
    with pytest.raises(SwrefError) as refused:
        read.get(case, lambda: TrainConfig.from_values(TrainConfig.read(path)))()
    assert str(refused.value).isprintable()
    assert len(str(refused.value)) < 500
