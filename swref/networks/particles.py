"""Free points as a network: T(u, x_k) = u_k, so that a point cloud is trained by the same loop as a generator."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import DTypeLike

from swref.arrays import Array, namespace
from swref.checks import count
from swref.errors import InputError
from swref.networks.inits import draw, weight_bound
from swref.networks.operands import batch, flat_vector
from swref.randomness import Seed
from swref.reprs import Shown


class Cache(NamedTuple):
    """What `forward` leaves for `backward`."""

    rows: Array  # [n] which point each input is
    like: Array  # [n, d] the output, whose shape, dtype and library dout must have


@dataclass(frozen=True)
class Particles(Shown):
    """m free points of R^d: T(u, x_k) = u_k, row k of u read as [m, d]; an input x[n, 1] holds indices 0..m-1.

    With the Discrete measure on `indices()` as the source, the population loss F(u) for batch = None is the energy
    E(Y) = SW_2^2(Y, Z) of the points Y = u. Raises InputError for m < 1 or d < 1.
    Source: Tanguy (TMLR 2023) and its companion on discrete measures (arXiv 2307.10352).

    >>> cloud = Particles(m=3, d=2)
    >>> out, _ = cloud.forward(np.arange(6.0), np.array([[2.0], [0.0]]))
    >>> out
    array([[4., 5.],
           [0., 1.]])
    """

    m: int
    d: int

    def __post_init__(self) -> None:
        for name in ("m", "d"):
            object.__setattr__(self, name, count(name, getattr(self, name)))
        count("the number of parameters", self.n_params)

    @property
    def n_params(self) -> int:
        """d_u = m d."""
        return self.m * self.d

    @property
    def dim_in(self) -> int:
        """dx = 1: an input is an index."""
        return 1

    @property
    def dim_out(self) -> int:
        """d, the dimension of a point."""
        return self.d

    def indices(self) -> Array:
        """All inputs x[m, 1]: 0, 1, ..., m - 1, in float64.

        >>> Particles(2, 5).indices()
        array([[0.],
               [1.]])
        """
        return np.arange(float(self.m))[:, None]

    def half_widths(self, scheme: str = "glorot") -> Array:
        """The half-widths [d_u] of the box on which `init` draws: those of a layer of fan_in 1 and fan_out d.

        >>> Particles(2, 2).half_widths("he").round(3)
        array([2.449, 2.449, 2.449, 2.449])
        """
        return np.full(self.n_params, weight_bound(scheme, 1, self.d))

    def init(
        self, rng: Seed, scheme: str = "glorot", radius: float | None = None, *, dtype: DTypeLike = np.float64
    ) -> Array:
        """An initial u0[d_u], of a law with a density on a box or a ball; schemes and errors as in MLP.init.

        >>> Particles(3, 2).init(0).shape
        (6,)
        """
        return draw(rng, self.n_params, self.half_widths, scheme, radius, dtype)

    def forward(self, u: Array, x: Array) -> tuple[Array, Cache]:
        """T(u, x)[n, d] and the cache for `backward`.

        Raises InputError for an entry of x that is no index 0..m-1, otherwise as MLP.forward.

        >>> Particles(3, 2).forward(np.zeros(6), np.array([[0.5]]))
        Traceback (most recent call last):
        swref.errors.InputError: x must hold whole numbers from 0 to 2, the indices of the particles, got 0.5 at [0, 0]
        """
        u = flat_vector("u", u, self.n_params)
        index = self._index(batch("x", x, 1, like=u))  # [n]
        out = u.reshape(self.m, self.d)[index]  # [n, d]
        return out, Cache(index, out)

    def backward(self, cache: Cache, dout: Array) -> Array:
        """du[d_u]: row k of du [m, d] is the sum of the rows of dout[n, d] whose index is k; errors as in MLP.backward.

        >>> cloud = Particles(2, 1)
        >>> _, cache = cloud.forward(np.zeros(2), np.array([[1.0], [1.0]]))
        >>> cloud.backward(cache, np.array([[2.0], [3.0]]))
        array([0., 5.])
        """
        index, like = cache
        dout = batch("dout", dout, self.d, like=like, n=len(like))
        xp = namespace(dout)
        # forward: out = u.reshape(m, d)[index]
        places = index[:, None] * self.d + xp.arange(self.d)  # [n, d], where each entry of dout goes in u
        return xp.bincount(places.ravel(), weights=dout.ravel(), minlength=self.n_params).astype(dout.dtype)

    def jvp(self, u: Array, x: Array, v: Array) -> Array:
        """The derivative v_k [n, d] in the direction v[d_u]: T is linear in u. Errors as of `forward`, for v as for u.

        >>> Particles(2, 1).jvp(np.zeros(2), np.array([[1.0]]), np.array([5.0, 7.0]))
        array([[7.]])
        """
        u = flat_vector("u", u, self.n_params)
        return self.forward(flat_vector("v", v, self.n_params, like=u), x)[0]

    def to_dict(self) -> dict[str, Any]:
        """The name and the arguments, in JSON's types.

        >>> Particles(3, 2).to_dict()
        {'name': 'Particles', 'm': 3, 'd': 2}
        """
        return {"name": "Particles", "m": self.m, "d": self.d}

    def _index(self, x: Array) -> Array:
        """The indices [n] as integers."""
        xp = namespace(x)
        bad = (x != xp.floor(x)) | (x < 0) | (x > self.m - 1)  # [n, 1]; NaN differs from itself
        if bool(bad.any()):
            k = int(bad.ravel().argmax())
            raise InputError(
                f"x must hold whole numbers from 0 to {self.m - 1}, the indices of the particles, "
                f"got {float(x[k, 0]):g} at [{k}, 0]"
            )
        return x[:, 0].astype(xp.int64)
