"""Networks in which every layer may see all earlier ones, the general form of Appendix D of Tanguy (TMLR 2023).

Letters: `n` batch size; `d_0 = dx`, ..., `d_N = d` the layer sizes; `u[d_u]` the flat parameters; `A_{k,i}[d_i, d_k]`
and `b_k[d_k]` the blocks of layer k, views into u; `z_k[d_k, n]` and `h_k[d_k, n]` its values before and after the
activation, a column a point. A block is named by its key: the pair (k, i) for A_{k,i}, the number k for b_k.

As in the MLP a row of ones follows h_k in the cache, `H_k[d_k + 1, n]`: a bias that follows its layer's last A_{k,i} in
u, which it does unless one of the two is shared, is a row of that matrix.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import DTypeLike

from swref import checks
from swref.arrays import Array, namespace
from swref.errors import InputError, InputTypeError
from swref.networks.activations import ACTIVATIONS, Activation
from swref.networks.connections import Key, Pair, activation_names, check_connections
from swref.networks.inits import bias_bound, draw, weight_bound
from swref.networks.mlp import MLP
from swref.networks.operands import batch, flat_vector, product, put_transposed, rows_with_ones
from swref.randomness import Seed
from swref.reprs import Shown


class Cache(NamedTuple):
    """What `forward` leaves for `backward`; an entry of z is None where no derivative reads it."""

    layers: list[Layer]  # of u
    H: list[Array]  # H_0 .. H_{N-1}
    z: list[Array | None]  # z_1 .. z_{N-1}, and the transpose of z_N
    out: Array  # [n, d_N] the transpose of h_N


class Layer(NamedTuple):
    """What makes z_k = sum_i A_i^T H_i + b, views of u: an A_i without a last row for the bias takes h_i alone."""

    matrices: dict[int, Array]  # i: A_i[d_i, d_k], or [d_i + 1, d_k] with the bias as its last row
    bias: Array | None  # [d_k], where it is no row of a matrix


@dataclass(frozen=True)
class SkipNet(Shown):
    """T(u, x) = h_N with skip connections, for x[n, d_0], flat parameters u[d_u] and `sizes` (d_0, ..., d_N).

        h_0 = x,    z_k = sum_i h_i A_{k,i} + b_k,    h_k = act_k(z_k),    k = 1..N, i < k

    `connections` lists the pairs (k, i) of the A_{k,i} that exist, all of them by default; the pairs (k, k-1) alone
    make the MLP. `activation` is one name for the hidden layers, or one each; act_N is `output_activation`. Every block
    is a slice of u, hence linear in u; layer by layer, u holds A_{k,i} by increasing i (C order), then b_k. `shared`
    lists groups of keys whose blocks are one slice, laid out where the first of them stands: ((2, 1), (3, 2)) ties two
    matrices, (2, 3) two biases; the gradient in the slice is the sum over its blocks.

    Raises InputError or InputTypeError for sizes, names, connections or groups that make no network: an unknown key, a
    layer that nothing enters or, but for the last, that nothing reads, blocks of a group that differ in shape.
    Source: Appendix D of Tanguy (TMLR 2023), before the cut-offs.

    >>> SkipNet((2, 3, 1), connections=[(1, 0), (2, 1)], shared=[((1, 0), (2, 0))])
    Traceback (most recent call last):
    swref.errors.InputError: shared[0] names the block (2, 0), which does not exist; connect it, or leave it out
    >>> net = SkipNet((2, 3, 3, 1), shared=[(1, 2)])
    >>> net.n_params, [key for key, place in net.layout.items() if place == net.layout[1]]
    (33, [1, 2])
    """

    sizes: tuple[int, ...]
    activation: str | tuple[str, ...] = "tanh"
    output_activation: str = "identity"
    connections: tuple[Pair, ...] = field(default=None)  # type: ignore[arg-type]  # replaced by all when it is made
    shared: tuple[tuple[Key, ...], ...] = ()
    n_params: int = field(init=False, repr=False, compare=False)
    layout: dict[Key, slice] = field(init=False, repr=False, compare=False)

    if TYPE_CHECKING:  # what is given may be any sequence, what is kept is a tuple

        def __init__(
            self,
            sizes: Sequence[int],
            activation: str | Sequence[str] = "tanh",
            output_activation: str = "identity",
            connections: Iterable[Pair] | None = None,
            shared: Iterable[Sequence[Key]] = (),
        ) -> None: ...

    def __post_init__(self) -> None:
        hidden = self.activation if isinstance(self.activation, str) else "identity"
        sizes = MLP(self.sizes, hidden, self.output_activation).sizes  # the same checks
        depth = len(sizes) - 1
        values = {
            "sizes": sizes,
            "activation": activation_names(self.activation, depth),
            "connections": check_connections(self.connections, depth),
        }
        for name, value in values.items():
            object.__setattr__(self, name, value)
        object.__setattr__(self, "shared", self._check_groups())
        layout, stop = {}, 0
        owner = {key: min(group, key=self._keys().index) for group in self.shared for key in group}
        for key in self._keys():
            if owner.get(key, key) == key:
                start, stop = stop, stop + int(np.prod(self.shape(key)))
                layout[key] = slice(start, stop)
            else:
                layout[key] = layout[owner[key]]
        object.__setattr__(self, "layout", layout)
        object.__setattr__(self, "n_params", checks.count("the number of parameters", stop))

    @classmethod
    def of_mlp(cls, net: MLP) -> SkipNet:
        """The MLP `net` as a SkipNet: the same u, the same T(u, x), bit for bit.

        >>> SkipNet.of_mlp(MLP((2, 8, 1))).connections
        ((1, 0), (2, 1))
        """
        consecutive = [(k, k - 1) for k in range(1, len(net.sizes))]
        return cls(net.sizes, net.activation, net.output_activation, consecutive)

    @property
    def dim_in(self) -> int:
        """dx = d_0, the dimension of an input point."""
        return self.sizes[0]

    @property
    def dim_out(self) -> int:
        """d = d_N, the dimension of an output point."""
        return self.sizes[-1]

    @property
    def depth(self) -> int:
        """N, the number of layers."""
        return len(self.sizes) - 1

    @property
    def activations(self) -> tuple[Activation, ...]:
        """(act_1, ..., act_N).

        >>> [act.name for act in SkipNet((2, 8, 8, 1), ("tanh", "silu")).activations]
        ['tanh', 'silu', 'identity']
        """
        given = self.activation
        names = (given,) * (self.depth - 1) if isinstance(given, str) else given
        return tuple(ACTIVATIONS[name] for name in (*names, self.output_activation))

    def inputs(self, k: int) -> tuple[int, ...]:
        """The layers i < k that layer k reads, increasing.

        >>> SkipNet((2, 3, 1)).inputs(2)
        (0, 1)
        """
        return tuple(i for layer, i in self.connections if layer == k)

    def shape(self, key: Key) -> tuple[int, ...]:
        """The shape (d_i, d_k) of A_{k,i}, or (d_k,) of b_k.

        >>> SkipNet((2, 3, 1)).shape((2, 0))
        (2, 1)
        """
        return (self.sizes[key],) if isinstance(key, int) else (self.sizes[key[1]], self.sizes[key[0]])

    def blocks(self, u: Array) -> dict[Key, Array]:
        """Every block by its key, a view of u[d_u]: writing into it writes into u, and into the blocks that share it.

        Raises InputError for a u of another shape.

        >>> blocks = SkipNet((1, 1, 1)).blocks(np.arange(5.0))
        >>> blocks[2, 0], blocks[2, 1], blocks[2]
        (array([[2.]]), array([[3.]]), array([4.]))
        """
        checks.parameter_shape("u", u, self.n_params)
        return {key: u[place].reshape(self.shape(key)) for key, place in self.layout.items()}

    def _layers(self, u: Array) -> list[Layer]:
        blocks, layers = self.blocks(u), []
        for k in range(1, self.depth + 1):
            matrices: dict[int, Array] = {i: blocks[k, i] for i in self.inputs(k)}
            bias: Array | None = blocks[k]
            i = self.inputs(k)[-1]
            place, behind = self.layout[k, i], self.layout[k]
            if place.stop == behind.start:
                matrices[i], bias = u[place.start : behind.stop].reshape(self.sizes[i] + 1, self.sizes[k]), None
            layers.append(Layer(matrices, bias))
        return layers

    def half_widths(self, scheme: str = "glorot") -> Array:
        """The half-widths [d_u] of the box on which `init` draws: fan_in of layer k is the sum of d_i over its inputs.

        A shared slice has those of its first block.

        >>> SkipNet((1, 1)).half_widths("lecun").round(3)
        array([1.732, 1.   ])
        """
        widths = np.empty(self.n_params)
        views = self.blocks(widths)
        for key in reversed(self._keys()):  # so that the first block of a group has the last word
            k = key if isinstance(key, int) else key[0]
            fan_in = sum(self.sizes[i] for i in self.inputs(k))
            bias = isinstance(key, int)
            views[key][...] = bias_bound(fan_in) if bias else weight_bound(scheme, fan_in, self.sizes[k])
        return widths

    def init(
        self, rng: Seed, scheme: str = "glorot", radius: float | None = None, *, dtype: DTypeLike = np.float64
    ) -> Array:
        """An initial u0[d_u], of a law with a density on a box or a ball; schemes and errors as in MLP.init.

        >>> SkipNet((2, 8, 1)).init(0, "ball", radius=3.0).shape
        (35,)
        """
        return draw(rng, self.n_params, self.half_widths, scheme, radius, dtype)

    def forward(self, u: Array, x: Array) -> tuple[Array, Cache]:
        """T(u, x)[n, d_N] and the cache for `backward`; errors as in MLP.forward.

        >>> SkipNet((1, 1, 1), "relu").forward(np.array([2.0, 0.0, 1.0, 1.0, 0.5]), np.array([[3.0]]))[0]
        array([[9.5]])
        """
        u = flat_vector("u", u, self.n_params)
        x = batch("x", x, self.dim_in, like=u)
        layers, H, z = self._layers(u), rows_with_ones(u, len(x), self.sizes[:-1]), []
        *hidden, last = self.activations
        put_transposed(x, H[0][:-1])
        for k, act in enumerate(hidden, start=1):
            z_k = _sum(product(A.T, H[i][: len(A)]) for i, A in layers[k - 1].matrices.items())  # z_k[d_k, n]
            if (bias := layers[k - 1].bias) is not None:
                z_k += bias[:, None]
            act.value(z_k, out=H[k][:-1])
            z.append(z_k if act.needs_z else None)
        z_out = _sum(product(H[i][: len(A)].T, A) for i, A in layers[-1].matrices.items())  # [n, d_N]
        if layers[-1].bias is not None:
            z_out += layers[-1].bias
        # Where the derivative can be had from h_N alone, h_N overwrites z_N.
        out = last.value(z_out, out=None if last.needs_z else z_out)
        z.append(z_out if last.needs_z else None)
        return out, Cache(layers, H, z, out)

    def backward(self, cache: Cache, dout: Array) -> Array:
        """du[d_u] = sum_i (dT/du(u, x_i))^T dout_i for dout[n, d_N]; errors as in MLP.backward.

        >>> net = SkipNet((1, 1, 1), shared=[((1, 0), (2, 0), (2, 1)), (1, 2)], activation="identity")
        >>> _, cache = net.forward(np.array([2.0, 0.0]), np.array([[3.0]]))  # T = 3 u + u (3 u + b) + b
        >>> net.backward(cache, np.ones((1, 1)))
        array([15.,  3.])
        """
        layers, H, z, out = cache
        dout = batch("dout", dout, self.dim_out, like=out, n=len(out))
        xp, acts = namespace(dout), self.activations
        du = xp.zeros(self.n_params, dtype=dout.dtype)
        d_layers = self._layers(du)
        ones = xp.ones(len(dout), dtype=dout.dtype)
        dh: dict[int, Array] = {}  # dh_k[d_k, n]
        for k in range(self.depth, 0, -1):
            # forward: h = act.value(z)
            if k == self.depth:
                dz = acts[-1].chain(z[-1], out, dout).T  # dz_N[d_N, n]
            else:
                dz = acts[k - 1].chain(z[k - 1], H[k][:-1], dh[k], out=dh[k])  # dz_k[d_k, n]
            # forward: z = sum_i A_i.T @ H_i + b; += because a slice may serve several blocks
            (matrices, _), (d_matrices, d_bias) = layers[k - 1], d_layers[k - 1]
            if d_bias is not None:
                d_bias += dz @ ones
            for i, A in matrices.items():
                d_matrices[i] += product(H[i][: len(A)], dz.T)
                if i > 0:  # no one asks for the gradient in x
                    term = product(A[: self.sizes[i]], dz)
                    dh[i] = _sum((dh[i], term)) if i in dh else term
        return du

    def jvp(self, u: Array, x: Array, v: Array) -> Array:
        """The derivative dT/du(u, x_i) v [n, d_N] in the direction v[d_u]; errors as in MLP.jvp.

        >>> SkipNet((1, 1)).jvp(np.array([2.0, 0.5]), np.array([[1.0], [2.0]]), np.array([1.0, 0.0])).ravel()
        array([1., 2.])
        """
        _, (layers, H, z, out) = self.forward(u, x)
        v_layers = self._layers(flat_vector("v", v, self.n_params, like=u))
        h_dot = [namespace(u).zeros_like(H[0][:-1])]  # the tangents of h_k[d_k, n]; h_0 = x does not move
        for k, act in enumerate(self.activations, start=1):
            # forward: z = sum_i A_i.T @ H_i + b
            (matrices, _), (V, v_bias) = layers[k - 1], v_layers[k - 1]
            z_dot = _sum(A[: self.sizes[i]].T @ h_dot[i] + V[i].T @ H[i][: len(A)] for i, A in matrices.items())
            if v_bias is not None:
                z_dot += v_bias[:, None]
            # forward: h = act.value(z)
            if k < self.depth:
                h_dot.append(act.chain(z[k - 1], H[k][:-1], z_dot))
        return namespace(u).ascontiguousarray(self.activations[-1].chain(z[-1], out, z_dot.T))

    def to_dict(self) -> dict[str, Any]:
        """The name and the arguments, in JSON's types.

        >>> SkipNet((2, 3, 1), connections=[(1, 0), (2, 1)]).to_dict()["connections"]
        [[1, 0], [2, 1]]
        """
        return {
            "name": "SkipNet",
            "sizes": list(self.sizes),
            "activation": self.activation if isinstance(self.activation, str) else list(self.activation),
            "output_activation": self.output_activation,
            "connections": [list(pair) for pair in self.connections],
            "shared": [[key if isinstance(key, int) else list(key) for key in group] for group in self.shared],
        }

    def _keys(self) -> list[Key]:
        """The keys in the order of the layout."""
        keys: list[Key] = []
        for k in range(1, self.depth + 1):
            keys += [*((k, i) for i in self.inputs(k)), k]
        return keys

    def _check_groups(self) -> tuple[tuple[Key, ...], ...]:
        keys, seen = self._keys(), set()
        groups: list[tuple[Key, ...]] = []
        given: Iterable[Any] = self.shared
        if isinstance(given, (str, bytes)) or not isinstance(given, Iterable):
            raise InputTypeError(f"shared must be a sequence of groups of keys, got {checks.shown(given)}")
        for g, group in enumerate(given):
            if isinstance(group, (str, int)) or not isinstance(group, Sequence):
                came = checks.shown(group)
                raise InputTypeError(f"shared[{g}] must be a group of keys, pairs (k, i) or numbers k, got {came}")
            members = tuple(_key(f"shared[{g}]", key) for key in group)
            for key in members:
                if key not in keys:
                    raise InputError(
                        f"shared[{g}] names the block {key}, which does not exist; connect it, or leave it out"
                    )
                if key in seen:
                    raise InputError(f"shared[{g}] names the block {key}, which is in a group already")
                if self.shape(key) != self.shape(members[0]):
                    raise InputError(
                        f"shared[{g}] must name blocks of one shape, got {self.shape(members[0])} for {members[0]} "
                        f"and {self.shape(key)} for {key}"
                    )
                seen.add(key)
            groups.append(members)
        return tuple(groups)


def _key(name: str, value: Any) -> Key:
    """The number k of a bias, or the pair (k, i) of a matrix, as ints."""
    if not isinstance(value, (list, tuple)):
        return checks.integer(name, value, minimum=0)
    if len(value) != 2:
        raise InputTypeError(f"{name} must hold pairs (k, i) or numbers k, got {checks.shown(value)}")
    return checks.integer(name, value[0], minimum=0), checks.integer(name, value[1], minimum=0)


def _sum(terms: Iterable[Array]) -> Array:
    """The sum of at least one array, in order, into the first of them."""
    first, *rest = terms
    for term in rest:
        first += term
    return first
