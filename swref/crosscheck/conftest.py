"""pytest collects the doctests of every module: those of adapters whose library is not installed cannot be imported."""

from __future__ import annotations

from pathlib import Path

import pytest

from swref.crosscheck.adapter import MissingLibrary
from swref.crosscheck.target import Target, load


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Leave out an adapter whose library is missing; looked at for doctests alone."""
    if collection_path.parent.name != "adapters" or collection_path.stem == "__init__":
        return None
    if not config.getoption("doctestmodules"):
        return None
    try:
        load(Target(collection_path.stem.replace("_", "-")))
    except MissingLibrary:
        return True
    return None
