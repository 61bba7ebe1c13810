"""Bounds of a network and of its first two derivatives on |u| <= r, |x| <= R_x, layer by layer.

Letters: for layer k, `z` bounds |z_k|, `size` |h_k|, `entry` every |(h_k)_a|; `lip` is a Lipschitz constant of h_k in
(u, x), `lip_u` in u alone; `curvature` bounds |h_k''| along unit directions of u; `first[q]` bounds |d h_k / d u_j| for
a parameter u_j of layer q, and `second[q, s]` |d^2 h_k / d u_j d u_l| for parameters of the layers q and s, Euclidean
norms in h_k throughout.
"""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass, field
from typing import Any, Final

from swref.checks import number
from swref.networks import MLP, CutOff, Particles, SkipNet, check_network
from swref.networks.connections import Key
from swref.networks.ranges import Range

# sup |g'| and sup |g''| of the smooth step g of the cut-offs, the second rounded up.
STEP_SLOPE: Final = 2.0
STEP_CURVATURE: Final = 9.8411


@dataclass(frozen=True)
class NetworkBounds:
    """Suprema of T and its derivatives over |u| <= r, |x| <= R_x, from above; infinite where there is no bound."""

    size: float  # |T|
    entry: float  # |T_a|
    lip: float  # Lipschitz constant of T in (u, x) jointly, Euclidean norms
    lip_u: float  # the same in u alone, uniformly in x
    first: float  # |dT/du_j|
    second: float  # |d^2 T/du_k du_l|, on the pieces
    curvature: float  # S_2: the operator norm of d^2 (theta.T)/du^2 over unit theta, on the pieces

    @property
    def M(self) -> float:
        """The M of assumption A5: a bound of every |d^2(T_a T_b)/du_k du_l| and every |d^2 T/du_k du_l|.

            |d^2(T_a T_b)| <= |T_a| |d^2 T_b| + |T_b| |d^2 T_a| + |d_k T_a| |d_l T_b| + |d_l T_a| |d_k T_b|

        >>> NetworkBounds(size=1.0, entry=1.0, lip=1.0, lip_u=1.0, first=3.0, second=0.0, curvature=0.0).M
        18.0
        """
        return max(2 * times(self.entry, self.second) + 2 * self.first**2, self.second)


def network_bounds(net: Any, radius: float, input_radius: float) -> NetworkBounds | None:
    """Bounds of `net` over |u| <= radius, |x| <= input_radius (either may be infinite); None for an unknown kind.

    MLP, SkipNet, CutOff (of one of these) and Particles are known. One affine layer is exact: Lip = sqrt(r^2 + R_x^2
    + 1) and M = 2 max(1, R_x)^2. Deeper ones treat every layer as if it had the whole radius r to itself, so that the
    looseness grows with the depth. Raises InputError for a negative radius, InputTypeError for no
    network. Source: the chain rule (derived).

    >>> bounds = network_bounds(MLP((2, 3)), radius=2.0, input_radius=2.0)
    >>> bounds.lip, bounds.M
    (3.0, 8.0)
    """
    check_network("net", net)
    r = number("radius", radius, minimum=0.0, infinite=True)
    R_x = number("input_radius", input_radius, minimum=0.0, infinite=True)
    if isinstance(net, MLP):
        return _skip_net_bounds(SkipNet.of_mlp(net), r, R_x)
    if isinstance(net, SkipNet):
        return _skip_net_bounds(net, r, R_x)
    if isinstance(net, CutOff):
        return _cut_off_bounds(net, r, R_x)
    if isinstance(net, Particles):
        # Different indices are at least 1 apart, and two rows of u at most sqrt(2) |u|.
        lip = 1.0 if net.m == 1 else math.hypot(1.0, math.sqrt(2.0) * r)
        return NetworkBounds(size=r, entry=r, lip=lip, lip_u=1.0, first=1.0, second=0.0, curvature=0.0)
    return None


@dataclass
class _Layer:
    size: float
    entry: float
    lip: float
    lip_u: float
    curvature: float
    first: dict[int, float] = field(default_factory=dict)
    second: dict[tuple[int, int], float] = field(default_factory=dict)


def _skip_net_bounds(net: SkipNet, r: float, R_x: float) -> NetworkBounds:
    """Those of the same network without sharing at U = E u, where E repeats the shared slices, then the chain rule."""
    layers = [_Layer(size=R_x, entry=R_x, lip=1.0, lip_u=0.0, curvature=0.0)]
    for k in range(1, net.depth + 1):
        layers.append(_next_layer(net, layers, k, times(math.sqrt(_repetition(net, k)), r)))
    last, slices = layers[-1], _slices(net)
    spread = math.sqrt(max(len(occurrences) for occurrences in slices))  # |E|
    return NetworkBounds(
        size=last.size,
        entry=last.entry,
        lip=last.lip * spread,
        lip_u=last.lip_u * spread,
        first=max(sum(last.first[q] for q in a) for a in slices),
        second=max(sum(last.second[q, s] for q in a for s in b) for a in slices for b in slices),
        curvature=last.curvature * spread**2,
    )


