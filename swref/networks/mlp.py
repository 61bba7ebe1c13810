"""The multilayer perceptron over one flat parameter vector, forward and backward side by side.

Letters: `n` batch size; `d_0 = dx`, ..., `d_N = d` the layer sizes; `u[d_u]` the flat parameters; `W_k[d_{k-1}, d_k]`
and `b_k[d_k]` the views of layer k into u; `z_k[n, d_k]` and `h_k[n, d_k]` its values before and after the activation.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import DTypeLike

from swref.checks import integer, one_of
from swref.errors import InputError, InputTypeError
from swref.networks.activations import ACTIVATIONS, Activation
from swref.networks.arrays import Array, batch, blocks, flat_vector, namespace
from swref.networks.inits import bias_bound, draw, weight_bound
from swref.randomness import Seed

Layer = tuple[Array, Array]  # (W_k[d_{k-1}, d_k], b_k[d_k])


class Cache(NamedTuple):
    """What `forward` leaves for `backward`: u as layers, h_0 .. h_N, and z_1 .. z_N (None: no derivative reads it)."""

    layers: list[Layer]
    h: list[Array]
    z: list[Array | None]


@dataclass(frozen=True)
class MLP:
    """The multilayer perceptron T(u, x) = h_N of the flat parameters u, for x[n, d_0] and `sizes` (d_0, ..., d_N).

        h_0 = x,    z_k = h_{k-1} W_k + b_k,    h_k = act_k(z_k),    k = 1..N

    act_1 .. act_{N-1} are `activation`, act_N is `output_activation` (names that `swref.networks.activation` knows).
    The layout of u[d_u] is W_1 (C order), b_1, W_2, b_2, ..., b_N, so d_u = sum_k (d_{k-1} + 1) d_k.

    It is Appendix D of Tanguy (TMLR 2023) with A_{k,i} = 0 for i < k-1, before the cut-offs: without them A2 and A5
    fail as soon as N >= 2. Raises InputError for fewer than two sizes, a size < 1 or an unknown activation, and
    InputTypeError for sizes that are not integers.

    >>> net = MLP((2, 16, 1))
    >>> u = net.init(0)
    >>> out, cache = net.forward(u, np.zeros((5, 2)))
    >>> out.shape, net.backward(cache, np.ones((5, 1))).shape, net.n_params
    ((5, 1), (65,), 65)
    """

    sizes: Sequence[int]
    activation: str = "tanh"
    output_activation: str = "identity"
    n_params: int = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        if isinstance(self.sizes, str) or not isinstance(self.sizes, (Sequence, np.ndarray)):
            raise InputTypeError(f"sizes must be a sequence of integers, got {self.sizes!r}")
        sizes = tuple(integer(f"sizes[{k}]", size, minimum=1) for k, size in enumerate(self.sizes))
        if len(sizes) < 2:
            raise InputError(f"sizes must name at least an input and an output dimension, got {self.sizes!r}")
        one_of("activation", self.activation, ACTIVATIONS)
        one_of("output_activation", self.output_activation, ACTIVATIONS)
        # Set once, here: the dataclass is frozen so that threads can share it and it can be hashed and compared.
        object.__setattr__(self, "sizes", sizes)
        object.__setattr__(self, "n_params", sum((a + 1) * b for a, b in pairwise(sizes)))

    @property
    def dim_in(self) -> int:
        """dx = d_0, the dimension of an input point."""
        return self.sizes[0]

    @property
    def dim_out(self) -> int:
        """d = d_N, the dimension of an output point."""
        return self.sizes[-1]

    @property
    def activations(self) -> tuple[Activation, ...]:
        """(act_1, ..., act_N).

        >>> [act.name for act in MLP((2, 8, 8, 1)).activations]
        ['tanh', 'tanh', 'identity']
        """
        hidden = ACTIVATIONS[self.activation]
        return (hidden,) * (len(self.sizes) - 2) + (ACTIVATIONS[self.output_activation],)

    def layers(self, u: Array) -> list[Layer]:
        """[(W_1, b_1), ..., (W_N, b_N)], views of u[d_u]: writing into them writes into u.

        Raises InputError for a u of another shape.

        >>> net = MLP((2, 3))
        >>> u = np.arange(9.0)
        >>> [(W, b)] = net.layers(u)
        >>> W.shape, b
        ((2, 3), array([6., 7., 8.]))
        """
        if u.shape != (self.n_params,):
            raise InputError(f"u must have shape ({self.n_params},), got {u.shape}")
        views, start = [], 0
        for d_in, d_out in pairwise(self.sizes):
            middle = start + d_in * d_out
            stop = middle + d_out
            views.append((u[start:middle].reshape(d_in, d_out), u[middle:stop]))
            start = stop
        return views

    def half_widths(self, scheme: str = "glorot") -> Array:
        """The half-widths [d_u] of the box on which `init` draws u0 uniformly under "glorot", "he" or "lecun".

        >>> MLP((1, 1)).half_widths("lecun").round(3)
        array([1.732, 1.   ])
        """
        widths = np.empty(self.n_params)
        for W, b in self.layers(widths):
            W[...] = weight_bound(scheme, *W.shape)
            b[...] = bias_bound(W.shape[0])
        return widths

    def init(
        self, rng: Seed, scheme: str = "glorot", radius: float | None = None, *, dtype: DTypeLike = np.float64
    ) -> Array:
        """An initial u0[d_u], of a law with a density on a compact set, as Theorem 1 of Tanguy (TMLR 2023) asks.

        "glorot", "he", "lecun": independent and uniform coordinates, the weights in +- the bound of that name, the
        biases in +- 1/sqrt(d_{k-1}), hence a density on a box; neither Gaussian weights nor biases at zero would do.
        "ball": uniform on the Euclidean ball B(0, radius) of R^{d_u}. Drawn in float64, then rounded to `dtype`.
        Raises InputError for an unknown scheme, or a radius that is missing, not positive or not used.

        >>> bool(np.linalg.norm(MLP((2, 8, 1)).init(0, "ball", radius=3.0)) <= 3.0)
        True
        """
        return draw(rng, self.n_params, self.half_widths, scheme, radius, dtype)

    def forward(self, u: Array, x: Array) -> tuple[Array, Cache]:
        """T(u, x)[n, d_N] and the cache for `backward`, from u[d_u] and x[n, d_0] of one dtype and library.

        The cache refers to u, x and the output: modify none of them before `backward`. Raises InputError for a wrong
        shape, InputTypeError for a dtype other than float32 and float64, or two that differ.

        >>> out, _ = MLP((1, 1)).forward(np.array([2.0, 0.5]), np.array([[1.0], [2.0]]))
        >>> out.ravel()
        array([2.5, 4.5])
        """
        u = flat_vector("u", u, self.n_params)
        h = batch("x", x, self.dim_in, like=u)  # h_0[n, d_0]
        xp, cache = namespace(u), Cache(self.layers(u), [h], [])
        # The output gets an allocation of its own: who keeps it need not keep the hidden layers.
        rooms = [*blocks(u, len(h), self.sizes[1:-1]), None]
        for (W, b), act, room in zip(cache.layers, self.activations, rooms, strict=True):
            z = xp.matmul(h, W, out=room)  # z_k[n, d_k]
            z += b
            # Where the derivative can be had from h_k alone, h_k overwrites z_k: half the memory to write and to keep.
            h = act.value(z, out=None if act.needs_z else z)  # h_k[n, d_k]
            cache.z.append(z if act.needs_z else None)
            cache.h.append(h)
        return h, cache

    def backward(self, cache: Cache, dout: Array) -> Array:
        """du[d_u] = sum_i (dT/du(u, x_i))^T dout_i, for dout[n, d_N], at the u and x that `cache` comes from.

        Raises InputError for a dout of another shape than the output, InputTypeError for another dtype.

        >>> net = MLP((1, 1))
        >>> _, cache = net.forward(np.array([2.0, 0.5]), np.array([[1.0], [2.0]]))
        >>> net.backward(cache, np.ones((2, 1)))
        array([3., 2.])
        """
        layers, h, z = cache
        dh = batch("dout", dout, self.dim_out, like=h[-1], n=len(h[-1]))  # dh_N[n, d_N]
        xp = namespace(dh)
        du = xp.empty(self.n_params, dtype=dh.dtype)
        ones = xp.ones(len(dh), dtype=dh.dtype)  # ones @ dz sums over the batch, at half the time of dz.sum(axis=0)
        d_layers, acts = self.layers(du), self.activations
        for k in range(len(layers) - 1, -1, -1):
            (W, _), (dW, db) = layers[k], d_layers[k]
            # forward: h = act.value(z)
            dz = acts[k].chain(z[k], h[k + 1], dh)  # dz_k[n, d_k]
            # forward: z = xp.matmul(h, W); z += b
            xp.matmul(h[k].T, dz, out=dW)
            xp.matmul(ones, dz, out=db)
            if k > 0:  # no one asks for the gradient in x
                dh = dz @ W.T
        return du

    def jvp(self, u: Array, x: Array, v: Array) -> Array:
        """The derivative dT/du(u, x_i) v [n, d_N] of the outputs in the direction v[d_u] of the parameters.

        Raises the errors of `forward`, for v as for u.

        >>> MLP((1, 1)).jvp(np.array([2.0, 0.5]), np.array([[1.0], [2.0]]), np.array([1.0, 0.0])).ravel()
        array([1., 2.])
        """
        _, (layers, h, z) = self.forward(u, x)
        v = flat_vector("v", v, self.n_params, like=u)
        h_dot = namespace(u).zeros_like(h[0])  # the tangent of h_k[n, d_k]; h_0 = x does not move
        for k, ((W, _), (V, c), act) in enumerate(zip(layers, self.layers(v), self.activations, strict=True)):
            # forward: z = xp.matmul(h, W); z += b
            z_dot = h_dot @ W
            z_dot += h[k] @ V
            z_dot += c
            # forward: h = act.value(z)
            h_dot = act.chain(z[k], h[k + 1], z_dot)
        return h_dot

    def to_dict(self) -> dict[str, Any]:
        """The name and the arguments, in JSON's types.

        >>> MLP((2, 8, 1)).to_dict()
        {'name': 'MLP', 'sizes': [2, 8, 1], 'activation': 'tanh', 'output_activation': 'identity'}
        """
        return {
            "name": "MLP",
            "sizes": list(self.sizes),
            "activation": self.activation,
            "output_activation": self.output_activation,
        }
