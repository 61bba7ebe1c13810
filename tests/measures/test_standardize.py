"""Standardisation: unit moments, exact inverse, exact record, and what becomes of a measure."""

from __future__ import annotations

import json
from fractions import Fraction

import numpy as np
import pytest

from swref.errors import InputError, InputTypeError
from swref.measures import Discrete, Gaussian, Measure, Standardize, load_measure, standardized
from tests.support import tol


def cloud(seed: int = 0, m: int = 50) -> np.ndarray:
    """m points in 3 columns of very different units and offsets: [m, 3]."""
    return np.random.default_rng(seed).normal(size=(m, 3)) * [1e-3, 1.0, 1e4] + [5.0, -2.0, 1e5]


def test_fit_gives_mean_zero_and_variance_one() -> None:
    """Oracle: numpy's mean and population variance of the result."""
    x = cloud()
    z = Standardize.fit(x).apply(x)
    # An offset |mean|/scale is what the subtraction loses: up to 5e3 here.
    np.testing.assert_allclose(z.mean(axis=0), 0.0, atol=tol(np.float64, 50) * 5e3)
    np.testing.assert_allclose(z.var(axis=0), 1.0, rtol=tol(np.float64, 50) * 5e3)


def test_weighted_fit_is_the_fit_of_the_repeated_points() -> None:
    """Oracle: weights k/4 are k copies of a point."""
    x = cloud(m=3)
    counts = np.array([1, 3, 0])
    weighted = Standardize.fit(x, counts / 4)
    repeated = Standardize.fit(np.repeat(x, counts, axis=0))
    np.testing.assert_allclose(weighted.mean, repeated.mean, rtol=tol(np.float64, 4))
    np.testing.assert_allclose(weighted.scale, repeated.scale, rtol=tol(np.float64, 4) * 5e3)


@pytest.mark.parametrize("per_column", [True, False])
def test_round_trip(per_column: bool) -> None:
    x = cloud()
    step = Standardize.fit(x, per_column=per_column)
    # Subtracting the mean and adding it again costs an ulp of |x| + |mean|, whatever is left of x.
    assert (abs(step.invert(step.apply(x)) - x) <= tol(np.float64, 2) * (abs(x) + abs(step.mean))).all()
    z = step.apply(x)
    assert (abs(step.apply(step.invert(z)) - z) <= tol(np.float64, 2) * (abs(z) + abs(step.mean) / step.scale)).all()


def test_one_scale_for_all_columns_is_a_similarity() -> None:
    """Oracle: all distances shrink by the same factor, and the mean variance of the columns is 1."""
    x = cloud()
    step = Standardize.fit(x, per_column=False)
    assert (step.scale == step.scale[0]).all()
    z = step.apply(x)
    np.testing.assert_allclose(z.var(axis=0).mean(), 1.0, rtol=tol(np.float64, 150))
    distances = np.linalg.norm(x - x[0], axis=1)
    np.testing.assert_allclose(np.linalg.norm(z - z[0], axis=1) * step.scale[0], distances, rtol=1e-9)


@pytest.mark.parametrize("weights", [None, np.array([0.3, 0.3, 0.4])], ids=["uniform", "weighted"])
def test_constant_column_has_scale_one_and_goes_to_exactly_zero(weights) -> None:
    """0.1 is no binary fraction: a computed variance would be about 1e-34, and dividing by its root would blow up."""
    x = np.array([[0.1, 1.0], [0.1, 2.0], [0.1, 4.0]])
    step = Standardize.fit(x, weights)
    assert (step.mean[0], step.scale[0]) == (0.1, 1.0)
    assert (step.apply(x)[:, 0] == 0.0).all()


