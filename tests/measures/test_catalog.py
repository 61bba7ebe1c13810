"""Built-in data against what was published of them; names, columns and dimensions."""

from __future__ import annotations

import hashlib
from importlib import resources

import numpy as np
import pytest

from swref.errors import InputError, InputTypeError
from swref.measures import Uniform, load_measure, measure_names


def test_penguins_are_the_published_ones() -> None:
    """Oracle: the means that the palmerpenguins documentation prints (43.92 mm, 4201.75 g), and 342 complete rows."""
    penguins = load_measure("penguins")
    assert (penguins.m, penguins.dim, penguins.weights) == (342, 4, None)
    assert penguins.names == ("bill_length_mm", "bill_depth_mm", "flipper_length_mm", "body_mass_g")
    assert penguins.points.mean(axis=0).round(2).tolist() == [43.92, 17.15, 200.92, 4201.75]
    assert penguins.points[0].tolist() == [39.1, 18.7, 181.0, 3750.0]


def test_digits_are_the_published_ones() -> None:
    """Oracle: the facts of the UCI test set: 1797 images of 8 x 8, counts 0..16, and its class distribution."""
    digits = load_measure("digits")
    assert digits.points.shape == (1797, 64)
    assert (digits.points.min(), digits.points.max()) == (0.0, 16.0)
    assert (digits.points == np.round(digits.points)).all()
    assert digits.points.sum() == 561718
    file = resources.files("swref.measures").joinpath("data", "digits.npz")
    with file.open("rb") as stream, np.load(stream, allow_pickle=False) as archive:
        assert {name: archive[name].dtype.name for name in archive.files} == {"images": "uint8", "labels": "uint8"}
        assert np.bincount(archive["labels"]).tolist() == [178, 182, 177, 183, 181, 182, 181, 179, 174, 180]


def test_shipped_files_match_their_checksums() -> None:
    """Oracle: the sha256 that data/README.md states."""
    folder = resources.files("swref.measures").joinpath("data")
    stated = folder.joinpath("README.md").read_text(encoding="utf-8")
    for name in ("penguins.csv", "digits.npz"):
        checksum = hashlib.sha256(folder.joinpath(name).read_bytes()).hexdigest()
        assert f"| `{name}` | `{checksum}` |" in stated


def test_columns_of_built_in_data() -> None:
    penguins = load_measure("penguins")
    chosen = load_measure("penguins", columns=["body_mass_g", 0])
    assert chosen.names == ("body_mass_g", "bill_length_mm")
    np.testing.assert_array_equal(chosen.points, penguins.points[:, [3, 0]])
    np.testing.assert_array_equal(load_measure("digits", columns=[20]).points, load_measure("digits").points[:, [20]])


@pytest.mark.parametrize(
    ("name", "columns", "line"),
    [
        (
            "penguins",
            ["body_mas_g"],
            r"^penguins: columns must be one of bill_length_mm, .*; did you mean 'body_mass_g'",
        ),
        ("penguins", [4], r"^penguins: columns must be below 4, the number of columns, got 4$"),
        ("penguins", [-1], r"^columns must be >= 0, got -1$"),
        ("penguins", [0, "bill_length_mm"], r"^penguins: columns must be distinct, got column 'bill_length_mm' twice$"),
        ("penguins", [], r"^columns must choose at least one column, got none$"),
        ("penguins", 3, r"^columns must be a sequence of names or indices, got 3$"),
        ("penguins", [1.5], r"^columns must be an integer, got 1.5$"),
        ("digits", ["pixel"], r"^digits: has no column names, so 'pixel' cannot be chosen; use indices from 0$"),
        ("moons", [0], r"^columns cannot be chosen from moons, a continuous law; leave them out$"),
        ("gaussian:3", [0], r"^columns cannot be chosen from gaussian, a continuous law; leave them out$"),
    ],
)
def test_columns_refused(name: str, columns, line: str) -> None:
    with pytest.raises((InputError, InputTypeError), match=line):
        load_measure(name, columns=columns)


def test_families_take_a_dimension() -> None:
    assert [load_measure(name).dim for name in ("gaussian", "ball:1", "sphere:7", "cube:3")] == [2, 1, 7, 3]
    law = load_measure("gaussian:3")
    np.testing.assert_array_equal(law.covariance, np.eye(3))
    np.testing.assert_array_equal(law.mean, np.zeros(3))
    assert load_measure("sphere").to_dict() == Uniform("sphere", 2, 1.0).to_dict()


@pytest.mark.parametrize(
    ("name", "line"),
    [
        ("pengiuns", r"^measure must be one of penguins, digits, .*, got 'pengiuns'; did you mean 'penguins'\?"),
        ("gausian:3", r"got 'gausian:3'; did you mean 'gaussian:3'\?"),
        ("xyzzy", r"got 'xyzzy' \(nor is there a file of that name\)$"),
        ("", r"^measure must be one of .*, got ''"),
        ("gaussian:", r"^the dimension in 'gaussian:' must be a whole number >= 1, got ''$"),
        ("gaussian:" + "1" * 25, r"must be a whole number >= 1, got '1+'$"),
        ("gaussian:0", r"must be a whole number >= 1, got '0'$"),
        ("cube:2.5", r"^the dimension in 'cube:2.5' must be a whole number >= 1, got '2.5'$"),
        ("moons:3", r"^'moons' takes no dimension, got 'moons:3'$"),
        ("penguins:3", r"^'penguins' takes no dimension, got 'penguins:3'$"),
        ("x" * 5000, r"^measure must be one of"),
    ],
)
def test_unknown_names(name: str, line: str, tmp_path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(InputError, match=line):
        load_measure(name)


def test_names_are_unique_and_a_number_is_no_name() -> None:
    assert len(set(measure_names())) == len(measure_names())
    with pytest.raises(InputTypeError, match=r"name_or_path must be a string or a path, got 3"):
        load_measure(3)
