"""Images that stick to a target point: what the flow of an order p < 2 does in finite time.

Near T(u, x_k) = y_j the loss has a term like |T(u, x_k) - y_j|^p, whose pull, like |.|^{p-1}, has an infinite slope at
0 (1 < p < 2: F is differentiable there) or jumps (p = 1). A single point obeys |u(s)| = (1 - p(2-p) c s)_+^{1/(2-p)}
and is then at rest; an explicit solver would chatter around it. Where the pull at a distance delta beats all other
forces, in a few directions all around, the path is taken to stay in that neighbourhood: the image is held, and u moves
on where T(u, x_k) does not change, along -P grad F with P the projection on the null space of dT/du(u, x_k). For
1 < p < 2 other forces may move the image's place of rest off y_j, by less than delta while it is held: that is the
error. Source: derived; the exact law from d|u|/ds = -p c |u|^{p-1}.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from swref.theory.population.exact_loss import ExactLoss

CONTACT = 100.0  # delta, in units of the error of a step
RANK = 1e-6  # singular values of dT/du below this, relatively, do not let an image be moved

Gradient = Callable[[np.ndarray], tuple[float, np.ndarray]]


class Sticking:
    """u [d_u] -> (F(u), P grad F(u)), with the images that are held at the moment; `exact` None holds none.

    rtol, atol: those of the solver; delta = CONTACT (atol + rtol (1 + |y_j|)).
    """

    def __init__(self, loss: Gradient, exact: ExactLoss | None, rtol: float, atol: float):
        self.loss, self.exact = loss, exact if exact is not None and exact.p < 2 else None
        self.rtol, self.atol = rtol, atol
        self.pairs: frozenset[tuple[int, int]] = frozenset()  # (k, j): T(u, x_k) is held at y_j

    def __call__(self, u: np.ndarray) -> tuple[float, np.ndarray]:
        value, g = self.loss(u)
        if self.pairs:
            J = np.concatenate([self._jacobian(u, k) for k in sorted({k for k, _ in self.pairs})])  # [K d, d_u]
            _, sizes, rows = np.linalg.svd(J, full_matrices=False)
            kept = rows[sizes > RANK * sizes[0]]
            g = g - kept.T @ (kept @ g)
        return value, g

    def update(self, u: np.ndarray) -> bool:
        """Hold the images that have come near and release those that are torn away; True if any changed."""
        if self.exact is None:
            return False
        T, _ = self.exact.net.forward(u, self.exact.source.points)  # [m, d]
        y = self.exact.target.points
        gaps = np.linalg.norm(T[:, None] - y, axis=2)  # [m, mt]
        deltas = CONTACT * (self.atol + self.rtol * (1 + np.linalg.norm(y, axis=1)))  # [mt]
        near = {(int(k), int(j)) for k, j in np.argwhere(gaps < deltas)}
        pairs = frozenset(pair for pair in near | self.pairs if self._holds(u, pair[0], float(deltas[pair[1]])))
        changed, self.pairs = pairs != self.pairs, pairs
        return changed

    def _holds(self, u: np.ndarray, k: int, delta: float) -> bool:
        """Whether F increases outwards where the image of x_k is moved by delta, in 2 d (d = 2: 8) directions."""
        J = self._jacobian(u, k)  # [d, d_u]
        sizes = np.linalg.svd(J, compute_uv=False)
        if len(u) < len(J) or sizes[-1] <= RANK * sizes[0]:
            return False
        outwards = _directions(len(J)) @ np.linalg.pinv(J).T  # [N, d_u] changes of u that move the image by a unit
        return all(float(self.loss(u + delta * v)[1] @ v) > 0 for v in outwards)

    def _jacobian(self, u: np.ndarray, k: int) -> np.ndarray:
        """dT/du(u, x_k) [d, d_u]."""
        if self.exact is None:  # cannot be: nothing is held then
            return np.zeros((0, len(u)))
        net = self.exact.net
        _, cache = net.forward(u, self.exact.source.points[k : k + 1])
        return np.stack([net.backward(cache, e[None]) for e in np.eye(net.dim_out)])


def _directions(d: int) -> np.ndarray:
    """Unit vectors [N, d] all around.

    >>> _directions(1).tolist()
    [[1.0], [-1.0]]
    """
    if d == 2:
        angle = np.arange(8) * np.pi / 4
        return np.column_stack((np.cos(angle), np.sin(angle)))
    return np.concatenate((np.eye(d), -np.eye(d)))
