"""SW of clouds that need not fit into memory, as it is asked for. Oracle: the in-memory loss."""

from __future__ import annotations

import numpy as np
import pytest

from swref import directions, distributed, sw_loss
from swref.distributed import sw
from swref.errors import DataError, InputError

RNG = np.random.default_rng(0)
X, Y, THETA = RNG.normal(size=(500, 2)), 0.3 + RNG.standard_t(3, size=(700, 2)), directions(0, 5, 2)


@pytest.mark.parametrize("p", [1.0, 2.0, 2.5])
def test_bounds_of_files_hold_the_loss_in_memory(tmp_path, p):
    np.save(tmp_path / "y.npy", Y)
    weights = RNG.dirichlet(np.ones(len(X)))
    result = sw(X, tmp_path / "y.npy", THETA, p, x_weights=weights)
    lower, value, upper = result
    exact = sw_loss(X, Y, THETA, p=p, x_weights=weights)
    assert lower <= exact <= upper
    assert upper - lower <= 1e-3 * value
    assert result.to_dict() == {
        "lower": lower, "value": value, "upper": upper, "standard_error": result.standard_error, "tier": "certified",
        "n": 500, "m": 700, "dim": 2, "p": p, "directions": 5,
    }  # fmt: skip


def test_a_point_that_is_not_finite_is_said_with_file_and_row(tmp_path):
    y = np.zeros((10, 2))
    y[7, 1] = np.nan
    np.save(tmp_path / "y.npy", y)
    with pytest.raises(DataError, match=r"y.npy: row 7, column 1 \(both counted from 0\): nan is not finite"):
        sw(X, [tmp_path / "y.npy"], THETA)
    with pytest.raises(InputError, match=r"y must be finite, got nan at \[7, 1\]"):
        sw(X, y, THETA)


def test_identical_clouds_are_at_most_their_rounding_apart():
    lower, value, upper = sw(X, X[::-1], THETA)
    assert lower == 0 <= value <= upper < 1e-4


def test_a_power_beyond_floats_is_bounded_by_infinity():
    result = sw(X, Y * 1e200, THETA)
    assert 1e300 < result.lower < result.value == result.upper == np.inf
    assert result.to_dict()["upper"] is None


def test_the_names_are_those_of_the_room():
    assert set(distributed.__all__) <= set(dir(distributed))


def test_the_exact_tier_is_the_loss_in_memory():
    assert tuple(sw(X, Y, THETA, tier="exact", memory=10**6)) == (sw_loss(X, Y, THETA),) * 3
