"""What the tests of critical points share: a small problem in the plane, and clouds as networks."""

from __future__ import annotations

import numpy as np

from swref import MLP, Discrete
from swref.networks import Particles

POLES = Discrete([[0.0, 1.0], [0.0, -1.0]])


def planar(seed, activation="tanh"):
    rng = np.random.default_rng(seed)
    net = MLP((2, 4, 2), activation)
    return net, net.init(seed), Discrete(rng.standard_normal((5, 2))), Discrete(rng.standard_normal((6, 2)))


def cloud(points, target):
    """Particles at `points` [m, d] as (net, u, source, target)."""
    net = Particles(*points.shape)
    return net, points.ravel(), Discrete(net.indices()), Discrete(target)
