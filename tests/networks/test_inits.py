"""Initial laws: uniform on their boxes, uniform in a ball; what is refused."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from swref.errors import InputError
from swref.networks import MLP
from tests.support import tol


@pytest.mark.parametrize(
    ("scheme", "bounds"),
    [
        ("glorot", (np.sqrt(6 / 68), np.sqrt(6 / 66))),
        ("he", (np.sqrt(6 / 4), np.sqrt(6 / 64))),
        ("lecun", (np.sqrt(3 / 4), np.sqrt(3 / 64))),
    ],
)
def test_schemes_are_uniform_on_their_box(scheme, bounds):
    """Oracle: the published half-widths; Kolmogorov-Smirnov against the uniform law on them."""
    net = MLP((4, 64, 2))
    draws = [net.layers(net.init(seed, scheme)) for seed in range(40)]
    for k, weight_bound in enumerate(bounds):
        for part, bound in enumerate((weight_bound, net.sizes[k] ** -0.5)):
            sample = np.concatenate([layers[k][part].ravel() for layers in draws])
            assert np.max(np.abs(sample)) <= bound
            assert np.all(sample != 0)
            assert stats.kstest(sample, "uniform", args=(-bound, 2 * bound)).pvalue > 1e-3


def test_ball_is_uniform_in_the_ball():
    """Oracle: (||u|| / R)^d_u is uniform on [0, 1], and a coordinate of the direction has the law of the sphere."""
    net, radius = MLP((1, 2, 1)), 3.0
    u = np.array([net.init(seed, "ball", radius) for seed in range(2000)])
    norms = np.linalg.norm(u, axis=1)
    d_u = net.n_params
    assert norms.max() <= radius * (1 + tol(np.float64))
    assert stats.kstest((norms / radius) ** d_u, "uniform").pvalue > 1e-3
    # (1 + c) / 2 has the law Beta((d-1)/2, (d-1)/2) for a coordinate c of a uniform direction.
    for coordinate in (u / norms[:, None]).T:
        assert stats.kstest((1 + coordinate) / 2, "beta", args=((d_u - 1) / 2, (d_u - 1) / 2)).pvalue > 1e-3


@pytest.mark.parametrize("radius", [None, 0.0, -1.0, np.inf, np.nan])
def test_ball_needs_a_positive_finite_radius(radius):
    with pytest.raises(InputError, match="radius must be"):
        MLP((1, 1)).init(0, "ball", radius)


def test_a_radius_that_would_be_ignored_is_refused():
    with pytest.raises(InputError, match="radius must be None with the scheme he"):
        MLP((1, 1)).init(0, "he", 1.0)
