"""The closed form of one pair of points for the cost |D|^p of any order p >= 1: exact, for int |cos|^p has one.

On an arc of constant coupling a pair (z_i, w_l) with d = z_i - w_l adds its mass times int |theta . d|^p dphi. With psi
the angle from d to theta and e = d/|d|, e' = e turned by a right angle, the gradient of that integral in z_i is

    p |d|^(p-1) (e I(psi) - e' |cos psi|^p / p),        I(psi) = int_0^psi |cos t|^p dt,

and its product with d/p is the integral itself. So a sweep needs no quadrature, only the mass that each swap moves.
"""

from __future__ import annotations

import math

import numpy as np

from swref.kernels.policy import compiled


@compiled
def cosine_series(p):
    """The coefficients [2, K] of cosine_integral's two power series, and int_0^(pi/2) cos^p.

    All terms are positive: nothing cancels, whatever p. K leaves a remainder below rounding at the argument 1/2.
    """
    K = int(56 + 3 * p)
    series = np.ones((2, K))
    for k in range(1, K):
        rise = 0.5 * p + k
        series[0, k] = series[0, k - 1] * rise / (k + 0.5)
        series[1, k] = series[1, k - 1] * rise / (0.5 * (p + 1.0) + k)
    half = 0.5 * math.sqrt(math.pi) * math.exp(math.lgamma(0.5 * (p + 1.0)) - math.lgamma(0.5 * p + 1.0))
    return series, half


@compiled
def cosine_integral(psi, p, series, half):
    """int_0^psi |cos t|^p dt for any real psi; `half` is the integral from 0 to pi/2.

    On [0, pi/2] it is half the incomplete beta function B_x(1/2, (p + 1)/2), x = sin^2 psi, by its series in x up to
    x = 1/2, and beyond from the other end, by the series of B_y((p + 1)/2, 1/2) in y = cos^2 psi.
    """
    turns = math.floor(psi / math.pi + 0.5)
    rest = psi - turns * math.pi
    s, c = math.sin(abs(rest)), abs(math.cos(rest))
    near = s * s <= 0.5
    x = s * s if near else c * c
    row = 0 if near else 1
    total = 0.0
    for k in range(series.shape[1] - 1, -1, -1):
        total = total * x + series[row, k]
    total *= s * c ** (p + 1.0)
    quarter = total if near else half - total / (p + 1.0)
    return 2.0 * half * turns + math.copysign(quarter, rest)


@compiled
def add_pair(z, w, angle, mass, p, series, half, grad):
    """Add mass times the gradient antiderivative of one pair, at `angle`, to grad [2]; return the value's."""
    d0, d1 = z[0] - w[0], z[1] - w[1]
    length = math.hypot(d0, d1)
    if length == 0.0 or mass == 0.0:
        return 0.0
    e0, e1 = d0 / length, d1 / length
    psi = angle - math.atan2(d1, d0)
    factor = mass * length ** (p - 1.0)
    along = p * factor * cosine_integral(psi, p, series, half)
    across = factor * abs(math.cos(psi)) ** p
    grad[0] += along * e0 + across * e1
    grad[1] += along * e1 - across * e0
    return along * length / p
