"""The estimate over the sphere: the kernels against the specification, and what is refused."""

from __future__ import annotations

import numpy as np
import pytest

from swref.errors import InputError, InputTypeError
from swref.sliced import sw_estimate
from tests.sliced.support import DTYPES, cloud, some_weights
from tests.support import tol

X = np.array([[0.0, 1.0], [2.0, 3.0], [4.0, 5.0]])


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize(("n", "m", "d"), [(1, 1, 1), (12, 12, 3), (12, 9, 3), (1200, 1200, 2), (30, 30, 40)])
@pytest.mark.parametrize("weighted", [False, True])
def test_an_estimate_by_the_kernels_is_that_of_the_specification(n, m, d, weighted, dtype):
    """Oracle: the loop over directions in NumPy, of the same draws. In d = 1 no direction changes a gradient."""
    generator = np.random.default_rng([n, m, d])
    x, y = (cloud("random", generator, k, d).astype(dtype) for k in (n, m))
    weights = (some_weights(generator, n), some_weights(generator, m)) if weighted else (None, None)
    for p in (1.5, 2.0):
        options = {"p": p, "x_weights": weights[0], "y_weights": weights[1]}
        fast, plain = (sw_estimate(x, y, 7, 20, backend=backend, **options) for backend in ("cpu", "numpy"))
        for name in ("value", "value_standard_error", "grad", "grad_standard_error"):
            got, wanted = getattr(fast, name), getattr(plain, name)
            size = max(np.abs(wanted).max(), np.abs(getattr(plain, name.partition("_standard")[0])).max())
            np.testing.assert_allclose(got, wanted, rtol=0, atol=tol(dtype, 100 * d) * size)
        if d == 1:
            assert not fast.grad_standard_error.any()


def test_an_unknown_backend_of_an_estimate_is_named():
    with pytest.raises(InputError, match="backend must be one of auto, numpy, cpu"):
        sw_estimate(X, X, 0, 4, backend="cuda")


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        ({"L": 1}, InputError, r"L must be >= 2, got 1"),
        ({"L": 2.0}, InputTypeError, r"L must be an integer, got 2.0"),
        ({"rng": -1}, InputError, r"rng must be >= 0, got -1"),
        ({"rng": "a"}, InputTypeError, r"rng must be an int.*got 'a'"),
        ({"y": np.ones((3, 4))}, InputError, r"x and y must have as many columns"),
        ({"x": [[np.nan, 0.0]]}, InputError, r"x must be finite"),
        ({"p": 0}, InputError, r"p must be >= 1"),
        ({"y_weights": [1.0]}, InputError, r"y_weights must have shape \(3,\)"),
    ],
)
def test_bad_input_of_the_estimate_is_named(change, error, message):
    with pytest.raises(error, match=message):
        sw_estimate(**({"x": X, "y": X, "rng": 0, "L": 4} | change))
