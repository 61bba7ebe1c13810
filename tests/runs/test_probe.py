"""The curvature at the start, against the dense matrix that it is the largest eigenvalue of."""

from __future__ import annotations

import numpy as np
import pytest

from swref.networks import MLP
from swref.runs.probe import curvature


@pytest.mark.parametrize(("sizes", "activation"), [((2, 6, 3), "tanh"), ((4, 5, 5, 1), "relu"), ((3, 2), "identity")])
def test_the_largest_eigenvalue_of_the_dense_matrix(sizes, activation):
    """Oracle: numpy.linalg.eigvalsh of (2/(d n)) sum_k J_k^T J_k, J_k a column a coordinate of u, by jvp."""
    net, rng = MLP(sizes, activation), np.random.default_rng(0)
    u, x = net.init(1), rng.standard_normal((40, sizes[0]))
    J = np.stack([net.jvp(u, x, e) for e in np.eye(net.n_params)], axis=-1)  # [n, d, d_u]
    dense = 2 / (sizes[-1] * len(x)) * np.einsum("kiu,kiv->uv", J, J)
    largest = np.linalg.eigvalsh(dense)[-1]
    found = curvature(net, u, x, np.random.default_rng(2))
    assert found <= largest * (1 + 1e-12)  # the norm of a product with a unit vector
    assert found > 0.95 * largest


def test_hidden_units_that_are_off_leave_the_biases_of_the_output():
    """Oracle: J^T J is I on them and 0 elsewhere, so that the value is 2/d."""
    net = MLP((1, 4, 2), "relu")
    u = np.zeros(net.n_params)
    u[4:8] = -1.0
    assert curvature(net, u, np.zeros((3, 1)), np.random.default_rng(0)) == pytest.approx(1.0)
