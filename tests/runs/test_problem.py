"""The problem that a configuration states: its network, its measures, its units."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from swref.errors import InputError
from swref.runs import Run, TrainConfig, train
from swref.runs.problem import Problem


def test_a_fingerprint_is_of_the_data_whatever_their_place(tmp_path):
    """Oracle: the same points in two files and as an array; other points, and other columns, have another."""
    points = np.arange(12.0).reshape(4, 3)
    for name, array in (("a.npy", points), ("b.npy", points), ("c.npy", points + 1)):
        np.save(tmp_path / name, array)
    config = TrainConfig(target="none", hidden=(2,))
    of = [Problem.of(config, given).portable().config for given in (tmp_path / "a.npy", tmp_path / "b.npy", points)]
    assert [one.target for one in of] == ["a.npy", "b.npy", "(given)"]
    assert len({one.target_sha256 for one in of}) == 1
    for other in ({"target": tmp_path / "c.npy"}, {"target": points[:, :2]}, {"target": points[:3]}):
        with pytest.raises(InputError, match=r"target .* holds other data than those of the configuration"):
            Problem.of(of[0], **other)
    Problem.of(of[0], points)
    assert Problem.of(TrainConfig()).portable().config == TrainConfig()


def test_other_data_in_a_later_layer_drop_the_fingerprint():
    below = {"target": "a.npy", "target_sha256": "x", "source": "b.npy", "source_sha256": "y", "columns": ["0"]}
    assert TrainConfig.from_values(below).target_sha256 == "x"
    changed = TrainConfig.from_values(below, {"target": "c.npy", "steps": 3})
    assert (changed.target_sha256, changed.source_sha256) == ("", "y")
    assert TrainConfig.from_values(below, {"columns": ["1"]}).target_sha256 == ""
    assert TrainConfig.from_values(below, {"steps": 3}).target_sha256 == "x"


SIZES = np.exp(np.random.default_rng(1).normal(size=(400, 2)) * [1.5, 0.3] + [0.0, 3.0])


def test_data_learned_as_logarithms_come_back_as_numbers(tmp_path):
    """Oracles: the logarithms given as data make the same run; its samples are their exponentials."""
    config = TrainConfig(target="x", steps=60, hidden=(8,), batch=32)
    logs = train(Problem.of(config, np.log(SIZES)), tmp_path / "logs")
    numbers = train(Problem.of(dataclasses.replace(config, transform=("log",)), SIZES), tmp_path / "numbers")
    one, other = Run.load(tmp_path / "logs"), Run.load(tmp_path / "numbers")
    np.testing.assert_array_equal(one.u, other.u)
    np.testing.assert_allclose(np.exp(one.sample(50)), other.sample(50), rtol=1e-12)
    assert numbers.evaluation.generated == pytest.approx(logs.evaluation.generated, rel=1e-12)
    assert other.config.transform == ("log",)


@pytest.mark.parametrize(
    ("words", "target", "message"),
    [
        (("log", "log", "log"), SIZES, "word for each of 2 columns, or one for all, got 3"),
        (("none", "log"), SIZES - [0.0, 100.0], "transform log needs numbers > 0: column 1 has -"),
        (("log",), "gaussian:2", r"transform \(--transform\) is for data, not for"),
    ],
)
def test_transforms_that_do_not_fit(words, target, message):
    with pytest.raises(InputError, match=message):
        Problem.of(TrainConfig(target="gaussian:2", transform=words), target)
    with pytest.raises(InputError, match="transform must be one of none, log, got 'lag'; did you mean 'log'"):
        TrainConfig(transform=("lag",))
