"""The runs of a plan. Oracle: the config that `swref train` would have, and which runs are the same."""

from __future__ import annotations

import dataclasses

import pytest

from swref.errors import InputError, SwrefError
from swref.runs.choice import chosen
from swref.runs.config import TrainConfig
from swref.runs.sweep.members import Member, members, with_bases
from swref.runs.sweep.plan import Plan
from tests.runs.sweep.support import data, values


def of(plan, folder):
    return members(with_bases(Plan.of(plan), folder, lambda line: None), folder)


def test_members_are_the_configs_of_the_points(tmp_path):
    plan = values(tmp_path, grid={"step": [0.1, 0.2]}, seeds=2)
    found = of(plan, tmp_path / "sweep")
    expected = chosen(plan["config"], {"step": 0.2, "seed": 1}, as_in_paper=True).problem.portable().config
    assert found[3].config == expected
    assert found[3].config.target == "points.npy"
    assert found[3].places == {"target": (tmp_path / "points.npy").resolve()}
    assert len({member.name for member in found}) == 4


def test_what_is_open_is_chosen_once_for_each_set_of_data(tmp_path):
    plan = {"config": {"steps": 10, "hidden": [4]}, "grid": {"target": ["moons", "circles"], "batch": [8, 16]}}
    lines = []
    plan = with_bases(Plan.of(plan), tmp_path, lines.append)
    steps = {member.config.step for member in members(plan, tmp_path) if member.config.target == "moons"}
    assert steps == {chosen({"target": "moons", "steps": 10, "hidden": (4,), "batch": 8}).config.step}
    assert len(plan.base) == len(lines) == 2


def test_a_name_is_of_all_that_decides_the_result():
    config = TrainConfig(ties="map", schedule="linear", p=2.0, target_sha256="ab")
    name = Member({}, config, {}).name
    assert Member({"step": 1}, dataclasses.replace(config), {}).name == name
    for change in ({"steps": 3}, {"ties": "none"}, {"p": 1.0}, {"seed": 1}, {"target_sha256": "ac"}, {"hidden": (2,)}):
        assert Member({}, dataclasses.replace(config, **change), {}).name != name, change


def test_two_points_that_are_one_run_are_named(tmp_path):
    plan = values(tmp_path, grid={"track_every": [1, 2]})
    with pytest.raises(InputError, match="two points are one run: track_every = 1, and track_every = 2"):
        of(plan, tmp_path)


def test_a_point_that_no_config_has_is_named(tmp_path):
    plan = values(tmp_path, grid={"schedule": ["constant", "linear"]})
    plan["config"]["decay"] = 5.0
    with pytest.raises(InputError, match="no run has schedule = 'linear': decay is for the schedule constant"):
        of(plan, tmp_path)


def test_the_data_are_found_from_the_folder(tmp_path, monkeypatch):
    """Whatever the working directory is later."""
    data(tmp_path)
    monkeypatch.chdir(tmp_path)
    plan = with_bases(Plan.of({"config": {"target": "points.npy"}, "as_in_paper": True}), tmp_path / "a" / "b", print)
    monkeypatch.chdir("/")
    assert members(plan, tmp_path / "a" / "b")[0].data == (str((tmp_path / "points.npy").resolve()), None)


@pytest.mark.parametrize(
    ("base", "line"),
    [
        ([], "base must hold a config for each of 1 sets of data, got 0"),
        ([{"target_place": 3}], "target_place must be a string, got 3"),
        ([{"stepz": 3}], "configuration key must be one of .*, got 'stepz'"),
        ([{"step": -1.0}], "step must be > 0"),
    ],
)
def test_what_is_no_base_is_one_line(tmp_path, base, line):
    with pytest.raises(SwrefError, match=line):
        members(Plan.of({"base": base}), tmp_path)
