"""Networks, one step and whole runs: the gradient in the parameters, where the chain rule can go wrong.

To cover another network, add an entry to NETWORKS: a name and a maker. Everything below follows from it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import numpy as np

from swref.crosscheck.catalog.makers import in_dtype
from swref.crosscheck.inputs import Inputs
from swref.crosscheck.kinds import NetworkCase, TraceCase
from swref.networks import MLP, CutOff, Network, Particles, SkipNet
from swref.spec import uniform_directions

NETWORKS: Final[dict[str, Callable[[], Network]]] = {
    "mlp-tanh": lambda: MLP((2, 16, 16, 3)),
    "mlp-relu": lambda: MLP((2, 16, 3), "relu"),
    "mlp-softplus": lambda: MLP((2, 16, 3), "softplus"),
    "affine": lambda: MLP((3, 2)),
    "skip": lambda: SkipNet((2, 8, 8, 3)),
    "skip-shared": lambda: SkipNet((2, 8, 8, 3), connections=((1, 0), (2, 1), (3, 2), (3, 0)), shared=((1, 2),)),
    "cut-off": lambda: CutOff(MLP((2, 8, 3)), r_u=3.0, r_x=2.0, eps=1.0),  # radii that |u| and |x| are near
    "particles": lambda: Particles(32, 3),
}
TRACED: Final = ("mlp-tanh", "mlp-relu", "mlp-softplus", "skip", "cut-off", "particles")


def cases() -> list[NetworkCase | TraceCase]:
    """The cases of this module."""
    return [*_parameters(), *_traces()]


def _batch(net: Network, p: float, dtype: str) -> Callable[[np.random.Generator], Inputs]:
    def make(rng: np.random.Generator) -> Inputs:
        x, y = network_input(net, rng, 32), 0.8 * rng.standard_normal((32, net.dim_out)) + 0.4
        return in_dtype(x, y, uniform_directions(rng, 4, net.dim_out), p, dtype=dtype)

    return make


def network_input(net: Network, rng: np.random.Generator, n: int) -> np.ndarray:
    """A batch [n, dx] that `net` accepts: for particles n different indices."""
    if isinstance(net, Particles):
        return rng.permutation(net.m)[:n, None].astype(np.float64)
    return rng.standard_normal((n, net.dim_in))


def _parameters() -> list[NetworkCase]:
    why = "phi through {}: every layer's transpose, bias sum and activation derivative"
    plain = [
        NetworkCase(
            f"parameters-{name}-{dtype}", why.format(name), ("network", name, dtype), net, _batch(net, 2.0, dtype)
        )
        for name, make in NETWORKS.items()
        for dtype in ("float64", "float32")
        for net in [make()]
    ]
    net = NETWORKS["mlp-tanh"]()
    other_orders = [
        NetworkCase(f"parameters-mlp-tanh-p{p:g}", f"phi for p = {p:g}", ("network", f"p{p:g}"), net, batch)
        for p in (1.0, 3.0)
        for batch in [_batch(net, p, "float64")]
    ]
    why = "u - alpha phi + alpha a xi, then the projection of the whole vector on the ball"
    batch = _batch(net, 2.0, "float64")
    noised = NetworkCase("step-noised-projected", why, ("network", "noise"), net, batch, noise=0.5, radius=2.0)
    return [*plain, *other_orders, noised]


def _traces() -> list[TraceCase]:
    why = "a run under given draws: small errors of each step add up, and a wrong step size shows"
    net = NETWORKS["mlp-tanh"]()
    return [
        *(TraceCase(f"trace-{name}", why, ("trace", name), NETWORKS[name]()) for name in TRACED),
        TraceCase("trace-noised-projected", why, ("trace", "noise"), net, noise=0.2, radius=4.0),
        TraceCase("trace-one-direction", why, ("trace",), net, directions=1, steps=100),
        TraceCase("trace-momentum", why, ("trace", "rule"), net, rule="momentum"),
        TraceCase("trace-adam", why, ("trace", "rule"), net, alpha=0.01, rule="adam"),
    ]
