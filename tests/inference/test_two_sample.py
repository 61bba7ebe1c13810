"""The permutation test: p-values by enumeration, uniform under the hypothesis, small where the laws differ."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from scipy.stats import kstest

from swref.directions import directions
from swref.errors import InputError
from swref.inference import two_sample, two_sample_test
from swref.inference.two_sample import permutation_losses
from swref.kernels.threads import get_num_threads, set_num_threads
from swref.measures import Discrete, Gaussian, load_measure
from swref.randomness import stream
from swref.sliced import sw_loss
from swref.spec.permutations import permuted_losses
from tests.support import tol


def normal(seed: int, n: int, d: int = 2, shift: float = 0.0) -> np.ndarray:
    return np.random.default_rng([seed, n, d]).standard_normal((n, d)) + shift


@pytest.mark.parametrize("m", [5, 4])
def test_the_p_value_estimates_that_of_all_splits(m):
    """Oracle: enumeration of the splits of 5 + m points, within five standard errors."""
    x, y = normal(0, 5, shift=0.7), normal(1, m)
    result = two_sample_test(x, y, directions=7, permutations=4999, seed=3)
    theta = directions(stream(3, "directions"), 7, 2)
    labels = np.array([[k in chosen for k in range(5 + m)] for chosen in itertools.combinations(range(5 + m), 5)])
    losses = permuted_losses(np.concatenate((x, y)), labels, theta)
    exact = np.mean(losses >= losses[0] * (1 - 1e-12))  # the first combination is what was observed
    assert abs(result.p_value - exact) < 5 * result.p_value_standard_error
    assert result.value == pytest.approx(losses[0], rel=tol(np.float64, 70))
    assert result.null_median == pytest.approx(np.quantile(losses, 0.5) ** 0.5, rel=0.1)
    assert result.null_95 == pytest.approx(np.quantile(losses, 0.95) ** 0.5, rel=0.1)


def test_the_distance_is_that_of_the_samples():
    """Oracle: sw_loss over the same directions."""
    x, y = normal(0, 20, 3), normal(1, 30, 3, 0.5)
    result = two_sample_test(x, y, p=1.5, permutations=9)
    expected = sw_loss(x, y, directions(stream(0, "directions"), 100, 3), p=1.5)
    assert (result.n, result.m, result.dim, result.directions) == (20, 30, 3, 100)
    assert result.value == pytest.approx(expected, rel=tol(np.float64, 5000))
    assert result.distance == pytest.approx(expected ** (1 / 1.5), rel=tol(np.float64, 5000))


@pytest.mark.parametrize(
    ("n", "m", "repeats"), [(12, 12, 150), (4, 15, 150), pytest.param(100, 30, 1000, marks=pytest.mark.slow)]
)
def test_p_values_are_uniform_where_the_laws_are_one(n, m, repeats):
    """Oracle: Kolmogorov and Smirnov's test; multiples of 1/(1 + B) are made continuous by a uniform."""
    rng, B = np.random.default_rng(5), 99
    options = {"permutations": B, "directions": 5, "standardize": "column"}
    values = [
        two_sample_test(rng.exponential(size=(n, 2)), rng.exponential(size=(m, 2)), seed=k, **options)
        for k in range(repeats)
    ]
    uniform = [result.p_value - rng.random() / (1 + B) for result in values]
    assert kstest(uniform, "uniform").pvalue > 0.01


@pytest.mark.slow
def test_halves_of_one_data_set_have_uniform_p_values():
    """Oracle: Kolmogorov and Smirnov's test over 200 splits of the penguins."""
    penguins, B = load_measure("penguins"), 999
    assert isinstance(penguins, Discrete)
    rng, values = np.random.default_rng(6), []
    for k in range(200):
        a, b = penguins.split(0.5, rng)
        result = two_sample_test(a, b, standardize="column", seed=k)
        values.append(result.p_value - rng.random() / (1 + B))
    assert kstest(values, "uniform").pvalue > 0.01


def test_a_shift_is_found_as_often_as_by_the_energy_distance():
    """Oracle: the permutation test of the energy distance (Szekely, Rizzo 2004), on the same 60 pairs of samples."""
    ours = theirs = 0
    for k in range(60):
        x, y = normal(2 * k, 30), normal(2 * k + 1, 30, shift=0.45)
        ours += two_sample_test(x, y, permutations=99, directions=50, seed=k).p_value <= 0.05
        theirs += energy_p_value(x, y, 99, np.random.default_rng(k)) <= 0.05
    assert ours >= theirs - 8  # two standard errors of the difference of paired counts
    assert ours >= 20


