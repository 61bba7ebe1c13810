"""The ranges of the activations and of their derivatives: fine grids, and formulas written out."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.optimize import minimize_scalar
from scipy.special import erf

from swref.errors import InputError
from swref.networks.activations import ACTIVATIONS


def test_a_negative_interval_is_refused():
    with pytest.raises(InputError, match="Z must be >= 0"):
        ACTIVATIONS["tanh"].range(-1.0)


@pytest.mark.parametrize(("name", "expected"), [("sigmoid", 0.5), ("softplus", math.log(2)), ("gelu", 0.0)])
def test_value_at_zero(name, expected):
    """Oracle: the closed forms."""
    assert ACTIVATIONS[name].at_zero == expected


@pytest.mark.parametrize("name", ACTIVATIONS)
@pytest.mark.parametrize("Z", [0.0, 0.3, 1.0, 2.0, 5.0, 40.0])
def test_ranges_are_the_suprema_on_the_interval(name, Z):
    """Oracle: value, derivative and its difference quotient on a fine grid (kinks left out); attained.

    The grid has the ends, where monotone activations are largest; another maximum is found from the best grid point.
    """
    act = ACTIVATIONS[name]
    reach = act.range(Z)
    z = np.linspace(-Z, Z, 40_001)
    h = act.value(z)
    slope = act.derivative(z, h)
    k = int(np.abs(h).argmax())
    near = minimize_scalar(lambda t: -abs(act.value(np.array([t]))[0]), bounds=z[[max(k - 1, 0), min(k + 1, 40_000)]])
    assert max(np.abs(h[k]), -near.fun) == pytest.approx(reach.value, rel=1e-12, abs=1e-300)
    assert np.abs(slope).max() <= reach.slope * (1 + 1e-12)
    if Z > 0:
        assert np.abs(slope).max() >= reach.slope * (1 - 1e-3)
        second = np.abs(np.diff(slope) / np.diff(z))[~((z[:-1] <= 1e-12) & (z[1:] >= -1e-12))]
        assert second.max() <= reach.curvature * (1 + 1e-6) + 1e-6
        middle = (h[1:] + h[:-1])[~((z[:-1] <= 1e-12) & (z[1:] >= -1e-12))] / 2
        assert np.abs(middle * second).max() <= act.product + 1e-5
        assert second.max() >= reach.curvature * 0.99 or name in ("relu", "leaky_relu")
    everywhere = act.range(math.inf)
    assert everywhere.value >= reach.value
    assert everywhere.slope >= reach.slope
    assert everywhere.curvature >= reach.curvature


def test_gelu_slope_is_its_formula():
    """Oracle: Phi(sqrt 2) + sqrt 2 phi(sqrt 2)."""
    expected = 0.5 * (1 + erf(1.0)) + math.sqrt(2) * math.exp(-1) / math.sqrt(2 * math.pi)
    assert ACTIVATIONS["gelu"].range(math.inf).slope == pytest.approx(expected, rel=1e-14)
