"""The problem that a configuration states: its network, its measures, its units."""

from __future__ import annotations

import numpy as np
import pytest

from swref.errors import InputError
from swref.runs import TrainConfig
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