def standardized_exactly(column: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """(x - mean)/scale of a column [m] by rational moments; the root alone is rounded, and a power of 2 taken off."""
    x, w = [Fraction(v) for v in column.tolist()], [Fraction(v) for v in weights.tolist()]
    mean = sum(a * b for a, b in zip(w, x, strict=True)) / sum(w)
    gaps = [v - mean for v in x]
    largest = max(map(abs, gaps))
    variance = sum(a * (b / largest) ** 2 for a, b in zip(w, gaps, strict=True)) / sum(w)
    return np.array([float(gap / largest) for gap in gaps]) / float(variance) ** 0.5


ULP = np.nextafter(0.1, 1)
TIGHT = {
    "one ulp": ([0.1] * 999 + [ULP], None),
    "one ulp below": ([0.1] * 999 + [np.nextafter(0.1, 0)], None),
    "negative": ([-0.1] * 999 + [-ULP], None),
    "float32": (np.float32([0.1] * 99 + [np.nextafter(np.float32(0.1), np.float32(1))]), None),
    "far away": ([1e12, 1e12 + 1, 1e12 + 4], None),
    "weighted": ([0.1, ULP], [0.999, 0.001]),
    "rare": ([1.0, 2.0], [1 - 1e-12, 1e-12]),
    "huge": ([-1.7e308, 1.7e308, 1e308], None),
    "huge and tight": ([1e300] * 9 + [np.nextafter(1e300, np.inf)], None),
    "rare and huge": ([-1.7e308, 1.7e308], [0.999, 0.001]),
    "tiny": ([1e-300, 2e-300, 5e-300], None),
    "tiny and tight": ([1e-290] * 9 + [np.nextafter(1e-290, 1)], None),
}


@pytest.mark.parametrize("per_column", [True, False])
@pytest.mark.parametrize("name", TIGHT)
def test_a_spread_that_is_small_far_out_or_at_the_ends_of_the_range_keeps_its_moments(name, per_column) -> None:
    """Oracle: moments by rational arithmetic; and back again, to an ulp of what was there."""
    values, weights = TIGHT[name]
    x = np.array(values)[:, None]
    w = np.full(len(x), 1 / len(x)) if weights is None else np.array(weights)
    step = Standardize.fit(x, weights, per_column)
    exact = standardized_exactly(x[:, 0], w)
    np.testing.assert_allclose(step.apply(x)[:, 0], exact, rtol=0.0, atol=tol(np.float64, len(x)) * np.abs(exact).max())
    np.testing.assert_allclose(step.invert(step.apply(x)), x, rtol=tol(np.float64, 2))
    again = Standardize.from_dict(json.loads(json.dumps(step.to_dict())))
    np.testing.assert_array_equal(again.apply(x), step.apply(x))


@pytest.mark.parametrize("exponent", [-1000, -500, 500, 1015])
def test_a_column_in_any_unit_is_standardized_alike(exponent: int) -> None:
    """Oracle: the column in units of 1. A power of two changes no digit."""
    x = np.random.default_rng(0).normal(1.0, 3.0, (40, 1))
    one, other = Standardize.fit(x), Standardize.fit(np.ldexp(x, exponent))
    np.testing.assert_array_equal(other.apply(np.ldexp(x, exponent)), one.apply(x))
    np.testing.assert_array_equal(other.scale, np.ldexp(one.scale, exponent))
    shared = Standardize.fit(np.hstack([x, np.ldexp(x, exponent)]), per_column=False)
    larger = np.ldexp(one.scale[0], max(exponent, 0))  # the other column is as nothing
    np.testing.assert_allclose(shared.scale, [larger / 2**0.5] * 2, rtol=tol(np.float64, 40))


def test_ordinary_columns_have_a_mean_of_one_float() -> None:
    """Oracle: the plain formulas, bit for bit; and the record holds what it held before there was a rest."""
    points = load_measure("penguins").points
    step = Standardize.fit(points)
    w = np.full(len(points), 1 / len(points))
    np.testing.assert_array_equal(step.mean, w @ points)
    np.testing.assert_array_equal(step.scale, np.sqrt(w @ (points - w @ points) ** 2))
    np.testing.assert_array_equal(step.apply(points), (points - step.mean) / step.scale)
    assert set(step.to_dict()) == {"mean", "scale"}


def test_what_leaves_the_range_of_floats_is_said() -> None:
    with pytest.raises(InputError, match=r"points must have no standard deviation < 2.23e-308, got"):
        Standardize.fit([[0.0], [5e-324]])
    with pytest.raises(InputError, match="x must be finite in units of scale, got inf"):
        Standardize([0.0], [1e-300]).apply([[1e300]])
    with pytest.raises(InputError, match="z must be finite in units of the data, got inf"):
        Standardize([0.0], [1e300]).invert([[1e300]])


def test_points_of_weight_zero_do_not_make_a_column_vary() -> None:
    step = Standardize.fit([[1.0], [1.0], [9.0]], [0.5, 0.5, 0.0])
    assert (step.mean[0], step.scale[0]) == (1.0, 1.0)


def test_all_points_equal_has_scale_one_either_way() -> None:
    for per_column in (True, False):
        assert Standardize.fit([[3.0, 4.0]] * 2, per_column=per_column).scale.tolist() == [1.0, 1.0]


def test_digits_with_constant_pixels() -> None:
    """The digits hold 3 pixels that never light up."""
    points = load_measure("digits").points
    constant = points.min(axis=0) == points.max(axis=0)
    assert constant.sum() == 3
    step = Standardize.fit(points)
    assert (step.scale[constant] == 1.0).all()
    assert np.isfinite(step.apply(points)).all()
    np.testing.assert_allclose(step.invert(step.apply(points)), points, atol=16.0 * tol(np.float64, 2))


def test_record_survives_json_bit_for_bit() -> None:
    step = Standardize.fit(cloud())
    again = Standardize.from_dict(json.loads(json.dumps(step.to_dict())))
    np.testing.assert_array_equal(again.mean, step.mean)
    np.testing.assert_array_equal(again.scale, step.scale)


def test_discrete_stays_discrete() -> None:
    measure = Discrete(cloud(m=4), [0.1, 0.2, 0.3, 0.4], ("a", "b", "c"))
    step = Standardize.fit(measure.points, measure.weights)
    image = standardized(measure, step)
    assert isinstance(image, Discrete)
    assert image.names == measure.names
    np.testing.assert_array_equal(image.points, step.apply(measure.points))
    np.testing.assert_allclose(image.weights, measure.weights, rtol=tol(np.float64, 4))
    # Standardising commutes with drawing: the same stream gives the same rows.
    drawn = measure.sample(np.random.default_rng(1), 5)
    np.testing.assert_array_equal(image.sample(np.random.default_rng(1), 5), step.apply(drawn))


def test_continuous_measure_is_wrapped() -> None:
    law = Gaussian([1.0, 2.0], np.eye(2))
    step = Standardize([1.0, 2.0], [2.0, 4.0])
    image = standardized(law, step)
    assert isinstance(image, Measure)
    assert image.dim == 2
    drawn = law.sample(np.random.default_rng(1), 5)
    np.testing.assert_array_equal(image.sample(np.random.default_rng(1), 5), step.apply(drawn))
    record = image.to_dict()
    assert record == {"kind": "standardized", "measure": law.to_dict(), "transform": step.to_dict()}


def test_arrays_are_read_only() -> None:
    step = Standardize([0.0], [1.0])
    for array in (step.mean, step.scale):
        with pytest.raises(ValueError, match="read-only"):
            array[0] = 2.0


@pytest.mark.parametrize(
    ("call", "line"),
    [
        (lambda: Standardize([0.0], [0.0]), r"scale must be > 0, got 0.0 at \[0\]"),
        (lambda: Standardize([0.0], [1.0, 1.0]), r"scale must have 1 entries, got 2"),
        (lambda: Standardize([np.nan], [1.0]), r"mean must be finite, got nan at \[0\]"),
        (lambda: Standardize.fit([1.0, 2.0]), r"points must have two axes"),
        (lambda: Standardize.fit([[1.0]], [0.5]), r"weights must sum to 1"),
        (lambda: Standardize([0.0], [1.0]).apply([[1.0, 2.0]]), r"x must have 1 columns, got shape \(1, 2\)"),
        (lambda: Standardize([0.0], [1.0]).invert([1.0]), r"z must have two axes \[n, d\], got shape \(1,\)"),
        (
            lambda: Standardize.from_dict({"mean": [0.0]}),
            r"record must have the keys mean and scale, and may have rest and transform, got \['mean'\]",
        ),
        (lambda: Standardize.from_dict([1]), r"record must be a mapping with mean and scale, got \[1\]"),
        (
            lambda: standardized(Discrete([[1.0, 2.0]]), Standardize([0.0], [1.0])),
            r"transform must have 2 columns, as the measure, got 1",
        ),
    ],
)
def test_refusals(call, line: str) -> None:
    with pytest.raises((InputError, InputTypeError), match=line):
        call()


def test_a_column_of_logarithms_is_standardised_as_its_logarithms_are() -> None:
    """Oracle: NumPy's logarithm, then the affine step."""
    x = np.exp(cloud() * [1.0, 1.0, 1e-5])
    step = Standardize.fit(x, transform=("none", "log", "log"))
    logs = np.column_stack([x[:, 0], np.log(x[:, 1:])])
    plain = Standardize.fit(logs)
    np.testing.assert_array_equal(step.apply(x), plain.apply(logs))
    np.testing.assert_allclose(step.invert(step.apply(x)), x, rtol=1e-13)
    record = json.loads(json.dumps(step.to_dict()))
    again = Standardize.from_dict(record)
    np.testing.assert_array_equal(again.apply(x), step.apply(x))
    assert "transform" not in plain.to_dict()


def test_logarithms_are_of_positive_numbers() -> None:
    with pytest.raises(InputError, match=r"points must be > 0 in a column of transform log, got 0 at \[1, 0\]"):
        Standardize.fit([[1.0], [0.0]], transform=["log"])
    with pytest.raises(InputError, match=r"x must be > 0 .* got -1 at \[0, 0\]"):
        Standardize([0.0], [1.0], transform=["log"]).apply([[-1.0]])
    with pytest.raises(InputError, match="transform must be a word for each of 1 columns"):
        Standardize([0.0], [1.0], transform=["log", "log"])
    with pytest.raises(InputError, match="transform must be one of none, log, got 'sqrt'"):
        Standardize([0.0], [1.0], transform=["sqrt"])
    with pytest.raises(InputError, match="in units of the data"):
        Standardize([0.0], [1.0], transform=["log"]).invert([[1e4]])


def test_the_scale_that_is_none_is_named_by_its_index() -> None:
    with pytest.raises(InputError, match=r"^scale must be > 0, got 0\.0 at \[1\]$"):
        Standardize([0.0, 0.0], [1.0, 0.0])
