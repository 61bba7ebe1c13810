"""How T and its first two derivatives grow with the radius R of the ball of u: a seeded search for the worst case.

Every value is attained at some u of the sphere |u| = R, so that the search bounds the supremum from below.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import numpy as np

from swref.experiments.architecture.nets import Architecture
from swref.measures import Discrete
from swref.networks import Network
from swref.networks.activations import Activation
from swref.theory.assumptions.searches import Search

QUANTITIES = ("|T|", "Lipschitz constant", "M")
KINDS = TYPICAL, WORST = ("typical", "largest")

Value = Callable[[np.ndarray], float]


def search_radii(
    net: Architecture, radii: tuple[float, ...], starts: int, moves: int, typical: int, seed: int, norm: float = 1.0
) -> np.ndarray:
    """The mean over random u and the largest value found on every sphere, [2, radii, quantities], |x| = `norm`.

    From each sphere the search takes its best point along to the next, as one start among `starts`.
    """
    rng = np.random.default_rng(seed)
    angle = rng.uniform(0, 2 * np.pi)
    x = norm * np.array([[np.cos(angle), np.sin(angle)]])
    found = np.zeros((2, len(radii), len(QUANTITIES)))
    best: list[np.ndarray | None] = [None] * len(QUANTITIES)
    for k, radius in enumerate(radii):
        values = quantities(net, x, radius)
        random = [_on_sphere(rng.standard_normal(net.network.n_params), radius) for _ in range(typical)]
        for q, value in enumerate(values):
            found[0, k, q] = np.mean([value(u) for u in random])
            kept = [] if (before := best[q]) is None else [_on_sphere(before, radius)]
            candidates = [*kept, *(chains(net, x[0], radius, rng) for _ in range(starts))]
            found[1, k, q], best[q] = climb(value, candidates, radius, moves, rng)
    return found


def quantities(net: Architecture, x: np.ndarray, radius: float) -> tuple[Value, Value, Value]:
    """|T(u, x)|, the norm of the derivative of T in (u, x), and the second derivatives of A5, as functions of u."""
    T = net.network
    norm = max(1.0, float(np.linalg.norm(x)))
    h = 1e-3 / norm / max(1.0, radius) ** (net.depth - 1)  # moves every pre-activation by little
    dot = Discrete(x)
    last = net.layers.layout[net.depth, net.layers.inputs(net.depth)[0]].start
    hidden = last or None  # T is linear in the last layer: its parameters are the wrong place to look for curvature
    search = Search(T, dot, dot, np.zeros(T.n_params), delta=radius, input_radius=norm, n=1, p=2.0, seed=0, tries=1)

    def size(u: np.ndarray) -> float:
        return float(np.linalg.norm(T.forward(u, x)[0]))

    def slope(u: np.ndarray) -> float:
        return float(np.linalg.norm(np.hstack((_in_u(T, u, x), _in_x(T, u, x))), 2))

    def curvature(u: np.ndarray) -> float:
        leading = np.argmax(np.abs(_in_u(T, u, x)[:, :hidden]), axis=1)  # what moves each output most
        return max(search.curvature(u, x[0], int(j), int(j), h) for j in leading)

    return size, slope, curvature


def _in_u(T: Network, u: np.ndarray, x: np.ndarray) -> np.ndarray:
    """dT/du [d, d_u] at one x [1, dx]."""
    _, cache = T.forward(u, x)
    return np.array([T.backward(cache, e[None]) for e in np.eye(T.dim_out)])


def _in_x(T: Network, u: np.ndarray, x: np.ndarray) -> np.ndarray:
    """dT/dx [d, dx] at one x [1, dx], by central differences: quotients, which a Lipschitz constant bounds too."""
    h = 1e-7 * max(1.0, float(np.abs(x).max()))
    steps = h * np.eye(T.dim_in)
    out, _ = T.forward(u, np.concatenate((x + steps, x - steps)))
    return (out[: T.dim_in] - out[T.dim_in :]).T / (2 * h)


def climb(
    value: Value, candidates: list[np.ndarray], radius: float, moves: int, rng: np.random.Generator
) -> tuple[float, np.ndarray]:
    """The best of `candidates` [d_u] and of `moves` random steps from it, kept where they raise the value.

    >>> top, u = climb(lambda u: float(u[0]), [np.array([0.0, 1.0])], 1.0, 400, np.random.default_rng(0))
    >>> bool(top > 0.99)
    True
    """
    values = [value(u) for u in candidates]
    top = int(np.argmax(values))
    best, u = values[top], candidates[top]
    for _ in range(moves):
        # Of every size: far out a unit goes through its whole range within 1/R.
        step = radius * 10.0 ** rng.uniform(-4.0, -0.3) * rng.standard_normal(len(u))
        if rng.random() < 0.5:
            step *= rng.random(len(u)) < 3 / len(u)  # along few coordinates
        moved = _on_sphere(u + step, radius)
        at = value(moved)
        if at > best:
            best, u = at, moved
    return best, u


def chains(net: Architecture, x: np.ndarray, radius: float, rng: np.random.Generator) -> np.ndarray:
    """A u [d_u] of norm `radius` that consists of two chains of units, to two outputs, and is 0 elsewhere.

    Few large parameters are the worst case. Along the first chain biases hold the pre-activations at moderate numbers,
    where activations bend; along the second all signs agree, and the values pile up.
    """
    layers, N = net.layers, net.depth
    share = 1.0 if rng.random() < 1 / 3 else rng.uniform(0.4, 0.9)  # of |u|, for the first chain
    units = [rng.permutation(width)[:2] for width in layers.sizes]
    size = float(np.abs(x).max())
    w, pre = _held(layers.activations, size, share * radius, rng.uniform(-1.0, 1.0, N))
    u = np.zeros(layers.n_params)
    blocks = layers.blocks(u)
    large = math.sqrt(1 - share**2) * radius / math.sqrt(N + 1)
    units[0][0] = int(np.argmax(np.abs(x)))
    for k in range(1, N + 1):
        a, b = units[k]
        blocks[k, k - 1][units[k - 1][0], a] = w / max(1.0, size) * np.sign(x[units[0][0]]) if k == 1 else w
        blocks[k][a] = pre[k - 1]
        blocks[k, k - 1][units[k - 1][1], b] = large * (np.sign(x[units[0][1]]) if k == 1 else 1.0)
        blocks[k][b] += large / math.sqrt(N)
    return _on_sphere(u, radius)


def _held(activations: Sequence[Activation], size: float, norm: float, z: np.ndarray) -> tuple[float, np.ndarray]:
    """The weight w and the biases b_k = z_k - w h_{k-1} of a chain with pre-activations z [N], |(w .. w, b)| = norm.

    An input with size > 1 is divided by it, and so is the first weight: far out small weights are the worst case there.
    """
    scale = max(1.0, size)
    values = (float(act.value(z[k : k + 1])[0]) for k, act in enumerate(activations[:-1]))
    h = np.array([size / scale, *values])  # h_0 .. h_{N-1}
    a, b, c = len(z) - 1 + scale**-2 + float(h @ h), -float(z @ h), float(z @ z) - norm**2  # a w^2 + 2 b w + c = 0
    w = (-b + math.sqrt(max(0.0, b * b - a * c))) / a
    return w, z - w * h


def _on_sphere(u: np.ndarray, radius: float) -> np.ndarray:
    return u * (radius / np.linalg.norm(u))
