"""The range of an activation and of its derivatives on the interval [-Z, Z]: what layerwise bounds are made of.

The supremum over all of R is attained there as soon as Z is large; on a small interval it is smaller, and the bounds of
a network on a small compact set are that much tighter.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from swref.checks import number, one_of

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


def _linear(Z: float) -> Range:
    return Range(Z, 1.0, 0.0)


def _elu(Z: float) -> Range:
    return Range(Z, 1.0, 1.0)


def _tanh(Z: float) -> Range:
    # |act''| = 2 t (1 - t^2), t = tanh z, increases up to t = 1/sqrt 3.
    t = min(math.tanh(Z), 1 / SQRT3)
    return Range(math.tanh(Z), 1.0, 2 * t * (1 - t * t))


def _sigmoid_range(Z: float) -> Range:
    # |act''| = s (1 - s) |1 - 2 s| increases up to s = (1 + 1/sqrt 3)/2, at z = log(2 + sqrt 3).
    s = _sigmoid(min(Z, math.log(2 + SQRT3)))
    return Range(_sigmoid(Z), 0.25, s * (1 - s) * (2 * s - 1))


def _softplus_range(Z: float) -> Range:
    return Range(_softplus(Z), _sigmoid(Z), 0.25)


def _silu(Z: float) -> Range:
    # act' = s + z s (1 - s) increases from 1/2 at 0 to its maximum 1.09984 at 2.39936; act'' is largest at 0.
    z = min(Z, 2.3993572805154)
    s = _sigmoid(z)
    return Range(Z * _sigmoid(Z), s + z * s * (1 - s), 0.5)


def _gelu(Z: float) -> Range:
    # act' = Phi + z phi increases up to z = sqrt 2; act'' = phi (2 - z^2) is largest at 0.
    z = min(Z, math.sqrt(2))
    return Range(Z * _gelu_factor(Z), _gelu_factor(z) + z * _density(z), 2 * _density(0.0))


_RANGES: Final[dict[str, Callable[[float], Range]]] = {
    "identity": _linear,
    "relu": _linear,
    "leaky_relu": _linear,
    "elu": _elu,
    "gelu": _gelu,
    "silu": _silu,
    "tanh": _tanh,
    "sigmoid": _sigmoid_range,
    "softplus": _softplus_range,
}

# sup |act act''| over R, rounded up: finite where sup |act| is not.
PRODUCTS: Final = {
    "identity": 0.0,
    "relu": 0.0,
    "leaky_relu": 0.0,
    "elu": 0.25,
    "gelu": 0.25120,
    "silu": 0.22418,
    "tanh": 0.5,
    "sigmoid": 0.07747,
    "softplus": 0.26035,
}


def activation_range(name: str, Z: float) -> Range:
    """sup |act|, sup |act'|, sup |act''| over |z| <= Z, Z >= 0 or infinite, for an activation of swref.networks.

    Raises InputError for an unknown name or a negative Z. Source: elementary calculus (derived); each is attained, but
    for curvatures that are attained at 0 only.

    >>> activation_range("tanh", 0.1).value < 0.1, activation_range("tanh", math.inf).value
    (True, 1.0)
    >>> round(activation_range("gelu", math.inf).slope, 4)
    1.1289
    """
    return _RANGES[one_of("name", name, _RANGES)](number("Z", Z, minimum=0.0, infinite=True))


def times(a: float, b: float) -> float:
    """a b for bounds a, b >= 0, where 0 times infinity is 0: a factor that vanishes leaves nothing to bound.

    >>> times(0.0, math.inf), times(2.0, math.inf)
    (0.0, inf)
    """
    return 0.0 if a == 0 or b == 0 else a * b
