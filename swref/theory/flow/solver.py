"""The gradient flow of the population loss, which the iterates of SGD follow as their step goes to 0 (Theorem 1).

    du/ds = -grad F(u),    and in the ball B(0, r)    du/ds = -grad F(u) - s* u,    s* = max(0, -<grad F(u), u>/r^2)

on the sphere, s* = 0 inside. Along either, dF/ds = -|du/ds|^2: the energy identity. Source: Tanguy (TMLR 2023),
sections 3 and 4. SciPy's RK45 integrates it: F is smooth but for jumps of its second derivatives, where a method of
higher order loses its order (measured: at equal errors it takes fewer evaluations than DOP853 and LSODA).
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from swref import checks
from swref.errors import InputError, SwrefError
from swref.measures import Discrete
from swref.networks import Network
from swref.reprs import Shown, short
from swref.theory.flow.pieces import Piece, chords
from swref.theory.flow.sticking import Gradient, Sticking
from swref.theory.flow.trajectories import ROUNDING, Trajectory
from swref.theory.population.exact_loss import ExactLoss, on_sphere

RELATIVE_TOLERANCE = 1e-9
ABSOLUTE_TOLERANCE = 1e-11
MAX_EVALUATIONS = 1_000_000
LOOKS = np.linspace(0.0, 1.0, 9)[1:]  # where within a step it is looked whether the curve has left the ball


@dataclass(frozen=True, eq=False, repr=False)
class GradientFlow(Shown):
    """A flow s -> u(s), s in [0, horizon], from `gradient_flow`. Calling it evaluates it anywhere.

    times [S + 1]: 0 and the ends of the solver's steps. energies [S + 1]: F(u(s)) there, exact. dissipated [S + 1]:
    int_0^s |u'|^2, integrated beside u under the same error control. contacts: the times at which it reached the
    sphere ("sphere") or left it ("inside"), empty for an infinite radius.
    """

    loss: ExactLoss
    pieces: tuple[Piece, ...]
    times: np.ndarray
    energies: np.ndarray
    dissipated: np.ndarray
    radius: float
    evaluations: int

    @property
    def horizon(self) -> float:
        """The last time."""
        return float(self.times[-1])

    @property
    def contacts(self) -> tuple[tuple[float, str], ...]:
        """The times at which the curve changed between the sphere and the inside of the ball."""
        pairs = zip(self.pieces, self.pieces[1:], strict=False)
        return tuple(
            (after.start, "sphere" if after.on_sphere else "inside")
            for before, after in pairs
            if before.on_sphere != after.on_sphere
        )

    @property
    def residuals(self) -> np.ndarray:
        """The energy identity at every time [S + 1]: F(u(0)) - F(u(s)) - int_0^s |u'|^2, 0 but for the solver's error.

        Larger values show that F is not path differentiable along u, or that what was followed is not its gradient.
        """
        return self.energies[0] - self.energies - self.dissipated

    @property
    def residual(self) -> float:
        """The largest |residual| over the times: how far to trust the flow, in units of F."""
        return float(np.max(np.abs(self.residuals)))

    def __call__(self, s: ArrayLike) -> np.ndarray:
        """u(s) [d_u] for a number, [S, d_u] for times [S]; InputError outside [0, horizon]."""
        s = checks.float_array("s", s).astype(np.float64)
        if s.ndim > 1:
            raise InputError(f"s must be a number or a vector of times, got shape {s.shape}")
        flat = np.atleast_1d(s)
        checks.finite("s", flat)
        if flat.size and (flat.min() < 0 or flat.max() > self.horizon * (1 + ROUNDING)):
            worst = flat.min() if flat.min() < 0 else flat.max()
            raise InputError(f"s must lie in [0, {self.horizon:g}], got {worst:g}")
        k = np.clip(np.searchsorted(self.times, flat, side="right") - 1, 0, len(self.pieces) - 1)
        out = np.empty((len(flat), self.loss.net.n_params))
        for i in np.unique(k):
            out[k == i] = self.pieces[i].points(np.minimum(flat[k == i], self.pieces[i].end))
        return out.reshape(*s.shape, -1)

    def energy(self, s: float) -> float:
        """F(u(s)), exact; one evaluation of F."""
        return self.loss(self(s))[0]

    def sampled(self, delta: float) -> SampledCurve:
        """The flow as a piecewise-affine curve that is nowhere further than `delta` from it, for `distance_c`.

        The bound is certified: a step's interpolant is a polynomial, whose second derivative is bounded by its
        Chebyshev coefficients. Raises InputError for delta <= 0, or one that rounding cannot reach.
        """
        delta = checks.number("delta", delta, above=0.0)
        times, points = [np.zeros(1)], [self(0.0)[None, :]]
        for piece in self.pieces:
            s, u = chords(piece, delta)
            times.append(s[1:])
            points.append(u[1:])
        return SampledCurve(Trajectory(np.concatenate(times), np.concatenate(points)), delta)

    def facts(self) -> dict[str, str]:
        """What a prompt shows."""
        return {
            "horizon": short(self.horizon),
            "radius": short(self.radius),
            "steps": str(len(self.pieces)),
            "F": f"{self.energies[0]:.6g} to {self.energies[-1]:.6g}",
            "residual": f"{self.residual:.1e}",
            "evaluations": str(self.evaluations),
        }

    def to_dict(self) -> dict[str, Any]:
        """Plain numbers and lists, ready for JSON: the steps, their energies and points."""
        return {
            "horizon": self.horizon,
            "radius": None if math.isinf(self.radius) else self.radius,
            "evaluations": self.evaluations,
            "residual": self.residual,
            "contacts": [list(contact) for contact in self.contacts],
            "times": self.times.tolist(),
            "energies": self.energies.tolist(),
            "dissipated": self.dissipated.tolist(),
            "points": self(self.times).tolist(),
        }


@dataclass(frozen=True, eq=False, repr=False)
class SampledCurve(Shown):
    """A piecewise-affine curve and how far it may be from the smooth one it stands for, uniformly in s.

    d_c(v, flow) lies within `delta` of what distance_c(v, trajectory) brackets.
    """

    trajectory: Trajectory
    delta: float


def gradient_flow(
    net: Network,
    u0: ArrayLike,
    source: Discrete | ArrayLike,
    target: Discrete | ArrayLike,
    batch: int | None,
    horizon: float,
    radius: float = math.inf,
    *,
    p: float = 2.0,
    rtol: float = RELATIVE_TOLERANCE,
    atol: float = ABSOLUTE_TOLERANCE,
    max_evaluations: int = MAX_EVALUATIONS,
) -> GradientFlow:
    """The flow of F from u0 [d_u] over [0, horizon], projected on the ball B(0, radius) where that is finite.

    `p` and `batch` are those of population_loss (None: the full SW_p^p); the theorems' proofs are for p = 2. `rtol` and
    `atol` bound the error of a step, in u and in the energy dissipated. Where F is not differentiable the formal
    gradient is followed, as SGD does on average. For p < 2 an image that meets a target point is extinct in finite
    time, also where F is differentiable (1 < p < 2): it is then held there, to 100 times the error of a step, until
    other forces tear it away, which is looked for at the ends of steps. Other kinks along which a solution slides, and
    an image that sticks while u is on the sphere, are beyond this solver, which then gives up with a SwrefError; so is
    p < 2 where an image comes to rest beside a target, too near for explicit steps.

    Raises InputError or InputTypeError for arguments that do not fit, for an F that is not exact (output dimension
    above 2 with batch != 1), for |u0| > radius; SwrefError past `max_evaluations`.

    >>> from swref.networks import Particles
    >>> points = Particles(1, 2)
    >>> flow = gradient_flow(points, [1.0, 0.0], Discrete(points.indices()), Discrete([[0.0, 0.0]]), None, horizon=2.0)
    >>> bool(abs(flow(2.0)[0] - np.exp(-2.0)) < 1e-9), flow.residual < 1e-9  # F = |u|^2 / 2
    (True, True)
    """
    loss = ExactLoss(net, source, target, batch, checks.order(p))
    u, r = loss.parameters_in_ball("u0", u0, radius)
    horizon = checks.number("horizon", horizon, above=0.0)
    counted = Counted(loss, checks.integer("max_evaluations", max_evaluations, minimum=1))
    rtol, atol = checks.number("rtol", rtol, above=0.0), checks.number("atol", atol, above=0.0)
    pieces = tuple(integrate(counted, u, horizon, r, rtol=rtol, atol=atol))
    times = np.array([0.0, *(piece.end for piece in pieces)])
    energies = [counted(u)[0], *(counted(piece.points(np.array([piece.end]))[0])[0] for piece in pieces)]
    dissipated = np.array([0.0, *(piece.dissipated(piece.end) for piece in pieces)])
    return GradientFlow(loss, pieces, times, np.array(energies), dissipated, r, counted.evaluations)


class Counted:
    """F, counting its evaluations; SwrefError past `limit`."""

    def __init__(self, loss: ExactLoss, limit: int):
        self.loss, self.limit, self.evaluations = loss, limit, 0

    def __call__(self, u: np.ndarray) -> tuple[float, np.ndarray]:
        self.evaluations += 1
        if self.evaluations > self.limit:
            raise SwrefError(f"the flow needs more than {self.limit} evaluations of F; try a larger rtol")
        return self.loss(u)


def integrate(
    loss: Counted,
    u: np.ndarray,
    horizon: float,
    r: float,
    *,
    rtol: float = RELATIVE_TOLERANCE,
    atol: float = ABSOLUTE_TOLERANCE,
) -> Iterator[Piece]:
    """Yield the steps of the flow from u [d_u], |u| <= r, one by one: what is not asked for is not computed.

    y = (u, int |u'|^2). The solver is restarted where the curve reaches the sphere, and where it leaves it.
    """
    from scipy.integrate import RK45

    exact = loss.loss if isinstance(loss.loss, ExactLoss) else None
    s, y, held = 0.0, np.append(u, 0.0), Sticking(loss, exact, rtol, atol)
    held.update(u)
    bound = on_sphere(u, r) and float(held(u)[1] @ u) < 0
    while s < horizon:
        if bound and held.pairs:
            raise SwrefError(f"the flow stops at s = {s:.6g}: a point sticks to a target while u is on the sphere")
        solver = RK45(_sphere_velocity(held, r) if bound else _velocity(held), s, y, horizon, rtol=rtol, atol=atol)
        while True:
            message = solver.step()
            if solver.status == "failed":
                raise SwrefError(f"the flow stops at s = {solver.t:.6g}, where grad F jumps ({message})")
            piece = Piece(solver.t_old, solver.t, solver.dense_output(), bound, r)
            end = _leaving(piece, held) if bound else _hitting(piece)
            if end is None:
                yield piece
            elif end > piece.start:
                yield piece.until(end)
            if end is not None or solver.status == "finished" or held.update(piece.points(np.array([solver.t]))[0]):
                break
        s = solver.t if end is None else end
        y = piece.dense(s)
        y[:-1] = piece.points(np.array([s]))[0]
        if end is not None:
            # A curve that left goes inside; one that arrived stays there only if it is pushed outwards.
            bound = not bound and float(held(y[:-1])[1] @ y[:-1]) < 0


def _velocity(loss: Gradient) -> Any:
    def velocity(_: float, y: np.ndarray) -> np.ndarray:
        g = loss(y[:-1])[1]
        return np.append(-g, g @ g)

    return velocity


def _sphere_velocity(loss: Gradient, r: float) -> Any:
    """-g - s* u at the point of the sphere above y: tangent, so that |u| = r is kept to the solver's error."""

    def velocity(_: float, y: np.ndarray) -> np.ndarray:
        u = y[:-1] * (r / np.linalg.norm(y[:-1]))
        g = loss(u)[1]
        v = -g + (g @ u) / r**2 * u
        return np.append(v, v @ v)

    return velocity


def _hitting(piece: Piece) -> float | None:
    """The first time in the step at which |u| = r (within rounding, from outside), None where the curve stays in."""
    if math.isinf(piece.radius):
        return None

    def excess(s: float) -> float:
        u = piece.dense(s)[:-1] / piece.radius
        return float(u @ u) - 1 - 4 * ROUNDING

    return _crossing(excess, piece, LOOKS)


def _leaving(piece: Piece, loss: Gradient) -> float | None:
    """The first time in the step at which -grad F points inwards: <grad F(u), u> = 0; looked for at its end alone."""

    def inwards(s: float) -> float:
        u = piece.points(np.array([s]))[0]
        return float(loss(u)[1] @ u)

    return _crossing(inwards, piece, LOOKS[-1:])


def _crossing(function: Any, piece: Piece, looks: np.ndarray) -> float | None:
    """Where `function` first becomes positive in the piece, by bisection between looks at these shares of it."""
    from scipy.optimize import brentq

    before = piece.start
    for share in looks:
        here = piece.end if share == 1.0 else piece.start + share * (piece.end - piece.start)
        if function(here) > 0:
            return float(brentq(function, before, here, xtol=1e-15, rtol=1e-14)) if function(before) < 0 else before
        before = here
    return None
