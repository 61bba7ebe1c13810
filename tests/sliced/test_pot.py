"""sliced_wasserstein_distance keeps POT's names, order, defaults and convention; its values too, where POT is here."""

from __future__ import annotations

import inspect
import warnings
from types import SimpleNamespace

import numpy as np
import pytest

from swref.directions import directions
from swref.errors import InputError, InputTypeError
from swref.sliced import sliced_wasserstein_distance, sw_loss, sw_losses
from tests.support import tol

# POT 0.9.7, ot/sliced.py
SIGNATURE = [
    ("X_s", inspect.Parameter.empty),
    ("X_t", inspect.Parameter.empty),
    ("a", None),
    ("b", None),
    ("n_projections", 50),
    ("p", 2),
    ("projections", None),
    ("seed", None),
    ("log", False),
    ("scaler", None),
]


def clouds(n: int = 7, m: int = 7, d: int = 3) -> tuple[np.ndarray, np.ndarray]:
    generator = np.random.default_rng(n + 10 * m)
    return generator.standard_normal((n, d)), generator.standard_normal((m, d)) + 0.5


def some_weights(n: int) -> np.ndarray:
    return np.random.default_rng(n).dirichlet(np.ones(n))


def test_signature():
    parameters = inspect.signature(sliced_wasserstein_distance).parameters.values()
    assert [(q.name, q.default) for q in parameters] == SIGNATURE
    assert {q.kind for q in parameters} == {inspect.Parameter.POSITIONAL_OR_KEYWORD}


@pytest.mark.parametrize("p", [1, 1.5, 2, 3])
def test_it_is_the_root_of_the_loss(p):
    x, y = clouds(6, 9)
    theta, a, b = directions(1, 20, 3), some_weights(6), some_weights(9)
    for wa, wb in ((None, None), (a, None), (a, b)):
        want = sw_loss(x, y, theta, p=p, x_weights=wa, y_weights=wb) ** (1 / p)
        got = sliced_wasserstein_distance(x, y, wa, wb, 50, p, theta.T)
        assert isinstance(got, float)
        assert got == pytest.approx(want, rel=tol(np.float64, 20))


def test_projections_are_drawn_from_the_seed_and_counted():
    x, y = clouds()
    distance, log = sliced_wasserstein_distance(x, y, seed=3, log=True)
    assert log["projections"].shape == (3, 50)
    np.testing.assert_array_equal(log["projections"], directions(3, 50, 3).T)
    assert distance == sliced_wasserstein_distance(x, y, seed=3)
    assert distance == sliced_wasserstein_distance(x, y, seed=np.random.default_rng(3))
    assert distance != sliced_wasserstein_distance(x, y, seed=4)
    assert sliced_wasserstein_distance(x, y, n_projections=8, seed=0, log=True)[1]["projected_emds"].shape == (8,)


def test_log_holds_what_the_distance_is_made_of():
    x, y = clouds()
    theta = directions(2, 6, 3)
    distance, log = sliced_wasserstein_distance(x, y, p=3, projections=theta.T, log=True)
    assert set(log) == {"projections", "projected_emds"}
    np.testing.assert_array_equal(log["projections"], theta.T)
    np.testing.assert_array_equal(log["projected_emds"], sw_losses(x, y, theta, p=3))
    assert distance == pytest.approx(log["projected_emds"].mean() ** (1 / 3), rel=tol(np.float64))


@pytest.mark.parametrize("p", [1, 1.5, 2])
def test_projections_are_used_as_given(p):
    """Not normalised: the distance is homogeneous in them, and a zero column counts as a direction of distance 0."""
    x, y = clouds()
    theta = directions(5, 4, 3).T
    want = sliced_wasserstein_distance(x, y, p=p, projections=theta)
    assert sliced_wasserstein_distance(x, y, p=p, projections=4 * theta) == pytest.approx(4 * want, rel=tol(np.float64))
    half = np.hstack([theta, np.zeros_like(theta)])
    assert sliced_wasserstein_distance(x, y, p=p, projections=half) == pytest.approx(
        want / 2 ** (1 / p), rel=tol(np.float64, 8)
    )


def test_scaler_is_a_callable_or_has_transform():
    x, y = clouds()
    theta = directions(6, 5, 3).T
    want = sliced_wasserstein_distance(x / 2 + 1, y / 2 + 1, projections=theta)
    for scaler in (lambda v: v / 2 + 1, SimpleNamespace(transform=lambda v: v / 2 + 1)):
        assert sliced_wasserstein_distance(x, y, projections=theta, scaler=scaler) == want


