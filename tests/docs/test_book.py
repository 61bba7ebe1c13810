"""The book, README and all pages under docs/: every block of Python runs, and prints what stands under it.

A page is one program: its blocks share their names. ```pycon is a session, compared by doctest; ```python is run.
"""

from __future__ import annotations

import doctest
import importlib.util
import re
from pathlib import Path

import pytest

import swref
from tests.support import ROOT

BLOCK = re.compile(r"^(`{3,})(pycon|python)\n(.*?)^\1$", re.MULTILINE | re.DOTALL)
ELSEWHERE = {
    "docs/crosscheck.md": "losses of other libraries, and what is wrong in them; tests/crosscheck runs what can be",
    "docs/extending.md": "changes to a copy of the repository: test_extending runs them",
}
NEEDED = {"docs/bridges.md": ("torch", "jax")}
LONG = {
    "README.md",
    "docs/guides/choose.md",
    "docs/guides/compare.md",
    "docs/guides/embed.md",
    "docs/scale.md",
    "docs/start.md",
    "docs/training.md",
}  # train for a while, or compile for large clouds


def pages() -> list[str]:
    """README and the pages of docs/ that have blocks to run here."""
    paths = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
    names = [path.relative_to(ROOT).as_posix() for path in paths if BLOCK.search(path.read_text(encoding="utf-8"))]
    assert ELSEWHERE.keys() <= set(names)
    return [name for name in names if name not in ELSEWHERE]


def run_page(path: Path) -> None:
    """Run the blocks in order; doctest's report, or the exception of a block, says where one fails."""
    text, names = path.read_text(encoding="utf-8"), {"__name__": path.stem}
    for block in BLOCK.finditer(text):
        line, code = text[: block.start()].count("\n") + 1, block.group(3)
        if block.group(2) == "python":
            exec(compile("\n" * line + code, str(path), "exec"), names)
            continue
        report: list[str] = []
        test = doctest.DocTestParser().get_doctest(code, names, path.name, str(path), line)
        assert test.examples, f"{path.name}, line {line}: a session without >>>"
        doctest.DocTestRunner(optionflags=doctest.ELLIPSIS).run(test, out=report.append, clear_globs=False)
        names.update(test.globs)
        assert not report, "".join(report)


@pytest.mark.parametrize(
    "page", [pytest.param(name, marks=pytest.mark.slow if name in LONG else ()) for name in pages()]
)
def test_every_block_of_a_page_runs(page: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Oracle: what the page shows."""
    for library in NEEDED.get(page, ()):
        pytest.importorskip(library)
    monkeypatch.chdir(tmp_path)
    run_page(ROOT / page)


@pytest.mark.parametrize("code", ["```pycon\n>>> 1 + 1\n3\n```\n", "```python\nassert 1 + 1 == 3\n```\n"])
def test_a_block_that_lies_is_found(code: str, tmp_path: Path) -> None:
    """Oracle: 1 + 1 = 2."""
    (tmp_path / "page.md").write_text(code, encoding="utf-8")
    with pytest.raises(AssertionError):
        run_page(tmp_path / "page.md")


def test_every_exercise_has_an_answer_that_runs() -> None:
    """Oracle: the pages: as many answers as exercises, each with a session."""
    asked = 0
    for path in sorted((ROOT / "docs").rglob("*.md")):
        text = path.read_text(encoding="utf-8")
        exercises = re.findall(r"^\*\*Exercise", text, re.MULTILINE)
        answers = re.findall(r"^:::\{dropdown\} Answer\n(.*?)^:::$", text, re.MULTILINE | re.DOTALL)
        assert len(answers) == len(exercises), path.name
        assert all("```pycon" in answer for answer in answers), path.name
        asked += len(exercises)
    assert asked >= 40


def test_every_link_of_readme_leads_to_a_file() -> None:
    """Oracle: the folder. Those of the pages are followed by test_site."""
    links = re.findall(r"\]\((?!https?:)([^)#]+)", (ROOT / "README.md").read_text(encoding="utf-8"))
    assert len(links) >= 8
    for link in links:
        assert (ROOT / link).is_file(), link


def test_every_test_that_a_page_names_is_there() -> None:
    """Oracle: the folder; the table of the theorems alone names ten."""
    names = set()
    for path in (ROOT / "docs").rglob("*.md"):
        names |= set(re.findall(r"`(tests/[\w./]+)`", path.read_text(encoding="utf-8")))
    assert len(names) >= 10
    for name in names:
        assert (ROOT / name).exists(), name


def test_every_function_in_the_table_of_the_theorems_is_public() -> None:
    """Oracle: swref and swref.theory."""
    page = (ROOT / "docs" / "mathematics" / "theorems.md").read_text(encoding="utf-8")
    table = page[page.index("| statement of the paper") :].partition("\n\n")[0]
    column = " ".join(row.split(" | ")[1] for row in table.splitlines()[2:])
    found = re.findall(r"`(\w+)", column)
    assert len(found) >= 20
    assert {name for name in found if name != "swref"} <= set(swref.__all__)


@pytest.mark.slow
def test_the_pictures_are_those_of_the_script(tmp_path: Path) -> None:
    """Oracle: docs/draw_book.py, run now; the bytes are those of a version of matplotlib."""
    spec = importlib.util.spec_from_file_location("draw_book", ROOT / "docs" / "draw_book.py")
    script = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(script)
    script.draw_all(tmp_path)
    drawn = {path.name for path in tmp_path.iterdir()}
    assert drawn == {path.name for path in (ROOT / "docs" / "figures").iterdir()}
    text = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "docs").rglob("*.md"))
    assert all(f"figures/{name})" in text for name in drawn)
