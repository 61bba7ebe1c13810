"""The networks of `architecture`: activation, depth, skip connections, cut-off, and the proven bounds of each."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property

from swref import checks
from swref.errors import InputError, SwrefError
from swref.networks import MLP, CutOff, Network, SkipNet
from swref.theory import NetworkBounds, network_bounds

FAMILIES = ("MLP", "skip")


@dataclass(frozen=True)
class Cut:
    """Where the cut-offs stand: T = 0 beyond |u| = u + eps and beyond |x| = x + eps."""

    u: float
    x: float
    eps: float


@dataclass(frozen=True)
class Architecture:
    """A network from R^2 to R^2 with `depth` layers, hidden ones of `width` units; `family` as in FAMILIES.

    >>> net = Architecture("relu", 2, "skip", 4, Cut(8.0, 3.0, 0.5))
    >>> net.name, net.network.n_params, len(net.layers.layout)
    ('relu skip 2, cut-off', 26, 5)
    """

    activation: str
    depth: int
    family: str
    width: int
    cut: Cut | None = None

    @property
    def name(self) -> str:
        """In words, the number being that of the layers."""
        words = f"{self.activation} {self.family} {self.depth}" if self.depth > 1 else "one affine layer"
        return f"{words}, cut-off" if self.cut else words

    @cached_property
    def layers(self) -> SkipNet:
        """The network without its cut-off, where its blocks have names; an MLP has the same u and the same T."""
        net = self._uncut
        return SkipNet.of_mlp(net) if isinstance(net, MLP) else net

    @cached_property
    def network(self) -> Network:
        """The network itself."""
        return self._uncut if self.cut is None else CutOff(self._uncut, self.cut.u, self.cut.x, self.cut.eps)

    @property
    def _uncut(self) -> MLP | SkipNet:
        kind = MLP if checks.one_of("family", self.family, FAMILIES) == "MLP" else SkipNet
        return kind((2, *[self.width] * (self.depth - 1), 2), self.activation)

    def bounds(self, radius: float, input_radius: float) -> NetworkBounds:
        """Proven suprema over |u| <= radius, |x| <= input_radius."""
        bounds = network_bounds(self.network, radius, input_radius)
        if bounds is None:  # cannot be: the networks here are of known kinds
            raise SwrefError(f"the network {self.name} has no known bounds")
        return bounds


def proven(net: Architecture, radius: float, input_radius: float) -> tuple[float, float, float]:
    """The proven bounds of the three quantities of `growth`: of |T|, of the Lipschitz constant, and of M."""
    bounds = net.bounds(radius, input_radius)
    return bounds.size, bounds.lip, bounds.M


def proven_powers(net: Architecture, input_radius: float) -> tuple[float, float, float]:
    """The powers of R with which those bounds grow as R goes to infinity, 0 where they stay.

    >>> proven_powers(Architecture("tanh", 2, "MLP", 4), 1.0)
    (1.0, 2.0, 2.0)
    """
    near, far = (proven(net, radius, input_radius) for radius in (1e6, 1e7))
    size, lip, M = (float(round(math.log10(b / a))) for a, b in zip(near, far, strict=True))
    return size, lip, M


def shape(name: str) -> tuple[str, int]:
    """The family and the number of layers in a name such as "skip 3". Raises InputError for anything else.

    >>> shape("MLP 2")
    ('MLP', 2)
    """
    family, _, depth = name.partition(" ")
    checks.one_of("the family of a shape", family, FAMILIES)
    if not depth.isdecimal() or int(depth) < 2:
        raise InputError(f"a shape must be a family and a number of layers >= 2, such as 'MLP 2', got {name!r}")
    return family, int(depth)
