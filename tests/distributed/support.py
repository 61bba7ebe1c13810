"""The distance of projected clouds in whole numbers and 60 digits: the oracle of bounds."""

from __future__ import annotations

from decimal import Decimal, localcontext
from fractions import Fraction

import numpy as np

Side = tuple[np.ndarray, np.ndarray | None]


def exact_sw(x: Side, y: Side, theta: np.ndarray, p: float) -> list[Decimal]:
    """W_p^p of points and weights on each direction: all rational but for powers, which have 60 digits."""
    with localcontext(prec=60):
        return [_walked(_sorted(*x, row), _sorted(*y, row), Decimal(p)) for row in theta.tolist()]


def exact_gradient(x: Side, y: Side, theta: np.ndarray, p: float) -> list[list[Decimal]]:
    """The gradient in x of the mean over directions, of the matching that is stable where values tie."""
    with localcontext(prec=60):
        rows = [[Decimal(0)] * theta.shape[1] for _ in x[0]]
        for direction in theta.tolist():
            values = [_sorted(*side, direction) for side in (x, y)]
            order = sorted(range(len(x[0])), key=lambda i: _value(x[0][i], direction))
            slopes = [Decimal(0)] * len(order)
            for i, _, mass, D in _pairs(*values):
                power = _decimal(abs(D)) ** (Decimal(p) - 1) if D else Decimal(0)
                slopes[i] += _decimal(mass) * Decimal(p) * power * (1 if D > 0 else -1)
            for i, slope in zip(order, slopes, strict=True):
                for k, t in enumerate(direction):
                    rows[i][k] += Decimal(t) * slope / len(theta)
    return rows


def _decimal(value: Fraction) -> Decimal:
    return Decimal(value.numerator) / value.denominator


def _value(point, direction):
    return sum(Fraction(t) * Fraction(float(c)) for t, c in zip(direction, point, strict=True))


def _sorted(points, weights, direction):
    """(value, mass) in ascending order, exact."""
    masses = [Fraction(1)] * len(points) if weights is None else [Fraction(w) for w in weights.tolist()]
    values = [_value(row, direction) for row in points]
    pairs = [(value, mass / sum(masses)) for value, mass in zip(values, masses, strict=True)]
    return sorted(pairs, key=lambda pair: pair[0])


def _walked(xs, ys, p):
    return sum((_decimal(mass) * _decimal(abs(D)) ** p for _, _, mass, D in _pairs(xs, ys) if D), Decimal(0))


def _pairs(xs, ys):
    """(i, j, mass, difference) of the quantile coupling."""
    i = j = 0
    left, right = xs[0][1], ys[0][1]
    while True:
        mass = min(left, right)
        if mass:
            yield i, j, mass, xs[i][0] - ys[j][0]
        left, right = left - mass, right - mass
        if left == 0:
            i += 1
            if i == len(xs):
                return
            left = xs[i][1]
        if right == 0 and j + 1 < len(ys):
            j += 1
            right = ys[j][1]
