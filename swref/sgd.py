"""Stochastic gradient descent on the sliced Wasserstein loss: the paper's Algorithm 1, and its noised projected form.

    u^{t+1} = u^t - alpha phi(u^t, X, Y, theta)                                          Algorithm 1
    u^{t+1} = pi_r(u^t - alpha phi(u^t, X, Y, theta) + alpha a xi),  xi ~ N(0, I)        noised, projected

with X ~ x^n, Y ~ y^n and theta uniform on the sphere, fresh at every step, and pi_r the projection of the whole
vector u on the closed ball B(0, r). Source: Tanguy 2023, Algorithm 1 and section 4.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from types import ModuleType
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from swref import checks
from swref.arrays import computing_library, is_on_device, namespace
from swref.directions import SCHEMES
from swref.draws import Draws
from swref.errors import DivergenceError, InputError
from swref.measures import Measure, check_ends
from swref.networks import MLP, Network, check_network
from swref.networks.base import check_passes
from swref.reprs import Shown
from swref.sliced import loss_and_gradient_in_x

SCHEDULES = ("constant", "linear")
STEPS_A_READ, NUMBERS_A_READ = 16, 1 << 20  # of a run on a GPU: steps that are made before their numbers are read


@dataclass(frozen=True, slots=True, repr=False)
class Iterate(Shown):
    """One step of the scheme: u^t after it, and what it saw at u^{t-1}."""

    t: int  # steps done
    u: np.ndarray  # [d_u] u^t, the caller's own
    loss: float  # f(u^{t-1}, X, Y, theta), the loss of the batch
    phi: np.ndarray  # [d_u] phi(u^{t-1}, X, Y, theta), the sample gradient


def sgd(
    net: Network,
    source: Measure | ArrayLike,
    target: Measure | ArrayLike,
    u0: np.ndarray,
    *,
    step: float,
    batch: int,
    steps: int,
    directions: int = 1,
    noise: float = 0.0,
    radius: float = math.inf,
    p: float = 2.0,
    seed: int = 0,
    backend: str = "auto",
    scheme: str = "uniform",
    schedule: str | Callable[[int], float] | None = None,
    start: int = 0,
) -> Iterator[Iterate]:
    """Yield Iterate(t, u, loss, phi) for t = start + 1, ..., steps.

    `step` is alpha > 0, `batch` n, `directions` L (the mean of phi over L directions; the paper has L = 1), `noise` a,
    `radius` r (infinite: no projection). `u0` [d_u] is the iterate at `start`; its dtype, float32 or float64, is that
    of the run. All randomness is keyed by (seed, step): a run continued from its iterate at `start` has the bits of
    one that was never interrupted. `schedule(t)` multiplies alpha at step t, or is "linear": 1 - t/steps, as in
    `swref train`; the theorems have none, or "constant". `scheme` is one of swref.directions; theirs is uniform.

    The step runs where `u0` lives: a CuPy array keeps all of it on its GPU and yields CuPy iterates. With `backend`
    "cuda" a `u0` of NumPy's is moved there and its iterates come back as NumPy's: for an MLP that is not wide all of a
    step is kernels of swref's (docs/cuda.md), else CuPy's, and without CuPy only the loss. There up to 16 steps are
    made before the first of them is yielded, unless a radius is given: their losses and norms are read at once.

    Raises InputError or InputTypeError for a bad argument at the call, DivergenceError when the loss, the gradient or
    u stops being finite; the iterates before it stay good.

    >>> from swref import MLP, Gaussian, Shape
    >>> net = MLP((2, 16, 2))
    >>> run = sgd(net, Gaussian([0, 0], np.eye(2)), Shape("moons"), net.init(0), step=0.05, batch=64, steps=400)
    >>> losses = [iterate.loss for iterate in run]
    >>> len(losses), sum(losses[-100:]) < sum(losses[:100])
    (400, True)
    """
    alpha = checks.number("step", step, above=0.0)
    a = checks.number("noise", noise, minimum=0.0)
    r = checks.number("radius", radius, above=0.0, infinite=True)
    n, L = checks.count("batch", batch), checks.count("directions", directions)
    start, steps = checks.integer("start", start, minimum=0), checks.integer("steps", steps, minimum=0)
    seed, p = checks.int_seed("seed", seed), checks.order(p)
    checks.one_of("scheme", scheme, SCHEMES)
    factor = step_factor(schedule, steps)
    if start > steps:
        raise InputError(f"start must be at most steps = {steps}, got {start}")
    loss_and_gradient = loss_and_gradient_in_x(backend, p)
    u = _start(net, u0, r)
    if backend == "auto" and is_on_device(u):
        loss_and_gradient = loss_and_gradient_in_x("cuda", p)
    check_passes("net", net, u)
    x_law, y_law = check_ends(net, source, target)
    launched = _launched(net, u, n, L, p, a > 0) if backend == "cuda" and math.isinf(r) else None
    xp, returned = (np, None) if launched else computing_library(u, on_gpu=backend == "cuda")
    on_gpu = launched is not None or xp is not np
    d_xi, ahead = len(u) if a > 0 else 0, steps if on_gpu else 0
    draws = Draws(x_law, y_law, n, L, seed, d_xi, scheme, u.dtype, xp.asarray, ahead)

    def alpha_at(t: int) -> float:
        return alpha if factor is None else alpha * factor(t)

    def one_step(u: np.ndarray, t: int) -> Iterate:
        x, y, theta, xi = draws(t)  # X [n, dx], Y [n, d], theta [L, d], xi [d_u] or None
        alpha_t = alpha_at(t)
        with np.errstate(over="ignore", invalid="ignore"):  # an overflow is a divergence, and reported as one
            out, cache = net.forward(u, x)  # T(u, X) [n, d]
            loss, dout = loss_and_gradient(out, y, theta)  # w_theta(T(u, X), Y) and its gradient [n, d]
            phi = net.backward(cache, dout)  # phi(u, X, Y, theta) [d_u]
            next_u = u - u.dtype.type(alpha_t) * phi
            if xi is not None:
                next_u += u.dtype.type(alpha_t * a) * xi
            iterate = Iterate(t + 1, _projected(next_u, r), loss, phi)
            if not on_gpu:  # there it would be waited for
                _check_finite(iterate, u)
        return iterate

    def iterates(u: np.ndarray) -> Iterator[Iterate]:
        for t in range(start, steps):
            iterate = one_step(u, t)
            u = iterate.u.copy()  # what the caller does with an iterate does not reach the next
            yield iterate

    def some_steps(u: np.ndarray, ts: range) -> _Some:
        done: list[tuple[Any, ...]] = []
        failure = None
        try:
            for t in ts:
                if launched:
                    alpha_t = alpha_at(t)
                    done.append((*draws(t), (alpha_t, alpha_t * a)))
                else:
                    done.append((u, one_step(u, t)))
                    u = done[-1][1].u.copy()
        except Exception as error:
            failure = error
        return _made(launched, u, ts, done, failure) if launched else _Some(_read(done, xp, returned), u, failure)

    def iterates_on_gpu(u: np.ndarray) -> Iterator[Iterate]:
        size = _steps_a_read(len(u), r)
        for first in range(start, steps, size):
            some = some_steps(u, range(first, min(first + size, steps)))
            for before, iterate, squares in some.seen:
                if not all(map(math.isfinite, (iterate.loss, *squares))):
                    _check_finite(iterate, before)
                yield iterate
            if some.failure is not None:  # after the iterates before it
                raise some.failure
            u = some.u

    return iterates_on_gpu(xp.asarray(u)) if on_gpu else iterates(u)


class _Some(NamedTuple):
    """Some steps on a GPU: the iterate before each, its own, |phi|^2 and |u|^2; the last; what ended them early."""

    seen: list[tuple[np.ndarray, Iterate, list[float]]]
    u: np.ndarray
    failure: Exception | None


def _launched(net: Network, u: Any, n: int, L: int, p: float, noisy: bool) -> Any:
    """What makes steps of which all is launches, where there are some for this network and u is NumPy's; else None."""
    if not isinstance(u, np.ndarray) or type(net) is not MLP:
        return None
    from swref.kernels.cuda import descent  # Numba takes half a second to import

    if not descent.fits(net.sizes, net.activation, net.output_activation):
        return None
    most = _steps_a_read(len(u), math.inf)
    return descent.Descent(net.sizes, net.activation, n, L, p, u.dtype, noisy, most)


