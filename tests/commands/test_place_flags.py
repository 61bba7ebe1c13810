"""Flags of a place. Oracle: the place, made by hand."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from swref.commands.place_flags import place_of
from swref.errors import InputError
from swref.runs.executors import MOST_WORKERS, Place


def test_places_of_flags(monkeypatch):
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: range(3), raising=False)
    assert place_of(None, None) == Place(3)
    assert place_of(10**6, None) == Place(MOST_WORKERS)
    assert place_of(None, "tcp://x:1") == Place(scheduler="tcp://x:1")
    assert place_of(None, None, Path("a.toml")) == Place(cluster=Path("a.toml"))
    with pytest.raises(InputError, match="--workers and --cluster exclude each other"):
        place_of(2, None, Path("a.toml"))
