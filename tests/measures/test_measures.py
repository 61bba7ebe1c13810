"""Measures drawn from: moments and frequencies against closed forms, seeded; supports; determinism; names.

Statistics are held to 5 standard errors (two-sided probability 6e-7 a comparison) computed from the closed form, not
from the sample; the seeds are fixed, so a failure means a change of the law or of the stream.
"""

from __future__ import annotations

import hashlib
import json
import math
import subprocess
import sys
from importlib import resources

import numpy as np
import pytest

from swref.errors import InputError, InputTypeError
from swref.measures import Discrete, Gaussian, Measure, Shape, Uniform, load_measure, measure_names
from swref.measures.image import ImageDensity
from swref.measures.shapes import SHAPES
from tests.support import tol

STANDARD_ERRORS = 5.0
N = 20_000
SHAPE_NAMES = tuple(SHAPES)


def rng(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


def assert_mean(values: np.ndarray, mean: np.ndarray | float, variance: np.ndarray | float) -> None:
    """The mean of i.i.d. rows is within STANDARD_ERRORS of `mean`, each with standard error sqrt(variance/n)."""
    error = np.abs(values.mean(axis=0) - mean)
    assert (error <= STANDARD_ERRORS * np.sqrt(np.asarray(variance) / len(values))).all(), error


def all_measures() -> list[Measure]:
    built_in = [load_measure(name) for name in measure_names()]
    weighted = Discrete([[0.0, 1.0], [2.0, 3.0]], [0.25, 0.75])
    return [*built_in, weighted, ImageDensity([[0.0, 1.0], [2.0, 0.0]])]


# What every measure promises.


@pytest.mark.parametrize("measure", all_measures(), ids=lambda m: str(m.to_dict()["kind"]))
def test_every_measure_keeps_the_protocol(measure: Measure) -> None:
    assert isinstance(measure, Measure)
    x = measure.sample(rng(), 7)
    assert x.shape == (7, measure.dim)
    assert x.dtype == np.float64
    assert np.isfinite(x).all()
    assert measure.sample(rng(), 1).shape == (1, measure.dim)
    np.testing.assert_array_equal(x, measure.sample(rng(), 7))
    assert not np.array_equal(x, measure.sample(rng(1), 7))
    assert json.loads(json.dumps(measure.to_dict(), allow_nan=False)) == measure.to_dict()


@pytest.mark.parametrize("measure", all_measures(), ids=lambda m: str(m.to_dict()["kind"]))
def test_draws_are_refused_with_one_line(measure: Measure) -> None:
    with pytest.raises(InputError, match=r"^n must be >= 1, got 0$"):
        measure.sample(rng(), 0)
    with pytest.raises(InputTypeError, match=r"^n must be an integer, got 2\.0$"):
        measure.sample(rng(), 2.0)
    with pytest.raises(InputTypeError, match=r"^rng must be a numpy.random.Generator, got 3$"):
        measure.sample(3, 2)


def test_what_is_no_measure_is_told_apart() -> None:
    assert not isinstance(np.zeros((3, 2)), Measure)


# Discrete.

WEIGHTS = np.array([0.0, 0.1, 0.0, 0.25, 0.6, 0.05, 0.0])


@pytest.mark.parametrize("weights", [None, WEIGHTS], ids=["uniform", "weighted"])
def test_discrete_frequencies_by_chi_square(weights: np.ndarray | None) -> None:
    """Oracle: Pearson's statistic of k categories has mean k - 1 and variance about 2 (k - 1)."""
    measure = Discrete(np.arange(7.0)[:, None], weights)
    probability = np.full(7, 1 / 7) if weights is None else weights
    counts = np.bincount(measure.sample(rng(), N)[:, 0].astype(int), minlength=7)
    drawn = probability > 0
    expected = N * probability[drawn]
    statistic = ((counts[drawn] - expected) ** 2 / expected).sum()
    freedom = drawn.sum() - 1
    assert abs(statistic - freedom) < STANDARD_ERRORS * math.sqrt(2 * freedom)
    assert counts[~drawn].sum() == 0


class Fixed(np.random.Generator):
    """A generator whose uniform numbers are given: to reach the corners of [0, 1) that chance would not."""

    def __init__(self, value: float) -> None:
        super().__init__(np.random.PCG64(0))
        self.value = value

    def random(self, size=None):
        return np.full(size, self.value)


@pytest.mark.parametrize(("u", "point"), [(0.0, 1.0), (0.5, 3.0), (np.nextafter(1.0, 0.0), 3.0)])
def test_zero_weight_is_not_drawn_at_the_ends_of_the_unit_interval(u: float, point: float) -> None:
    measure = Discrete(np.arange(6.0)[:, None], [0.0, 0.5, 0.0, 0.5, 0.0, 0.0])
    np.testing.assert_array_equal(measure.sample(Fixed(u), 3), np.full((3, 1), point))


@pytest.mark.parametrize("m", [3, 7, 1000])
def test_last_positive_weight_catches_the_largest_uniform_number(m: int) -> None:
    """Weights like 1/3 or 0.001 do not add up to exactly 1: the last index must stay in range, before the weight 0."""
    weights = np.append(np.full(m, 1.0 / m), 0.0)
    measure = Discrete(np.arange(m + 1.0)[:, None], weights)
    assert measure.sample(Fixed(np.nextafter(1.0, 0.0)), 1)[0, 0] == m - 1


def test_discrete_draws_with_replacement_and_independently() -> None:
    """Oracle: of 2 draws from 2 points both agree with probability 1/2 (without replacement: never)."""
    pairs = Discrete([[0.0], [1.0]]).sample(rng(), N).reshape(-1, 2)
    assert_mean(pairs[:, 0] == pairs[:, 1], 0.5, 0.25)


def test_discrete_owns_its_arrays_and_cannot_be_written_to() -> None:
    points, weights = np.ones((2, 3)), np.array([0.5, 0.5])
    measure = Discrete(points, weights, names=["a", "b", "c"])
    points[0, 0], weights[0] = 9.0, 9.0
    assert measure.points[0, 0] == 1.0
    assert measure.weights[0] == 0.5
    assert (measure.m, measure.dim, measure.names) == (2, 3, ("a", "b", "c"))
    assert Discrete(points).weights is None
    for array in (measure.points, measure.weights):
        with pytest.raises(ValueError, match="read-only"):
            array[0] = 0.0
    with pytest.raises(AttributeError):
        measure.points = points
    measure.sample(rng(), 2)[0, 0] = 5.0  # a sample is the caller's


def test_discrete_sample_is_float64_for_other_inputs() -> None:
    for points in ([[1, 2]], np.ones((1, 2), np.float32), np.ones((1, 2), bool)):
        assert Discrete(points).points.dtype == np.float64


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (([1.0, 2.0],), r"points must have two axes \[n, d\], got shape \(2,\)"),
        ((np.empty((0, 2)),), r"points must hold at least one point"),
        (([[1.0, np.nan]],), r"points must be finite, got nan at \[0, 1\]"),
        (([[1.0]], [0.5, 0.5]), r"weights must have shape \(1,\), one weight a point, got \(2,\)"),
        (([[1.0], [2.0]], [0.5, 0.6]), r"weights must sum to 1, got a sum of 1.1"),
        (([[1.0], [2.0]], [1.5, -0.5]), r"weights must be non-negative, got -0.5 at \[1\]"),
        (([[1.0, 2.0]], None, ("a",)), r"names must have one entry for each of the 2 columns, got 1"),
        (([[1.0]], None, "a"), r"names must be a sequence of strings, got 'a'"),
    ],
)
def test_discrete_refuses(arguments: tuple, line: str) -> None:
    with pytest.raises((InputError, InputTypeError), match=line):
        Discrete(*arguments)


