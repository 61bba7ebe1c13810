"""Places by what is said of them. Oracle: the words of the refusal, and where a call was computed."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from swref.errors import SwrefError
from swref.runs.executors import HERE, Place, opened


@pytest.mark.parametrize(
    ("given", "line"),
    [
        ({"workers": 10**6}, "workers must be at most 256, got 1000000"),
        ({"workers": 0}, "workers must be >= 1, got 0"),
        ({"workers": 2, "scheduler": "tcp://x:1"}, "exclude each other, got workers, scheduler"),
        ({"scheduler": "tcp://x:1", "cluster": "a"}, "exclude each other, got scheduler, cluster"),
        ({"scheduler": 3}, "scheduler must be a string, got 3"),
        ({"scheduler": ""}, "scheduler must be an address as tcp://HOST:PORT, got ''"),
    ],
)
def test_what_is_no_place(given, line):
    with pytest.raises(SwrefError, match=line):
        Place(**given)


def test_one_worker_is_this_process():
    with opened(HERE) as executor:
        assert executor.submit(os.getpid).result() == os.getpid()


def test_what_is_told_of_a_place_names_no_machine():
    assert (Place(3).told, Place(scheduler="tcp://x:1").told, Place(cluster=Path("a.toml")).told) == (3, "Dask", "Dask")


def test_dask_is_named_where_it_is_missing(monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "distributed", None)
    with pytest.raises(SwrefError, match="pip install"), opened(Place(scheduler="tcp://x:1")):
        pass
