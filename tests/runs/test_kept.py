"""What a run keeps of its data: read back as it was written, bounded, and every damage one line."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from swref.errors import RunError
from swref.measures import Discrete, Shape
from swref.measures.image import ImageDensity
from swref.runs import Run, kept
from swref.runs.kept import Kept
from swref.runs.problem import Problem
from tests.runs.support import QUICK


def problem(target: object, source: object = None, **changes: object) -> Problem:
    return Problem.of(dataclasses.replace(QUICK, **changes), target, source)


def again(one: Kept, folder) -> Kept:
    (folder / "data.npz").write_bytes(one.to_bytes())
    return Kept.read(folder / "data.npz")


@pytest.mark.parametrize(
    "source",
    [None, np.ones((3, 2)), Discrete([[1.0], [2.0]], [0.25, 0.75]), ImageDensity(np.eye(3))],
    ids=["named", "points", "weighted", "picture"],
)
def test_it_is_read_back_as_it_was_written(source, tmp_path):
    """Oracle: the measures themselves, by their descriptions, and the points."""
    data = Discrete(np.arange(20.0).reshape(10, 2), names=("a, b", "é"))
    one = Kept.of(problem(data, source), tmp_path)
    other = again(one, tmp_path)
    assert other.units.to_dict() == one.units.to_dict()
    assert (other.names, other.picture, other.m, other.places) == (("a, b", "é"), None, 10, {})
    np.testing.assert_array_equal(other.points, one.points)
    np.testing.assert_array_equal(other.held_out, one.held_out)
    assert (other.source is None) == (source is None)
    if isinstance(source, (Discrete, ImageDensity)):
        assert other.source.to_dict() == source.to_dict()


def test_points_are_those_of_the_data_in_their_units(tmp_path):
    """Oracle: the data; the held-out half is a part of them that is not the training half."""
    data = np.random.default_rng(0).standard_normal((50, 3)) * [1.0, 10.0, 100.0]
    stated = problem(data, "gaussian:2")
    one = Kept.of(stated, tmp_path)
    np.testing.assert_allclose(one.points, data, rtol=1e-12)
    assert one.held_out.shape == (25, 3)
    both = np.concatenate((one.held_out, stated.units.invert(stated.train.points)))
    np.testing.assert_allclose(both[np.lexsort(both.T)], data[np.lexsort(data.T)], rtol=1e-12)


def test_large_data_are_kept_in_part(tmp_path):
    """Oracle: the limits of points and numbers, and membership in the data."""
    data = np.random.default_rng(0).standard_normal((5000, 2))
    one = Kept.of(problem(data, standardize="none"), tmp_path)
    assert (one.points.shape, one.held_out.shape, one.m) == ((2000, 2), (2000, 2), 5000)
    assert {tuple(row) for row in one.points} <= {tuple(row) for row in data}
    wide = Kept.of(problem(np.ones((200, 10_000)), standardize="none"), tmp_path)
    assert wide.points.shape == (104, 10_000)
    assert wide.picture == (100, 100)


def test_weighted_data_are_drawn_by_their_weights(tmp_path):
    """Oracle: two points of weights 1/4 and 3/4, the second three times as often within five standard errors."""
    stated = problem([[0.0], [1.0]], standardize="none")
    stated = dataclasses.replace(stated, whole=Discrete([[0.0], [1.0]], [0.25, 0.75]))
    points = Kept.of(stated, tmp_path).points
    assert points.shape == (2000, 1)
    assert abs(points.mean() - 0.75) < 5 * np.sqrt(0.75 * 0.25 / 2000)


def test_a_source_that_cannot_be_written_is_sampled(tmp_path, monkeypatch):
    monkeypatch.setattr(kept, "SOURCE_POINTS", 50)
    law = Kept.of(problem("moons", Shape("circles")), tmp_path).source
    assert law.points.shape == (50, 2)


@pytest.mark.parametrize("keep", [0, 1, 100, 0.5, 0.99])
def test_truncated(copied, keep):
    path = copied / "data.npz"
    content = path.read_bytes()
    path.write_bytes(content[: keep if isinstance(keep, int) else int(keep * len(content))])
    with pytest.raises(RunError, match=r"data\.npz is damaged or cut short"):
        Run.load(copied)


def test_something_else(copied):
    for content, message in (({"other": 1}, "damaged or cut short"), ({"format": 2}, "has another format than 1")):
        np.savez(copied / "data.npz", **content)
        with pytest.raises(RunError, match=message):
            Run.load(copied)


@pytest.mark.parametrize(
    "change",
    [
        {"points": np.ones((4, 3))},
        {"held_out": np.ones(4)},
        {"names": np.array(["a"])},
        {"scale": np.zeros(2)},
        {"points": np.full((4, 2), np.nan)},
        {"points": np.array([["a", "b"]])},
        {"picture": np.array([8])},
        {"source_points": np.ones(3)},
        {"m": np.array([1, 2])},
    ],
    ids=lambda change: next(iter(change)),
)
def test_numbers_that_do_not_fit(change, copied):
    with np.load(copied / "data.npz") as file:
        values = {name: file[name] for name in file.files}
    np.savez(copied / "data.npz", **{**values, **change})
    with pytest.raises(RunError, match=r"data\.npz is damaged or cut short"):
        Run.load(copied)


def test_images_have_the_shape_that_their_file_says(tmp_path):
    """Oracle: the file: 4 x 16 is an image, of as many numbers as 8 x 8; 32 x 2 is none, and 4 x 4 x 4 is none."""
    pixels = np.arange(6 * 64.0)
    shapes = {(6, 8, 8): (8, 8), (6, 4, 16): (4, 16), (6, 32, 2): None, (6, 4, 4, 4): None, (6, 64): (8, 8)}
    for shape, picture in shapes.items():
        np.save(tmp_path / "x.npy", pixels.reshape(shape))
        assert Kept.of(problem(tmp_path / "x.npy"), tmp_path).picture == picture
