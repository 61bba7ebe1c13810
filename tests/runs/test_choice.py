"""What is chosen where nothing is said: the rule itself, what it leaves alone, and that a replay chooses nothing."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from swref.errors import InputError, InputTypeError
from swref.measures import Discrete
from swref.randomness import stream
from swref.runs import TrainConfig, chosen
from swref.runs.choice import CHOSEN, measured_step_seconds
from swref.runs.probe import curvature


@pytest.mark.parametrize(("d", "inputs", "L"), [(1, 4, 32), (3, 4, 32), (5, 5, 32), (40, 40, 40)])
def test_the_rule(d, inputs, L):
    """Oracle: the formulas of the module, the step from the curvature of the problem's own network."""
    data = np.random.default_rng(0).standard_normal((50, d))
    config = chosen(target=Discrete(data)).config
    assert (config.source, config.directions) == (f"gaussian:{inputs}", L)
    assert (config.dtype, config.schedule, config.batch, config.hidden) == ("float32", "linear", 512, (64, 64))
    problem = chosen(target=Discrete(data)).problem
    rng, u0 = stream(0, "probe"), problem.initial().astype(np.float64)
    steepness = curvature(problem.net, u0, problem.source.sample(rng, 512), rng)
    assert config.step == pytest.approx(2 / (steepness * (1 + d / L)), rel=0.005)
    assert config.step == float(f"{config.step:.2e}")
    assert config.steps >= 6000


def test_nothing_given_is_changed():
    values: dict[str, object] = {"standardize": "none", "source": "ball:2", "directions": 3, "step": 0.5}
    values |= {"schedule": "constant", "dtype": "float64", "ties": "none", "steps": 9}
    choice = chosen({"target": "moons", **values})
    assert choice.config == TrainConfig(target="moons", **values)
    assert choice.notes == ()
    assert set(values) == set(CHOSEN)


def test_the_step_follows_the_directions_that_are_given():
    """Oracle: 1 + d/L, at the same curvature."""
    one, many = (chosen({"target": "moons", "directions": L}).config.step for L in (1, 200))
    assert many / one == pytest.approx(3 / 1.01, rel=0.01)


def test_as_in_the_paper_and_a_complete_config_choose_nothing():
    assert chosen({"target": "moons"}, as_in_paper=True).config == TrainConfig(target="moons")
    first = chosen({"target": "moons", "steps": 5}).config
    again = chosen(first.to_dict())
    assert (again.config, again.fields) == (first, frozenset())
    old = {k: v for k, v in TrainConfig(target="moons").to_dict().items() if k != "schedule"}  # of an older version
    assert chosen(old).config == TrainConfig(target="moons")


@pytest.mark.parametrize(("key", "value"), [("decay", 100.0), ("track", ("dc",))])
def test_what_needs_another_schedule_has_it(key, value):
    assert chosen({"target": "moons", key: value}).config.schedule == "constant"


def test_images_have_one_unit():
    """Data that are images, by their shape and range; not columns in units of their own, nor columns with names."""
    rng = np.random.default_rng(0)
    images = rng.integers(0, 17, (50, 16)).astype(float)
    mixed = images * 10.0 ** np.arange(16)
    found = [
        chosen({"steps": 5}, target=data).config.standardize
        for data in (images, mixed, Discrete(images, names=[str(j) for j in range(16)]), images[:, :15])
    ]
    assert found == ["global", "column", "column", "column"]


def test_images_that_are_not_square_have_one_unit(tmp_path):
    """Oracle: the shape in the file."""
    images = np.random.default_rng(0).integers(0, 17, (50, 32)).astype(float)
    for shape, standardize in (((50, 4, 8), "global"), ((50, 16, 2), "column"), ((50, 32), "column")):
        np.save(tmp_path / "x.npy", images.reshape(shape))
        assert chosen({"target": str(tmp_path / "x.npy"), "steps": 5}).config.standardize == standardize


@pytest.mark.slow
def test_minutes_measure_the_steps():
    """Oracle: the time of a step, measured again: within a factor of four on a busy machine."""
    choice = chosen({"target": "moons", "hidden": (4,), "batch": 16}, minutes=0.05)
    assert (
        3 / measured_step_seconds(choice.problem) / 4 < choice.config.steps < 12 / measured_step_seconds(choice.problem)
    )
    assert "0.05 min" in choice.notes[-1]
    with pytest.raises(InputError, match=r"minutes .* in place of steps"):
        chosen({"target": "moons", "steps": 4}, minutes=1.0)
    for wrong in (0.0, float("nan"), 1e9, 10**5000, "1", [1.0]):
        with pytest.raises((InputError, InputTypeError), match=r"^minutes must be "):
            chosen({"target": "moons"}, minutes=wrong)


def test_a_problem_under_another_config_is_the_problem_of_that_config():
    """Oracle: Problem.of."""
    from swref.runs import Problem

    config = TrainConfig(target="moons", source="gaussian:2")
    other = dataclasses.replace(config, source="ball:3", hidden=(5,), step=0.5)
    one, two = Problem.of(config).under(other), Problem.of(other)
    assert one.data_digest() == two.data_digest()
    assert (one.config, one.net) == (two.config, two.net)
