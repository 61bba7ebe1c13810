"""What the images T(u, x) may miss by in floats: a running error bound, layer by layer.

    error of z = sum |A| (error of h) + gamma (sum |A| |h| + |b|)
    error of act(z) = sup |act'| (error of z) + 4 eps |h|

gamma = (terms + 2) eps, eps = 2^-52. Source: Higham, Accuracy and Stability of Numerical Algorithms (2002), sections
3.1 and 3.3; the activations are taken to be good to 4 eps.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from swref.networks import MLP, Activation, CutOff, Network, SkipNet

EPS = float(np.finfo(np.float64).eps)


def layers_with_errors(
    net: SkipNet, u: np.ndarray, x: np.ndarray
) -> Iterator[tuple[Activation, np.ndarray, np.ndarray, np.ndarray]]:
    """act_k, z_k [n, d_k], its error [n, d_k] and that of h_k [n, d_k], for k = 1..N, u [d_u] and x [n, dx].

    >>> [(act, z, dz, dh)] = layers_with_errors(SkipNet((1, 1)), np.array([0.1, 0.3]), np.array([[3.0]]))
    >>> bool(dz[0, 0] < 1e-15)
    True
    """
    blocks = net.blocks(u)
    h, error = [x], [np.zeros(x.shape)]
    for k, act in enumerate(net.activations, start=1):
        inputs = net.inputs(k)
        gamma = (sum(net.sizes[i] for i in inputs) + 2) * EPS
        z = sum((h[i] @ blocks[k, i] for i in inputs), np.zeros(net.sizes[k])) + blocks[k]
        terms = sum((np.abs(h[i]) @ np.abs(blocks[k, i]) for i in inputs), np.abs(blocks[k]))
        dz = sum((error[i] @ np.abs(blocks[k, i]) for i in inputs), gamma * terms)
        h.append(act.value(z))
        slope = act.range(float(np.max(np.abs(z) + dz, initial=0.0))).slope
        error.append(slope * dz + 4 * EPS * np.abs(h[-1]))
        yield act, z, dz, error[-1]


def image_error(net: Network, u: np.ndarray, x: np.ndarray) -> float:
    """The largest error of an entry of T(u, x), u [d_u] and x [n, dx]; for a network of an unknown kind 0: not known.

    >>> from swref.networks import Particles
    >>> image_error(Particles(2, 2), np.arange(4.0), np.array([[0.0], [1.0]]))
    0.0
    """
    if isinstance(net, CutOff):  # both factors are at most 1, and good to some eps
        size = float(np.max(np.abs(net.net.forward(u, x)[0]), initial=0.0))
        return image_error(net.net, u, x) + 64 * EPS * size
    if isinstance(net, MLP):
        net = SkipNet.of_mlp(net)
    if not isinstance(net, SkipNet):
        return 0.0
    *_, (_, _, _, error) = layers_with_errors(net, u, x)
    return float(np.max(error, initial=0.0))