def energy_p_value(x: np.ndarray, y: np.ndarray, B: int, rng: np.random.Generator) -> float:
    z, n = np.concatenate((x, y)), len(x)
    D = np.linalg.norm(z[:, None] - z, axis=2)  # [N, N]

    def energy(order: np.ndarray) -> float:
        a, b = order[:n], order[n:]
        return 2 * D[np.ix_(a, b)].mean() - D[np.ix_(a, a)].mean() - D[np.ix_(b, b)].mean()

    observed = energy(np.arange(len(z)))
    return (1 + sum(energy(rng.permutation(len(z))) >= observed for _ in range(B))) / (1 + B)


def test_the_bits_do_not_depend_on_threads():
    x, y, theta = normal(0, 40), normal(1, 50), np.eye(2)
    before, found = get_num_threads(), []
    try:
        for threads in (1, 2, 3):
            set_num_threads(threads)
            found.append(permutation_losses(x, y, theta, 2.0, 200, seed=4))
    finally:
        set_num_threads(before)
    assert found[0].tobytes() == found[1].tobytes() == found[2].tobytes()
    assert len(set(found[0])) > 190  # each split is another


@pytest.mark.parametrize("scale", [2.0**-700, 2.0**700])
def test_p_values_are_free_of_scale(scale):
    """Oracle: the same samples in other units, a power of two, whose squares are no floats."""
    x, y = normal(0, 20), normal(1, 20, shift=0.4)
    one, other = two_sample_test(x, y), two_sample_test(scale * x, scale * y)
    assert (other.p_value, other.distance) == (one.p_value, scale * one.distance)
    assert other.value == (0.0 if scale < 1 else np.inf)
    assert other.to_dict()["value"] == (0.0 if scale < 1 else None)
    assert other.to_dict()["sampling"]["bias"] == (0.0 if scale < 1 else None)


def test_samples_of_equal_points_are_of_one_law():
    result = two_sample_test(np.ones((6, 2)), np.ones((4, 2)))
    assert (result.p_value, result.distance, result.null_95) == (1.0, 0.0, 0.0)


def test_standardised_columns_weigh_alike():
    """Oracle: the samples in other units of one column, which change nothing."""
    x, y = normal(0, 30, 3), normal(1, 40, 3, 0.3)
    units = np.array([1.0, 2.0**20, 2.0**-20])
    one, other = (two_sample_test(a, b, standardize="column") for a, b in ((x, y), (x * units, y * units)))
    assert one.p_value == other.p_value
    assert one.distance == pytest.approx(other.distance, rel=1e-12)
    assert two_sample_test(x, y).distance != pytest.approx(one.distance, rel=1e-3)


def test_large_samples_take_fewer_directions_then_fewer_points(monkeypatch):
    x, y = normal(0, 300), normal(1, 600)
    monkeypatch.setattr(two_sample, "WORK", 900 * 50 * 9)
    assert two_sample_test(x, y, permutations=9).directions == 50
    monkeypatch.setattr(two_sample, "WORK", 90 * 10 * 9)
    result = two_sample_test(x, y, permutations=9)
    assert (result.directions, result.n, result.m) == (10, 30, 60)
    told = two_sample_test(x, y, permutations=9, directions=20)
    assert (told.directions, told.n, told.m) == (20, 300, 600)


def test_laws_are_sampled():
    law = Gaussian([0.0, 0.0], np.eye(2))
    result = two_sample_test(law, normal(0, 50), n=40, permutations=19)
    assert (result.n, result.m) == (40, 50)


def test_what_cannot_be_tested_is_refused():
    weighted = Discrete([[0.0], [1.0]], [0.25, 0.75])
    with pytest.raises(InputError, match=r"y must have points of equal weight: .*np\.repeat.*y\.sample\(rng, n\)$"):
        two_sample_test([[0.0]], weighted)
    with pytest.raises(InputError, match="the same dimension, got 1 and 2"):
        two_sample_test([[0.0]], [[0.0, 1.0]])
    with pytest.raises(InputError, match="permutations must be >= 1, got 0"):
        two_sample_test([[0.0]], [[1.0]], permutations=0)
    with pytest.raises(InputError, match="standardize must be one of column, global, none"):
        two_sample_test([[0.0]], [[1.0]], standardize="columns")
    assert two_sample_test([[0.0]], [[1.0]]).sampling is None
