"""What the tests of the specification share."""

from __future__ import annotations

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
