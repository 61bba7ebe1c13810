"""What the shell is offered: names and files that are there, and folders that hold a run."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.shell_completion import BashComplete

from swref.commands import main
from tests.commands.support import write


def offered(line: str) -> list[str]:
    """The values for the last word of the line; what the shell is to complete itself, as <file> or <dir>."""
    *words, incomplete = line.split(" ")
    items = BashComplete(main, {}, "swref", "_SWREF_COMPLETE").get_completions(words, incomplete)
    return [item.value if item.type == "plain" else f"<{item.type}>" for item in items]


@pytest.fixture(autouse=True)
def _folder():
    """Two runs in runs/, one beside it, a folder that is none, and data."""
    for name in ("runs/moons-001", "runs/moons-002", "mine", "runs/notes"):
        Path(name).mkdir(parents=True)
        write(f"{name}/{'readme' if name.endswith('notes') else 'config.toml'}", "")
    write("points.csv", "1,2\n")


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("train pen", ["<file>", "penguins"]),
        ("train p", ["<file>", "penguins", "pinwheel", "points.csv"]),
        ("train po", ["<file>"]),
        ("train --source ba", ["<file>", "ball"]),
        ("train --resume ", ["mine", "runs/moons-001", "runs/moons-002"]),
        ("plot m", ["mine"]),
        ("sample runs/", ["runs/moons-001", "runs/moons-002"]),
        ("compare mine runs/moons-001 r", ["runs/moons-001", "runs/moons-002"]),
        ("plot else", ["<dir>"]),
        ("distance moons m", ["<file>", "moons", "mine"]),
        ("distance moons runs/n", ["<file>"]),
        ("experiment cr", ["critical"]),
        ("experiment l", ["landscape", "list"]),
    ],
)
def test_what_is_there_is_offered(line, expected):
    """Oracle: the folder above, by hand."""
    assert offered(line) == expected
