"""The networks of swref in an autodiff library: one forward pass for every library that spells NumPy's names.

`xp` is the module torch or jax.numpy. To cover another network, add its forward pass to FORWARDS under its class name.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from types import ModuleType
from typing import Any, Final

from swref.networks import MLP, CutOff, Network, Particles, SkipNet

ACTIVATIONS: Final[dict[str, Callable[[Any, ModuleType], Any]]] = {
    "identity": lambda z, xp: z,
    "tanh": lambda z, xp: xp.tanh(z),
    "relu": lambda z, xp: xp.where(z > 0, z, xp.zeros_like(z)),
    "sigmoid": lambda z, xp: 1 / (1 + xp.exp(-z)),
    "softplus": lambda z, xp: xp.logaddexp(z, xp.zeros_like(z)),
}


def _mlp(net: MLP, u: Any, x: Any, xp: ModuleType) -> Any:
    h, start = x, 0
    for (d_in, d_out), act in zip(pairwise(net.sizes), net.activations, strict=True):
        middle = start + d_in * d_out
        stop = middle + d_out
        h = ACTIVATIONS[act.name](h @ u[start:middle].reshape(d_in, d_out) + u[middle:stop], xp)
        start = stop
    return h


def _skip_net(net: SkipNet, u: Any, x: Any, xp: ModuleType) -> Any:
    h = [x]
    for k, act in enumerate(net.activations, start=1):
        z = u[net.layout[k]]
        for i in net.inputs(k):
            z = z + h[i] @ u[net.layout[k, i]].reshape(net.shape((k, i)))
        h.append(ACTIVATIONS[act.name](z, xp))
    return h[-1]


def _chi(v: Any, radius: float, eps: float, xp: ModuleType) -> Any:
    s = ((radius + eps) ** 2 - (v * v).sum(axis=-1)) / (4 * radius * eps)
    s = xp.clip(s, 1e-3, 1 - 1e-3)  # flat to rounding beyond
    return (1 + xp.tanh((1 / (1 - s) - 1 / s) / 2)) / 2


def _cut_off(net: CutOff, u: Any, x: Any, xp: ModuleType) -> Any:
    inside = forward(net.net, u, x, xp)
    return inside * _chi(u, net.r_u, net.eps, xp) * _chi(x, net.r_x, net.eps, xp)[:, None]


def _particles(net: Particles, u: Any, x: Any, xp: ModuleType) -> Any:
    points = u.reshape(net.m, net.d)
    chosen = x == xp.arange(net.m)  # [n, m], from the indices x [n, 1]
    return xp.where(chosen[:, :, None], points, xp.zeros_like(points)).sum(axis=1)


FORWARDS: Final[dict[str, Callable[[Any, Any, Any, ModuleType], Any]]] = {
    "MLP": _mlp,
    "SkipNet": _skip_net,
    "CutOff": _cut_off,
    "Particles": _particles,
}


def forward(net: Network, u: Any, x: Any, xp: ModuleType) -> Any:
    """T(u, x) [n, d] by operations of `xp`; raises NotImplementedError for a network without an entry.

    >>> import numpy as np
    >>> net = MLP((2, 4, 3), "softplus")
    >>> u, x = net.init(0), np.ones((5, 2))
    >>> bool(np.allclose(forward(net, u, x, np), net.forward(u, x)[0]))
    True
    """
    name = type(net).__name__
    if name not in FORWARDS:
        raise NotImplementedError(f"no forward pass of {name} in {xp.__name__}")
    return FORWARDS[name](net, u, x, xp)
