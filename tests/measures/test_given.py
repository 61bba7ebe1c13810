"""What may be given for a measure: a measure, points, what stands for one; anything else is refused by its name."""

from __future__ import annotations

import math
from types import SimpleNamespace

import numpy as np
import pytest

from swref.distance import distance_between
from swref.errors import InputError, InputTypeError, SwrefError
from swref.measures import Discrete, Shape, Standardize, standardized
from swref.measures.given import as_measure, check_discrete_ends, check_ends
from swref.networks import MLP
from swref.sgd import sgd
from swref.theory import (
    check_assumptions,
    distance_to_critical,
    gradient_flow,
    kkt_residual,
    population_loss,
    theorem_constants,
)


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


class Coin:
    """A measure of the user's: dim and sample, and nothing else."""

    dim = 2

    def sample(self, rng: np.random.Generator, n: int) -> np.ndarray:
        return rng.integers(0, 2, (n, 2)).astype(float)


NET = MLP((2, 3, 2))
U = NET.init(0)
X, Y = np.random.default_rng(0).standard_normal((2, 5, 2))

CALLS = {
    "sgd": lambda x, y: [it.loss for it in sgd(NET, x, y, U, step=0.1, batch=4, steps=3)],
    "distance_between": lambda x, y: distance_between(x, y, directions=5).value,
    "population_loss": lambda x, y: population_loss(NET, U, x, y, 3),
    "kkt_residual": lambda x, y: kkt_residual(NET, U, x, y, 3).upper,
    "distance_to_critical": lambda x, y: distance_to_critical(MLP((2, 2)), np.ones(6), x, y, 2, starts=0).distance,
    "gradient_flow": lambda x, y: gradient_flow(NET, U, x, y, 3, 0.1).energies.tolist(),
    "check_assumptions": lambda x, y: check_assumptions(NET, x, y).to_dict(),
    "standardized": lambda x, y: standardized(x, Standardize([0.5, 1.0], [1.0, 2.0])).to_dict(),
    "theorem_constants": lambda x, y: theorem_constants(NET, x, y, batch=2, delta=0.1, tries=2).to_dict(),
}


@pytest.mark.parametrize("name", CALLS)
def test_an_array_is_a_measure_wherever_one_is_expected(name):
    """Oracle: the Discrete measure of the same points."""
    assert CALLS[name](X, Y.tolist()) == CALLS[name](Discrete(X), Discrete(Y))


def test_dim_and_sample_are_enough():
    """Oracle: the same measure with a description."""
    one = [it.loss for it in sgd(NET, Coin(), X, U, step=0.1, batch=4, steps=3)]
    assert len(one) == 3
    assert distance_between(Coin(), Coin(), directions=3, n=50).n == 50
    assert check_assumptions(NET, Coin(), X)["A3"].verdict == "unknown"


def test_ends_have_to_fit_the_network():
    assert [type(measure) for measure in check_ends(NET, Coin(), X)] == [Coin, Discrete]
    with pytest.raises(InputError, match="target must have dimension 2, as the network has, got 1"):
        check_ends(NET, X, [[1.0]])
    with pytest.raises(InputTypeError, match=r"source must be a Discrete measure or points \[m, d\]"):
        check_discrete_ends(NET, Coin(), X)
    with pytest.raises(InputTypeError, match="source must be a measure"):
        check_ends(NET, Coin, X)


def test_half_a_measure_is_told_what_it_lacks():
    with pytest.raises(InputTypeError, match=r"which has no dim$"):
        as_measure("target", SimpleNamespace(sample=lambda rng, n: np.zeros((n, 2))))


@pytest.mark.parametrize(
    "use",
    [
        lambda law: next(sgd(NET, law, law, NET.init(0), step=0.1, batch=4, steps=1)),
        lambda law: distance_between(law, law),
    ],
)
@pytest.mark.parametrize("shape", [lambda n: (2, n), lambda n: (n, 4), lambda n: 2 * n])
def test_points_of_another_shape_are_no_points(use, shape):
    """The first and the last have as many numbers as there should be."""
    with pytest.raises(InputError, match=r"of dimension 2 must give points \[\d+, 2\] for sample\(rng, \d+\)"):
        use(SimpleNamespace(dim=2, sample=lambda rng, n: np.zeros(shape(n))))


@pytest.mark.parametrize(
    ("value", "line"),
    [
        (math.nan, r"must be finite, got nan at \[0, 0\]"),
        (1j, "must be an array of float32, float64 or integers, got dtype complex128"),
        ("1", "must be an array of float32, float64 or integers, got text"),
        (np.ma.masked, "must have no masked entries, got "),
    ],
)
def test_what_are_no_numbers_is_not_trained_on(value, line):
    made = (lambda n: np.ma.masked_all((n, 2))) if value is np.ma.masked else (lambda n: np.full((n, 2), value))
    law = SimpleNamespace(dim=2, sample=lambda rng, n: made(n))
    with pytest.raises(SwrefError, match=rf"^sample\(rng, \d+\) of a measure {line}"):
        next(sgd(NET, law, law, NET.init(0), step=0.1, batch=4, steps=1))
