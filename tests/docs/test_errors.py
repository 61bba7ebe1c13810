"""docs/errors.md is what its script writes."""

from __future__ import annotations

import importlib.util

from tests.support import ROOT


def test_the_page_is_that_of_the_table():
    """Oracle: the script, run now."""
    spec = importlib.util.spec_from_file_location("list_errors", ROOT / "docs" / "list_errors.py")
    script = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(script)
    page = (ROOT / "docs" / "errors.md").read_text(encoding="utf-8")
    assert page == script.page(), "run python docs/list_errors.py"
