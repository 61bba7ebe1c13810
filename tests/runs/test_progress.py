"""Progress of a run: what sees the iterates sees the history, and changes nothing. Oracle: the run that nobody sees."""

from __future__ import annotations

import dataclasses

import pytest

from swref.errors import InputTypeError
from swref.runs import RunFolder, resume, train
from swref.runs.progress import check_progress, run_through
from tests.runs.support import QUICK, assert_same_run

SHORT = dataclasses.replace(QUICK, steps=30)


class Seen:
    """As tqdm: a class that is given the iterates and their number, and gives them on."""

    def __init__(self, iterable, desc=None, total=None):
        self.iterates, self.total, self.steps = iterable, total, []
        Seen.last = self

    def __iter__(self):
        for iterate in self.iterates:
            self.steps.append((iterate.t, iterate.loss))
            yield iterate


def test_every_step_is_seen_of_a_run_and_of_the_rest_of_one(tmp_path):
    train(SHORT, tmp_path / "run", Seen)
    loss = RunFolder(tmp_path / "run").history()["loss"].tolist()
    assert (Seen.last.total, Seen.last.steps) == (30, list(zip(range(1, 31), loss, strict=True)))
    resume(tmp_path / "run", 40, Seen)
    assert (Seen.last.total, [t for t, _ in Seen.last.steps]) == (10, list(range(31, 41)))


def changing(iterates, total):
    """What is shown of an iterate is no business of the run."""
    for iterate in iterates:
        iterate.u[:] = 0
        yield None


def leaving(iterates, total):
    """Ends after one."""
    yield next(iterates)


@pytest.mark.parametrize("progress", [changing, leaving, lambda iterates, total: ()])
def test_a_run_is_what_it_is_whatever_progress_does(progress, tmp_path):
    train(SHORT, tmp_path / "oracle")
    train(SHORT, tmp_path / "run", progress)
    assert_same_run(tmp_path / "run", tmp_path / "oracle")


@pytest.mark.parametrize("progress", [print, lambda t, loss: None, "tqdm"])
def test_what_cannot_be_called_so_is_refused_before_anything_is_made(progress, tmp_path):
    with pytest.raises(InputTypeError, match=r"^progress must be (called as tqdm is|a function)"):
        train(SHORT, tmp_path / "run", progress)
    assert not (tmp_path / "run").exists()


def test_what_gives_nothing_on_is_told():
    with pytest.raises(InputTypeError, match="give them on; it gave None"):
        run_through(iter(()), 1, lambda iterates, total: None)


@pytest.mark.parametrize("progress", [None, Seen, dict])  # dict does not say what it takes
def test_what_can_be_called_so_is_let_through(progress):
    check_progress(progress)
