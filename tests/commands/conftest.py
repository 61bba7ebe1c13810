"""Fixtures of the tests of commands: a folder of their own, and one finished run."""

from __future__ import annotations

import pytest

from swref.runs import evaluation
from tests.commands.support import TINY, succeed


@pytest.fixture(autouse=True)
def _in_a_new_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def short_evaluation(monkeypatch):
    monkeypatch.setattr(evaluation, "DIRECTIONS", 20)


@pytest.fixture(scope="session")
def run(tmp_path_factory):
    """A finished run; tests leave it as it is."""
    path = tmp_path_factory.mktemp("commands") / "run"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(evaluation, "DIRECTIONS", 20)
        succeed("train", "penguins", *TINY, "--out", path)
    return path
