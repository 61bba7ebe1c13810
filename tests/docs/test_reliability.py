"""docs/reliability.md: every test, file and command that it names is there."""

from __future__ import annotations

import re

from tests.support import ROOT

PAGE = (ROOT / "docs" / "reliability.md").read_text(encoding="utf-8")


def test_what_holds_a_promise_is_there() -> None:
    """Oracle: the folder."""
    rows = [line.split(" | ") for line in PAGE.splitlines() if line.startswith("| ") and "---" not in line][1:]
    assert len(rows) >= 15
    for promise, holders, *_ in rows:
        names = re.findall(r"`([^`]+)`", holders)
        assert names, promise
        for name in names:
            assert (ROOT / name).exists() or (ROOT / "tests" / name).exists(), name
    for variable in re.findall(r"SWREF_\w+", PAGE):
        assert any(variable in path.read_text(encoding="utf-8") for path in (ROOT / "tests").rglob("*.py")), variable
