"""Cut-offs: the quotient of exponentials, 1 inside and 0 outside, slopes by difference quotients."""

from __future__ import annotations

import numpy as np
import pytest

from swref.errors import InputError, InputTypeError
from swref.networks import MLP, CutOff
from swref.networks.cut_off import cut_off, smooth_step
from tests.networks.support import Case, both_dtypes, close, gradient
from tests.support import tol


@both_dtypes
def test_smooth_step_is_the_quotient_of_exponentials_and_flat_outside(dtype):
    """Oracle: b(s) / (b(s) + b(1 - s)), b(s) = exp(-1/s), in longdouble; its derivative by the quotient rule."""
    s = np.linspace(-0.5, 1.5, 4001).astype(dtype)
    g, dg = smooth_step(s)
    assert g.dtype == dg.dtype == dtype
    inside = (s > 0.01) & (s < 0.99)
    wide = s[inside].astype(np.longdouble)
    b, c = np.exp(-1 / wide), np.exp(-1 / (1 - wide))
    slope = b * c * (1 / wide**2 + 1 / (1 - wide) ** 2) / (b + c) ** 2
    # exp(-1/s) has the relative error of its argument, up to 100.
    np.testing.assert_allclose(g[inside], (b / (b + c)).astype(np.float64), rtol=100 * tol(dtype))
    np.testing.assert_allclose(dg[inside], slope.astype(np.float64), rtol=100 * tol(dtype), atol=1e-37)
    assert not np.any(g[s <= 0])
    assert np.all(g[s >= 1] == 1)
    assert not np.any(dg[(s <= 0) | (s >= 1)])
    assert np.all(np.diff(g) >= 0)
    assert np.isfinite(dg).all()


@both_dtypes
def test_cut_off_is_1_inside_0_outside_and_its_slope_the_derivative(dtype):
    """Oracle: the definition at |v| <= R - eps and >= R + eps; central differences of float64 between."""
    radius, eps = 3.0, 0.25
    far = np.array([[0.0, 0.0], [2.75, 0.0], [0.0, 3.25], [1e18, 1e18]], dtype)
    chi, slope = cut_off(far, radius, eps)
    assert chi.dtype == slope.dtype == dtype
    assert chi.tolist() == [1, 1, 0, 0]
    assert not np.any(slope)
    v = np.array([[1.8, 2.4]]) * np.linspace(0.95, 1.06, 20)[:, None]
    h = 1e-6 * np.array([[0.6, 0.8]])
    difference = (cut_off(v + h, radius, eps)[0] - cut_off(v - h, radius, eps)[0]) / 2e-6
    found = cut_off(v.astype(dtype), radius, eps)[1] * np.linalg.norm(v, axis=1)
    close(found, difference, 1e-7 if dtype == np.float64 else 1e-3)
    assert np.max(np.abs(difference)) > 1.0


def test_cut_off_leaves_the_network_alone_inside_and_vanishes_outside():
    """Oracle: the network inside, bit for bit; beyond the radii T and every derivative are zero."""
    net = MLP((2, 6, 3))
    u, x, v, w = Case(net).draw()
    inside = CutOff(net, 20.0, 20.0, 1.0)
    for one, other in (
        (inside.forward(u, x)[0], net.forward(u, x)[0]),
        (inside.jvp(u, x, v), net.jvp(u, x, v)),
        (gradient(inside, u, x, w), gradient(net, u, x, w)),
    ):
        np.testing.assert_array_equal(one, other)
    outside = CutOff(net, float(np.linalg.norm(u)) / 2, 20.0, 0.1)
    assert not outside.forward(u, x)[0].any()
    assert not outside.jvp(u, x, v).any()
    assert not gradient(outside, u, x, w).any()
    assert not CutOff(net, 20.0, 1e-3, 1e-4).forward(u, x)[0].any()


def test_cut_off_predicates_and_refusals():
    net = CutOff(MLP((2, 1)), r_u=3.0, r_x=5.0, eps=1.0)
    assert (net.contains_ball(2.0), net.contains_ball(2.1)) == (True, False)
    assert (net.contains_inputs(4.0), net.contains_inputs(4.1)) == (True, False)
    with pytest.raises(InputError, match="eps must be below r_u = 1, got 1"):
        CutOff(MLP((2, 1)), 1.0, 5.0, 1.0)
    with pytest.raises(InputError, match=r"eps must be below r_x = 0.5, got 1"):
        CutOff(MLP((2, 1)), 3.0, 0.5, 1.0)
    with pytest.raises(InputError, match="eps must be > 0"):
        CutOff(MLP((2, 1)), 3.0, 5.0, 0.0)
    with pytest.raises(InputTypeError, match="r_u must be a number"):
        CutOff(MLP((2, 1)), "3", 5.0, 0.1)
