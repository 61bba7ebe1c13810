"""Thirty points on a spiral, looked for by block-coordinate descent on E_L and by SGD on E, from the same starts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from swref.directions import directions
from swref.errors import InputError
from swref.experiments.landscape.config import SEEDS, Config
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


def follow_blocks(
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
    net, n = Particles(*y.shape), len(y)
    source, target = WholeCloud(net.indices()), WholeCloud(z)
    costs = [transport_cost(y, z)]
    for iterate in sgd(net, source, target, y.ravel(), step=step, batch=n, steps=iterations, seed=seed, backend="cpu"):
        y = iterate.u.reshape(y.shape)
        costs.append(transport_cost(y, z))
    return y, np.array(costs)


def by_blocks(L: int) -> str:
    """The name of block-coordinate descent with L directions."""
    return f"block coordinates, L = {L}"


def by_sgd(step: float) -> str:
    """The name of SGD with a step."""
    return f"SGD, alpha = {step:g}"


def methods_of(config: Config) -> list[str]:
    """All descents, in the order in which they are kept."""
    return [*map(by_blocks, config.descent_directions), *map(by_sgd, config.sgd_steps)]


def shown_iterations(config: Config) -> np.ndarray:
    """The iterations [T] at which the course of a descent is kept, about equally spaced on a logarithmic axis."""
    return np.unique(np.geomspace(1, max(config.descent_cap, config.sgd_iterations), 120).astype(np.int64))


def descents(config: Config, repeat: int) -> dict[str, np.ndarray]:
    """Every descent from one start.

    costs [method, iteration]: W_2^2 at `shown_iterations`; one that has stopped stays where it is. ends [method, point,
    x], final [method]: where it ends, and W_2^2 there. updates [method]: iterations made. first [method]: the first
    iterate that is exact, infinite without.
    """
    z, shown = spiral_cloud(config.spiral_points, config.spiral_turns), shown_iterations(config)
    start = np.random.default_rng(SEEDS("start", config.seed, repeat)).standard_normal(z.shape)
    runs = []
    for j, L in enumerate(config.descent_directions):
        theta = directions(SEEDS("blocks", config.seed, repeat, j), L, 2)
        runs.append(follow_blocks(start, z, theta, config.descent_tolerance, config.descent_cap))
    for k, step in enumerate(config.sgd_steps):
        runs.append(follow_sgd(start, z, step, config.sgd_iterations, SEEDS("sgd", config.seed, repeat, k)))
    exact = [costs < config.exact_below for _, costs in runs]
    return {
        "ends": np.array([end for end, _ in runs]),
        "costs": np.array([costs[np.minimum(shown, len(costs) - 1)] for _, costs in runs]),
        "final": np.array([costs[-1] for _, costs in runs]),
        "updates": np.array([len(costs) - 1 for _, costs in runs]),
        "first": np.array([float(np.argmax(hits)) if hits.any() else np.inf for hits in exact]),
    }
