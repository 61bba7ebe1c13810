"""What the tests of the assumptions share: measures, and networks of every kind."""

from __future__ import annotations

import numpy as np

from swref.measures import Discrete
from swref.networks import MLP, CutOff, Network, Particles, SkipNet
from swref.networks.activations import ACTIVATIONS

RNG = np.random.default_rng(0)
SOURCE = Discrete(RNG.standard_normal((8, 2)), [0.05, 0.2, 0.1, 0.15, 0.1, 0.1, 0.2, 0.1])
TARGET = Discrete(RNG.standard_normal((7, 2)))
CELLS = Discrete(np.arange(5.0)[:, None])

NETS: dict[str, tuple[Network, Discrete]] = {
    "affine": (MLP((2, 2)), SOURCE),
    **{name: (MLP((2, 5, 2), name), SOURCE) for name in ACTIVATIONS},
    "two hidden": (MLP((2, 6, 4, 2), "gelu", "sigmoid"), SOURCE),
    "skip": (SkipNet((2, 4, 3, 2), ("silu", "tanh"), "softplus"), SOURCE),
    "shared": (SkipNet((2, 2, 2, 2), "tanh", shared=[((1, 0), (2, 1), (3, 1), (3, 2)), (1, 2, 3)]), SOURCE),
    "cut inside": (CutOff(MLP((2, 5, 2)), 6.0, 5.0, 0.5), SOURCE),
    "cut across": (CutOff(MLP((2, 5, 2), "relu"), 1.5, 2.0, 0.5), SOURCE),
    "particles": (Particles(5, 2), CELLS),
    "cut particles": (CutOff(Particles(5, 2), 1.5, 6.0, 0.5), CELLS),
}
