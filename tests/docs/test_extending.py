"""docs/extending.md: every change on the page, applied in order to a copy of the repository, and what it runs."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support import ROOT

PAGE = ROOT / "docs" / "extending.md"
BLOCK = re.compile(r"^```(\w+) ?(\S*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def blocks() -> list[tuple[str, str, str]]:
    """(language, path or "", text) of every fenced block, in order."""
    return BLOCK.findall(PAGE.read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of what runs: the package and the command line."""
    folder = tmp_path_factory.mktemp("clone")
    shutil.copytree(ROOT / "swref", folder / "swref", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "cli.py", folder)
    return folder


def run(arguments: list[str], folder: Path, text: str = "") -> None:
    """Run it in the copy; fail with what it said."""
    environment = {**os.environ, "PYTHONPATH": str(folder)}
    done = subprocess.run(
        arguments, cwd=folder, env=environment, input=text, capture_output=True, text=True, timeout=300
    )
    assert done.returncode == 0, f"{arguments}\n{text}\n{done.stdout}\n{done.stderr}"


@pytest.mark.slow
def test_every_change_on_the_page_applies_and_runs(copy: Path) -> None:
    """Oracle: the assertions on the page. Nothing but the page is used."""
    kinds = set()
    for language, path, text in blocks():
        kinds.add(language if not path else "file")
        if path:
            assert not (copy / path).exists()
            (copy / path).write_text(text, encoding="utf-8")
        elif language == "diff":
            run(["git", "apply", "--recount", "-C1", "-"], copy, text)
        elif language == "python":
            run([sys.executable, "-c", text], copy)
        elif language == "sh":
            for line in text.splitlines():
                command = line.partition("#")[0].split()
                assert command[0] == "swref"
                run([sys.executable, "cli.py", *command[1:]], copy)
    assert kinds == {"file", "diff", "python", "sh"}


def test_the_number_of_files_of_each_addition_is_as_the_page_says() -> None:
    """Oracle: the table at its top, against the files that each part writes or edits."""
    text = PAGE.read_text(encoding="utf-8")
    found = re.findall(r"^## (An? .*?)\n(.*?)(?=^## An? |\Z)", text, re.M | re.S)
    parts = {name.lower(): body for name, body in found}
    rows = re.findall(r"^\| (an? [^|]*?) \| (.*?) \|$", text, re.M)
    assert len(rows) == len(parts)
    for name, files in rows:
        body = parts[name]
        touched = {path for _, path, _ in BLOCK.findall(body) if path} | set(re.findall(r"^\+\+\+ b/(\S+)", body, re.M))
        assert len(touched) <= files.count(",") + 1, f"{name}: {touched}"