def _made(launched: Any, u: np.ndarray, ts: range, given: list[Any], failure: Exception | None) -> _Some:
    """Of the steps for which the draws are given."""
    if not given:
        return _Some([], u, failure)
    us, phis, numbers = launched.steps(u, given)
    before = [u, *us[:-1]]
    made = [
        (before[k], Iterate(t + 1, us[k].copy(), loss, phis[k].copy()), squares)
        for k, (t, (loss, *squares)) in enumerate(zip(ts, numbers.tolist(), strict=False))
    ]
    return _Some(made, us[-1].copy(), failure)


def _read(
    done: list[Any], xp: ModuleType, returned: Callable[[Any], np.ndarray] | None
) -> list[tuple[np.ndarray, Iterate, list[float]]]:
    """Iterates that CuPy made, with what is looked at: one wait for all, and two copies where u0 is NumPy's."""
    from swref.kernels.cuda import steps  # Numba takes half a second to import

    iterates = [iterate for _, iterate in done]
    numbers = steps.measured([(i.loss, i.phi, i.u) for i in iterates]).tolist()
    iterates = [replace(i, loss=loss) for i, (loss, *_) in zip(iterates, numbers, strict=True)]
    if returned is not None and iterates:
        us, phis = (returned(xp.stack([getattr(i, name) for i in iterates])) for name in ("u", "phi"))
        iterates = [replace(i, u=u.copy(), phi=phi.copy()) for i, u, phi in zip(iterates, us, phis, strict=True)]
    return [(u, i, squares) for (u, _), i, (_, *squares) in zip(done, iterates, numbers, strict=True)]


