"""Directions on the sphere: i.i.d. uniform, and three schemes that spread them more evenly."""

from __future__ import annotations

import numpy as np

from swref.checks import count, one_of
from swref.errors import InputError
from swref.randomness import Seed, generator
from swref.spec import uniform_directions

MAX_NUMBERS = 2**40  # 8 TiB, and far below where NumPy cannot count them
SCHEMES = ("uniform", "orthogonal", "sobol", "grid")


def directions(rng: Seed | None, L: int, d: int, scheme: str = "uniform") -> np.ndarray:
    """Directions theta [L, d] (float64, unit rows), each uniform on the sphere of R^d by itself, up to its sign.

    - ``uniform``: independent, the paper's; theta = g/|g|, g standard normal.
    - ``orthogonal``: the rows of independent Haar-uniform orthogonal matrices, d at a time.
    - ``sobol``: a scrambled Sobol' sequence through the normal quantile, then g/|g|. Even counts 2^k are best.
    - ``grid`` (d = 2): angles pi (l + v)/L with one uniform offset v: equally spaced lines.

    `rng`: an int seed, a numpy Generator, a SeedSequence, or None for fresh entropy. The same seed gives the same
    directions for every backend. For d = 1 every direction is +1 or -1.

    Raises InputError for an unknown scheme, L < 1, d < 1, a grid with d != 2, or a Sobol' sequence with d > 21201.
    Source: the uniform law of Tanguy 2023, section 2.1; Owen 1998 for scrambling, Mezzadri 2007 for Haar matrices.

    >>> theta = directions(0, 4, 3)
    >>> theta.shape, bool(np.allclose(np.linalg.norm(theta, axis=1), 1.0))
    ((4, 3), True)
    """
    L, d = count("L", L), count("d", d)
    one_of("scheme", scheme, SCHEMES)
    rng = generator(rng, "rng")
    if L * d > MAX_NUMBERS:
        raise InputError(f"L and d must be such that L d <= 2^40, got {L} and {d}")
    if scheme == "uniform":
        return uniform_directions(rng, L, d)
    if scheme == "orthogonal":
        return _orthogonal(rng, L, d)
    if scheme == "sobol":
        return _sobol(rng, L, d)
    if d != 2:
        raise InputError(f"scheme 'grid' needs d = 2, got d = {d}")
    angle = np.pi * (np.arange(L) + rng.random()) / L  # [L]
    return np.stack([np.cos(angle), np.sin(angle)], axis=1)


def _orthogonal(rng: np.random.Generator, L: int, d: int) -> np.ndarray:
    blocks = -(-L // d)
    q, r = np.linalg.qr(rng.standard_normal((blocks, d, d)))  # [blocks, d, d] both
    # Q alone is not Haar-uniform: the signs of R's diagonal must be moved into it (Mezzadri 2007).
    q = q * np.sign(np.diagonal(r, axis1=1, axis2=2))[:, None, :]
    return np.ascontiguousarray(np.swapaxes(q, 1, 2).reshape(blocks * d, d)[:L])


def _sobol(rng: np.random.Generator, L: int, d: int) -> np.ndarray:
    from scipy.special import ndtri
    from scipy.stats import qmc

    if d > qmc.Sobol.MAXDIM:
        raise InputError(f"scheme 'sobol' needs d <= {qmc.Sobol.MAXDIM}, got d = {d}")
    # The sequence keeps its balance over powers of two: draw the next one and use its first L points.
    points = qmc.Sobol(d, scramble=True, rng=rng).random_base2(max(0, (L - 1).bit_length()))[:L]  # [L, d]
    tiny = np.finfo(np.float64).tiny
    g = ndtri(np.clip(points, tiny, 1 - 2.0**-53))
    if d == 1:
        return np.where(g < 0, -1.0, 1.0)
    # A point at the exact centre of the cube would have no direction.
    g[np.all(g == 0, axis=1)] = 1.0
    return g / np.linalg.norm(g, axis=1, keepdims=True)
