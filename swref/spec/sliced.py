"""The sliced Wasserstein loss over given directions, with its gradients in closed form.

    SW_p^p(x, y) = (1/L) sum_l W_p^p(theta_l . x, theta_l . y)

Letters: x [n, d], y [m, d] points, wx [n], wy [m] weights (None: uniform), theta [L, d] unit rows, p >= 1.
Each gradient is one chain rule behind the one-dimensional gradient c_l = dW_p^p/d(theta_l . x) of one_dimension.py.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from swref.spec.one_dimension import potential, wasserstein_1d


@dataclass(frozen=True)
class SWEstimate:
    """A Monte-Carlo estimate over L i.i.d. uniform directions, with the standard error of each number in it."""

    value: float
    grad: np.ndarray  # [n, d]
    value_standard_error: float
    grad_standard_error: np.ndarray  # [n, d]
    directions: int

    def to_dict(self) -> dict[str, object]:
        """Plain numbers and lists, ready for JSON."""
        return {
            "value": self.value,
            "value_standard_error": self.value_standard_error,
            "directions": self.directions,
            "grad": self.grad.tolist(),
            "grad_standard_error": self.grad_standard_error.tolist(),
        }


def uniform_directions(rng: np.random.Generator, L: int, d: int) -> np.ndarray:
    """L i.i.d. uniform directions [L, d]: a standard normal vector, divided by its length."""
    g = rng.standard_normal((L, d))
    return g / np.linalg.norm(g, axis=1, keepdims=True)


def centred(x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """x [n, d] and y [m, d], translated together in every coordinate that lies far from 0 for its range.

    The loss is invariant under translation, its rounding errors are not: at an offset of 1e12 differences of 1 keep
    four digits. A coordinate all of whose values, of both clouds, lie in [b, 2 b] has b subtracted, its end nearest to
    0. That is exact in floating point (Sterbenz), so nothing is lost, whatever the data; other coordinates stay.

    >>> [v.tolist() for v in centred(np.array([[1e12, 0.0]]), np.array([[1e12 + 1.5, 3.0]]))]
    [[[0.0, 0.0]], [[1.5, 3.0]]]
    """
    both = np.concatenate((x, y))  # [n + m, d]
    low, high = both.min(axis=0), both.max(axis=0)  # [d]
    b = np.where((low > 0) & (high - low <= low), low, np.where((high < 0) & (high - low <= -high), high, 0))
    return x - b, y - b


def project(x: np.ndarray, theta: np.ndarray) -> np.ndarray:
    """theta_l . x_i for every direction and point, [L, n], in the dtype of x.

    The d products are added in the order of the coordinates, each rounded: that defines the projections to the last
    bit, hence the order of near-ties, and a backend that adds in the same order selects the same matching.
    """
    projections = np.zeros((len(theta), len(x)), x.dtype)
    for k in range(x.shape[1]):
        projections = projections + theta[:, k : k + 1] * x[:, k]
    return projections


def sw_losses(
    x: np.ndarray,
    y: np.ndarray,
    theta: np.ndarray,
    p: float = 2.0,
    wx: np.ndarray | None = None,
    wy: np.ndarray | None = None,
) -> np.ndarray:
    """W_p^p of the projections on each direction, [L]: SW_p^p is their mean.

    >>> sw_losses(np.array([[1.0, 2.0]]), np.array([[0.0, 0.0]]), np.eye(2)).tolist()
    [1.0, 4.0]
    """
    x, y = centred(x, y)
    pairs = zip(project(x, theta), project(y, theta), strict=True)
    return np.array([wasserstein_1d(px, py, p, wx, wy)[0] for px, py in pairs])


def sw_loss_and_grad(
    x: np.ndarray,
    y: np.ndarray,
    theta: np.ndarray,
    p: float = 2.0,
    wx: np.ndarray | None = None,
    wy: np.ndarray | None = None,
    wrt: tuple[str, ...] = ("x",),
) -> tuple[float, tuple[np.ndarray, ...]]:
    """SW_p^p and its gradients, one for each name in `wrt` (x, y, theta, x_weights, y_weights), in that order.

        dx     = (1/L) sum_l c_l theta_l^T        [n, d]    c_l = dW_p^p/d(theta_l . x) [n]
        dy     = (1/L) sum_l e_l theta_l^T        [m, d]    e_l = dW_p^p/d(theta_l . y) [m]
        dtheta = (1/L) (c_l^T x + e_l^T y)        [L, d]    Euclidean, one row a direction
        dwx    = (1/L) sum_l f_l,   dwy = (1/L) sum_l g_l   the Kantorovich potentials, centred

    >>> loss, (dx,) = sw_loss_and_grad(np.array([[1.0, 2.0]]), np.array([[0.0, 0.0]]), np.eye(2))
    >>> loss, dx.tolist()
    (2.5, [[1.0, 2.0]])
    """
    L = len(theta)
    x, y = centred(x, y)
    loss = 0.0
    grads = {
        "x": np.zeros(x.shape),
        "y": np.zeros(y.shape),
        "theta": np.zeros(theta.shape),
        "x_weights": np.zeros(len(x)),
        "y_weights": np.zeros(len(y)),
    }
    for l, (px, py) in enumerate(zip(project(x, theta), project(y, theta), strict=True)):
        loss_l, c, e = wasserstein_1d(px, py, p, wx, wy)
        loss += loss_l / L
        if "x" in wrt:
            grads["x"] += np.outer(c, theta[l]) / L
        if "y" in wrt:
            grads["y"] += np.outer(e, theta[l]) / L
        if "theta" in wrt:
            grads["theta"][l] = (c @ x + e @ y) / L
        if "x_weights" in wrt:
            grads["x_weights"] += potential(px, py, p, wx, wy) / L
        if "y_weights" in wrt:
            grads["y_weights"] += potential(py, px, p, wy, wx) / L
    return loss, tuple(grads[name] for name in wrt)


def sw_estimate(
    x: np.ndarray,
    y: np.ndarray,
    rng: np.random.Generator,
    L: int,
    p: float = 2.0,
    wx: np.ndarray | None = None,
    wy: np.ndarray | None = None,
) -> SWEstimate:
    """Monte-Carlo SW_p^p over the whole sphere and its gradient in x from L >= 2 i.i.d. directions.

    Value and gradient are means over the directions, so each number has the standard error s / sqrt(L), s^2 being
    the sample variance of its L terms, with L - 1 degrees of freedom. Only one direction's gradient is held at a time.
    """
    theta = uniform_directions(rng, L, x.shape[1]).astype(x.dtype)
    losses = np.empty(L)
    mean, squares = np.zeros(x.shape), np.zeros(x.shape)
    for l, (loss, grad) in enumerate(_each_direction(x, y, theta, p, wx, wy)):
        losses[l] = loss
        deviation = grad - mean  # Welford's update: no cancellation however small the spread
        mean = mean + deviation / (l + 1)
        squares = squares + deviation * (grad - mean)
    return SWEstimate(
        value=float(losses.mean()),
        grad=mean,
        value_standard_error=float(losses.std(ddof=1) / np.sqrt(L)),
        grad_standard_error=np.sqrt(squares / (L - 1) / L),
        directions=L,
    )


def _each_direction(
    x: np.ndarray, y: np.ndarray, theta: np.ndarray, p: float, wx: np.ndarray | None, wy: np.ndarray | None
) -> Iterator[tuple[float, np.ndarray]]:
    for l in range(len(theta)):
        loss, (grad,) = sw_loss_and_grad(x, y, theta[l : l + 1], p, wx, wy)
        yield loss, grad