@pytest.mark.parametrize("weights", [None, np.arange(1.0, 11.0) / 55.0], ids=["uniform", "weighted"])
def test_split_parts_the_support(weights: np.ndarray | None) -> None:
    """Oracle: the two parts are disjoint, together the whole support, and weights keep their ratios."""
    measure = Discrete(np.arange(20.0).reshape(10, 2), weights, ("a", "b"))
    train, held_out = measure.split(0.7, rng())
    assert (train.m, held_out.m) == (7, 3)
    both = np.concatenate([train.points, held_out.points])
    np.testing.assert_array_equal(np.sort(both[:, 0]), measure.points[:, 0])
    for part in (train, held_out):
        assert part.names == ("a", "b")
        assert (np.diff(part.points[:, 0]) > 0).all()
        if weights is None:
            assert part.weights is None
        else:
            original = weights[(part.points[:, 0] / 2).astype(int)]
            np.testing.assert_allclose(part.weights, original / original.sum(), rtol=tol(np.float64, 10))
    again = measure.split(0.7, rng())[0]
    np.testing.assert_array_equal(again.points, train.points)
    assert not np.array_equal(measure.split(0.7, rng(5))[0].points, train.points)


@pytest.mark.parametrize(
    ("fraction", "line"),
    [
        (0.0, r"fraction must be > 0, got 0\.0"),
        (1.0, r"fraction must be < 1, got 1\.0"),
        (0.01, r"fraction 0.01 of 4 points leaves the train part empty"),
        (0.99, r"fraction 0.99 of 4 points leaves the held-out part empty"),
    ],
)
def test_split_refuses_empty_parts(fraction: float, line: str) -> None:
    with pytest.raises(InputError, match=line):
        Discrete(np.zeros((4, 1))).split(fraction, rng())


