"""The book as Sphinx builds it, warnings being errors: whole, without dead links, and of this machine alone."""

from __future__ import annotations

import re
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

import swref
from swref.commands import COMMANDS
from tests.support import ROOT

pytestmark = pytest.mark.slow
LINK = re.compile(r'<(?:a|img|link|script)\b[^>]*?\s(?:href|src)="([^"]*)"')


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    pytest.importorskip("sphinx", reason='needs Sphinx: pip install -e ".[docs]"')
    folder = tmp_path_factory.mktemp("site")
    build = [sys.executable, "-m", "sphinx", "-q", "-W", "--keep-going", str(ROOT / "docs"), str(folder)]
    done = subprocess.run(build, capture_output=True, text=True, timeout=180, check=False)
    assert done.returncode == 0, done.stderr
    return folder


@cache
def ids(page: Path) -> set[str]:
    return set(re.findall(r'\bid="([^"]*)"', page.read_text(encoding="utf-8")))


def test_every_public_name_and_every_command_has_its_place(site: Path) -> None:
    """Oracle: swref.__all__ and the list of commands."""
    names = ids(site / "reference" / "api.html")
    assert {f"swref.{name}" for name in swref.__all__ if name != "__version__"} <= names
    assert {f"swref-{name}" for name in COMMANDS} <= ids(site / "reference" / "commands.html")


def test_every_link_leads_somewhere(site: Path) -> None:
    """Oracle: the files, and the ids in them."""
    checked = 0
    for page in site.rglob("*.html"):
        if "_downloads" in page.parts:
            continue
        for link in LINK.findall(page.read_text(encoding="utf-8")):
            if link.startswith(("http://", "https://", "data:", "mailto:")):
                continue
            name, _, anchor = link.partition("#")
            target = page.parent / name.partition("?")[0] if name else page
            assert target.exists(), f"{page.name}: {link}"
            if anchor and target.suffix == ".html":
                assert anchor in ids(target), f"{page.name}: {link}"
            checked += 1
    assert checked > 500


def test_nothing_is_loaded_from_a_network(site: Path) -> None:
    """Oracle: no script, style or picture has an address of another host; formulas are MathML."""
    for page in site.rglob("*.html"):
        text = page.read_text(encoding="utf-8")
        assert not re.search(r'<(?:script|img|iframe)\b[^>]*\ssrc="(?:https?:)?//', text), page.name
        assert not re.search(r'<link\b[^>]*rel="stylesheet"[^>]*href="(?:https?:)?//', text), page.name
        assert not re.search(r"<script\b[^>]*mathjax", text, re.IGNORECASE), page.name
