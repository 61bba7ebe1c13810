"""What a network is, structurally: a map T(u, x) of one flat parameter vector u, and its derivatives in u."""

from __future__ import annotations

from typing import Any, Protocol

import numpy as np
from numpy.typing import DTypeLike

from swref import checks
from swref.arrays import Array, namespace
from swref.errors import InputTypeError
from swref.randomness import Seed


class Network(Protocol):
    """A map T: R^{d_u} x R^{dx} -> R^d, (u, x) -> T(u, x), applied to a batch x[n, dx], with its derivatives in u.

    Any object with these members is a network: nothing inherits from this class. With J_k = dT/du(u, x_k) [d, d_u],

        backward(cache, w) = sum_k J_k^T w_k        jvp(u, x, v)_k = J_k v

    so that <w, jvp(u, x, v)> = <backward(cache, w), v> for every w[n, d] and v[d_u]. At a kink of an activation, J_k
    is the formal Jacobian that the documented derivative of the activation gives.

    A network holds no state besides its description, so several threads may share one. float32 stays float32 and
    float64 stays float64; u, x, v and dout are of one dtype and one library (NumPy or CuPy). The phi of Algorithm 1
    (Tanguy, TMLR 2023) is `backward` applied to the gradient of the sliced Wasserstein loss in T(u, X).

    >>> from swref.networks import MLP
    >>> net: Network = MLP((2, 8, 3))
    >>> net.n_params, net.dim_in, net.dim_out
    (51, 2, 3)
    """

    @property
    def n_params(self) -> int:
        """d_u, the length of the flat parameter vector."""
        ...

    @property
    def dim_in(self) -> int:
        """dx, the dimension of an input point."""
        ...

    @property
    def dim_out(self) -> int:
        """d, the dimension of an output point."""
        ...

    def init(self, rng: Seed, scheme: str = ..., radius: float | None = ..., *, dtype: DTypeLike = ...) -> Array:
        """An initial u[d_u], drawn from a law that has a density on a compact set."""
        ...

    def forward(self, u: Array, x: Array) -> tuple[Array, Any]:
        """T(u, x)[n, d], and the cache that `backward` reads. The cache refers to u, x and the output: modify none."""
        ...

    def backward(self, cache: Any, dout: Array) -> Array:
        """du[d_u] = sum_k J_k^T dout_k at the u and x of the forward pass that made `cache`."""
        ...

    def jvp(self, u: Array, x: Array, v: Array) -> Array:
        """The directional derivative J_k v [n, d] of T(., x_k) at u."""
        ...

    def to_dict(self) -> dict[str, Any]:
        """The name and the arguments of the network, in JSON's types."""
        ...


def check_network(name: str, net: object) -> None:
    """Raise InputTypeError, naming the members that are missing, unless `net` has all that the protocol asks for.

    >>> check_network("net", 3)
    Traceback (most recent call last):
    swref.errors.InputTypeError: net must be a network, got 3, which has no n_params, dim_in, dim_out, init, forward, \
backward, jvp, to_dict
    """
    checks.members(
        name, net, "a network", ("n_params", "dim_in", "dim_out"), ("init", "forward", "backward", "jvp", "to_dict")
    )


def check_passes(name: str, net: Network, u: Array) -> None:
    """Raise InputTypeError unless the passes of `net` at u [d_u] give what the protocol says, tried on points 0.

    One point more than the output has columns, so that no transposed answer looks right.
    """
    xp, n = namespace(u), net.dim_out + 1
    with np.errstate(over="ignore", invalid="ignore"):
        passed = net.forward(u, xp.zeros((n, net.dim_in), u.dtype))
        if not isinstance(passed, tuple) or len(passed) != 2:
            raise InputTypeError(f"{name}.forward must give (out, cache), got {checks.shown(passed)}")
        _check_pass(f"{name}.forward must give out", passed[0], (n, net.dim_out), u)
        du = net.backward(passed[1], xp.zeros((n, net.dim_out), u.dtype))
        _check_pass(f"{name}.backward must give du", du, (net.n_params,), u)


def _check_pass(what: str, array: Any, shape: tuple[int, ...], u: Array) -> None:
    """What a pass gave must be an array of u's library and dtype, and of this shape."""
    if not isinstance(array, type(u)) or array.shape != shape or array.dtype != u.dtype:
        got = f"{array.dtype} {list(array.shape)}" if hasattr(array, "dtype") else checks.shown(array)
        raise InputTypeError(f"{what}, {u.dtype} {list(shape)} for a u of {u.dtype}, got {got}")
