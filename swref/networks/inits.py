"""Initial laws of the flat parameter vector u0, each with a density on a compact set as Theorem 1 asks.

Theorem 1 of Tanguy (TMLR 2023) starts from a random u0 whose law is supported by a compact set and has a density there.
Gaussian weights are not compactly supported, and biases that start at zero leave the law without a density: hence the
uniform variants only, for the biases too.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import numpy as np
from numpy.typing import DTypeLike

from swref.arrays import Array
from swref.checks import FLOATS, number, one_of, shown
from swref.errors import InputError, InputTypeError
from swref.randomness import Seed, generator

# The half-width of the uniform law of a weight, as a function of the (fan_in, fan_out) of its layer.
WEIGHT_BOUNDS: Final[dict[str, Callable[[int, int], float]]] = {
    "glorot": lambda fan_in, fan_out: (6.0 / (fan_in + fan_out)) ** 0.5,
    "he": lambda fan_in, fan_out: (6.0 / fan_in) ** 0.5,
    "lecun": lambda fan_in, fan_out: (3.0 / fan_in) ** 0.5,
}
INITS: Final = (*WEIGHT_BOUNDS, "ball")


def weight_bound(scheme: str, fan_in: int, fan_out: int) -> float:
    """Half-width of the uniform law of the weights of one layer: its variance is bound^2 / 3.

    glorot sqrt(6 / (fan_in + fan_out)) (Glorot and Bengio 2010, eq. 16), he sqrt(6 / fan_in) (He et al. 2015, eq. 10),
    lecun sqrt(3 / fan_in) (LeCun et al. 1998, eq. 16). Raises InputError for another scheme.

    >>> weight_bound("glorot", 2, 4)
    1.0
    """
    return WEIGHT_BOUNDS[one_of("scheme", scheme, WEIGHT_BOUNDS)](fan_in, fan_out)


def bias_bound(fan_in: int) -> float:
    """Half-width 1 / sqrt(fan_in) of the uniform law of the biases of one layer, under every scheme.

    >>> bias_bound(4)
    0.5
    """
    return fan_in**-0.5


def ball(rng: Seed, dim: int, radius: float) -> Array:
    """One point [dim] of the uniform law on the Euclidean ball B(0, radius), in float64.

        u = radius U^{1/dim} g / ||g||,    g ~ N(0, I), U uniform on [0, 1]

    Raises InputError for a radius that is not positive and finite.

    >>> bool(np.linalg.norm(ball(0, 5, radius=2.0)) <= 2.0)
    True
    """
    radius = number("radius", radius, above=0.0)
    rng = generator(rng, "rng")
    g = rng.standard_normal(dim)  # [dim]
    return g * (radius * rng.random() ** (1.0 / dim) / np.linalg.norm(g))


def draw(
    rng: Seed,
    n_params: int,
    half_widths: Callable[[str], Array],
    scheme: str,
    radius: float | None,
    dtype: DTypeLike = np.float64,
) -> Array:
    """u0[n_params], uniform on B(0, radius) for "ball", otherwise on a box; drawn in float64, then rounded to `dtype`.

    `half_widths(scheme)` gives the [n_params] half-widths of the box. The coordinates are drawn in the order of u:
    a seed means the same u0 in every version. Raises InputError for an unknown scheme, a missing radius, or a radius
    with a scheme that has none; InputTypeError for another dtype.

    >>> draw(0, 2, lambda scheme: np.ones(2), "ball", radius=0.1).shape
    (2,)
    """
    one_of("scheme", scheme, INITS)
    if dtype not in FLOATS:
        raise InputTypeError(f"dtype must be float32 or float64, got {shown(dtype)}")
    if scheme == "ball":
        if radius is None:
            raise InputError("radius must be a number > 0 with the scheme ball, got None")
        u = ball(rng, n_params, radius)
    elif radius is not None:
        raise InputError(f"radius must be None with the scheme {scheme} (only ball has one), got {shown(radius)}")
    else:
        u = half_widths(scheme) * generator(rng, "rng").uniform(-1.0, 1.0, n_params)
    return u.astype(dtype, copy=False)
