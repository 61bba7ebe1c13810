"""A replayable trace: every draw and every number of T steps, so that another framework can be stepped through it.

Format 1, an .npz of plain arrays (no pickle), letters as in swref.sgd:

    format [] int        1
    p, alpha, noise, radius  [] float     the order, the step, a, r (inf: no projection)
    network [] str       JSON: the name and the arguments of the network
    u [T+1, d_u]         u^0, ..., u^T
    x [T, n, dx], y [T, n, d], theta [T, L, d]     the batches and directions of every step
    xi [T, d_u]          the noise (absent without noise)
    out [T, n, d]        T(u^t, X)
    order_x, order_y [T, L, n] int        the permutations that sort the projections of out and y, stable
    loss [T], gradient [T, n, d], phi [T, d_u]     the batch loss SW_p^p, its gradients in out and in u
    gap [T]              the smallest gap between neighbouring projections of out
    tolerance [T+1]      how far a correct run in float64 may drift from u^t, in the largest coordinate

    u^{t+1} = pi_r(u^t - alpha phi^t + alpha a xi^t)
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Final

import numpy as np

from swref.crosscheck.inputs import EPS, Inputs
from swref.draws import Draw
from swref.networks import Network
from swref.sgd import project_on_ball
from swref.spec import project, stable_order, sw_loss_and_grad

FORMAT: Final = 1
PERTURBATIONS: Final = 3
ALLOWANCE: Final = 100.0  # times the drift that a perturbation of every step by a few ulp causes


@dataclass(frozen=True)
class Step:
    """What one step computed at u^t."""

    out: np.ndarray  # [n, d]
    loss: float
    gradient: np.ndarray  # [n, d]
    phi: np.ndarray  # [d_u]


def reference_step(net: Network, u: np.ndarray, draw: Draw, p: float) -> Step:
    """The forward pass, the spec's loss and gradient, the backward pass."""
    out, cache = net.forward(u, draw.x)
    loss, (gradient,) = sw_loss_and_grad(out, draw.y, draw.theta, p)
    return Step(out, loss, gradient, net.backward(cache, gradient.astype(u.dtype)))


def next_parameters(
    u: np.ndarray, phi: np.ndarray, alpha: float, noise: float, xi: np.ndarray | None, radius: float
) -> np.ndarray:
    """pi_r(u - alpha phi + alpha a xi) [d_u], in the dtype of u."""
    T = u.dtype.type
    moved = u - T(alpha) * phi.astype(u.dtype)
    if xi is not None and noise:
        moved = moved + T(alpha) * T(noise) * xi
    return project_on_ball(moved, radius)


def record(
    net: Network, draws: list[Draw], seed: int, *, p: float, alpha: float, noise: float, radius: float
) -> dict[str, np.ndarray]:
    """The trace of the run under `draws` from the parameters that `seed` draws, as the arrays of format 1.

    >>> from swref.networks import MLP
    >>> rng = np.random.default_rng(0)
    >>> draws = [Draw(rng.random((5, 2)), rng.random((5, 2)), np.eye(2), None) for _ in range(3)]
    >>> trace = record(MLP((2, 4, 2)), draws, 0, p=2.0, alpha=0.1, noise=0.0, radius=np.inf)
    >>> trace["u"].shape, trace["order_x"].shape, bool(trace["gap"].min() > 0)
    ((4, 22), (3, 2, 5), True)
    """

    def run(rng: np.random.Generator | None = None) -> tuple[np.ndarray, list[Step]]:
        """u [T+1, d_u] and the steps; with `rng` every u is moved by a few ulp, as another order of sums would."""
        u = net.init(np.random.default_rng(seed))
        us, steps = [u], []
        for draw in draws:
            step = reference_step(net, u, draw, p)
            u = next_parameters(u, step.phi, alpha, noise, draw.xi, radius)
            if rng is not None:
                u = u + 4 * EPS["float64"] * (np.abs(u) + np.abs(u).max()) * rng.uniform(-1, 1, len(u))
            us.append(u)
            steps.append(step)
        return np.stack(us), steps

    us, steps = run()
    others = [run(np.random.default_rng([seed, k]))[0] for k in range(PERTURBATIONS)]
    pairs = list(zip(draws, steps, strict=True))
    arrays = {
        "format": FORMAT,
        "p": p,
        "alpha": alpha,
        "noise": noise,
        "radius": radius,
        "network": json.dumps(net.to_dict()),
        "u": us,
        "x": [draw.x for draw in draws],
        "y": [draw.y for draw in draws],
        "theta": [draw.theta for draw in draws],
        "out": [step.out for step in steps],
        "order_x": [[stable_order(row) for row in project(step.out, draw.theta)] for draw, step in pairs],
        "order_y": [[stable_order(row) for row in project(draw.y, draw.theta)] for draw in draws],
        "loss": [step.loss for step in steps],
        "gradient": [step.gradient for step in steps],
        "phi": [step.phi for step in steps],
        "gap": [Inputs(step.out, draw.y, draw.theta).smallest_gap() for draw, step in pairs],
        "tolerance": _tolerance(us, others),
    }
    if noise:
        arrays["xi"] = [draw.xi for draw in draws]
    return {name: np.asarray(array) for name, array in arrays.items()}


def _tolerance(us: np.ndarray, others: list[np.ndarray]) -> np.ndarray:
    """[T+1]: the drift of perturbed runs, times ALLOWANCE. No run is compared beyond what its rounding determines."""
    drift = np.max([np.abs(other - us).max(axis=1) for other in others], axis=0)
    start = 4 * EPS["float64"] * np.abs(us[0]).max()
    return np.asarray(ALLOWANCE * np.maximum(np.maximum.accumulate(drift), start))
