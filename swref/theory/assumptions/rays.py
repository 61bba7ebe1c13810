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
MOST_NUMBERS: Final = 4_000_000  # of the matrix that a LevelRay inverts

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


@dataclass(frozen=True)
class LevelRay:
    """u(t) = u_0 + t n along which at one x no pre-activation z_k changes: of a network whose blocks are shared.

    With h_k = act_k(z_k) given, z_k = sum_j A_{k,j} h_j + b_k is linear in u: u_0 solves it, and n is in the kernel. So
    T is constant on the ray and its derivatives in u are polynomials in t; the first grows with the matrices behind
    hidden layers, unless these stand still.
    """

    net: SkipNet
    x: np.ndarray  # [1, d_x]
    start: np.ndarray  # u_0 [d_u]
    direction: np.ndarray  # n [d_u]

    @classmethod
    def of(cls, net: SkipNet, points: np.ndarray) -> LevelRay | None:
        """At one of points [k, d_x] of the support, where there is such a ray; None where none was found.

        Tried are z_k = 1/2 everywhere and, where every layer is as wide as x, the z_k with act_k(z_k) = x: for tanh and
        one block of one unit there is a ray at |x| < 1 alone. Networks with d_u sum_k d_k > MOST_NUMBERS are not
        looked at.
        """
        if sum(net.sizes[1:]) * net.n_params > MOST_NUMBERS:
            return None
        for x in points:
            for z in ([np.full(d, 0.5) for d in net.sizes[1:]], _levels(net, x)):
                if z is not None and (found := cls._at(net, x, z)) is not None:
                    sizes = [size for _, size in found.quotients()]
                    if sizes[-1] > 3 * sizes[-2] > 9 * sizes[-3] > 0:
                        return found
        return None

    @classmethod
    def _at(cls, net: SkipNet, x: np.ndarray, z: list[np.ndarray]) -> LevelRay | None:
        h = [x] + [act.value(level) for act, level in zip(net.activations, z, strict=True)]
        first = np.cumsum([0, *net.sizes[1:]])  # of the rows of a layer
        rows, behind = np.zeros((first[-1], net.n_params)), np.zeros(net.n_params)
        some = np.random.default_rng(0).standard_normal(net.n_params)
        for key, place in net.layout.items():
            k, j = (key, None) if isinstance(key, int) else key
            block = np.arange(place.start, place.stop).reshape(-1, net.sizes[k])  # [d_j, d_k]; a bias has one row
            for i, column in enumerate(block.T):
                rows[first[k - 1] + i, column] += 1.0 if j is None else h[j]
            if j:
                behind[place] = some[place]
        inverse, levels = np.linalg.pinv(rows), np.concatenate(z)
        start, direction = inverse @ levels, behind - inverse @ (rows @ behind)
        exact = 1e-10 * (1 + np.abs(levels).max())
        if np.abs(rows @ start - levels).max() > exact or np.abs(direction).max() < 1e-6:
            return None
        return cls(net, x[None], start, direction / np.linalg.norm(direction))

    def _gradient(self, t: float) -> np.ndarray:
        """Of T_0 in u at u(t)."""
        T, cache = self.net.forward(self.start + t * self.direction, self.x)
        first = np.zeros_like(T)
        first[0, 0] = 1.0
        return np.asarray(self.net.backward(cache, first))

    def quotients(self) -> Growth:
        """|grad_u T_0| at u(t)."""
        return tuple((t, float(np.linalg.norm(self._gradient(t)))) for t in SCALES)

    def second_derivatives(self) -> Growth:
        """d^2 (T_0^2)/ds^2 at u(t) + s e, as a second difference, e the direction of the gradient of T_0."""

        def at(t: float) -> float:
            g = self._gradient(t)
            size = float(np.linalg.norm(g)) or 1.0
            u, h = self.start + t * self.direction, 0.01 / size
            squares = [float(self.net.forward(u + s / size * g, self.x)[0][0, 0]) ** 2 for s in (-h, 0.0, h)]
            return abs(squares[0] - 2 * squares[1] + squares[2]) / h**2

        return tuple((t, at(t)) for t in SCALES)


def _levels(net: SkipNet, x: np.ndarray) -> list[np.ndarray] | None:
    """z_k [d_k] with act_k(z_k) = x for every layer, by bisection; None where a width or an activation has none."""
    if any(d != len(x) for d in net.sizes):
        return None
    found = []
    for act in net.activations:
        low, high = np.full(len(x), -30.0), np.full(len(x), 30.0)
        for _ in range(200):
            middle = (low + high) / 2
            below = act.value(middle) < x
            low, high = np.where(below, middle, low), np.where(below, high, middle)
        if np.abs(act.value(high) - x).max() > 1e-12:
            return None
        found.append(high)
    return found


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
