"""The least element of a convex hull, by Wolfe's algorithm: exact up to rounding also where the hull is degenerate.

    min |x|  over  x = sum_v mu_v p_v (+ t ray),  mu >= 0 of sum 1, t >= 0

x is the least element exactly where <x, p_v> >= |x|^2 for every v, and <x, ray> >= 0. Source: Wolfe, Finding the
nearest point in a polytope, Mathematical Programming 11 (1976); with a ray (derived) its generator counts 0 in the sum.
"""

from __future__ import annotations

import numpy as np

EPS = np.finfo(np.float64).eps


def least_norm(points: np.ndarray, ray: np.ndarray | None = None, start: np.ndarray | None = None) -> np.ndarray:
    """Weights mu [V] >= 0 of sum 1 such that points^T mu, points [V, D], is the least element of their convex hull.

    With a `ray` [D], not 0, of the hull plus {t ray, t >= 0}; the last weight, of V + 1, is then t. start: the weights
    of a call on the first of these points (and the same ray), to go on from when points are added one by one.

    >>> least_norm(np.array([[1.0, 1.0], [1.0, -1.0]])).round(12).tolist()
    [0.5, 0.5]
    >>> least_norm(np.array([[1.0, 1.0]]), np.array([0.0, -2.0])).tolist()
    [1.0, 0.5]
    """
    norms = np.linalg.norm(points, axis=1)
    scale = float(np.max(norms))
    first = int(np.argmin(norms))
    sums, generators = np.ones(len(points)), points / (scale or 1.0)
    if ray is not None:
        size = float(np.linalg.norm(ray))
        sums, generators = np.append(sums, 0.0), np.vstack((generators, ray / size))
    weights = np.zeros(len(generators))
    weights[first] = 1.0
    if start is not None:
        weights[first] = 0.0
        known = len(start) - (ray is not None)
        weights[:known] = start[:known]
        if ray is not None:
            weights[-1] = start[-1] * size / (scale or 1.0)
    length = float(np.linalg.norm(weights @ generators))
    while length > 0:
        x = weights @ generators
        slack = generators @ x - sums * (x @ x)  # >= 0 at the least element, 0 on what carries it
        entering = int(np.argmin(slack))
        if weights[entering] > 0 or slack[entering] >= -16 * EPS * (length + 16 * EPS):
            break
        trial = _minor_cycle(generators, sums, weights, entering)
        shorter = float(np.linalg.norm(trial @ generators))
        if shorter >= length:  # rounding has the last word
            break
        weights, length = trial, shorter
    if ray is not None:
        weights[-1] *= scale / size
    return weights


def _minor_cycle(generators: np.ndarray, sums: np.ndarray, weights: np.ndarray, entering: int) -> np.ndarray:
    """New weights: the least element over the simplex of a subset of the active generators and the entering one."""
    weights = weights.copy()
    active = [*np.flatnonzero(weights > 0).tolist(), entering]
    while True:
        wanted = _affine_minimum(generators[active], sums[active])
        now = weights[active]
        if np.all(wanted >= 0):
            weights[active] = wanted
            return weights
        falling = wanted < 0
        ratio = np.where(falling, now / np.where(falling, now - wanted, 1.0), np.inf)
        leaving = int(np.argmin(ratio))
        now = np.maximum(now + ratio[leaving] * (wanted - now), 0.0)
        now[leaving] = 0.0
        weights[active] = now
        active = [j for j, weight in zip(active, now, strict=True) if weight > 0 or (j == entering != active[leaving])]


def _affine_minimum(generators: np.ndarray, sums: np.ndarray) -> np.ndarray:
    """Weights [K] of any sign with sums @ weights = 1 that minimise |weights @ generators|, generators [K, D]."""
    base = int(np.argmax(sums))
    others = np.delete(np.arange(len(sums)), base)
    edges = generators[others] - sums[others, None] * generators[base]  # [K - 1, D]
    weights = np.empty(len(sums))
    weights[others] = np.linalg.lstsq(edges.T, -generators[base], rcond=None)[0]
    weights[base] = 1.0 - sums[others] @ weights[others]
    return weights