def test_split_refuses_a_part_of_weight_zero() -> None:
    with pytest.raises(InputError, match=r"part of the split holds only points of weight 0"):
        Discrete([[0.0], [1.0]], [1.0, 0.0]).split(0.5, rng())


def test_discrete_checksum_tells_points_and_weights_apart() -> None:
    points = np.array([[0.0], [1.0]])
    sums = {Discrete(p, w).to_dict()["sha256"] for p, w in [(points, None), (points + 1, None), (points, [0.5, 0.5])]}
    assert len(sums) == 3
    assert Discrete(np.asfortranarray(points)).to_dict() == Discrete(points).to_dict()


# Gaussian.


def test_gaussian_moments() -> None:
    """Oracle: E x = m, E (x - m)(x - m)^T = S, and Var[(x - m)_i (x - m)_j] = S_ii S_jj + S_ij^2 (Isserlis)."""
    mean, covariance = np.array([1.0, -2.0, 3.0]), np.array([[4.0, 1.0, 0.5], [1.0, 2.0, -0.3], [0.5, -0.3, 1.0]])
    x = Gaussian(mean, covariance).sample(rng(), N)
    variances = np.diag(covariance)
    assert_mean(x, mean, variances)
    centred = x - mean
    products = centred[:, :, None] * centred[:, None, :]
    assert_mean(products, covariance, np.outer(variances, variances) + covariance**2)


def test_singular_gaussian_stays_on_its_line() -> None:
    """Oracle: covariance v v^T puts all mass on mean + R v."""
    v = np.array([3.0, 4.0])
    x = Gaussian([1.0, 1.0], np.outer(v, v)).sample(rng(), 200) - 1.0
    off_line = x @ np.array([4.0, -3.0]) / 5.0
    # The square root turns a relative rounding error eps of an eigenvalue 0 into sqrt(eps).
    assert np.abs(off_line).max() <= 25.0 * math.sqrt(tol(np.float64))
    assert_mean((x @ v / 25.0) ** 2, 1.0, 2.0)


def test_gaussian_of_covariance_zero_is_its_mean() -> None:
    np.testing.assert_array_equal(Gaussian([1.0, 2.0], np.zeros((2, 2))).sample(rng(), 2), [[1.0, 2.0], [1.0, 2.0]])


@pytest.mark.parametrize(
    ("mean", "covariance", "line"),
    [
        ([0.0, 0.0], [[1.0, 0.5], [0.0, 1.0]], r"covariance must be symmetric, got entries that differ .* by 0.5"),
        ([0.0, 0.0], [[1.0, 2.0], [2.0, 1.0]], r"covariance must be positive semi-definite, got an eigenvalue -1"),
        ([0.0, 0.0], [[1.0]], r"covariance must have 2 columns, got shape \(1, 1\)"),
        ([0.0, 0.0], [[1.0, 0.0]], r"covariance must have shape \(2, 2\), got \(1, 2\)"),
        ([0.0], [[np.inf]], r"covariance must be finite, got inf at \[0, 0\]"),
        ([], [[1.0]], r"mean must be a vector \[d\] with d >= 1, got shape \(0,\)"),
        (0.0, [[1.0]], r"mean must be a vector \[d\] with d >= 1, got shape \(\)"),
        ([np.nan], [[1.0]], r"mean must be finite, got nan at \[0\]"),
    ],
)
def test_gaussian_refuses(mean, covariance, line: str) -> None:
    with pytest.raises(InputError, match=line):
        Gaussian(mean, covariance)


