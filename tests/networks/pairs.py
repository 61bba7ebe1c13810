"""An activation and its derivative at once, as the networks call them."""

from __future__ import annotations

import numpy as np

from swref.networks import activation
from swref.networks.activations import ACTIVATIONS

NAMES = sorted(ACTIVATIONS)
DTYPES = [np.float32, np.float64]


def both(name: str, z: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(act(z), act'(z)), the derivative called as the networks call it: without z where it is not needed."""
    act = activation(name)
    h = act.value(z)
    return h, act.derivative(z if act.needs_z else None, h)
