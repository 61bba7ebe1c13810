"""The index page of several experiments in one folder."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from swref import experiments
from swref.errors import RunError
from swref.experiments.folder import Outcome
from swref.experiments.page import index
from swref.files import write_atomically


def write_index(folder: Path, outcomes: Sequence[Outcome]) -> Path:
    """Write index.html in `folder`, linking the pages of `outcomes`; return its path. Raises RunError."""
    entries = []
    for outcome in outcomes:
        text = experiments.load(outcome.name).TEXT
        link = Path(os.path.relpath(outcome.page, folder)).as_posix()
        entries.append((outcome.name, text, outcome.record, link, outcome.figures[0].read_bytes()))
    path = folder / "index.html"
    write_atomically(path, index(entries).encode(), RunError)
    return path
