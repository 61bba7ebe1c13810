"""The population loss on given directions, and its mean over the sphere by randomised quasi-Monte-Carlo."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from swref.directions import directions
from swref.sliced import sw_loss_and_grad
from swref.theory.population.atoms import Atoms, about_centre, centred

RANDOMISATIONS = 16
FIRST_DIRECTIONS = 32
BLOCK_NUMBERS = 1 << 22  # projections held at a time


@dataclass(frozen=True)
class SphereMean:
    """A mean over the sphere: value, gradient [k, d], the standard errors of both, and the directions behind them.

    The standard errors have RANDOMISATIONS - 1 = 15 degrees of freedom.
    """

    value: float
    grad: np.ndarray
    standard_error: float
    grad_standard_error: np.ndarray
    directions: int


def directional_sw(z: Atoms, w: Atoms, n: int | None, p: float, theta: np.ndarray) -> tuple[float, np.ndarray]:
    """The mean over theta [L, d] of E w_theta and its gradient [k, d] in z's atoms; n None: the full measures.

    In d = 1 the one direction theta = [[1]] gives the population loss itself.
    """
    x, y = about_centre(z, w)
    if n is None:
        wx, wy = (None, None) if z.even and w.even else (z.probabilities, w.probabilities)
        loss, grad = sw_loss_and_grad(x, y, theta, p=p, x_weights=wx, y_weights=wy)
        return float(loss), grad
    from swref.theory.population.kernels.batch_directions import batch_losses

    value, grad = 0.0, np.zeros(x.shape)
    step = max(1, BLOCK_NUMBERS // (len(x) + len(y)))
    for start in range(0, len(theta), step):
        block = theta[start : start + step]  # [G, d]
        px, py = block @ x.T, block @ y.T  # [G, k], [G, kt]
        orders = np.argsort(px, axis=1), np.argsort(py, axis=1)
        losses, slopes = np.empty(len(block)), np.empty(px.shape)
        batch_losses(px, py, *orders, z.weights, w.weights, z.total, n, p, losses, slopes)
        value += float(np.sum(losses))
        grad += slopes.T @ block
    return value / len(theta), grad / len(theta)


def sphere_mean(z: Atoms, w: Atoms, n: int | None, p: float, target: float, budget: int, seed: int) -> SphereMean:
    """The mean over the sphere of R^d, with as many directions as a standard error <= `target` asks for.

    16 independent scramblings of a Sobol' sequence give 16 unbiased estimates, and their spread the standard error.
    The number of directions doubles until the target is met or another doubling would pass `budget`. What stopped there
    is no estimate: its error is the smallest of several looks. The result is from fresh scramblings of twice as many
    directions, or as many where twice would pass the budget, so that its error is Student's, and nearly always below
    the target. For p = 2 the mean of the quadratic part is known, a d-th of V_z + V_w + |shift|^2: its difference to
    the sampled one is taken out (a control variate), which leaves the coupling term alone.
    """
    seeds = np.random.SeedSequence(seed)
    L = FIRST_DIRECTIONS

    def look(count: int) -> tuple[np.ndarray, np.ndarray, float]:
        rngs = [np.random.default_rng(s) for s in seeds.spawn(RANDOMISATIONS)]
        estimates = [_one_randomisation(z, w, n, p, directions(rng, count, z.points.shape[1], "sobol")) for rng in rngs]
        values, grads = np.array([e[0] for e in estimates]), np.array([e[1] for e in estimates])
        return values, grads, float(np.std(values, ddof=1) / np.sqrt(RANDOMISATIONS))

    def affordable(count: int) -> bool:
        return count * RANDOMISATIONS <= budget

    while affordable(2 * L) and look(L)[2] > target:
        L *= 2
    L = 2 * L if affordable(2 * L) else L
    values, grads, error = look(L)
    grad_error = np.std(grads, axis=0, ddof=1) / np.sqrt(RANDOMISATIONS)
    return SphereMean(float(np.mean(values)), np.mean(grads, axis=0), error, grad_error, L * RANDOMISATIONS)


def _one_randomisation(z: Atoms, w: Atoms, n: int | None, p: float, theta: np.ndarray) -> tuple[float, np.ndarray]:
    value, grad = directional_sw(z, w, n, p, theta)
    if p != 2:
        return value, grad
    d, wx, wy = theta.shape[1], z.probabilities, w.probabilities
    zc, wc, shift = centred(z, w)
    second = zc.T @ (wx[:, None] * zc) + wc.T @ (wy[:, None] * wc) + np.outer(shift, shift)  # [d, d]
    excess = theta.T @ theta / len(theta) - np.eye(d) / d  # [d, d] of mean 0
    return value - float(np.sum(excess * second)), grad - 2 * wx[:, None] * ((zc + shift) @ excess)
