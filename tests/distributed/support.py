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


def _sorted(points, weights, direction):
    """(value, mass) in ascending order, exact."""
    masses = [Fraction(1)] * len(points) if weights is None else [Fraction(w) for w in weights.tolist()]
    values = [sum(Fraction(t) * Fraction(c) for t, c in zip(direction, row, strict=True)) for row in points.tolist()]
    return sorted((value, mass / sum(masses)) for value, mass in zip(values, masses, strict=True))


def _walked(xs, ys, p):
    i = j = 0
    left, right, loss = xs[0][1], ys[0][1], Decimal(0)
    while True:
        mass, D = min(left, right), abs(xs[i][0] - ys[j][0])
        if D and mass:
            loss += Decimal(mass.numerator) / mass.denominator * (Decimal(D.numerator) / D.denominator) ** p
        left, right = left - mass, right - mass
        if left == 0:
            i += 1
            if i == len(xs):
                return loss
            left = xs[i][1]
        if right == 0 and j + 1 < len(ys):
            j += 1
            right = ys[j][1]
