"""What the tests of the specification share."""

from __future__ import annotations

from fractions import Fraction

import numpy as np

from tests.support import tol

ORDERS = (1.0, 1.5, 2.0, 3.0)
# Central differences with h = 1e-6 on functions of order 1: truncation 1e-12 f''', rounding 1e-10.
DIFFERENCE = 1e-7


def rng(seed: int) -> np.random.Generator:
    return np.random.default_rng(seed)


def some_weights(generator: np.random.Generator, n: int, zeros: int = 0) -> np.ndarray:
    w = generator.uniform(0.2, 1.0, n)
    w[generator.permutation(n)[:zeros]] = 0
    return w / w.sum()


def assert_near(got, want, terms: int = 1, scale: float = 1.0) -> None:
    np.testing.assert_allclose(got, want, rtol=0, atol=tol(np.float64, terms) * scale)


def exact_cost(x, y, p: int, wx, wy) -> tuple[Fraction, Fraction]:
    """W_p^p of float points and weights on the line in rational arithmetic, and its scale sum w |x|^p + sum w |y|^p."""
    sides = []
    for points, weights in ((x, wx), (y, wy)):
        masses = [Fraction(float(w)) for w in (np.ones(len(points)) if weights is None else weights)]
        order = sorted(range(len(points)), key=lambda i, points=points: points[i])
        sides.append([(Fraction(float(points[i])), masses[i] / sum(masses)) for i in order])
    size = sum(mass * abs(point) ** p for side in sides for point, mass in side)
    cost, (left, right) = Fraction(0), ([list(pair) for pair in side] for side in sides)
    while left and right:
        mass = min(left[0][1], right[0][1])
        cost += mass * abs(left[0][0] - right[0][0]) ** p
        for side in (left, right):
            side[0][1] -= mass
            if side[0][1] == 0:
                side.pop(0)
    return cost, size
