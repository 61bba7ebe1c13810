"""Activations h = act(z): value, derivative, and the regularity that the theorems ask of them.

Appendix D of Tanguy (TMLR 2023) covers networks whose activations are all C^2, or all locally Lipschitz and
semi-algebraic; mixing the two families is not covered there, and ELU belongs to neither. Each formula keeps the dtype
of its input and neither overflows nor divides by zero for |z| up to 1e4 and far beyond.
"""

from __future__ import annotations

import functools
import math
import sys
from collections.abc import Callable
from dataclasses import dataclass
from types import ModuleType
from typing import Any, Final, Protocol

import numpy as np

from swref.arrays import Array, namespace, special
from swref.checks import FLOATS, number, one_of
from swref.networks import ranges
from swref.networks.ranges import Range

LEAKY_SLOPE: Final = 0.01
FUSED_ENTRIES: Final = 1 << 12  # entries from which on one compiled pass clearly beats three of NumPy's


class _Value(Protocol):
    def __call__(self, z: Array, out: Array | None = None) -> Array: ...


class _Derivative(Protocol):
    def __call__(self, z: Any, h: Array) -> Array: ...  # z an Array, or None where needs_z is false


@dataclass(frozen=True)
class Activation:
    """One activation, applied to every entry of an array of any shape.

    `value(z, out=None)` is act(z); `out` may be z itself, and the result is then written over it.
    `derivative(z, h)` is act'(z) as a new array, given z and h = act(z). It reads z only where `needs_z` is true;
    otherwise h determines it, and z may be None.
    `bounds(Z)` gives the Range over |z| <= Z, and `product` is sup |act act''| over R, rounded up; at a kink, both over
    the pieces.
    `c2`: twice continuously differentiable on R. `semi_algebraic`: locally Lipschitz with a semi-algebraic graph.

    >>> import numpy as np
    >>> relu = activation("relu")
    >>> h = relu.value(np.array([-1.0, 0.0, 2.0]))
    >>> relu.derivative(None, h)
    array([0., 0., 1.])
    """

    name: str
    value: _Value
    derivative: _Derivative
    bounds: Callable[[float], Range]
    product: float
    c2: bool
    semi_algebraic: bool = False
    needs_z: bool = False

    @property
    def at_zero(self) -> float:
        """act(0)."""
        return float(self.value(np.zeros(1))[0])

    def range(self, Z: float) -> Range:
        """sup |act|, sup |act'|, sup |act''| over |z| <= Z, Z >= 0 or infinite. Raises InputError for a negative Z.

        >>> import math
        >>> activation("tanh").range(0.1).value < 0.1, activation("tanh").range(math.inf).value
        (True, 1.0)
        >>> round(activation("gelu").range(math.inf).slope, 4)
        1.1289
        """
        return self.bounds(number("Z", Z, minimum=0.0, infinite=True))

    def chain(self, z: Array | None, h: Array, t: Array, out: Array | None = None) -> Array:
        """act'(z) * t entrywise: the chain rule, forwards (t a tangent of z) and backwards (t a gradient in h).

        Shapes of z, h and t are equal. The result is a new array, or `out`, which may be t itself; the identity returns
        t itself in any case.

        >>> import numpy as np
        >>> activation("tanh").chain(None, np.array([0.0, 0.5]), np.array([2.0, 4.0]))
        array([2., 3.])
        """
        if self.name == "identity":
            return t
        if self.name == "tanh" and out is t and _fusible(h, t):
            _kernels().tanh_chain(h, t)
            return t
        dz = self.derivative(z, h)
        return namespace(t).multiply(dz, t, out=dz if out is None else out)


def _fusible(h: Array, t: Array) -> bool:
    """Whether a compiled pass takes h and t and beats NumPy's; only where Numba is in use here already.

    It is beside the "cpu" backend; a network alone does without.
    """
    return (
        namespace(t) is np
        and t.ndim == 2
        and t.size >= FUSED_ENTRIES
        and h.shape == t.shape
        and h.dtype == t.dtype
        and t.dtype in FLOATS
        and sys.modules.get("numba") is not None
    )


@functools.cache
def _kernels() -> ModuleType:
    from swref.networks import elementwise

    return elementwise


def _identity(z: Array, out: Array | None = None) -> Array:
    return namespace(z).positive(z, out=out) if out is not z else z


def _identity_derivative(z: Array | None, h: Array) -> Array:
    return namespace(h).ones_like(h)


def _relu(z: Array, out: Array | None = None) -> Array:
    return namespace(z).maximum(z, 0, out=out)


def _relu_derivative(z: Array | None, h: Array) -> Array:
    """1 for z > 0, 0 for z < 0, and 0 at the kink z = 0."""
    return (h > 0).astype(h.dtype)


def _leaky_relu(z: Array, out: Array | None = None) -> Array:
    return namespace(z).maximum(z, LEAKY_SLOPE * z, out=out)


def _leaky_relu_derivative(z: Array | None, h: Array) -> Array:
    """1 for z > 0, the slope for z < 0, and the slope at the kink z = 0."""
    dh = (h > 0).astype(h.dtype)
    return namespace(h).maximum(dh, LEAKY_SLOPE, out=dh)


