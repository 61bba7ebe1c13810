"""What may be given for a measure: a measure, points, what stands for one; anything else is refused by its name."""

from __future__ import annotations

import numpy as np
import pytest

from swref.errors import InputError, InputTypeError
from swref.measures import Discrete, Shape
from swref.measures.given import as_measure


def test_a_measure_stays_and_points_become_one():
    """Oracle: Discrete of the same points."""
    moons = Shape("moons")
    assert as_measure("x", moons) is moons
    for points in ([[0.0, 1.0]], ((0, 1),), np.array([[0.0, 1.0]], np.float32)):
        assert as_measure("x", points).to_dict() == Discrete([[0.0, 1.0]]).to_dict()


def test_a_thing_with_a_generator_stands_for_it():
    class Run:
        generator = Shape("moons")

    assert as_measure("x", Run()) is Run.generator


@pytest.mark.parametrize("value", [None, "moons", b"moons", 3.0, object(), len])
def test_what_is_neither_is_refused(value):
    with pytest.raises(InputTypeError, match="x must be a measure"):
        as_measure("x", value)


@pytest.mark.parametrize("value", [[1.0, 2.0], np.ones(3), [[np.nan]], np.ones((2, 0))])
def test_arrays_that_are_no_points_are_refused(value):
    with pytest.raises(InputError, match="x must"):
        as_measure("x", value)
