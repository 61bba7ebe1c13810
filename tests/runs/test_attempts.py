"""A chosen step that diverges is halved; a given one never."""

from __future__ import annotations

import dataclasses

import pytest

from swref.errors import DivergenceError
from swref.runs import RunFolder, chosen, train, train_chosen
from tests.runs.support import assert_same_run

VALUES = {"target": "moons", "hidden": (8,), "batch": 16, "steps": 60, "activation": "identity"}


def test_halved_until_it_holds(tmp_path):
    """Oracle: the run with the step that is left, from the start."""
    choice = chosen(VALUES)
    start = 16 * choice.config.step
    wild = dataclasses.replace(choice, problem=choice.problem.under(dataclasses.replace(choice.config, step=start)))
    said = []
    train_chosen(wild, tmp_path / "run", tell=said.append)
    step = RunFolder(tmp_path / "run").config().step
    halvings = [line for line in said if line.startswith("diverged with the step")]
    assert step == start / 2 ** len(halvings) < start
    assert f"again with {start / 2:g}" in halvings[0]
    assert said[0] == f"chosen: {', '.join(choice.notes)}"
    train(dataclasses.replace(choice.config, step=step), tmp_path / "alone")
    assert_same_run(tmp_path / "run", tmp_path / "alone")


def test_not_for_ever(tmp_path):
    choice = chosen(VALUES)
    wild = dataclasses.replace(choice, problem=choice.problem.under(dataclasses.replace(choice.config, step=1e30)))
    with pytest.raises(DivergenceError):
        train_chosen(wild, tmp_path / "run")
    assert RunFolder(tmp_path / "run").config().step == 1e30 / 2**5


def test_a_given_step_stays(tmp_path):
    with pytest.raises(DivergenceError):
        train_chosen(chosen({**VALUES, "step": 1e10}), tmp_path / "run")
    assert RunFolder(tmp_path / "run").config().step == 1e10
