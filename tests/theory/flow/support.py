"""What the tests of flows share: a small problem in the plane."""

from __future__ import annotations

import numpy as np

from swref import MLP, Discrete


def planar(seed, m=8, mt=9):
    """A tanh MLP from R^2 to R^2 and two clouds."""
    rng = np.random.default_rng(seed)
    net = MLP((2, 6, 2))
    source, target = Discrete(rng.standard_normal((m, 2))), Discrete(rng.standard_normal((mt, 2)) * [2.0, 0.5])
    return net, net.init(seed), source, target
