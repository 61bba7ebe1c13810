"""The index page of several experiments in one folder."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from swref import experiments
from swref.errors import RunError
from swref.experiments.frame.folder import Finished
from swref.experiments.frame.html import MARK, index
from swref.files import leftovers, refused_as, write_atomically
from swref.runs.folder import RunFolder


def claim_index(folder: Path) -> None:
    """Make `folder` ready for the index of all experiments. Raises RunError where that would overwrite other work."""
    RunFolder(folder).make()
    index = folder / "index.html"
    if (folder / "config.toml").exists():
        raise RunError(f"{folder} holds one experiment: choose another --out for all of them")
    with refused_as(RunError, index):
        if index.exists() and MARK not in index.read_text(encoding="utf-8", errors="replace")[:200]:
            raise RunError(f"{index} is not an index of experiments and would be overwritten: choose another --out")
        for path in leftovers(folder):
            path.unlink(missing_ok=True)


def write_index(folder: Path, finished: Sequence[Finished]) -> Path:
    """Write index.html in `folder`, linking the pages of the experiments; return its path. Raises RunError."""
    entries = []
    for one in finished:
        words = experiments.load(one.name).words
        link = Path(os.path.relpath(one.page, folder)).as_posix()
        entries.append((one.name, words, one.record, link, one.figures[0].read_bytes()))
    path = folder / "index.html"
    write_atomically(path, index(entries).encode(), RunError)
    return path
