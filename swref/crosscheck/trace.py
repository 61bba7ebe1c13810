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

import functools
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np

from swref.crosscheck.case import TraceCase
from swref.crosscheck.inputs import EPS, Inputs
from swref.draws import Draw, Draws
from swref.errors import DataError
from swref.measures import Discrete, Gaussian, Measure
from swref.networks import Network, Particles
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


def draws_of(case: TraceCase) -> list[Draw]:
    """The T draws of a trace case."""
    source: Measure = Gaussian(np.zeros(case.net.dim_in), np.eye(case.net.dim_in))
    if isinstance(case.net, Particles):
        source = Discrete(case.net.indices())
    target = Gaussian(np.full(case.net.dim_out, 0.5), 0.5 * np.eye(case.net.dim_out))
    d_u = case.net.n_params if case.noise else 0
    draws = Draws(source, target, case.batch, case.directions, case.seed, d_u)
    return [draws(t) for t in range(case.steps)]


@functools.lru_cache(maxsize=16)
def record(case: TraceCase) -> dict[str, Any]:
    """The trace of a case, as the arrays of format 1.

    >>> from swref.networks import MLP
    >>> trace = record(TraceCase("demo", "", (), MLP((2, 4, 2)), steps=3, batch=5, directions=2))
    >>> trace["u"].shape, trace["order_x"].shape, bool(trace["gap"].min() > 0)
    ((4, 22), (3, 2, 5), True)
    """
    draws = draws_of(case)
    us, steps = _run(case, draws)
    orders = [
        np.array([[stable_order(row) for row in project(cloud, draw.theta)] for draw, cloud in pairs])
        for pairs in (
            [(draw, step.out) for draw, step in zip(draws, steps, strict=True)],
            [(draw, draw.y) for draw in draws],
        )
    ]
    gaps = [Inputs(step.out, draw.y, draw.theta).smallest_gap() for draw, step in zip(draws, steps, strict=True)]
    arrays = {
        "format": FORMAT,
        "p": case.p,
        "alpha": case.alpha,
        "noise": case.noise,
        "radius": case.radius,
        "network": json.dumps(case.net.to_dict()),
        "u": np.stack(us),
        "x": np.stack([draw.x for draw in draws]),
        "y": np.stack([draw.y for draw in draws]),
        "theta": np.stack([draw.theta for draw in draws]),
        "out": np.stack([step.out for step in steps]),
        "order_x": orders[0],
        "order_y": orders[1],
        "loss": np.array([step.loss for step in steps]),
        "gradient": np.stack([step.gradient for step in steps]),
        "phi": np.stack([step.phi for step in steps]),
        "gap": np.array(gaps),
        "tolerance": _tolerance(case, draws, us),
    }
    if case.noise:
        arrays["xi"] = np.stack([draw.xi for draw in draws])
    return {name: np.asarray(array) for name, array in arrays.items()}


def _run(
    case: TraceCase, draws: list[Draw], rng: np.random.Generator | None = None
) -> tuple[list[np.ndarray], list[Step]]:
    """The run; with `rng` every u is moved by a few ulp after its step, as another order of summation would."""
    u = case.net.init(np.random.default_rng(case.seed))
    us, steps = [u], []
    for draw in draws:
        step = reference_step(case.net, u, draw, case.p)
        u = next_parameters(u, step.phi, case.alpha, case.noise, draw.xi, case.radius)
        if rng is not None:
            u = u + 4 * EPS["float64"] * (np.abs(u) + np.abs(u).max()) * rng.uniform(-1, 1, len(u))
        us.append(u)
        steps.append(step)
    return us, steps


def _tolerance(case: TraceCase, draws: list[Draw], us: list[np.ndarray]) -> np.ndarray:
    """[T+1]: the drift of perturbed runs, times ALLOWANCE. No run is compared beyond what its rounding determines."""
    drift = np.zeros(len(us))
    for k in range(PERTURBATIONS):
        others, _ = _run(case, draws, np.random.default_rng([case.seed, k]))
        drift = np.maximum(drift, [np.abs(a - b).max() for a, b in zip(others, us, strict=True)])
    start = 4 * EPS["float64"] * np.abs(us[0]).max()
    return ALLOWANCE * np.maximum(np.maximum.accumulate(drift), start)


def save(path: Path, trace: dict[str, Any]) -> None:
    """Write a trace to an .npz.

    >>> import tempfile
    >>> from swref.networks import MLP
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     case = TraceCase("demo", "", (), MLP((2, 4, 2)), steps=3, batch=5, directions=2)
    ...     save(Path(folder) / "t.npz", record(case))
    ...     load(Path(folder) / "t.npz")["u"].shape
    (4, 22)
    """
    np.savez(path, allow_pickle=False, **trace)


def load(path: Path) -> dict[str, np.ndarray]:
    """Read a trace; raises DataError for a file that is not one of this format."""
    try:
        with np.load(path, allow_pickle=False) as file:
            trace = {name: file[name] for name in file.files}
    except (OSError, ValueError) as error:
        raise DataError(f"{path} must be a trace (.npz): {error}") from None
    if int(trace.get("format", -1)) != FORMAT:
        raise DataError(f"{path} must be a trace of format {FORMAT}, got {trace.get('format')}")
    return trace
