"""What the tests of networks share: one list of networks, and how to draw inputs for them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest

from swref.networks import MLP, CutOff, Network, Particles, SkipNet
from swref.networks.activations import ACTIVATIONS

N = 7  # points in a batch


def normal_points(rng: np.random.Generator, n: int, dim: int) -> np.ndarray:
    """Inputs x[n, dim] of a network that accepts any points."""
    return rng.standard_normal((n, dim))


def indices(rng: np.random.Generator, n: int, dim: int) -> np.ndarray:
    """Inputs x[n, 1] of five particles."""
    return rng.integers(5, size=(n, dim)).astype(np.float64)


@dataclass(frozen=True)
class Case:
    """A network, how to draw inputs for it, and the arguments of its `init`."""

    net: Network
    points: Callable[[np.random.Generator, int, int], np.ndarray] = normal_points

    def draw(self, dtype: Any = np.float64, n: int = N, seed: int = 0) -> tuple[np.ndarray, ...]:
        """Seeded u[d_u], x[n, dx], v[d_u], w[n, d]; float32 data are the float64 data rounded."""
        rng = np.random.default_rng(seed)
        net = self.net
        u, x = net.init(rng), self.points(rng, n, net.dim_in)
        v, w = rng.standard_normal(net.n_params), rng.standard_normal((n, net.dim_out))
        return tuple(a.astype(dtype) for a in (u, x, v, w))


CASES = {
    "one affine layer": Case(MLP((3, 2))),
    "scalar to scalar": Case(MLP((1, 1, 1))),
    "2-64-64-2": Case(MLP((2, 64, 64, 2))),
    "uneven": Case(MLP((3, 5, 1, 8, 2))),
    "output activation": Case(MLP((2, 6, 3), "relu", "sigmoid")),
    **{name: Case(MLP((2, 6, 5, 3), name)) for name in ACTIVATIONS},
    "all connections": Case(SkipNet((3, 5, 4, 2), ("tanh", "softplus"), "gelu")),
    "some connections": Case(SkipNet((2, 4, 5, 3), "relu", connections=[(3, 2), (3, 0), (2, 0), (1, 0), (3, 1)])),
    "shared blocks": Case(
        SkipNet(
            (2, 4, 4, 2, 4),
            ("silu", "tanh", "identity"),
            connections=[(1, 0), (2, 0), (2, 1), (3, 2), (4, 1), (4, 2), (4, 3)],
            shared=[((2, 1), (4, 1), (4, 2)), ((1, 0), (2, 0), (4, 3)), (1, 4)],
        )
    ),
    # Radii that put these u and x in the zones where the cut-offs fall from 1 to 0.
    "cut-off": Case(CutOff(MLP((2, 6, 3)), r_u=3.0, r_x=2.0, eps=1.9)),
    "cut-off of shared blocks": Case(CutOff(SkipNet((2, 3, 3), shared=[(1, 2)]), r_u=2.7, r_x=2.5, eps=2.4)),
    "cut-off inside": Case(CutOff(MLP((3, 8, 2), "relu"), r_u=50.0, r_x=20.0, eps=1.0)),
    "particles": Case(Particles(5, 3), indices),
}

every_case = pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
both_dtypes = pytest.mark.parametrize("dtype", [np.float32, np.float64])


def close(actual: Any, expected: Any, rtol: float) -> None:
    """Assert that arrays agree within rtol times the largest entry expected."""
    assert np.shape(actual) == np.shape(expected)
    np.testing.assert_allclose(actual, expected, rtol=0, atol=rtol * max(float(np.max(np.abs(expected))), 1e-30))


def gradient(net: Network, u: np.ndarray, x: np.ndarray, w: np.ndarray) -> np.ndarray:
    return net.backward(net.forward(u, x)[1], w)
