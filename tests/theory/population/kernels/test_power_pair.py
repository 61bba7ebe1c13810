"""The closed forms of one pair against quadrature."""

from __future__ import annotations

import numpy as np
import pytest

from swref.theory.population.kernels.power_pair import add_pair, cosine_integral, cosine_series


@pytest.mark.parametrize("p", [1.0, 1.5, 2.0, 3.7, 30.0])
def test_cosine_integral_by_quadrature(p):
    """Oracle: scipy.integrate.quad with its breaks at the zeros of the cosine; both series, and any number of turns."""
    from scipy.integrate import quad

    series, half = cosine_series(p)
    for psi in (0.0, 0.4, np.pi / 4, 1.3, np.pi / 2, 2.0, 3.1, 7.9, -0.2, -4.4):
        breaks = [t for t in np.pi * (np.arange(-3, 4) + 0.5) if min(0, psi) < t < max(0, psi)]
        expected = quad(lambda t: abs(np.cos(t)) ** p, 0.0, psi, points=breaks or None, epsabs=1e-13, epsrel=1e-13)[0]
        assert cosine_integral(psi, p, series, half) == pytest.approx(expected, rel=1e-11, abs=1e-13)


@pytest.mark.parametrize("p", [1.0, 1.5, 2.0, 3.0])
def test_a_pair_adds_its_integrals_between_two_angles(p):
    """Oracle: int |theta . d|^p and its gradient by Gauss-Legendre on the pieces where theta . d keeps its sign."""
    z, w, low, high, mass = np.array([0.3, -1.0]), np.array([1.1, 0.4]), 0.2, 2.9, 0.7
    d = z - w
    zero = np.mod(np.arctan2(d[0], -d[1]), np.pi)
    assert low < zero < high
    value, grad = 0.0, np.zeros(2)
    t, v = np.polynomial.legendre.leggauss(60)
    for a, b in ((low, zero), (zero, high)):
        s = (1 + t) / 2  # towards the zero the integrand is a power of the distance: s^4 makes it smooth
        share, slope = (s**4, 4 * s**3) if a == zero else (1 - (1 - s) ** 4, 4 * (1 - s) ** 3)
        angle, measure = a + (b - a) * share, (b - a) * slope * v / 2
        theta = np.stack([np.cos(angle), np.sin(angle)])
        D = d @ theta
        value += float(measure @ np.abs(D) ** p)
        grad += theta @ (measure * p * np.sign(D) * np.abs(D) ** (p - 1))
    series, half = cosine_series(p)
    G = np.zeros(2)
    F = sum(add_pair(z, w, angle, sign * mass, p, series, half, G) for angle, sign in ((low, -1.0), (high, 1.0)))
    assert pytest.approx(mass * value, rel=1e-9) == F
    np.testing.assert_allclose(G, mass * grad, rtol=1e-8)
    assert add_pair(z, z, 0.3, mass, p, series, half, G) == 0.0
