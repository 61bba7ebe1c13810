"""A seeded search for the largest |Hess f|: what 1/alpha has to exceed, from below."""

from __future__ import annotations

import math
from typing import Final

import numpy as np

from swref.measures import Discrete, Measure
from swref.networks import CutOff, Network
from swref.randomness import stream

STEP: Final = 1e-3  # of a quotient, relative to the radius
SMOOTH: Final = 0.05  # relative change between the two halves of a segment that still counts as one smooth piece
FREE_RADIUS: Final = 10.0  # |u| up to which Hess f is looked at where neither a ball nor a cut-off bounds it


def largest_hessian(
    net: Network, source: Measure, target: Measure, *, radius: float = math.inf, seed: int = 0, tries: int = 32
) -> float:
    """The largest |Hess f|, as an operator on u, that a seeded search finds over |u| <= radius, pairs and directions.

    A quotient of gradients, between two points of one smooth piece: below the supremum but for rounding. Half of the
    tries are random, the others closer and closer to the best.
    """
    r = min(radius, _reach(net))
    rng, best = stream(seed, "search: Hess f"), 0.0
    kept: tuple[np.ndarray, ...] = ()
    for t in range(tries):
        if t < tries // 2 or not kept:
            u, theta = r * rng.random() ** 0.5 * sparse_unit(rng, net.n_params), unit(rng, net.dim_out)
            x, y = _one(source, rng), _one(target, rng)
        else:
            u, theta, x, y = kept
            size = 0.5 * 0.8 ** (t - tries // 2)
            u, theta = u + size * r * sparse_unit(rng, len(u)), theta + size * unit(rng, len(theta))
            theta = theta / np.linalg.norm(theta)
        norm = float(np.linalg.norm(u))
        u = u * min(1.0, r * (1 - 2 * STEP) / norm) if norm else u
        value = _hessian_norm(net, u, theta, x, y, STEP * r, rng)
        if value > best:
            best, kept = value, (u, theta, x, y)
    return best


def _hessian_norm(
    net: Network, u: np.ndarray, theta: np.ndarray, x: np.ndarray, y: np.ndarray, h: float, rng: np.random.Generator
) -> float:
    """|Hess (theta.(T(u, x) - y))^2| by power iteration on differences of gradients; 0 across a kink."""

    def gradient(u: np.ndarray) -> np.ndarray:
        T, cache = net.forward(u, x[None])
        return 2 * float(theta @ (T[0] - y)) * net.backward(cache, theta[None])

    v, image = unit(rng, len(u)), np.zeros(len(u))
    for _ in range(8):
        image = (gradient(u + h * v) - gradient(u - h * v)) / (2 * h)
        norm = float(np.linalg.norm(image))
        if norm == 0:
            return 0.0
        last, v = v, image / norm
    halves = (gradient(u + h * last) - gradient(u)) / h, (gradient(u) - gradient(u - h * last)) / h
    smooth = np.linalg.norm(halves[1] - halves[0]) <= SMOOTH * norm
    return norm if smooth else 0.0


def _reach(net: Network) -> float:
    """How far |u| is worth looking: T = 0 beyond a cut-off."""
    return min(net.r_u + net.eps, _reach(net.net)) if isinstance(net, CutOff) else FREE_RADIUS


def _one(measure: Measure, rng: np.random.Generator) -> np.ndarray:
    """A point of the support, every atom alike."""
    return measure.points[rng.integers(measure.m)] if isinstance(measure, Discrete) else measure.sample(rng, 1)[0]


def unit(rng: np.random.Generator, dim: int) -> np.ndarray:
    """A random unit vector [dim]."""
    g = rng.standard_normal(dim)
    return g / np.linalg.norm(g)


def sparse_unit(rng: np.random.Generator, dim: int) -> np.ndarray:
    """A unit vector [dim], dense or with few entries."""
    v = np.zeros(dim)
    k = dim if rng.random() < 0.5 else int(rng.integers(1, min(dim, 6) + 1))
    v[rng.choice(dim, k, replace=False)] = rng.standard_normal(k)
    return v / np.linalg.norm(v)
