"""A run to look at: what its folder holds, its samples, and folders from before data.npz."""

from __future__ import annotations

import dataclasses
import shutil

import numpy as np
import pytest

from swref.errors import InputError, RunError
from swref.inference import two_sample_test
from swref.measures import Measure
from swref.runs import Run, RunFolder, TrainConfig, open_run, resume, train
from tests.runs.support import QUICK, assert_same_run


def test_samples_are_those_of_the_network_at_the_last_iterate(finished):
    """Oracle: the network, its source and the units, by hand."""
    run = Run.load(finished[0])
    problem, checkpoint = open_run(finished[0])
    rng, oracle = np.random.default_rng(7), np.random.default_rng(7)
    expected = problem.units.invert(problem.net.forward(checkpoint.u, problem.source.sample(oracle, 9))[0])
    assert run.generator.sample(rng, 9).tobytes() == expected.tobytes()
    assert isinstance(run.generator, Measure)
    assert run.generator.dim == 2
    assert run.steps == 200
    np.testing.assert_array_equal(run.u, checkpoint.u)


def test_samples_are_in_the_units_of_the_data_and_seeded(tmp_path):
    train(TrainConfig(target="penguins", steps=300, hidden=(16,)), tmp_path / "run")
    run = Run.load(tmp_path / "run")
    points = run.sample(500)
    assert run.names == ("bill_length_mm", "bill_depth_mm", "flipper_length_mm", "body_mass_g")
    assert points.shape == (500, 4)
    assert (abs(points.mean(axis=0) / [44, 17, 201, 4200] - 1) < 0.1).all()
    assert np.array_equal(points, run.sample(500))
    assert not np.array_equal(points, run.sample(500, seed=1))
    with pytest.raises(InputError, match="n must be >= 1"):
        run.sample(0)
    with pytest.raises(InputError, match="seed must be >= 0"):
        run.sample(1, seed=-1)


def test_history_summary_and_repr_are_those_of_the_folder(finished):
    """Oracle: RunFolder."""
    path, summary = finished
    run, folder = Run.load(path), RunFolder(path)
    np.testing.assert_array_equal(run.history["loss"], folder.history()["loss"])
    assert run.summary == folder.summary()
    assert run.track is None
    ratio = summary.evaluation.ratio_to_halves
    assert repr(run) == (
        f"Run(path={path}, data=moons, network=2-8-2 tanh, steps=200 of 200, generated / two halves={ratio:.2f})"
    )
    assert "u=float64 [42]" in repr(run.generator)
    assert repr(summary).startswith(f"Summary(folder={path}, steps=200, seconds=")
    assert f"<tr><th>generated / two halves</th><td>{ratio:.2f}</td></tr>" in summary._repr_html_()


def test_a_run_stands_for_its_generator(finished):
    """Oracle: its samples from the stream of the test."""
    run = Run.load(finished[0])
    result = two_sample_test(run, run.kept.held_out, n=100, permutations=99)
    assert (result.n, result.m) == (100, 2000)
    assert result.p_value == two_sample_test(run.generator, run.kept.held_out, n=100, permutations=99).p_value


def test_a_folder_without_data_opens_where_its_data_are_and_gets_them_on_resume(tmp_path):
    """Oracle: the same run with them. An old config has a whole path and no fingerprint."""
    data, rng = tmp_path / "points.npy", np.random.default_rng(0)
    np.save(data, rng.standard_normal((40, 2)))
    config = dataclasses.replace(QUICK, steps=20)
    train(config, tmp_path / "new", target=str(data))
    shutil.copytree(tmp_path / "new", tmp_path / "old")
    folder = RunFolder(tmp_path / "old")
    old = dataclasses.replace(folder.config(), target=str(data), target_sha256="")
    text = "".join(line for line in old.to_toml().splitlines(keepends=True) if "sha256" not in line)
    folder.config_path.write_text(text)
    folder.data_path.unlink()
    folder.write_checkpoint(dataclasses.replace(folder.checkpoint(), config_digest=old.digest()))
    np.testing.assert_array_equal(Run.load(folder.path).sample(5), Run.load(tmp_path / "new").sample(5))
    assert not folder.data_path.exists()
    for path in (tmp_path / "old", tmp_path / "new"):
        resume(path, steps=30)
    assert_same_run(tmp_path / "old", tmp_path / "new")
    data.unlink()
    Run.load(folder.path).sample(5)
    with pytest.raises(RunError, match=r"needs its target to go on, .*points\.npy, and it is not here"):
        resume(folder.path, steps=40)


def test_data_given_as_an_array_are_asked_for_by_name(tmp_path):
    """Oracle: the run of the same points in a file."""
    points, config = np.random.default_rng(0).standard_normal((40, 2)), dataclasses.replace(QUICK, steps=20)
    np.save(tmp_path / "points.npy", points)
    train(config, tmp_path / "file", target=tmp_path / "points.npy", source=np.ones((3, 2)))
    train(config, tmp_path / "array", target=points, source=np.ones((3, 2)))
    assert RunFolder(tmp_path / "array").config().target == "(given)"
    np.testing.assert_array_equal(Run.load(tmp_path / "file").sample(5), Run.load(tmp_path / "array").sample(5))
    with pytest.raises(RunError, match=r"\(given\), and it is not here: give it, resume\(\.\.\., target=\.\.\.\)"):
        resume(tmp_path / "array", 30)
    resume(tmp_path / "array", 30, target=points, source=np.ones((3, 2)))
    resume(tmp_path / "file", 30, source=np.ones((3, 2)))
    assert_same_run(tmp_path / "array", tmp_path / "file")


def test_a_checkpoint_of_another_network(copied):
    folder = RunFolder(copied)
    folder.write_checkpoint(dataclasses.replace(folder.checkpoint(), u=np.ones(3)))
    with pytest.raises(RunError, match=r"checkpoint\.npz has 3 parameters, not 42"):
        Run.load(copied)
