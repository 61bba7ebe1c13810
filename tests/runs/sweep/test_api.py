"""Sweeps from Python. Oracle: single runs, a sweep without interruption, and the words of the refusals."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from swref.errors import InputError, RunError, SwrefError
from swref.runs import evaluation, train
from swref.runs.problem import Problem
from swref.runs.sweep import load_sweep, sweep, work
from swref.runs.sweep.api import planned, prepared
from swref.runs.sweep.folder import State, SweepFolder
from tests.runs.support import assert_same_run
from tests.runs.sweep.support import bits, values
from tests.support import dask_in_threads


@pytest.mark.slow
def test_two_processes_make_the_bytes_of_one(tmp_path, monkeypatch):
    """And one makes the runs that `train` makes."""
    monkeypatch.setattr(evaluation, "DIRECTIONS", 1000)  # as the processes have it
    plan = values(tmp_path, grid={"step": [0.1, 1e300]}, seeds=2)
    one, two = sweep(plan, tmp_path / "one"), sweep(plan, tmp_path / "two", workers=2)
    assert bits(one.path) == bits(two.path)
    assert (one.path / "results.csv").read_bytes() == (two.path / "results.csv").read_bytes()
    train(Problem.of(one.members[0].config, *one.members[0].data), tmp_path / "single")
    assert_same_run(one.path / one.members[0].name, tmp_path / "single")
    assert json.dumps(two.status(), allow_nan=False)


@pytest.mark.parametrize("seen", [False, pytest.param(True, marks=pytest.mark.slow)])
def test_dask_makes_the_bytes_of_one_process_with_and_without_a_common_disk(tmp_path, monkeypatch, seen):
    """The workers are threads of this process, which are made not to see the folder."""
    plan = values(tmp_path, grid={"step": [0.1, 1e300]}, seeds=2)
    one = sweep(plan, tmp_path / "one")
    if not seen:
        monkeypatch.setattr(SweepFolder, "token", lambda self: "")
        monkeypatch.setattr(work, "SLICE", -1.0)
    with dask_in_threads() as scheduler:
        two = sweep(plan, tmp_path / "two", scheduler=scheduler)
    assert bits(one.path) == bits(two.path)
    assert (one.path / "results.csv").read_bytes() == (two.path / "results.csv").read_bytes()


def test_an_interrupted_sweep_goes_on_and_a_larger_one_does_the_rest(tmp_path):
    plan = values(tmp_path, seeds=3)

    def interrupt(standing) -> None:
        if standing.done:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        sweep(plan, tmp_path / "cut", progress=interrupt)
    begun = load_sweep(tmp_path / "cut")
    kept = {path: path.stat().st_mtime_ns for path in begun.path.glob("*/summary.json")}
    assert 1 <= len(kept) < 3
    lines: list[str] = []
    prepared({**plan, "seeds": 4}, tmp_path / "cut", lines.append).go_on()
    assert lines[-1].endswith("held another plan, whose runs stay: 3 of its 3 are in this one")
    assert {path: path.stat().st_mtime_ns for path in kept} == kept
    whole = sweep({**plan, "seeds": 4}, tmp_path / "whole")
    assert bits(begun.path) == bits(whole.path)
    assert (begun.path / "results.csv").read_bytes() == (whole.path / "results.csv").read_bytes()


def test_failures_stop_nothing_and_are_retried_alone(tmp_path):
    found = prepared(values(tmp_path, seeds=3), tmp_path / "sweep")
    first, *rest = found.members
    found.folder.write_failure(first, State("failed", "no memory"))
    found.go_on()
    assert [state.kind for state in found.states] == ["failed", "done", "done"]
    assert found.status()["failures"] == [{"run": first.name, "reason": "no memory"}]
    kept = (found.path / rest[0].name / "summary.json").stat().st_mtime_ns
    assert [state.kind for state in found.go_on(retry=True).states] == ["done", "done", "done"]
    assert (found.path / rest[0].name / "summary.json").stat().st_mtime_ns == kept


def test_links_in_a_foreign_folder_lead_nowhere(tmp_path):
    """Oracle: what they lead to stays as it was."""
    found, outside = sweep(values(tmp_path, grid={"step": [0.1, 0.2]}), tmp_path / "sweep"), tmp_path / "outside"
    outside.mkdir()
    for name in ("results.csv", "sweep.toml", "holder.json"):
        (outside / name).write_bytes(b"precious")
        (found.path / name).unlink(missing_ok=True)
        (found.path / name).symlink_to(outside / name)
    found.go_on()
    assert {path.read_bytes() for path in outside.iterdir()} == {b"precious"}
    figure = found.plot("loss")[0]
    figure.unlink()
    figure.symlink_to(outside / "results.csv")
    with pytest.raises(RunError, match="is a link"):
        found.plot("loss")
    (found.path / found.members[0].name).rename(tmp_path / "away")
    (found.path / found.members[0].name).symlink_to(outside)
    with pytest.raises(RunError, match="is a link, which a run never makes"):
        found.go_on()
    assert {path.read_bytes() for path in outside.iterdir()} == {b"precious"}


def test_a_begun_sweep_needs_its_data_and_no_choice(tmp_path, monkeypatch):
    found = prepared({"config": {"target": "moons", "steps": 5, "hidden": [3]}}, tmp_path / "sweep")
    found.folder.run(found.members[0]).make()
    found.folder.write_plan(found.plan)
    monkeypatch.setattr("swref.runs.sweep.api.with_bases", None)
    again = prepared({"config": {"target": "moons", "steps": 5, "hidden": [3]}}, tmp_path / "sweep")
    assert [member.name for member in again.members] == [member.name for member in found.members]
    assert again.missing == again.members


def test_flags_make_a_plan_and_the_same_flags_the_same_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    options = {"alone": ["hidden"], "seeds": (3,), "options": {"as_in_paper": True, "many": False}, "out": None}
    plan, out = planned("moons", {"step": (0.1, 0.2), "batch": (8,), "hidden": (4,)}, **options)
    assert (plan.count, plan.config, plan.as_in_paper) == (6, {"target": "moons", "batch": 8, "hidden": (4,)}, True)
    Path("plan.toml").write_text(plan.to_toml())
    again, same = planned("plan.toml", {}, **{**options, "seeds": None, "options": {}})
    assert again.to_toml() == plan.to_toml()
    assert (out.name[-6:], same.name) == (same.name[-6:], f"sweep-plan-{out.name[-6:]}")
    with pytest.raises(InputError, match="a sweep needs a plan, a target, or fields to vary"):
        planned(None, {}, **{**options, "seeds": None})


@pytest.mark.parametrize(
    ("plan", "line"),
    [
        (3, "plan must be a file, a mapping of its values or a Plan, got 3"),
        ("none.toml", "none.toml: cannot be read"),
        ({"seeds": 10_001}, r"a sweep of 10001 runs is large: --yes \(many = true\) if it is meant"),
        ({"config": {"target": "none.csv"}}, "none.csv"),
    ],
)
def test_what_is_no_plan(tmp_path, monkeypatch, plan, line):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SwrefError, match=line):
        sweep(plan, tmp_path / "sweep")
    assert not (tmp_path / "sweep").exists()
