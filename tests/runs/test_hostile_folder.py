"""Folders that others made or moved: links and pipes in them are refused, and nothing outside is touched."""

from __future__ import annotations

import dataclasses
import os
import shutil
from pathlib import Path

import pytest

from swref.errors import RunError
from swref.runs import Run, RunFolder, resume, train
from swref.runs.figures import draw_run
from tests.runs.support import QUICK

CONFIG = dataclasses.replace(QUICK, steps=6)


@pytest.fixture(scope="module")
def template(tmp_path_factory):
    """A run stopped after three steps."""
    path = tmp_path_factory.mktemp("hostile") / "run"

    def stop(iterates, total):
        for iterate in iterates:
            yield iterate
            if iterate.t == 3:
                raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        train(CONFIG, path, progress=stop)
    return path


@pytest.fixture
def run(template, tmp_path):
    shutil.copytree(template, tmp_path / "run")
    return tmp_path / "run"


@pytest.fixture
def victim(tmp_path):
    path = tmp_path / "victim"
    path.write_bytes(b"precious\n" * 1000)
    return path


def replaced(path: Path, by: str, victim: Path) -> None:
    path.unlink(missing_ok=True)
    if by == "link":
        path.symlink_to(victim)
    else:
        os.mkfifo(path)


@pytest.mark.parametrize("by", ["link", "pipe"])
@pytest.mark.parametrize("name", ["history.csv", "checkpoint.npz", "data.npz", "summary.json"])
def test_files_of_a_run_that_are_none(run, victim, name, by):
    """Oracle: the victim's bytes; one line of RunError, at once, from every way to open the run."""
    replaced(run / name, by, victim)
    found = Run.load
    attempts = (lambda: resume(run), lambda: draw_run(run), lambda: found(run).history, lambda: found(run).summary)
    said = []
    for attempt in attempts:
        try:
            attempt()
        except RunError as error:
            said.append(str(error))
    assert all(name in line and "\n" not in line for line in said)
    assert said or name == "summary.json"  # which a resumed run removes and writes anew
    assert victim.read_bytes() == b"precious\n" * 1000


def test_figures_that_lead_out_of_the_folder(run, victim, tmp_path):
    (tmp_path / "elsewhere").mkdir()
    (run / "figures").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(RunError, match="figures is a link"):
        draw_run(run)
    (run / "figures").unlink()
    (run / "figures").mkdir()
    (run / "figures" / "loss.png").symlink_to(victim)
    with pytest.raises(RunError, match=r"loss\.png is a link"):
        draw_run(run)
    assert list((tmp_path / "elsewhere").iterdir()) == []
    assert victim.read_bytes() == b"precious\n" * 1000


@pytest.mark.parametrize("replaced_by", ["nothing", "folder"])
def test_a_folder_that_is_moved_while_its_run_goes_on(tmp_path, replaced_by):
    """Oracle: nothing is written into what stands in its place; the run goes on where it is now."""

    def move(iterates, total):
        for iterate in iterates:
            if iterate.t == 2:
                (tmp_path / "run").rename(tmp_path / "moved")
                if replaced_by == "folder":
                    (tmp_path / "run").mkdir()
            yield iterate

    with pytest.raises(RunError, match="moved or replaced" if replaced_by == "folder" else "No such file"):
        train(CONFIG, tmp_path / "run", progress=move)
    assert not (tmp_path / "run").exists() or list((tmp_path / "run").iterdir()) == []
    resume(tmp_path / "moved")
    whole = train(CONFIG, tmp_path / "whole")
    assert RunFolder(tmp_path / "moved").checkpoint().t == whole.steps
