"""docs/architecture.md: its picture is that of the code, and every room and file that it names is there."""

from __future__ import annotations

import importlib.util
import re
from types import ModuleType

import pytest

from tests.support import ROOT

PAGE = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def drawing() -> ModuleType:
    pytest.importorskip("grimp", reason="import-linter, of the extra test, reads the imports")
    spec = importlib.util.spec_from_file_location("draw_architecture", ROOT / "docs" / "draw_architecture.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_picture_is_that_of_the_code(drawing: ModuleType) -> None:
    """Oracle: the script, run now."""
    assert (ROOT / "docs" / "architecture.svg").read_text() == drawing.svg(), "run python docs/draw_architecture.py"


def test_every_room_is_drawn_and_described(drawing: ModuleType) -> None:
    """Oracle: the folder."""
    rooms = {
        path.stem for path in (ROOT / "swref").iterdir() if path.name[0] not in "_." and path.suffix in ("", ".py")
    }
    assert {room for floor in drawing.floors() for room in floor} == rooms
    for room in rooms:
        assert re.search(rf"`{room}(/|\.py)", PAGE), room


def test_every_file_that_the_page_names_is_there() -> None:
    """Paths in backquotes, from swref/, from a room, or anywhere under one."""
    for name in re.findall(r"`([\w/]+\.(?:py|md|toml))`", PAGE):
        assert any(ROOT.rglob(name)), name
