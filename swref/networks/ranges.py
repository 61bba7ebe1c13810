"""The range of an activation and of its derivatives on the interval [-Z, Z]: what the bounds of a network are made of.

The supremum over all of R is attained there as soon as Z is large; on a small interval it is smaller, and the bounds of
a network on a small compact set are that much tighter. Source: elementary calculus (derived); each is attained, but for
curvatures that are attained at 0 only. `Activation.range` is the checked way in.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

SQRT3: Final = math.sqrt(3.0)


@dataclass(frozen=True)
class Range:
    """sup |act|, sup |act'| and sup |act''| over |z| <= Z; at a kink, over the pieces."""

    value: float
    slope: float
    curvature: float


def _sigmoid(z: float) -> float:
    return 1 / (1 + math.exp(-z)) if z < 700 else 1.0


def _softplus(z: float) -> float:
    return z + math.log1p(math.exp(-z))  # for z >= 0


def _density(z: float) -> float:
    return math.exp(-z * z / 2) / math.sqrt(2 * math.pi)


def _gelu_factor(z: float) -> float:
    return 0.5 * (1 + math.erf(z / math.sqrt(2)))  # Phi(z)


def linear(Z: float) -> Range:
    """identity, ReLU and leaky ReLU."""
    return Range(Z, 1.0, 0.0)


def elu(Z: float) -> Range:
    """z for z > 0, else e^z - 1."""
    return Range(Z, 1.0, 1.0)


def tanh(Z: float) -> Range:
    """tanh z."""
    # |act''| = 2 t (1 - t^2), t = tanh z, increases up to t = 1/sqrt 3.
    t = min(math.tanh(Z), 1 / SQRT3)
    return Range(math.tanh(Z), 1.0, 2 * t * (1 - t * t))


def sigmoid(Z: float) -> Range:
    """1/(1 + e^-z)."""
    # |act''| = s (1 - s) |1 - 2 s| increases up to s = (1 + 1/sqrt 3)/2, at z = log(2 + sqrt 3).
    s = _sigmoid(min(Z, math.log(2 + SQRT3)))
    return Range(_sigmoid(Z), 0.25, s * (1 - s) * (2 * s - 1))


def softplus(Z: float) -> Range:
    """log(1 + e^z)."""
    return Range(_softplus(Z), _sigmoid(Z), 0.25)


def silu(Z: float) -> Range:
    """z sigmoid(z)."""
    # act' = s + z s (1 - s) increases from 1/2 at 0 to its maximum 1.09984 at 2.39936; act'' is largest at 0.
    z = min(Z, 2.3993572805154)
    s = _sigmoid(z)
    return Range(Z * _sigmoid(Z), s + z * s * (1 - s), 0.5)


def gelu(Z: float) -> Range:
    """z Phi(z), Phi the normal distribution function."""
    # act' = Phi + z phi increases up to z = sqrt 2; act'' = phi (2 - z^2) is largest at 0.
    z = min(Z, math.sqrt(2))
    return Range(Z * _gelu_factor(Z), _gelu_factor(z) + z * _density(z), 2 * _density(0.0))
