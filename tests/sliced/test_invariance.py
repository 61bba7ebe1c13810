"""What must hold of every backend: no wrong number from small masses, far places, large or small numbers.

Oracles: rational arithmetic on the line, and the invariances of the loss: translation, scaling by powers of two,
reflection, permutation, a weight split in two. Coordinates are multiples of 1/8, so that a translated cloud is exact.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from swref import directions, sw_loss, sw_loss_and_grad
from tests.sliced.support import scale
from tests.spec.support import exact_cost
from tests.support import tol

BACKENDS = pytest.mark.parametrize("backend", ["numpy", "cpu"])


@dataclass(frozen=True)
class Case:
    """Clouds of the two sides, their weights or None, directions and the order."""

    x: np.ndarray
    y: np.ndarray
    theta: np.ndarray
    p: float
    wx: np.ndarray | None
    wy: np.ndarray | None

    def loss(self, backend: str, **changes: object) -> float:
        case = Case(**(vars(self) | changes))
        return sw_loss(case.x, case.y, case.theta, p=case.p, x_weights=case.wx, y_weights=case.wy, backend=backend)

    @property
    def allowance(self) -> float:
        """Rounding of the scale of the loss."""
        sides = ((self.x, self.wx), (self.y, self.wy))
        sizes = [scale(np.linalg.norm(x, axis=1), self.p, w, len(x)) for x, w in sides]
        return self.p * tol(self.x.dtype, len(self.x) + len(self.y)) * sum(sizes)


@st.composite
def weights(draw, n: int):
    """None, or probabilities of any order of magnitude, some 0."""
    if draw(st.booleans()):
        return None
    w = np.array([draw(st.sampled_from([0.0, 1e-17, 1e-12, 1e-3, 0.3, 1.0])) for _ in range(n)])
    w[draw(st.integers(0, n - 1))] = 1.0
    return w / w.sum()


@st.composite
def cases(draw, far: int = 4096):
    n, m, d = (draw(st.integers(1, top)) for top in (7, 7, 3))
    coordinates = st.one_of(st.integers(-32, 32), st.integers(-far, far))
    x, y = (
        np.array([[draw(coordinates) for _ in range(d)] for _ in range(k)], draw(st.shared(dtypes, key="dtype"))) / 8
        for k in (n, m)
    )
    theta = directions(draw(st.integers(0, 99)), 3, d).astype(x.dtype)
    return Case(x, y, theta, draw(st.sampled_from([1.0, 1.5, 2.0, 3.0])), draw(weights(n)), draw(weights(m)))


dtypes = st.sampled_from([np.float32, np.float64])


@BACKENDS
@given(case=cases(far=1 << 33), p=st.integers(1, 3))
def test_on_the_line_the_loss_is_that_of_rational_arithmetic(backend, case, p):
    x, y = (v[:, :1].astype(np.float64) for v in (case.x, case.y))
    want, size = exact_cost(x[:, 0], y[:, 0], p, case.wx, case.wy)
    got = sw_loss(x, y, np.ones((1, 1)), p=p, x_weights=case.wx, y_weights=case.wy, backend=backend)
    assert abs(got - float(want)) <= p * 2**p * tol(np.float64, len(x) + len(y)) * float(size)


@BACKENDS
@pytest.mark.parametrize(
    ("points", "masses", "loss"),
    [
        ([1e9, 0.0], [1e-17, 1.0], 10.0),
        ([-1e9, 0.0], [1e-17, 1.0], 10.0),
        ([0.0, 1e9, 2e9], [1.0, 1e-17, 1e-18], 14.0),
        ([1e6, 0.0], [1e-12, 1 - 1e-12], 1.0),
    ],
)
def test_a_small_mass_far_out_counts(points, masses, loss, backend):
    x, one = np.array(points)[:, None], np.ones((1, 1))
    zero = np.zeros((1, 1))
    assert sw_loss(x, zero, one, x_weights=masses, backend=backend) == pytest.approx(loss, rel=1e-15)
    assert sw_loss(zero, x, -one, y_weights=masses, backend=backend) == pytest.approx(loss, rel=1e-15)
    _, dx = sw_loss_and_grad(x, zero, one, x_weights=masses, backend=backend)
    np.testing.assert_allclose(dx[:, 0], 2 * np.array(masses) * points, rtol=1e-15)


@BACKENDS
@given(case=cases(), place=st.sampled_from([3.0, -1e3, 2.0**20, -(2.0**19)]))
def test_translation(backend, case, place):
    x, y = case.x + case.x.dtype.type(place), case.y + case.x.dtype.type(place)
    if np.any(x - case.x.dtype.type(place) != case.x) or np.any(y - case.x.dtype.type(place) != case.y):
        return  # the cloud itself was rounded
    small = float(np.abs(np.concatenate((x, y))).max())
    spread = float(np.ptp(np.concatenate((x, y)), axis=0).max())
    rounding = max(1.0, min(small, 2 * spread) / max(spread, 1e-9))  # what centring leaves of the place
    assert abs(case.loss(backend, x=x, y=y) - case.loss(backend)) <= 4 * rounding * case.allowance


@BACKENDS
@given(case=cases(), k=st.integers(-12, 12))
def test_scaling_by_powers_of_two(backend, case, k):
    """To the bit for p = 1 and 2: no rounding depends on the exponent."""
    factor = case.x.dtype.type(2.0**k)
    got, want = case.loss(backend, x=case.x * factor, y=case.y * factor), 2.0 ** (k * case.p) * case.loss(backend)
    if case.p in (1.0, 2.0):
        assert got == want
    else:
        assert got == pytest.approx(want, rel=tol(np.float64, len(case.x) + len(case.y)))


@BACKENDS
@given(case=cases())
def test_reflection_and_exchange(backend, case):
    want = case.loss(backend)
    assert abs(case.loss(backend, x=-case.x, y=-case.y) - want) <= case.allowance
    assert abs(case.loss(backend, x=case.y, y=case.x, wx=case.wy, wy=case.wx) - want) <= case.allowance


@BACKENDS
@given(case=cases(), seed=st.integers(0, 99))
def test_permutation(backend, case, seed):
    order = np.random.default_rng(seed).permutation(len(case.x))
    wx = None if case.wx is None else case.wx[order]
    assert abs(case.loss(backend, x=case.x[order], wx=wx) - case.loss(backend)) <= case.allowance


@BACKENDS
@given(case=cases(), share=st.sampled_from([0.5, 1e-3, 1e-16]))
def test_a_weight_split_in_two(backend, case, share):
    n = len(case.x)
    wx = np.full(n, 1 / n) if case.wx is None else case.wx
    x, split = np.concatenate((case.x, case.x[:1])), np.append(wx, share * wx[0])
    split[0] -= split[-1]
    assert abs(case.loss(backend, x=x, wx=split) - case.loss(backend, wx=wx)) <= case.allowance
