"""Runs from Python: the same bits as by the config and the folder, and a loop of one's own as a run."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

import swref
from swref import (
    MLP,
    Discrete,
    Gaussian,
    Iterate,
    Shape,
    Standardize,
    TrainConfig,
    load_measure,
    load_run,
    save_run,
    sgd,
)
from swref import train as train_by_name
from swref.errors import InputError, InputTypeError, RunError
from swref.measures.reading import notes_of
from swref.runs import RunFolder, evaluation, train
from swref.runs.comparison import compare
from swref.runs.run import points_of_run
from tests.runs.support import QUICK, assert_same_run

SETTINGS = {"source": "gaussian:2", "hidden": (8,), "batch": 32, "steps": 30}
SETTINGS |= {"step": 0.02, "directions": 1, "schedule": "constant", "dtype": "float64", "ties": "none"}


@pytest.fixture(autouse=True)
def _quick_evaluation(monkeypatch):
    monkeypatch.setattr(evaluation, "DIRECTIONS", 2)


@pytest.fixture
def _in_a_new_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def test_keywords_a_config_and_a_mapping_give_the_same_run(tmp_path):
    """Oracle: runs.train of the config."""
    config = dataclasses.replace(QUICK, steps=30)
    train(config, tmp_path / "oracle")
    train_by_name(target="moons", **SETTINGS, out=tmp_path / "a")
    train_by_name(QUICK, steps=30, out=str(tmp_path / "b"))
    run = train_by_name({"target": "moons", **SETTINGS}, out=tmp_path / "c")
    for name in "abc":
        assert_same_run(tmp_path / name, tmp_path / "oracle")
    assert (run.config, run.path) == (config, tmp_path / "c")


@pytest.mark.usefixtures("_in_a_new_folder")
def test_arrays_files_and_measures_are_data():
    """Oracle: the points in a file."""
    points = np.random.default_rng(0).standard_normal((40, 2))
    np.save("points.npy", points)
    named = train_by_name(target="points.npy", **SETTINGS)
    assert named.path.as_posix() == "runs/points-001"
    for data in (points, points.tolist(), Discrete(points)):
        run = train_by_name(target=data, **SETTINGS)
        assert run.path.parent.as_posix() == "runs"
        assert_same_run(run.path, named.path)
    assert run.path.name == "data-003"
    law = Gaussian([0.0, 0.0], np.eye(2))
    assert_same_run(train_by_name(target=points, **{**SETTINGS, "source": law}).path, named.path)
    assert train_by_name(target=named, **SETTINGS).names is None  # a run stands for its generator


@pytest.mark.usefixtures("_in_a_new_folder")
def test_a_run_plots_resumes_and_opens_again():
    """Oracle: the longer run."""
    run = train_by_name(target="moons", **SETTINGS)
    longer = train_by_name(target="moons", **{**SETTINGS, "steps": 40})
    again = run.resume(40)
    assert again.steps == 40
    assert_same_run(run.path, longer.path)
    assert [file.name for file in load_run(str(run.path)).plot("figures", "svg")] == [
        "loss.svg",
        "samples.svg",
        "columns.svg",
    ]
    np.testing.assert_array_equal(load_run(run.path).sample(3), longer.sample(3))


def test_what_was_guessed_of_a_table_is_told(tmp_path):
    """Oracle: the notes of the measure."""
    file, told = tmp_path / "data.csv", []
    file.write_text("x;name;y\n1,5;a;2\n2,5;b;3\n3,5;c;4\n1,0;d;5\n")
    train_by_name(target=file, **SETTINGS, out=tmp_path / "run", tell=told.append)
    assert told == list(notes_of(load_measure(file))) != []


def test_what_a_config_refuses_is_refused(tmp_path):
    for settings, error, message in (
        ({"stpes": 3}, InputError, "did you mean 'steps'"),
        ({"target": 3.0}, InputTypeError, "target must be a measure"),
        ({"target": "moons", "hidden": 64}, InputTypeError, "hidden must be a list"),
        ({"target": np.ones(3)}, InputError, "target must have two axes"),
        ({"target": np.ones((5, 2)), "columns": ["a"]}, InputError, "has no column names"),
    ):
        with pytest.raises(error, match=message):
            train_by_name(**settings, out=tmp_path / "run")
        assert not (tmp_path / "run").exists()
    with pytest.raises(RunError, match="is no run folder"):
        load_run(tmp_path)


NET = MLP((2, 8, 2))
OPTIONS = {"step": QUICK.step, "batch": 32, "steps": 50}


def own_loop(target=None, **options):
    return sgd(NET, Shape("moons"), target or Shape("circles"), NET.init(0), **{**OPTIONS, **options})


def test_a_loop_of_ones_own_is_a_run(tmp_path):
    """Oracle: the iterates themselves."""
    iterates = list(own_loop())
    run = save_run(tmp_path / "run", iter(iterates), NET, Shape("moons"), Shape("circles"), **OPTIONS)
    assert run.history["loss"].tolist() == [it.loss for it in iterates]
    assert run.history["norm_u"].tolist() == [float(np.sqrt(it.u @ it.u)) for it in iterates]
    assert np.array_equal(run.u, iterates[-1].u)
    assert (run.steps, run.config.step, run.config.batch, run.config.hidden) == (50, QUICK.step, 32, (8,))
    x = run.source.sample(np.random.default_rng(3), 4)
    np.testing.assert_array_equal(run.generator.sample(np.random.default_rng(3), 4), NET.forward(run.u, x)[0])
    assert run.summary["distances"]["generated"] > 0
    assert len(run.kept.held_out) == 2000
    run.plot(tmp_path / "figures", "svg")
    with pytest.raises(RunError, match="was saved from a loop of your own: go on in that"):
        run.resume(60)


def test_data_without_a_held_out_part_have_no_summary(tmp_path):
    """A distance to points that the loop saw would be none to held-out data."""
    data = np.random.default_rng(0).standard_normal((30, 2))
    run = save_run(tmp_path / "run", own_loop(Discrete(data)), NET, Shape("moons"), data, **OPTIONS)
    assert run.summary is None
    np.testing.assert_array_equal(run.kept.points, data)
    with pytest.raises(RunError, match="kept no held-out points"):
        points_of_run(f"{run.path}:held-out", None, 0, "target", 5)
    with pytest.raises(InputError, match="the first run must have kept held-out data"):
        compare([run, run])
    weighted, fresh = Discrete(data, np.arange(30.0) / 435), np.random.default_rng(1).standard_normal((20, 2))
    run = save_run(tmp_path / "held", own_loop(weighted), NET, Shape("moons"), weighted, held_out=fresh, p=2, **OPTIONS)
    np.testing.assert_array_equal(run.kept.held_out, fresh)
    assert run.summary["distances"]["generated"] > 0


def test_samples_are_in_the_units_of_the_data(tmp_path):
    """Oracle: Standardize itself."""
    data = np.random.default_rng(0).standard_normal((30, 2)) * 100 + 5
    units = Standardize.fit(data)
    scaled = Discrete(units.apply(data))
    run = save_run(tmp_path / "run", own_loop(scaled), NET, Shape("moons"), scaled, units=units, **OPTIONS)
    np.testing.assert_allclose(run.kept.points, data, rtol=1e-12)
    x = run.source.sample(np.random.default_rng(3), 4)
    expected = units.invert(NET.forward(run.u, x)[0])
    np.testing.assert_array_equal(run.generator.sample(np.random.default_rng(3), 4), expected)


def test_a_loop_that_is_interrupted_keeps_what_came(tmp_path):
    def interrupted():
        for it in own_loop():
            if it.t == 20:
                raise KeyboardInterrupt
            yield it

    with pytest.raises(KeyboardInterrupt):
        save_run(tmp_path / "run", interrupted(), NET, Shape("moons"), Shape("circles"), **OPTIONS)
    assert load_run(tmp_path / "run").steps == 19
    assert len(RunFolder(tmp_path / "run").history()["step"]) == 19


def test_float32_schedules_and_steps_by_the_iterates(tmp_path):
    """Oracle: the dtype and the number of the iterates."""
    u0 = NET.init(0, dtype=np.float32)
    options = {"step": 0.1, "batch": 8, "schedule": lambda t: 1 / (1 + t), "noise": 0.1}
    law = Shape("moons")
    run = save_run(tmp_path / "run", sgd(NET, law, law, u0, steps=7, **options), NET, law, law, **options)
    assert (run.u.dtype, run.config.dtype, run.config.steps, run.config.noise) == (np.float32, "float32", 7, 0.1)


def test_a_schedule_with_a_name_is_recorded(tmp_path):
    law, options = Shape("moons"), {**OPTIONS, "schedule": "linear"}
    run = save_run(tmp_path / "run", sgd(NET, law, law, NET.init(0), **options), NET, law, law, **options)
    assert run.config.schedule == "linear"


def test_what_is_no_loop_is_refused(tmp_path):
    law, net = Shape("moons"), MLP((2, 8, 2), output_activation="tanh")
    good = Iterate(1, NET.init(0), 0.5, NET.init(0))
    for arguments, settings, error, message in (
        (([], NET, law, law), {}, InputTypeError, "iterates must be of swref.Iterate, at least one"),
        (([1], NET, law, law), {}, InputTypeError, "iterates must be of swref.Iterate"),
        (([dataclasses.replace(good, t=0)], NET, law, law), {}, InputError, "increasing t >= 1, got 0 after 0"),
        (([dataclasses.replace(good, u=np.ones(3))], NET, law, law), {}, InputError, r"iterates: u must have shape"),
        (([good], net, law, law), {}, InputTypeError, "net must be an MLP of identity output"),
        (([good], NET, law, "moons"), {}, InputTypeError, "target must be a measure"),
        (([good], NET, law, np.ones((4, 3))), {}, InputError, "target must have dimension 2"),
        (([good], NET, law, law), {"stpe": 3}, InputError, "did you mean 'step"),
        (([good], NET, law, law), {"track": ("kkt",)}, InputError, "track is for runs of swref.train"),
        (([good], NET, law, law), {"units": Standardize([0.0], [1.0])}, InputError, "units must have 2 columns"),
        (([good], NET, law, law), {"held_out": np.ones((4, 3))}, InputError, "held_out must have 2 columns"),
    ):
        with pytest.raises(error, match=message):
            save_run(tmp_path / "run", *arguments, step=0.1, batch=4, **settings)
        assert not (tmp_path / "run").exists()
    with pytest.raises(InputError, match="increasing t >= 1, got 1 after 1"):
        save_run(tmp_path / "run", [good, good], NET, law, law, step=0.1, batch=4)


def test_public_names():
    assert swref.TrainConfig is TrainConfig
    assert {"train", "load_run", "save_run", "Run", "TrainConfig"} <= set(swref.__all__)
