"""Fixtures of the tests of runs."""

from __future__ import annotations

import pytest

from swref.runs import evaluation, train
from tests.runs.support import QUICK, contents


@pytest.fixture(scope="module", autouse=True)
def _short_evaluation():
    """Few directions: the distances at the end of a run take longer than the runs of these tests."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(evaluation, "DIRECTIONS", 30)
        yield


@pytest.fixture(scope="session")
def finished(tmp_path_factory):
    """A short run, and its summary; tests leave it as it is."""
    path = tmp_path_factory.mktemp("run") / "finished"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(evaluation, "DIRECTIONS", 30)
        return path, train(QUICK, path)


@pytest.fixture
def copied(finished, tmp_path):
    """A copy of the finished run, to damage."""
    path = tmp_path / "copy"
    path.mkdir()
    for name, content in contents(finished[0]).items():
        (path / name).write_bytes(content)
    return path