def test_scaler_gets_arrays_where_lists_were_given():
    """As in POT, which converts before it scales."""
    x, y = clouds()
    theta = directions(6, 5, 3).T
    want = sliced_wasserstein_distance(x / 2, y / 2, projections=theta)
    got = sliced_wasserstein_distance(x.tolist(), y.tolist(), projections=theta, scaler=lambda v: v / 2)
    assert got == want


@pytest.mark.parametrize("p", [1, 1.5, 2, 3])
@pytest.mark.parametrize(("n", "m"), [(7, 7), (9, 4), (1, 5)])
@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("unit", [False, True])
def test_equals_pot_on_given_projections(n, m, weighted, unit, p):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # POT warns on import about the libraries that it finds
        ot = pytest.importorskip("ot", reason="POT is not installed")
        x, y = clouds(n, m)
        a, b = (some_weights(n), some_weights(m)) if weighted else (None, None)
        projections = directions(7, 12, 3).T * (1.0 if unit else 1.7)
        want, want_log = ot.sliced_wasserstein_distance(x, y, a, b, p=p, projections=projections, log=True)
    got, log = sliced_wasserstein_distance(x, y, a, b, p=p, projections=projections, log=True)
    assert got == pytest.approx(want, rel=tol(np.float64, 12 * (n + m)))
    assert set(log) == set(want_log)
    np.testing.assert_allclose(log["projected_emds"], want_log["projected_emds"], rtol=tol(np.float64, 4 * (n + m)))
    np.testing.assert_array_equal(log["projections"], want_log["projections"])
    signature = inspect.signature(ot.sliced_wasserstein_distance).parameters.values()
    assert [(q.name, q.default) for q in signature] == SIGNATURE


X = np.arange(6.0).reshape(3, 2)


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        ({"X_s": [1.0, 2.0]}, InputError, r"X_s must have two axes.*\(2,\)"),
        ({"X_t": np.ones((3, 5))}, InputError, r"X_s and X_t must have as many columns"),
        ({"X_t": np.full((3, 2), np.nan)}, InputError, r"X_t must be finite, got nan at \[0, 0\]"),
        ({"X_s": np.ones((0, 2))}, InputError, r"X_s must hold at least one point"),
        ({"X_s": X.astype(complex)}, InputTypeError, r"X_s must be an array of float32.*complex128"),
        ({"a": [0.5, 0.5]}, InputError, r"a must have shape \(3,\)"),
        ({"b": [0.5, 0.5, 0.5]}, InputError, r"b must sum to 1, got a sum of 1.5"),
        ({"b": [1.5, -0.5, 0.0]}, InputError, r"b must be non-negative, got -0.5 at \[1\]"),
        ({"n_projections": 0}, InputError, r"n_projections must be >= 1, got 0"),
        ({"n_projections": 5.0}, InputTypeError, r"n_projections must be an integer, got 5.0"),
        ({"p": 0.5}, InputError, r"p must be >= 1, got 0.5"),
        ({"p": "2"}, InputTypeError, r"p must be a number, got '2'"),
        ({"seed": "0"}, InputTypeError, r"seed must be an int.*got '0'"),
        ({"seed": -3}, InputError, r"seed must be >= 0, got -3"),
        ({"scaler": 3}, InputTypeError, r"scaler must be a callable or have a method transform, got 3"),
        ({"scaler": lambda v: v[0]}, InputError, r"scaler\(X_s\) must have two axes"),
        ({"projections": np.array([["a"], ["b"]])}, InputTypeError, r"projections must be an array of .*got text"),
        ({"projections": [1.0, 0.0]}, InputError, r"projections must have two axes"),
    ],
)
def test_bad_input_is_named(change, error, message):
    with pytest.raises(error, match=message):
        sliced_wasserstein_distance(**({"X_s": X, "X_t": X + 1} | change))


def test_projections_of_a_wrong_shape_are_reported_as_they_came():
    """[d, L] is the layout of this argument: the message names its rows and its own shape, not the transpose's."""
    with pytest.raises(InputError, match=r"projections must have 2 rows.*got shape \(5, 2\)"):
        sliced_wasserstein_distance(X, X + 1, projections=np.ones((5, 2)))


def test_a_nan_in_the_projections_is_reported_where_it_is():
    projections = np.ones((2, 4))
    projections[0, 3] = np.nan
    with pytest.raises(InputError, match=r"projections must be finite, got nan at \[0, 3\]"):
        sliced_wasserstein_distance(X, X + 1, projections=projections)
