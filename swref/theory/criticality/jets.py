"""Bounds of the first three derivatives of T(., x) on a small ball around one u: what Lipschitz constants are made of.

    h_k(u + t v) for a unit v:  size |h|, first |h'|, second |h''|, third |h'''|, derivatives in t

A symmetric derivative is as large as along one direction, so that these bound the operator norms. Layer by layer, with
A(u + t v) = A + t V, |A| <= a and |V| <= b in the Frobenius norm, h the inputs side by side and a 1 for the bias:

    |z'| <= b |h| + a |h'|,    |z''| <= 2 b |h'| + a |h''|,    |z'''| <= 3 b |h''| + a |h'''|

and the rule of Faa di Bruno for act(z). Source: the chain rule (derived).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import numpy as np

from swref.networks import MLP, CutOff, Network, Particles, SkipNet
from swref.networks.connections import Key

# sup |act'''| over R, rounded up, of the activations that are C^3.
THIRD: Final = {"identity": 0.0, "tanh": 2.0, "sigmoid": 0.125, "softplus": 0.0963, "silu": 0.3082, "gelu": 0.779}


@dataclass(frozen=True)
class Jet:
    """Euclidean norms of all images [m, d] together and of their derivatives along unit directions of u."""

    size: float
    first: float
    second: float
    third: float


def image_jet(net: Network, u: np.ndarray, reach: float, x: np.ndarray) -> Jet | str:
    """Bounds of T(., x) on the ball of radius `reach` around u [d_u], for distinct inputs x [m, dx]; or why there is
    none: an activation that is not C^3, a kind of network that is not known, the rim of a cut-off in u.

    >>> image_jet(MLP((1, 1)), np.array([3.0, 4.0]), 0.0, np.array([[0.0]]))
    Jet(size=5.0, first=1.0, second=0.0, third=0.0)
    """
    if isinstance(net, CutOff):  # the factor chi(x) is at most 1
        if not net.contains_ball(float(np.linalg.norm(u)) + reach):
            return "u is not inside the cut-off"
        return image_jet(net.net, u, reach, x)
    if isinstance(net, Particles):
        return Jet(float(np.linalg.norm(u)) + reach, 1.0, 0.0, 0.0)
    if isinstance(net, MLP):
        net = SkipNet.of_mlp(net)
    if not isinstance(net, SkipNet):
        return f"the derivatives of a {type(net).__name__} are not known"
    rough = [act.name for act in net.activations if act.name not in THIRD]
    if rough:
        return f"the activation {rough[0]} is not three times differentiable"
    one = _skip_jet(net, u, reach, float(np.max(np.linalg.norm(x, axis=1))))
    m = math.sqrt(len(x))
    return Jet(m * one.size, m * one.first, m * one.second, m * one.third)


def _skip_jet(net: SkipNet, u: np.ndarray, reach: float, input_radius: float) -> Jet:
    """The jet of T(., x) for one |x| <= input_radius."""
    layers = [Jet(input_radius, 0.0, 0.0, 0.0)]
    for k, act in enumerate(net.activations, start=1):
        keys: list[Key] = [*((k, i) for i in net.inputs(k)), k]
        places = [net.layout[key] for key in keys]
        b = math.sqrt(max(places.count(place) for place in places))  # a shared slice moves all its blocks
        a = math.hypot(*(float(np.linalg.norm(u[place])) for place in places)) + b * reach
        h = [layers[i] for i in net.inputs(k)]
        size, first = math.hypot(1.0, *(j.size for j in h)), math.hypot(*(j.first for j in h))
        second, third = math.hypot(*(j.second for j in h)), math.hypot(*(j.third for j in h))
        z, dz = a * size, b * size + a * first
        ddz, dddz = 2 * b * first + a * second, 3 * b * second + a * third
        reached, width = act.range(z), math.sqrt(net.sizes[k])
        slope, bend = reached.slope, reached.curvature
        layers.append(
            Jet(
                size=min(width * reached.value, width * abs(act.at_zero) + slope * z),
                first=slope * dz,
                second=bend * dz**2 + slope * ddz,
                third=THIRD[act.name] * dz**3 + 3 * bend * dz * ddz + slope * dddz,
            )
        )
    return layers[-1]
