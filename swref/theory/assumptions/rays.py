"""Rays of parameters along which a network leaves A2, A4 or A5: numbers that show what the words say.

Each function evaluates a quotient at growing scales t, and returns [(t, quotient), ...]; that it grows without bound is
a statement about the network (its depth, its activations), which the caller makes.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from swref.networks import Particles, SkipNet

SCALES: Final = (1.0, 10.0, 100.0, 1000.0)

Growth = tuple[tuple[float, float], ...]


@dataclass(frozen=True)
class HiddenRay:
    """u(t) with A_{N,N-1}[0, 0] = t, a bias of layer N-1 equal to 1 and b_N[0] = 1/2 - t act_{N-1}(1), all else 0.

        T_0(u(t) + s e) = act_N(1/2 + t (act_{N-1}(1 + s) - act_{N-1}(1))),    e the unit vector of that bias

    whatever x is: a step s = O(1/t) moves T_0 by O(1), so that the first derivative grows like t, the second like t^2.
    """

    net: SkipNet
    places: tuple[int, int, int]  # in u: of the weight, the hidden bias, the output bias

    @classmethod
    def of(cls, net: SkipNet) -> HiddenRay | None:
        """The ray of a network of two or more layers; None where one of the three blocks is shared."""
        N = net.depth
        places = [net.layout[key] for key in ((N, N - 1), N - 1, N)]
        if any(list(net.layout.values()).count(place) > 1 for place in places):
            return None
        return cls(net, tuple(place.start for place in places))

    def output(self, t: float, s: float) -> float:
        """T_0(u(t) + s e).

        >>> from swref.networks import MLP
        >>> HiddenRay.of(SkipNet.of_mlp(MLP((2, 3, 1), "relu"))).output(10.0, 0.1)
        1.5
        """
        weight, hidden, out = self.places
        act = self.net.activations[self.net.depth - 2]
        u = np.zeros(self.net.n_params)
        u[weight], u[hidden], u[out] = t, 1.0 + s, 0.5 - t * float(act.value(np.ones(1))[0])
        return float(self.net.forward(u, np.zeros((1, self.net.dim_in)))[0][0, 0])

    def quotients(self) -> Growth:
        """|T_0(u(t) + s e) - T_0(u(t))| / s for s = 0.1/t: at most a Lipschitz constant in u."""
        return tuple((t, abs(self.output(t, 0.1 / t) - self.output(t, 0.0)) / (0.1 / t)) for t in SCALES)

    def second_derivatives(self) -> Growth:
        """d^2 (T_0^2)/du_k^2 at u(t) for the hidden bias u_k, as a second difference."""

        def at(t: float, h: float) -> float:
            squares = [self.output(t, s) ** 2 for s in (-h, 0.0, h)]
            return abs(squares[0] - 2 * squares[1] + squares[2]) / h**2

        return tuple((t, at(t, 0.01 / t)) for t in SCALES)


def output_growth(net: SkipNet, x: np.ndarray, exponent: float) -> Growth:
    """|T(u(t), x)| / (1 + |u(t)|)^exponent where every parameter is t, but for the 0 of those that meet x alone.

    >>> from swref.networks import MLP
    >>> growth = output_growth(SkipNet.of_mlp(MLP((1, 1, 1), "relu")), np.zeros((1, 1)), 1.0)
    >>> bool(growth[-1][1] > 500)  # T = t^2 + t
    True
    """
    found = []
    for t in SCALES:
        u = np.full(net.n_params, t)
        for key, place in net.layout.items():
            if not isinstance(key, int) and key[1] == 0 and list(net.layout.values()).count(place) == 1:
                u[place] = 0.0
        with np.errstate(over="ignore"):  # t^N of a very deep network is infinite, and says what it has to
            T, _ = net.forward(u, x)
        found.append((t, float(np.linalg.norm(T)) / (1 + float(np.linalg.norm(u))) ** exponent))
    return tuple(found)


def input_quotients(net: SkipNet, x: np.ndarray, other: np.ndarray, bounded: bool) -> Growth:
    """|T(u(t), x') - T(u(t), x)| / |x' - x| for one layer with W = t w, w along x' - x, and z(x) = 0.

    For a bounded activation, x' moves towards x like 1/t.

    >>> from swref.networks import MLP
    >>> input_quotients(SkipNet.of_mlp(MLP((1, 1))), np.zeros(1), np.ones(1), bounded=False)[-1]
    (1000.0, 1000.0)
    """
    gap = other - x
    w = gap / np.linalg.norm(gap)
    found = []
    for t in SCALES:
        u = np.zeros(net.n_params)
        blocks = net.blocks(u)
        blocks[1, 0][:, 0], blocks[1][0] = t * w, -t * float(w @ x)
        near = x + gap / t if bounded else other
        T, _ = net.forward(u, np.stack([x, near]))
        found.append((t, float(np.linalg.norm(T[1] - T[0]) / np.linalg.norm(near - x))))
    return tuple(found)


def bias_curvatures(net: SkipNet) -> Growth:
    """d^2 (T_0 T_1)/db_1^2 for one layer with z_0 = t, z_1 = -1/2: T_0 times the curvature of T_1.

    >>> from swref.networks import MLP
    >>> growth = bias_curvatures(SkipNet.of_mlp(MLP((1, 2), "tanh", "softplus")))
    >>> bool(growth[-1][1] > 200)
    True
    """
    x, h, found = np.zeros((1, net.dim_in)), 1e-3, []
    for t in SCALES:
        products = []
        for s in (-h, 0.0, h):
            u = np.zeros(net.n_params)
            net.blocks(u)[1][:2] = t, -0.5 + s
            T = net.forward(u, x)[0][0]
            products.append(float(T[0] * T[1]))
        found.append((t, abs(products[0] - 2 * products[1] + products[2]) / h**2))
    return tuple(found)


def particle_quotients(net: Particles) -> Growth:
    """|T(u, 1) - T(u, 0)| / |1 - 0| where the particles 0 and 1 are t apart.

    >>> particle_quotients(Particles(2, 1))[0]
    (1.0, 1.0)
    """
    found = []
    for t in SCALES:
        u = np.zeros((net.m, net.d))
        u[0, 0], u[1, 0] = -t / 2, t / 2
        T, _ = net.forward(u.ravel(), np.array([[0.0], [1.0]]))
        found.append((t, float(np.linalg.norm(T[1] - T[0]))))
    return tuple(found)
