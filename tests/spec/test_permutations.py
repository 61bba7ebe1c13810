"""The permutation distribution against all splits of a few points, and the transport of each by scipy."""

from __future__ import annotations

import itertools

import numpy as np
from scipy.stats import wasserstein_distance

from swref.spec.permutations import permuted_losses
from tests.support import tol


def test_every_split_has_the_loss_of_its_two_parts():
    """Oracle: scipy's W_1 on each direction, over all splits of five points into two and three."""
    rng = np.random.default_rng(0)
    z, theta = rng.standard_normal((5, 2)), np.eye(2)
    labels = np.array([[k in chosen for k in range(5)] for chosen in itertools.combinations(range(5), 2)])
    expected = [np.mean([wasserstein_distance(z[row] @ t, z[~row] @ t) for t in theta]) for row in labels]
    np.testing.assert_allclose(permuted_losses(z, labels, theta, 1.0), expected, rtol=tol(np.float64, 10))
