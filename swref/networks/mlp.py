"""The multilayer perceptron over one flat parameter vector, forward and backward side by side.

Letters: `n` batch size; `d_0 = dx`, ..., `d_N = d` the layer sizes; `u[d_u]` the flat parameters; `W_k[d_{k-1}, d_k]`
and `b_k[d_k]` the views of layer k into u; `z_k[d_k, n]` and `h_k[d_k, n]` its values before and after the activation,
a column a point. In u the row b_k follows W_k, and in the cache a row of ones follows h_k:

    A_k = [W_k; b_k]   [d_{k-1} + 1, d_k],      H_k = [h_k; 1]   [d_k + 1, n],      z_k = A_k^T H_{k-1}

so that one product adds the biases too, and another is the gradient in both W_k and b_k. With passes of their own over
the batch they took a tenth of the time of a small network's step.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import DTypeLike

from swref import checks
from swref.arrays import Array, namespace
from swref.checks import count, one_of, shown
from swref.errors import InputError, InputTypeError
from swref.networks.activations import ACTIVATIONS, Activation
from swref.networks.inits import bias_bound, draw, weight_bound
from swref.networks.operands import batch, flat_vector, product, put_transposed, rows_with_ones
from swref.randomness import Seed
from swref.reprs import Shown

Layer = tuple[Array, Array]  # (W_k[d_{k-1}, d_k], b_k[d_k])


class Cache(NamedTuple):
    """What `forward` leaves for `backward`; an entry of z is None where no derivative reads it."""

    A: list[Array]  # A_1 .. A_N, views of u
    H: list[Array]  # H_0 .. H_{N-1}
    z: list[Array | None]  # z_1 .. z_{N-1}, and the transpose of z_N
    out: Array  # [n, d_N] the transpose of h_N


@dataclass(frozen=True)
class MLP(Shown):
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
        if isinstance(self.sizes, (str, bytes)) or not isinstance(self.sizes, (Sequence, np.ndarray)):
            raise InputTypeError(f"sizes must be a sequence of integers, got {shown(self.sizes)}")
        sizes = tuple(count(f"sizes[{k}]", size) for k, size in enumerate(self.sizes))
        if len(sizes) < 2:
            raise InputError(f"sizes must name at least an input and an output dimension, got {shown(self.sizes)}")
        one_of("activation", self.activation, ACTIVATIONS)
        one_of("output_activation", self.output_activation, ACTIVATIONS)
        # Set once, here: the dataclass is frozen so that threads can share it and it can be hashed and compared.
        object.__setattr__(self, "sizes", sizes)
        n_params = count("the number of parameters", sum((a + 1) * b for a, b in pairwise(sizes)))
        object.__setattr__(self, "n_params", n_params)

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
        checks.parameter_shape("u", u, self.n_params)
        return [(A[:-1], A[-1]) for A in self._affine(u)]

    def _affine(self, u: Array) -> list[Array]:
        """[A_1, ..., A_N], contiguous views of u[d_u]."""
        views, start = [], 0
        for d_in, d_out in pairwise(self.sizes):
            stop = start + (d_in + 1) * d_out
            views.append(u[start:stop].reshape(d_in + 1, d_out))
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
        x = batch("x", x, self.dim_in, like=u)
        xp, A, H, z = namespace(u), self._affine(u), rows_with_ones(u, len(x), self.sizes[:-1]), []
        *hidden, last = self.activations
        put_transposed(x, H[0][:-1])
        for k, act in enumerate(hidden):
            h = H[k + 1][:-1]
            # Where the derivative can be had from h_k alone, h_k overwrites z_k: half the memory to write and to keep.
            z.append(xp.empty_like(h) if act.needs_z else None)
            act.value(product(A[k].T, H[k], out=z[k] if act.needs_z else h), out=h)
        # The output gets an allocation of its own: who keeps it need not keep the hidden layers.
        z_out = product(H[-1].T, A[-1])  # [n, d_N]
        out = last.value(z_out, out=None if last.needs_z else z_out)
        z.append(z_out if last.needs_z else None)
        return out, Cache(A, H, z, out)

    def backward(self, cache: Cache, dout: Array) -> Array:
        """du[d_u] = sum_i (dT/du(u, x_i))^T dout_i, for dout[n, d_N], at the u and x that `cache` comes from.

        Raises InputError for a dout of another shape than the output, InputTypeError for another dtype.

        >>> net = MLP((1, 1))
        >>> _, cache = net.forward(np.array([2.0, 0.5]), np.array([[1.0], [2.0]]))
        >>> net.backward(cache, np.ones((2, 1)))
        array([3., 2.])
        """
        A, H, z, out = cache
        dout = batch("dout", dout, self.dim_out, like=out, n=len(out))
        xp, acts = namespace(dout), self.activations
        du = xp.empty(self.n_params, dtype=dout.dtype)
        dA = self._affine(du)
        # forward: out = act.value(z_out)
        dz = acts[-1].chain(z[-1], out, dout).T  # dz_N[d_N, n]
        for k in range(len(A) - 1, -1, -1):
            # forward: z = A[k].T @ H[k]
            product(H[k], dz.T, out=dA[k])
            if k > 0:  # no one asks for the gradient in x
                dh = product(A[k][:-1], dz)  # dh_k[d_k, n]
                # forward: h = act.value(z)
                dz = acts[k - 1].chain(z[k - 1], H[k][:-1], dh, out=dh)
        return du

    def jvp(self, u: Array, x: Array, v: Array) -> Array:
        """The derivative dT/du(u, x_i) v [n, d_N] of the outputs in the direction v[d_u] of the parameters.

        Raises the errors of `forward`, for v as for u.

        >>> MLP((1, 1)).jvp(np.array([2.0, 0.5]), np.array([[1.0], [2.0]]), np.array([1.0, 0.0])).ravel()
        array([1., 2.])
        """
        _, (A, H, z, out) = self.forward(u, x)
        V = self._affine(flat_vector("v", v, self.n_params, like=u))
        *hidden, last = self.activations
        z_dot = V[0].T @ H[0]  # the tangent of z_1[d_1, n]; h_0 = x does not move
        for k, act in enumerate(hidden, start=1):
            # forward: h = act.value(z)
            h_dot = act.chain(z[k - 1], H[k][:-1], z_dot)
            # forward: z = A[k].T @ H[k]
            z_dot = A[k][:-1].T @ h_dot
            z_dot += V[k].T @ H[k]
        return namespace(u).ascontiguousarray(last.chain(z[-1], out, z_dot.T))

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
