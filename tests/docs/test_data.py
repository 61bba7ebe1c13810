"""docs/data.md: every table on the page is read as the page says."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from swref.measures import Discrete, load_measure
from tests.support import ROOT

EXAMPLE = re.compile(r"^```csv (\S+)\n(.*?)^```\n\n```text\n(.*?)^```$", re.MULTILINE | re.DOTALL)
EXAMPLES = EXAMPLE.findall((ROOT / "docs" / "data.md").read_text(encoding="utf-8"))


@pytest.mark.parametrize(("name", "content", "said"), EXAMPLES)
def test_a_table_is_read_as_the_page_says(tmp_path: Path, name: str, content: str, said: str) -> None:
    """Oracle: the page: what is said, a line each, then the names and the points."""
    (tmp_path / name).write_text(content, encoding="utf-8")
    measure = load_measure(tmp_path / name)
    assert isinstance(measure, Discrete)
    assert measure.reading is not None
    points = ", ".join(" ".join(map(str, row)) for row in measure.points.tolist())
    assert [*measure.reading.notes, f"{', '.join(measure.names or ())}: {points}"] == said.splitlines()


def test_there_are_examples() -> None:
    assert len(EXAMPLES) == 4