def _steps_a_read(d_u: int, r: float) -> int:
    """How many steps go before a look at them: one where the projection on a ball looks anyway."""
    return max(1, min(STEPS_A_READ, NUMBERS_A_READ // d_u)) if math.isinf(r) else 1


def step_factor(schedule: str | Callable[[int], float] | None, steps: int) -> Callable[[int], float] | None:
    """The factor of alpha at step t: None for a constant step; InputError or InputTypeError for what is no schedule.

    >>> step_factor("linear", 100)(99), step_factor("constant", 100)
    (0.01, None)
    """
    if not isinstance(schedule, str):
        if schedule is None:
            return None
        checks.function("schedule", schedule, "the step")
        return lambda t: checks.number(f"schedule({t})", schedule(t), minimum=0.0)
    if checks.one_of("schedule", schedule, SCHEDULES) == "constant":
        return None
    return lambda t: (steps - t) / steps


def project_on_ball(u: np.ndarray, r: float) -> np.ndarray:
    """pi_r(u): u [d_u] itself inside the closed ball B(0, r), else r u/|u|, never outside by a rounding.

    Raises InputError or InputTypeError for a u that is no vector of floats, and for r <= 0.

    >>> project_on_ball(np.array([3.0, 4.0]), 2.5).tolist()
    [1.5, 2.0]
    """
    r = checks.number("r", r, above=0.0, infinite=True)
    if not is_on_device(u):
        u = checks.float_array("u", u)
    if u.ndim != 1:
        raise InputError(f"u must have shape [d_u], got {tuple(u.shape)}")
    return _projected(u, r)


def _projected(u: np.ndarray, r: float) -> np.ndarray:
    """The same of arguments that are known to be right."""
    if math.isinf(r):
        return u
    norm = _norm(u)
    if not norm > r or (math.isinf(norm) and not np.isfinite(u).all()):
        return u
    if norm < math.sqrt(float(np.finfo(u.dtype).max)):
        projected = u * u.dtype.type(r / norm)
    else:  # where squares overflow, r/|u| may be too small for its digits: by way of u/max|u|
        unit = u / np.abs(u).max()
        projected = unit * u.dtype.type(r / float(np.linalg.norm(unit)))
    while _norm(projected) > r:  # the product can round outwards by a few units in the last place
        projected *= 1 - np.finfo(u.dtype).eps
    return projected


def _start(net: Network, u0: np.ndarray, r: float) -> np.ndarray:
    check_network("net", net)
    u = u0 if is_on_device(u0) else checks.float_array("u0", u0)
    namespace(u)  # NumPy's or CuPy's: the networks take no others
    checks.parameter_shape("u0", u, net.n_params)
    checks.finite("u0", u)
    norm = _norm(u)
    if norm > r:
        raise InputError(f"u0 must lie in the ball of radius {r:g}, got |u0| = {norm:.6g}")
    return u.copy()


def _check_finite(iterate: Iterate, u: np.ndarray) -> None:
    """DivergenceError where the loss, phi or the iterate that came of u is not finite."""
    if math.isfinite(iterate.loss) and _all_finite(iterate.phi) and _all_finite(iterate.u):
        return
    norm_u, norm_phi = _norm(u), _norm(iterate.phi)
    raise DivergenceError(
        f"training diverged at step {iterate.t}: loss {iterate.loss:.4g}, |u| {norm_u:.4g}, |phi| {norm_phi:.4g}; "
        "try a smaller step, a projection (radius) or a network with cut-offs"
    )


def _norm(v: np.ndarray) -> float:
    """|v| of v [d_u], also where its squares overflow."""
    with np.errstate(over="ignore", invalid="ignore"):
        norm = float(np.linalg.norm(v))
        if math.isinf(norm) and math.isfinite(largest := float(np.abs(v).max())):
            norm = largest * float(np.linalg.norm(v / v.dtype.type(largest)))
    return norm


def _all_finite(v: np.ndarray) -> bool:
    # A sum of squares is finite only if every term is, and quick; it overflows early, at norms of 1e19 in float32.
    return math.isfinite(float(v @ v)) or bool(np.isfinite(v).all())