# Uniform. With q the power of the radius: E x_i^2 and E x_i^4 on the unit shapes (Dirichlet integrals).


def unit_moments(shape: str, d: int) -> tuple[float, float]:
    if shape == "cube":
        return 1 / 3, 1 / 5
    second, fourth = 1 / d, 3 / (d * (d + 2))  # on the sphere
    return (second, fourth) if shape == "sphere" else (second * d / (d + 2), fourth * d / (d + 4))


@pytest.mark.parametrize("shape", ["ball", "sphere", "cube"])
@pytest.mark.parametrize("d", [1, 2, 5])
def test_uniform_support_and_moments(shape: str, d: int) -> None:
    radius, center = 1.5, np.arange(1.0, d + 1.0)
    x = Uniform(shape, d, radius, center).sample(rng(d), N) - center
    size = np.abs(x).max(axis=1) if shape == "cube" else np.linalg.norm(x, axis=1)
    slack = tol(np.float64, d) * (radius + d)
    if shape == "sphere":
        np.testing.assert_allclose(size, radius, atol=slack)
    else:
        assert size.max() <= radius + slack
        # P(size <= radius/2) = 2^{-d} for both.
        assert_mean(size <= radius / 2, 2.0**-d, 2.0**-d * (1 - 2.0**-d))
    second, fourth = unit_moments(shape, d)
    assert_mean(x, np.zeros(d), radius**2 * second)
    # On the sphere of R^1 the square is constant: rounding is all that is left.
    variance = radius**4 * (fourth - second**2) + N * slack**2
    assert_mean(x**2, np.full(d, radius**2 * second), variance)


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (("bal", 2), r"shape must be one of ball, sphere, cube, got 'bal'; did you mean 'ball'\?"),
        (("ball", 0), r"dim must be >= 1, got 0"),
        (("ball", 2, 0.0), r"radius must be > 0, got 0\.0"),
        (("ball", 2, 1.0, [0.0]), r"center must have 2 entries, got 1"),
    ],
)
def test_uniform_refuses(arguments: tuple, line: str) -> None:
    with pytest.raises(InputError, match=line):
        Uniform(*arguments)


# Shapes.


@pytest.mark.parametrize("name", SHAPE_NAMES)
def test_shape_fits_its_window(name: str) -> None:
    x = Shape(name).sample(rng(), N)
    assert x.shape == (N, 2)
    assert np.isfinite(x).all()
    assert 2.0 < np.abs(x).max() < 5.0
    assert (np.abs(x) <= 4.0).all(axis=1).mean() > 0.99


def shape_distance(name: str, x: np.ndarray) -> np.ndarray:
    """|residual| of the implicit equation that the noiseless shape satisfies."""
    radius = np.hypot(x[:, 0], x[:, 1])
    if name == "moons":
        return np.minimum(
            abs(np.hypot(x[:, 0] + 1.0, x[:, 1] + 0.5) - 2.0), abs(np.hypot(x[:, 0] - 1.0, x[:, 1] - 0.5) - 2.0)
        )
    if name == "circles":
        return np.minimum(abs(radius - 1.5), abs(radius - 3.0))
    if name == "eight_gaussians":
        return abs(x[:, 0] + 1j * x[:, 1] - 3.0 * np.exp(1j * np.arange(8)[:, None] * np.pi / 4)).min(axis=0)
    # Archimedean spirals r = c t: the angle is t up to a whole turn (or half a turn, where there are two arms).
    turn, slope = (2 * np.pi, 4.5 * np.pi / 3.5) if name == "swissroll" else (np.pi, 3.0 * np.pi / 3.5)
    angle = np.arctan2(x[:, 1], x[:, 0]) - slope * radius
    return abs(np.remainder(angle + turn / 2, turn) - turn / 2)


@pytest.mark.parametrize("name", ["moons", "circles", "eight_gaussians", "swissroll", "spiral"])
def test_shape_without_noise_lies_on_its_curve(name: str) -> None:
    """Oracle: the implicit equation of the curve."""
    x = Shape(name, noise=0.0).sample(rng(), 2000)
    if name == "spiral":  # the angle is ill-conditioned at the centre
        x = x[np.hypot(x[:, 0], x[:, 1]) > 0.01]
    assert shape_distance(name, x).max() < 1e-9


