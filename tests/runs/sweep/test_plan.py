"""Plans of sweeps. Oracle: the points written out by hand, scipy's Sobol' sequence, and the words of refusals."""

from __future__ import annotations

import tomllib

import pytest

from swref.errors import InputError, SwrefError
from swref.runs.sweep.plan import MOST_RUNS, Plan, with_flags


def test_grid_list_and_samples_multiply_in_the_order_of_the_plan():
    plan = Plan.of(
        {
            "seeds": 3,
            "config": {"seed": 5},
            "grid": {"step": [0.1, 1], "hidden": [[4], [4, 4]]},
            "list": [{"noise": 0, "radius": 2}, {"noise": 1, "radius": 3}],
        }
    )
    points = list(plan.points())
    assert points[1] == {"step": 0.1, "hidden": (4,), "noise": 1.0, "radius": 3.0}
    assert points[-1] == {"step": 1.0, "hidden": (4, 4), "noise": 1.0, "radius": 3.0}
    assert (plan.count, len(points), list(plan.seeds)) == (24, 8, [5, 6, 7])
    assert (plan.varied, plan.scattered) == (("step", "hidden", "noise", "radius"), ("noise", "radius"))


def test_samples_fill_the_box():
    """Every half, quarter, ... of a field has its share: what a Sobol' sequence is for."""
    box = {"step": {"low": 0.001, "high": 0.1, "log": True}, "batch": {"low": 0, "high": 64}}
    points = list(Plan.of({"sobol": {"samples": 16, **box}}).points())
    for k in range(4):
        low, high = 0.001 * 100 ** (k / 4), 0.001 * 100 ** ((k + 1) / 4)
        assert sum(low <= point["step"] < high for point in points) == 4
    assert all(isinstance(point["batch"], int) and 0 <= point["batch"] <= 64 for point in points)
    assert points[:5] == list(Plan.of({"sobol": {"samples": 5, **box}}).points())


def test_a_plan_is_read_as_it_was_written():
    plan = Plan.of(
        {
            "seeds": [3, 2**100],
            "config": {"target": 'a "b".csv', "radius": float("inf")},
            "grid": {"hidden": [[4], [8, 8]]},
            "list": [{"noise": 0.1}],
            "sobol": {"samples": 2, "step": {"low": 0.1, "high": 1}},
            "base": [{"target": "moons", "hidden": [3]}],
        }
    )
    again = Plan.of(tomllib.loads(plan.to_toml()))
    assert again.to_toml() == plan.to_toml()
    assert list(again.points()) == list(plan.points())


BAD = [
    ({"grids": {}}, "configuration key must be one of .*, got 'grids'; did you mean 'grid'?"),
    ({"format": 2}, "format must be 1, the one this version reads, got 2"),
    ({"config": {"stepz": 1}}, "config: a field must be one of .*, got 'stepz'; did you mean 'step'?"),
    ({"config": {"step": "a"}}, "config: step must be a number, got 'a'"),
    ({"grid": {"step": []}}, "grid: step must hold at least one value, got none"),
    ({"grid": {"step": 0.1}}, "grid: step must be a list, got 0.1"),
    ({"grid": {"step": [1, 1.0]}}, "grid: step must hold each value once, got 1.0 twice"),
    ({"grid": {"step": [True]}}, r"grid: step\[0\] must be a number, got True"),
    ({"grid": {"seed": [1]}}, "grid: the seed is varied by seeds = 5, or a list"),
    ({"grid": {"format": [1]}}, "grid: a field must be one of .*, got 'format'"),
    ({"list": [{"step": 1}, {"noise": 1}]}, r"list\[1\] must set the fields of list\[0\], step, got noise"),
    ({"list": [{"step": 1}, {"step": 1.0}]}, r"list\[1\] must be set once, got it as list\[0\], too"),
    ({"grid": {"step": [1]}, "list": [{"step": 1}]}, "step must be in one of grid, list and sobol, got it in two"),
    ({"sobol": {"step": {"low": 1, "high": 2}}}, "sobol: samples must be an integer, got None"),
    ({"sobol": {"samples": 2}}, "sobol must have a field, as step = {low = 0.01, high = 0.1}, got none"),
    ({"sobol": {"samples": 2, "step": {"low": 2, "high": 2}}}, "must have low < high, got 2 and 2"),
    ({"sobol": {"samples": 2, "step": {"low": 0, "high": 2, "log": True}}}, "must have 0 < low < high"),
    ({"sobol": {"samples": 2, "target": {"low": 0, "high": 2}}}, "target must be a field of numbers"),
    ({"seeds": 0}, "seeds must be >= 1, got 0"),
    ({"seeds": [1, 1]}, r"seeds must hold at least one, each once, got \[1, 1\]"),
    ({"as_in_paper": 1}, "as_in_paper must be True or False, got 1"),
    ({"config": 3}, "config must be a table of fields, got 3"),
]


@pytest.mark.parametrize(("bad", "line"), BAD)
def test_what_is_no_plan_is_said_in_a_line(bad, line):
    with pytest.raises(SwrefError, match=line):
        Plan.of(bad)


def test_an_absurd_plan_is_counted_and_not_made():
    values = {"seeds": 2**31, "grid": {name: list(range(1, 1000)) for name in ("batch", "steps", "directions")}}
    with pytest.raises(InputError, match=rf"a sweep of {2**31 * 999**3} runs is large: --yes \(many = true\) if"):
        Plan.of(values)
    assert Plan.of({**values, "many": True}).count == 2**31 * 999**3 > MOST_RUNS


def test_flags_win_over_a_file():
    values = {"grid": {"step": [1.0, 2.0]}, "config": {"noise": 0.5}}
    merged = with_flags(values, {"step": (3.0,), "noise": (0.0, 0.1), "hidden": (4, 4)}, ("hidden",))
    assert merged == {"grid": {"noise": [0.0, 0.1]}, "config": {"step": 3.0, "hidden": (4, 4)}}
    with pytest.raises(InputError, match="step is varied by a list or samples of the plan"):
        with_flags({"list": [{"step": 1.0}]}, {"step": (3.0,)})
