"""The motion of a network's points under the flow of its parameters, and of free particles under theirs.

    network:    du/ds = -grad F(u),            hence dz/ds = -K(u) dF/dz,   K = J J^T,  J = dz/du
    particles:  dz_i/ds = -(1/wx_i) dF/dz_i,   wx_i = 1/m                   (K = m I)

z [m, d] being the images of m inputs. J J^T is the tangent kernel (Jacot, Gabriel, Hongler 2018). The particle flow is
the sliced Wasserstein flow of the empirical measure (Bonnotte 2013; Liutkus et al. 2019), here of the minibatch loss.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from swref.experiments.frame.seeds import SeedTable
from swref.experiments.frame.settings import Settings, quick, require
from swref.experiments.problems.planar import closed_curve, sunflower
from swref.measures import Discrete
from swref.networks import MLP, Network, Particles
from swref.theory import GradientFlow, gradient_flow, population_sw

SEEDS = SeedTable(start=("width", "repeat"))
Curve = Callable[[float], np.ndarray]  # time -> points z [m, d]
Case = tuple[int, float]  # of a network: its width, and the gain on its first layer


@dataclass(frozen=True)
class Config(Settings):
    """Choices of `swflow`. Raises InputError where they do not fit together."""

    points: int = 20  # m = mt
    batch: int = 16  # n, of both flows
    widths: tuple[int, ...] = quick((4, 8, 16, 32, 64, 128), full=(4, 8, 16, 32, 64, 128, 256, 512))
    gains: tuple[float, ...] = quick((2.0, 4.0), full=(2.0, 4.0, 8.0))  # on the first layer of the widest network
    init: str = "lecun"
    repeats: int = quick(12, full=32)
    horizon: float = 15.0  # in the particles' time
    times: int = 31  # at which the points are compared at equal s
    levels: int = 21  # of F at which they are compared at equal F
    level: float = 0.91  # the share of the common fall of F at which the verdicts are given: the nearest level
    apart_above: float = 0.1  # the distance over the particles' path length from which paths are called different

    def __post_init__(self) -> None:
        super().__post_init__()
        fits = len(self.widths) >= 2 and min(self.widths) >= 1
        require(fits, f"widths must hold at least two numbers >= 1, got {self.widths}")
        fits = self.levels >= 2 and self.times >= 2
        require(fits, f"times and levels must be at least 2, got {self.times} and {self.levels}")
        require(0 < self.level <= 1, f"level must lie in ]0, 1], got {self.level:g}")


def cases(config: Config) -> list[Case]:
    """(width, gain) of every network: all widths as they are initialised, then the gains on the widest."""
    return [(width, 1.0) for width in config.widths] + [(max(config.widths), gain) for gain in config.gains]


def both_flows(config: Config, network: Case, repeat: int) -> dict[str, np.ndarray | float]:
    """One network from one u0 against particles from the points that it starts with.

    T = times, Q = levels, m = points. At equal F, F has fallen by the shares `falls` of its way from the first value to
    the higher of the two last ones.
    """
    net, u0, x, y = started(config, network, repeat)
    z0, m = net.forward(u0, x.points)[0], config.points
    K0 = tangent_kernel(net, u0, x.points) / m
    clock = float(np.trace(K0)) / len(K0)  # the mean eigenvalue of K/m: how much faster than the particles
    cloud = Particles(m, 2)
    free = Discrete(cloud.indices())
    flow = gradient_flow(net, u0, x, y, config.batch, config.horizon * max(1.0, 1 / clock), rtol=1e-6, atol=1e-8)
    drift = gradient_flow(cloud, z0.ravel(), free, y, config.batch, config.horizon * m, rtol=1e-6, atol=1e-8)

    def generated(s: float) -> np.ndarray:
        return net.forward(flow(min(s, flow.horizon)), x.points)[0]

    def particles(s: float) -> np.ndarray:
        return drift(min(s * m, drift.horizon)).reshape(m, 2)

    times = moments(config)
    last = max(float(flow.energies[-1]), float(drift.energies[-1]))
    values = flow.energies[0] + falls(config) * (last - flow.energies[0])
    at = np.array([time_of_energy(flow, value) for value in values])
    at_free = np.array([time_of_energy(drift, value) for value in values]) / m
    here, there = (
        np.array([curve(s) for s in at_times]) for curve, at_times in ((generated, at), (particles, at_free))
    )
    return {
        "equal_s": rms(generated, particles, times, times),
        "equal_scaled_s": rms(generated, particles, times / clock, times),
        "equal_F": np.sqrt(np.mean(np.sum((here - there) ** 2, axis=2), axis=1)),
        "equal_F_law": np.array([law_distance(a, b) for a, b in zip(here, there, strict=True)]),
        "length": path_lengths(particles, at_free),
        "network_points": here,
        "particle_points": there,
        "cosine": np.array([cosine(net, flow(s), x, y, config.batch) for s in at]),
        "eigenvalues": np.linalg.eigvalsh(K0)[::-1],
        "kernel_change": kernel_change(net, flow, x.points),
        "clock": clock,
        "energies": np.array([flow.energies[0], flow.energies[-1], drift.energies[-1]]),
        "residual": max(flow.residual, drift.residual),
    }


def moments(config: Config) -> np.ndarray:
    """The times [T] of the particles at which points are compared at equal s; denser at the start, where all is fast.

    >>> moments(Config(horizon=4.0, times=3)).tolist()
    [0.0, 1.0, 4.0]
    """
    return config.horizon * np.linspace(0.0, 1.0, config.times) ** 2


def falls(config: Config) -> np.ndarray:
    """The shares [Q] of the fall of F at which points are compared; denser at the end, where all is slow.

    >>> falls(Config(levels=3)).tolist()
    [0.0, 0.75, 1.0]
    """
    return 1.0 - (1.0 - np.linspace(0.0, 1.0, config.levels)) ** 2


def started(config: Config, network: Case, repeat: int) -> tuple[MLP, np.ndarray, Discrete, Discrete]:
    """The network of a case, its u0, x and y. The same draws for every gain."""
    width, gain = network
    net = MLP((2, width, 2))
    u0 = net.init(SEEDS("start", config.seed, width, repeat), config.init)
    for layer in net.layers(u0)[0]:
        layer *= gain
    return net, u0, sunflower(config.points), closed_curve(config.points)


def tangent_kernel(net: Network, u: np.ndarray, x: np.ndarray) -> np.ndarray:
    """K = J J^T [m d, m d], J = dz/du at z = T(u, x), for inputs x [m, dx].

    >>> net = MLP((1, 1))  # z = w x + b
    >>> tangent_kernel(net, np.zeros(2), np.array([[1.0], [2.0]])).tolist()  # 1 + x x'
    [[2.0, 3.0], [3.0, 5.0]]
    """
    z, cache = net.forward(u, x)
    rows = np.eye(z.size).reshape(z.size, *z.shape)
    J = np.array([net.backward(cache, row) for row in rows])  # [m d, d_u]
    return J @ J.T


def kernel_change(net: Network, flow: GradientFlow, x: np.ndarray) -> float:
    """|K(end) - K(start)| / |K(start)| in the Frobenius norm: 0 for a network that is linear in u."""
    first, last = (tangent_kernel(net, flow(s), x) for s in (0.0, flow.horizon))
    return float(np.linalg.norm(last - first) / np.linalg.norm(first))


def cosine(net: Network, u: np.ndarray, x: Discrete, y: Discrete, batch: int) -> float:
    """The cosine of the angle between the velocities of the network's points and of free ones at the same place.

    Of -K g and -m g, g = dF/dz; 1 where they move alike, whatever the speed.
    """
    z, cache = net.forward(u, x.points)
    g = population_sw(z, y.points, batch).grad  # [m, d]
    v = net.jvp(u, x.points, net.backward(cache, g))  # K g
    return float(np.sum(v * g) / (np.linalg.norm(v) * np.linalg.norm(g)))


def time_of_energy(flow: GradientFlow, value: float) -> float:
    """The time at which F has fallen to `value`; the first or the last time for values outside."""
    from scipy.optimize import brentq

    k = int(np.searchsorted(-flow.energies, -value))  # energies fall
    if k == 0:
        return 0.0
    if k == len(flow.times):
        return flow.horizon
    low, high = flow.times[k - 1], flow.times[k]
    return (
        float(brentq(lambda s: flow.energy(s) - value, low, high, xtol=1e-5 * high))
        if value > flow.energies[k]
        else high
    )


def rms(one: Curve, other: Curve, one_times: np.ndarray, other_times: np.ndarray) -> np.ndarray:
    """sqrt(mean_i |z_i - z'_i|^2) [T], point by point, at the times [T] of each."""
    pairs = zip(one_times, other_times, strict=True)
    return np.array([np.sqrt(np.mean(np.sum((one(a) - other(b)) ** 2, axis=1))) for a, b in pairs])


def law_distance(z: np.ndarray, w: np.ndarray) -> float:
    """sqrt(d SW_2^2) between two clouds [m, d]: 0 where they agree but for the order, at most their RMS distance."""
    return float(np.sqrt(max(0.0, z.shape[1] * population_sw(z, w, None).value)))


def path_lengths(curve: Curve, times: np.ndarray, steps: int = 8) -> np.ndarray:
    """RMS over the points of the length of their path up to each of the increasing `times` [Q]; from times[0]."""
    fine = np.concatenate([[times[0]], *(np.linspace(a, b, steps + 1)[1:] for a, b in pairwise(times))])
    z = np.array([curve(s) for s in fine])  # [., m, d]
    lengths = np.cumsum(np.linalg.norm(np.diff(z, axis=0), axis=2), axis=0)  # [., m]
    rms_lengths = np.sqrt(np.mean(lengths**2, axis=1))
    return np.concatenate([[0.0], rms_lengths[steps - 1 :: steps]])