@pytest.mark.parametrize("name", ["moons", "circles", "eight_gaussians", "swissroll", "checkerboard", "spiral"])
def test_shape_noise_is_a_gaussian_of_that_deviation(name: str) -> None:
    """Oracle: the same stream with and without noise differs by noise g, g ~ N(0, I)."""
    step = (Shape(name, 0.2).sample(rng(), N) - Shape(name, 0.0).sample(rng(), N)) / 0.2
    assert_mean(step, np.zeros(2), 1.0)
    assert_mean(step**2, np.ones(2), 2.0)


def test_checkerboard_fills_its_eight_squares_evenly() -> None:
    x = Shape("checkerboard").sample(rng(), N)
    cell = np.floor((x + 4.0) / 2.0).astype(int)
    assert ((cell >= 0) & (cell < 4)).all()
    assert (cell.sum(axis=1) % 2 == 0).all()
    squares, counts = np.unique(cell, axis=0, return_counts=True)
    assert len(squares) == 8
    assert (abs(counts / N - 1 / 8) < STANDARD_ERRORS * math.sqrt(7 / 64 / N)).all()
    assert_mean(np.mod(x, 2.0), np.ones(2), 1 / 3)


def test_pinwheel_without_thickness_lies_on_its_five_arms() -> None:
    """Oracle: at signed radius r = 2 g the angle is 2 pi k/5 + exp(g)/4."""
    x = Shape("pinwheel", noise=0.0).sample(rng(), 2000)
    g = np.hypot(x[:, 0], x[:, 1]) / 2.0
    turn = 2 * np.pi / 5
    angle = np.arctan2(x[:, 1], x[:, 0]) - 0.25 * np.exp(g)
    residual = abs(np.remainder(angle + turn / 2, turn) - turn / 2)
    # g = 1 + 0.3 z is negative, and the point beyond the centre, with probability P(z < -10/3) = 4.3e-4.
    assert (residual < 1e-9).sum() >= 1990


@pytest.mark.parametrize("name", ["moons", "circles", "spiral"])
def test_components_are_drawn_at_random_row_by_row(name: str) -> None:
    """Oracle: in pairs of rows the components agree with probability 1/2; n/2 and n/2 in order would give 1."""
    x = Shape(name, noise=0.0).sample(rng(), N)
    if name == "circles":
        component = np.hypot(x[:, 0], x[:, 1]) > 2.0
    elif name == "moons":
        component = abs(np.hypot(x[:, 0] + 1.0, x[:, 1] + 0.5) - 2.0) < 1e-9
    else:
        t = np.hypot(x[:, 0], x[:, 1]) * 3.0 * np.pi / 3.5
        component = x[:, 0] * np.cos(t) + x[:, 1] * np.sin(t) > 0
    assert_mean(component, 0.5, 0.25)
    assert_mean(component[::2] == component[1::2], 0.5, 0.25)


def test_shape_refuses() -> None:
    with pytest.raises(InputError, match=r"got 'moon'; did you mean 'moons'\?"):
        Shape("moon")
    with pytest.raises(InputError, match=r"noise must be >= 0, got -0\.1"):
        Shape("moons", -0.1)


# Built-in names.


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
        ("penguins", "body_mass_g", r"^columns must be a sequence of names or indices, got 'body_mass_g'$"),
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
        ("gausian:3", r"got 'gausian'; did you mean 'gaussian'\?"),
        ("xyzzy", r"got 'xyzzy' \(nor is there a file of that name\)$"),
        ("", r"^measure must be one of .*, got ''"),
        ("gaussian:", r"^the dimension in 'gaussian:' must be a whole number >= 1, got ''$"),
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


def test_import_brings_nothing_heavy() -> None:
    """A fresh interpreter: importing the package loads neither scipy, numba, matplotlib nor Pillow."""
    script = "import sys, swref.measures; print({'scipy', 'numba', 'matplotlib', 'PIL'} & set(sys.modules))"
    result = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert result.stdout.strip() == "set()"


def test_names_are_unique_and_a_number_is_no_name() -> None:
    assert len(set(measure_names())) == len(measure_names())
    with pytest.raises(InputTypeError, match=r"name_or_path must be a string or a path, got 3"):
        load_measure(3)
