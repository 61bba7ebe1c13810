"""Thirty points on a spiral, looked for by block-coordinate descent on E_L and by SGD on E, from the same starts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from swref.directions import directions
from swref.errors import InputError
from swref.experiments.frame.seeds import derived_seed
from swref.experiments.landscape.config import LandscapeConfig
from swref.networks import Particles
from swref.sgd import sgd
from swref.theory import block_coordinate_descent


@dataclass(frozen=True, eq=False)
class WholeCloud:
    """A source of batches that are the whole cloud points [m, d], in order: SGD then sees E itself, without resampling.

    >>> WholeCloud(np.eye(2)).sample(np.random.default_rng(0), 4).tolist()
    [[1.0, 0.0], [0.0, 1.0], [1.0, 0.0], [0.0, 1.0]]
    """

    points: np.ndarray

    @property
    def dim(self) -> int:
        """d."""
        return self.points.shape[1]

    def sample(self, rng: np.random.Generator, n: int) -> np.ndarray:
        """The cloud n/m times over, [n, d]; raises InputError for an n that is no multiple of m."""
        if n % len(self.points):
            raise InputError(f"n must be a multiple of {len(self.points)}, the points of the cloud, got {n}")
        return np.tile(self.points, (n // len(self.points), 1))

    def to_dict(self) -> dict[str, Any]:
        """The kind and the size."""
        return {"kind": "whole cloud", "m": len(self.points), "dim": self.dim}


def spiral_cloud(n: int, turns: int) -> np.ndarray:
    """x(t) = (t/pi)(cos t, sin t) [n, 2] at n equally spaced t in [0, 2 pi turns[.

    >>> spiral_cloud(4, 1).round(12).tolist()
    [[0.0, 0.0], [0.0, 0.5], [-1.0, 0.0], [-0.0, -1.5]]
    """
    t = 2 * np.pi * turns * np.arange(n) / n
    return (t / np.pi)[:, None] * np.stack((np.cos(t), np.sin(t)), axis=1)


def transport_cost(y: np.ndarray, z: np.ndarray) -> float:
    """W_2^2(Y, Z), not sliced: the least mean of |y_k - z_sigma(k)|^2 over all matchings sigma; y and z [n, d].

    >>> transport_cost(np.array([[0.0, 3.0], [1.0, 0.0]]), np.array([[1.0, 0.0], [0.0, 1.0]]))
    2.0
    """
    from scipy.optimize import linear_sum_assignment

    costs = np.sum((y[:, None] - z) ** 2, axis=2)
    rows, columns = linear_sum_assignment(costs)
    return float(costs[rows, columns].mean())


def descend(
    y: np.ndarray, z: np.ndarray, theta: np.ndarray, tolerance: float, cap: int
) -> tuple[np.ndarray, np.ndarray]:
    """Block-coordinate descent of E_L from y [n, d]: its end point, and W_2^2 at the start and after every update.

    The iterates are those of one call of block_coordinate_descent, which keeps its last alone.
    """
    costs = [transport_cost(y, z)]
    for _ in range(cap):
        update = block_coordinate_descent(y, z, theta, tolerance=tolerance, max_iterations=1)
        y = update.points
        costs.append(transport_cost(y, z))
        if update.converged:
            break
    return y, np.array(costs)


def follow_sgd(y: np.ndarray, z: np.ndarray, step: float, iterations: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """SGD on E, one random direction an iteration, from y [n, d]: its end point, and W_2^2 at every iterate."""
    net = Particles(*y.shape)
    iterates = sgd(
        net,
        WholeCloud(net.indices()),
        WholeCloud(z),
        y.ravel(),
        step=step,
        batch=len(y),
        steps=iterations,
        seed=seed,
        backend="cpu",
    )
    costs = [transport_cost(y, z)]
    for iterate in iterates:
        y = iterate.u.reshape(y.shape)
        costs.append(transport_cost(y, z))
    return y, np.array(costs)


def search(config: LandscapeConfig, repeat: int) -> dict[str, np.ndarray]:
    """One start, and from it every descent and every SGD: W_2^2 along them [method, shown iterate], where they end.

    A descent that has stopped stays where it is. first [method]: the first iterate that is exact, infinite without.
    """
    z = spiral_cloud(config.spiral_points, config.spiral_turns)
    start = np.random.default_rng(derived_seed(config.seed, 3, repeat)).standard_normal(z.shape)
    runs = []
    for j, L in enumerate(config.descent_directions):
        theta = directions(derived_seed(config.seed, 4, repeat, j), L, 2)
        runs.append(descend(start, z, theta, config.descent_tolerance, config.descent_cap))
    for k, step in enumerate(config.sgd_steps):
        seed = derived_seed(config.seed, 5, repeat, k)
        runs.append(follow_sgd(start, z, step, config.sgd_iterations, seed))
    shown = shown_iterations(config)
    return {
        "ends": np.array([end for end, _ in runs]),
        "costs": np.array([costs[np.minimum(shown, len(costs) - 1)] for _, costs in runs]),
        "final": np.array([costs[-1] for _, costs in runs]),
        "updates": np.array([len(costs) - 1 for _, costs in runs]),
        "first": np.array([_first(costs < config.exact_below) for _, costs in runs]),
    }


def shown_iterations(config: LandscapeConfig) -> np.ndarray:
    """The iterations [T] at which the course of a descent is kept, about equally spaced on a logarithmic axis."""
    return np.unique(np.geomspace(1, max(config.descent_cap, config.sgd_iterations), 120).astype(np.int64))


def _first(hits: np.ndarray) -> float:
    return float(np.argmax(hits)) if hits.any() else np.inf
