"""The smooth cut-off of Appendix D of Tanguy (TMLR 2023): the factor that makes a network satisfy A2 and A5.

    chi(v; R, eps) = g(((R + eps)^2 - |v|^2) / (4 R eps)),    g(s) = b(s) / (b(s) + b(1 - s))

with b(s) = exp(-1/s) for s > 0 and 0 otherwise: chi is C^inf, 1 where |v| <= R - eps and 0 where |v| >= R + eps.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import DTypeLike

from swref.arrays import Array, namespace
from swref.checks import number
from swref.errors import InputError
from swref.networks.activations import ACTIVATIONS
from swref.networks.base import Network, check_network
from swref.networks.operands import batch, flat_vector
from swref.randomness import Seed
from swref.reprs import Shown

# exp(-1/s) is 0 in float64 below 1/745: moving s into [FLAT, 1 - FLAT] leaves g and g' as they are in either dtype,
# and keeps 1/s^2 finite.
FLAT: Final = 1e-3


def smooth_step(s: Array) -> tuple[Array, Array]:
    """g(s) and g'(s) for s of any shape and dtype: g is 0 for s <= 0, 1 for s >= 1, C^inf and increasing between.

        g = sigmoid(z),    g' = sigmoid(z) sigmoid(-z) (1/s^2 + 1/(1-s)^2),    z = 1/(1-s) - 1/s

    so that nothing overflows, and 1 - g = sigmoid(-z) keeps its digits where g is near 1.

    >>> g, dg = smooth_step(np.array([-1.0, 0.5, 1.0]))
    >>> g, dg
    (array([0. , 0.5, 1. ]), array([0., 2., 0.]))
    """
    xp, sigmoid = namespace(s), ACTIVATIONS["sigmoid"].value
    s = xp.clip(s, FLAT, 1 - FLAT)
    rising, falling = 1 / s, 1 / (1 - s)
    z = falling - rising
    g = sigmoid(z)
    return g, g * sigmoid(-z) * (rising * rising + falling * falling)


def cut_off(v: Array, radius: float, eps: float) -> tuple[Array, Array]:
    """chi(v_k; R, eps)[n] for the rows of v[n, D], and the factor slope[n] such that d chi/d v_k = slope_k v_k.

        slope = -g'(s) / (2 R eps),    s = (R + eps - |v|)(R + eps + |v|) / (4 R eps)

    >>> chi, slope = cut_off(np.array([[0.0], [1.0], [2.0]]), radius=1.0, eps=0.5)
    >>> chi.round(3), float(slope[1].round(3))
    (array([1.   , 0.744, 0.   ]), -1.842)
    """
    xp = namespace(v)
    e = eps / radius
    w = v * (1 / radius)  # in units of R, so that squares overflow only at 1e19 R in float32
    rho = xp.sqrt((w * w).sum(axis=-1))  # [n]
    s = ((1 + e) - rho) * (rho + (1 + e)) * (0.25 / e)  # [n]
    chi, dg = smooth_step(s)
    return chi, dg * (-0.5 / (radius * eps))


class Cache(NamedTuple):
    """What `forward` leaves for `backward`."""

    inner: Any  # the cache of the network inside
    u: Array  # [d_u]
    h: Array  # [n, d] its output
    chi_u: Array  # [1]
    slope_u: Array  # [1]
    chi_x: Array  # [n]


@dataclass(frozen=True)
class CutOff(Shown):
    """T(u, x) = h(u, x) chi(u; R_u, eps) chi(x; R_x, eps) for a network h = `net`, R_u = `r_u`, R_x = `r_x`.

    T is h itself where |u| <= R_u - eps and |x| <= R_x - eps, and 0 where |u| >= R_u + eps or |x| >= R_x + eps. It is
    globally Lipschitz and has bounded second derivatives on its pieces, as A2 and A5 ask. chi(u) depends on u, and
    both derivatives contain it. Beyond R_u + eps every u is trivially critical: project on a ball of radius
    r <= R_u - eps (`contains_ball`), and choose R_x - eps >= max |x| (`contains_inputs`).
    Raises InputError unless 0 < eps < R_u and eps < R_x, InputTypeError for a `net` that is none.
    Source: Appendix D of Tanguy (TMLR 2023).

    >>> from swref.networks import MLP
    >>> net = CutOff(MLP((1, 1)), r_u=3.0, r_x=5.0, eps=1.0)
    >>> x = np.array([[1.0]])
    >>> net.forward(np.array([1.0, 0.5]), x)[0], net.forward(np.array([4.0, 0.5]), x)[0]
    (array([[1.5]]), array([[0.]]))
    """

    net: Network
    r_u: float
    r_x: float
    eps: float

    def __post_init__(self) -> None:
        check_network("net", self.net)
        for name in ("r_u", "r_x", "eps"):
            object.__setattr__(self, name, number(name, getattr(self, name), above=0.0))
        for name, radius in (("r_u", self.r_u), ("r_x", self.r_x)):
            if not self.eps < radius:
                raise InputError(f"eps must be below {name} = {radius:g}, got {self.eps:g}")

    @property
    def n_params(self) -> int:
        """d_u, the number of parameters of the network inside."""
        return self.net.n_params

    @property
    def dim_in(self) -> int:
        """dx, the dimension of an input point."""
        return self.net.dim_in

    @property
    def dim_out(self) -> int:
        """d, the dimension of an output point."""
        return self.net.dim_out

    def contains_inputs(self, max_norm: float) -> bool:
        """Whether inputs up to |x| = `max_norm` pass unchanged: max |x| <= R_x - eps.

        >>> from swref.networks import MLP
        >>> CutOff(MLP((1, 1)), 3.0, 5.0, 1.0).contains_inputs(4.0)
        True
        """
        return number("max_norm", max_norm, minimum=0.0, infinite=True) <= self.r_x - self.eps

    def contains_ball(self, radius: float) -> bool:
        """Whether parameters up to |u| = `radius` are left alone: r <= R_u - eps, as projected schemes need.

        >>> from swref.networks import MLP
        >>> CutOff(MLP((1, 1)), 3.0, 5.0, 1.0).contains_ball(2.5)
        False
        """
        return number("radius", radius, minimum=0.0, infinite=True) <= self.r_u - self.eps

    def init(
        self, rng: Seed, scheme: str = "glorot", radius: float | None = None, *, dtype: DTypeLike = np.float64
    ) -> Array:
        """An initial u0[d_u], drawn as the network inside draws its own; R_u - eps should exceed its norm.

        >>> from swref.networks import MLP
        >>> CutOff(MLP((1, 1)), 3.0, 5.0, 1.0).init(0).shape
        (2,)
        """
        return self.net.init(rng, scheme, radius, dtype=dtype)

    def forward(self, u: Array, x: Array) -> tuple[Array, Cache]:
        """T(u, x)[n, d] and the cache for `backward`; errors as of the network inside.

        >>> from swref.networks import MLP
        >>> out, _ = CutOff(MLP((1, 1)), 3.0, 1.0, 0.5).forward(np.array([1.0, 1.0]), np.array([[0.5], [9.0]]))
        >>> out.ravel()
        array([1.5, 0. ])
        """
        u = flat_vector("u", u, self.n_params)
        x = batch("x", x, self.dim_in, like=u)
        h, inner = self.net.forward(u, x)
        chi_u, slope_u = cut_off(u[None], self.r_u, self.eps)  # [1], [1]
        chi_x, _ = cut_off(x, self.r_x, self.eps)  # [n]
        return h * (chi_u * chi_x)[:, None], Cache(inner, u, h, chi_u, slope_u, chi_x)

    def backward(self, cache: Cache, dout: Array) -> Array:
        """du[d_u] for dout[n, d]; errors as of the network inside.

            du = sum_k chi(u) chi(x_k) (dh/du)^T dout_k + (sum_k chi(x_k) <dout_k, h_k>) slope(u) u

        >>> from swref.networks import MLP
        >>> net = CutOff(MLP((1, 1)), 3.0, 5.0, 1.0)
        >>> _, cache = net.forward(np.array([1.0, 0.5]), np.array([[2.0]]))
        >>> net.backward(cache, np.ones((1, 1)))
        array([2., 1.])
        """
        inner, u, h, chi_u, slope_u, chi_x = cache
        dout = batch("dout", dout, self.dim_out, like=h, n=len(h))
        # forward: T = h * (chi_u * chi_x)[:, None]
        du = self.net.backward(inner, dout * (chi_u * chi_x)[:, None])
        du += (chi_x * (dout * h).sum(axis=1)).sum() * slope_u * u
        return du

    def jvp(self, u: Array, x: Array, v: Array) -> Array:
        """The derivative of T(., x_k) at u in the direction v[d_u], [n, d]; errors as of the network inside.

            dh v chi(u) chi(x_k) + h_k chi(x_k) slope(u) <u, v>

        >>> from swref.networks import MLP
        >>> net = CutOff(MLP((1, 1)), 3.0, 5.0, 1.0)
        >>> net.jvp(np.array([1.0, 0.5]), np.array([[2.0]]), np.array([0.0, 1.0]))
        array([[1.]])
        """
        _, (_, u, h, chi_u, slope_u, chi_x) = self.forward(u, x)
        v = flat_vector("v", v, self.n_params, like=u)
        # forward: T = h * (chi_u * chi_x)[:, None]
        out_dot = self.net.jvp(u, x, v) * (chi_u * chi_x)[:, None]
        out_dot += h * (chi_x * slope_u * (u * v).sum())[:, None]
        return out_dot

    def to_dict(self) -> dict[str, Any]:
        """The name and the arguments, in JSON's types; the network inside as its own description.

        >>> from swref.networks import MLP
        >>> CutOff(MLP((1, 1)), 3.0, 5.0, 1.0).to_dict()["net"]["name"]
        'MLP'
        """
        return {"name": "CutOff", "net": self.net.to_dict(), "r_u": self.r_u, "r_x": self.r_x, "eps": self.eps}