def _elu(z: Array, out: Array | None = None) -> Array:
    """z for z > 0, e^z - 1 for z <= 0, as max(z, 0) + expm1(min(z, 0)): no exponential of a large number."""
    xp = namespace(z)
    below = xp.expm1(xp.minimum(z, 0))
    h = xp.maximum(z, 0, out=out)
    h += below
    return h


def _elu_derivative(z: Array | None, h: Array) -> Array:
    """1 for z >= 0, e^z = h + 1 for z < 0: continuous at 0, the second derivative jumps from 1 to 0."""
    dh = namespace(h).minimum(h, 0)
    dh += 1
    return dh


def _gelu(z: Array, out: Array | None = None) -> Array:
    """z Phi(z), Phi(z) = (1 + erf(z / sqrt 2)) / 2 the normal distribution function."""
    xp = namespace(z)
    return xp.multiply(z, special(xp).ndtr(z), out=out)


def _gelu_derivative(z: Array, h: Array) -> Array:
    """Phi(z) + z exp(-z^2 / 2) / sqrt(2 pi)."""
    xp = namespace(z)
    dh = xp.exp(-0.5 * z * z)
    dh *= z / math.sqrt(2.0 * math.pi)
    dh += special(xp).ndtr(z)
    return dh


def _sigmoid(z: Array, out: Array | None = None) -> Array:
    """1 / (1 + e^-z), as e^min(z, 0) / (1 + e^-|z|): no overflow, and both tails keep their digits."""
    xp = namespace(z)
    denominator = xp.exp(-xp.abs(z))
    denominator += 1
    s = xp.exp(xp.minimum(z, 0), out=out)
    s /= denominator
    return s


def _sigmoid_derivative(z: Array | None, h: Array) -> Array:
    """s (1 - s)."""
    dh = 1 - h
    dh *= h
    return dh


def _silu(z: Array, out: Array | None = None) -> Array:
    """z s, s = sigmoid(z)."""
    return namespace(z).multiply(z, _sigmoid(z), out=out)


def _silu_derivative(z: Array, h: Array) -> Array:
    """s + z s (1 - s) = s + h (1 - s), s = sigmoid(z)."""
    s = _sigmoid(z)
    dh = 1 - s
    dh *= h
    dh += s
    return dh


def _tanh(z: Array, out: Array | None = None) -> Array:
    return namespace(z).tanh(z, out=out)


def _tanh_derivative(z: Array | None, h: Array) -> Array:
    """1 - tanh(z)^2."""
    dh = h * h
    return namespace(h).subtract(1, dh, out=dh)


def _softplus(z: Array, out: Array | None = None) -> Array:
    """log(1 + e^z), as max(z, 0) + log(1 + e^-|z|): what logaddexp computes, several times faster."""
    xp = namespace(z)
    tail = xp.exp(-xp.abs(z))
    xp.log1p(tail, out=tail)
    h = xp.maximum(z, 0, out=out)
    h += tail
    return h


def _softplus_derivative(z: Array | None, h: Array) -> Array:
    """sigmoid(z) = 1 - e^-h, from h alone."""
    xp = namespace(h)
    dh = xp.expm1(-h)
    return xp.negative(dh, out=dh)


ACTIVATIONS: Final[dict[str, Activation]] = {
    act.name: act
    for act in (
        Activation("identity", _identity, _identity_derivative, ranges.linear, 0.0, c2=True, semi_algebraic=True),
        Activation("relu", _relu, _relu_derivative, ranges.linear, 0.0, c2=False, semi_algebraic=True),
        Activation(
            "leaky_relu", _leaky_relu, _leaky_relu_derivative, ranges.linear, 0.0, c2=False, semi_algebraic=True
        ),
        Activation("elu", _elu, _elu_derivative, ranges.elu, 0.25, c2=False),
        Activation("gelu", _gelu, _gelu_derivative, ranges.gelu, 0.25120, c2=True, needs_z=True),
        Activation("silu", _silu, _silu_derivative, ranges.silu, 0.22418, c2=True, needs_z=True),
        Activation("tanh", _tanh, _tanh_derivative, ranges.tanh, 0.5, c2=True),
        Activation("sigmoid", _sigmoid, _sigmoid_derivative, ranges.sigmoid, 0.07747, c2=True),
        Activation("softplus", _softplus, _softplus_derivative, ranges.softplus, 0.26035, c2=True),
    )
}


def activation(name: str) -> Activation:
    """The activation of this name.

        identity z            relu max(z, 0)            leaky_relu max(z, 0.01 z)     elu z > 0: z, else e^z - 1
        tanh                  sigmoid 1 / (1 + e^-z)    softplus log(1 + e^z)
        silu z sigmoid(z)     gelu z Phi(z), Phi the normal distribution function (the exact form)

    At the kink 0, relu' is 0 and leaky_relu' is 0.01. Raises InputError, with the nearest name, for an unknown one.

    >>> activation("tanh").c2, activation("relu").semi_algebraic
    (True, True)
    >>> activation("than")  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    swref.errors.InputError: activation must be one of identity, relu, ..., got 'than'; did you mean 'tanh'?
    """
    return ACTIVATIONS[one_of("activation", name, ACTIVATIONS)]