def _next_layer(net: SkipNet, layers: list[_Layer], k: int, norm: float) -> _Layer:
    """Layer k from those before it; `norm` bounds the Frobenius norm of all its parameters, side by side."""
    inputs = [layers[i] for i in net.inputs(k)]
    rho = math.hypot(1.0, *(h.size for h in inputs))  # |(h_i .., 1)|
    act, width = net.activations[k - 1], net.sizes[k]
    z = times(norm, rho)
    reach = act.range(z)
    return _Layer(
        size=min(math.sqrt(width) * reach.value, math.sqrt(width) * abs(act.at_zero) + reach.slope * z),
        entry=reach.value,
        # du of this layer and of the ones before are different coordinates: the two terms add up in squares.
        lip=reach.slope * math.hypot(times(norm, math.hypot(*(h.lip for h in inputs))), rho),
        lip_u=reach.slope * math.hypot(times(norm, math.hypot(*(h.lip_u for h in inputs))), rho),
        curvature=_curvature(inputs, norm, rho, reach),
        **_derivatives(inputs, k, norm, reach),
    )


def _curvature(inputs: list[_Layer], norm: float, rho: float, reach: Range) -> float:
    """sup |h''| along unit v, of which the part c moves the layers before and the part s this one, c^2 + s^2 = 1.

    |h''| <= slope |z''| + curvature |z'|^2,    |z'| <= norm L c + rho s,    |z''| <= norm S c^2 + 2 L c s

    with L and S those of the inputs side by side: a quadratic form in (c, s), whose largest eigenvalue is the bound.
    """
    L, S = math.hypot(*(h.lip_u for h in inputs)), math.hypot(*(h.curvature for h in inputs))
    before, slope, bend = times(norm, L), reach.slope, reach.curvature
    cc = times(slope, times(norm, S)) + times(bend, times(before, before))
    ss, cs = times(bend, times(rho, rho)), times(slope, L) + times(bend, times(before, rho))
    if math.isinf(cc + ss + cs):
        return math.inf
    return (cc + ss) / 2 + math.hypot((cc - ss) / 2, cs)


def _derivatives(inputs: list[_Layer], k: int, norm: float, reach: Range) -> dict[str, Any]:
    """first and second of layer k: d_j z = sum_i d_j h_i A_i (+ an entry of h_i or 1, where u_j is of layer k)."""
    dz = {q: times(norm, math.hypot(*(h.first.get(q, 0.0) for h in inputs))) for q in range(1, k)}
    dz[k] = max(1.0, *(h.entry for h in inputs))
    moved = {q: max(h.first.get(q, 0.0) for h in inputs) for q in range(1, k + 1)}  # largest |d_j h_i|
    second = {}
    for q in range(1, k + 1):
        for s in range(1, k + 1):
            ddz = times(norm, math.hypot(*(h.second.get((q, s), 0.0) for h in inputs)))
            ddz += moved[s] * (q == k) if moved[s] else 0.0
            ddz += moved[q] * (s == k) if moved[q] else 0.0
            second[q, s] = times(reach.slope, ddz) + times(reach.curvature, times(dz[q], dz[s]))
    return {"first": {q: times(reach.slope, value) for q, value in dz.items()}, "second": second}


def _slices(net: SkipNet) -> list[tuple[int, ...]]:
    """For every slice of u, the layers in which it stands, with repetition."""
    found: dict[int, list[int]] = {}
    for key, place in net.layout.items():
        found.setdefault(place.start, []).append(key if isinstance(key, int) else key[0])
    return sorted({tuple(layers) for layers in found.values()})


def _repetition(net: SkipNet, k: int) -> int:
    """How often layer k repeats one slice at most."""
    keys: list[Key] = [*((k, i) for i in net.inputs(k)), k]
    return max(Counter(net.layout[key].start for key in keys).values())


def _cut_off_bounds(net: CutOff, r: float, R_x: float) -> NetworkBounds | None:
    """T = h chi(u) chi(x) vanishes beyond R + eps, so that r and R_x count up to there only."""
    r, R_x = min(r, net.r_u + net.eps), min(R_x, net.r_x + net.eps)
    h = network_bounds(net.net, r, R_x)
    if h is None:
        return None
    slope_u, curvature_u = _step_bounds(r, net.r_u, net.eps)
    slope_x, _ = _step_bounds(R_x, net.r_x, net.eps)
    return NetworkBounds(
        size=h.size,
        entry=h.entry,
        lip=h.lip + times(h.size, math.hypot(slope_u, slope_x)),
        lip_u=h.lip_u + times(h.size, slope_u),
        first=h.first + times(h.size, slope_u),
        second=h.second + 2 * times(h.first, slope_u) + times(h.size, curvature_u),
        curvature=h.curvature + 2 * times(h.lip_u, slope_u) + times(h.size, curvature_u),
    )


def _step_bounds(reach: float, radius: float, eps: float) -> tuple[float, float]:
    """sup |d chi| and sup |d^2 chi/dv^2|, as an operator, over |v| <= reach: chi = g(s), ds/dv = -v/(2 R eps)."""
    if reach <= radius - eps:
        return 0.0, 0.0
    scale = 1 / (2 * radius * eps)
    return STEP_SLOPE * reach * scale, STEP_CURVATURE * (reach * scale) ** 2 + STEP_SLOPE * scale


def times(a: float, b: float) -> float:
    """a b for bounds a, b >= 0, where 0 times infinity is 0: a factor that vanishes leaves nothing to bound.

    >>> times(0.0, math.inf), times(2.0, math.inf)
    (0.0, inf)
    """
    return 0.0 if a == 0 or b == 0 else a * b
