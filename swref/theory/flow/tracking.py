"""Watching a run of SGD with the eyes of the theorems: natural residuals of F, and d_c to the exact flow, as it goes.

Both need the exact F: Discrete measures, p = 2, output dimension 1 or 2 (or batch 1). The state between steps is a
small array, so that a run can be cut anywhere and continued with the same bits.
"""

from __future__ import annotations

import math
from collections.abc import Collection

import numpy as np

from swref.errors import InputError
from swref.theory.criticality.kkt import natural_map
from swref.theory.flow.pieces import chords
from swref.theory.flow.solver import MAX_EVALUATIONS, Counted, integrate
from swref.theory.population.exact_loss import ExactLoss

QUANTITIES = ("kkt", "dc")
COLUMNS = ("step", "s", "natural_residual", "gap", "dc_lower", "dc_upper")
K_MAX = 20  # the flow is followed to s = 20: what lies beyond adds at most 2^-20 to d_c
DELTA = 1e-4  # how far the chords may be from the flow
FLOW_TOLERANCE = 1e-7

Row = tuple[int, float, float, float, float, float]


class Tracker:
    """Turns the iterates u^t of a run with constant step `alpha` into rows of COLUMNS; NaN for what is not asked for.

    natural_residual: |u - pi_r(u - grad F(u))| at u^t. gap: |u_alpha(s) - u(s)| at s = t alpha, u the flow of F from
    u0 (projected where r is finite), followed to s = K_MAX, NaN beyond. dc_lower <= d_c(u_alpha, u) <= dc_upper, from
    what is known up to s; they meet as s grows. Exact for the chords of the flow, within DELTA of it, which the bounds
    contain; the flow itself is within the solver's tolerance. Raises SwrefError, as gradient_flow does, where the flow
    cannot be followed: it slides along a kink of an activation.

    >>> from swref import Discrete
    >>> from swref.networks import Particles
    >>> points = Particles(1, 1)
    >>> F = ExactLoss(points, Discrete(points.indices()), Discrete([[0.0]]), None)
    >>> tracker = Tracker(F, np.array([1.0]), alpha=0.5, radius=math.inf, quantities=("kkt",))
    >>> tracker.row(tracker.initial_state(), 0, np.array([1.0]))[:3]  # F = u^2
    (0, 0.0, 2.0)
    """

    def __init__(self, loss: ExactLoss, u0: np.ndarray, alpha: float, radius: float, quantities: Collection[str]):
        self.loss, self.alpha, self.radius, self.quantities = loss, alpha, radius, frozenset(quantities)
        start = loss.parameters("u0", u0)
        flow = integrate(Counted(loss, MAX_EVALUATIONS), start, float(K_MAX), radius, rtol=FLOW_TOLERANCE)
        self._pieces = flow
        self._times, self._points = np.zeros(1), start[None, :]

    def initial_state(self) -> np.ndarray:
        """The state [K_MAX + 1] before the first step: the highest gap so far, then those over [0, k], NaN as yet."""
        state = np.full(K_MAX + 1, np.nan)
        state[0] = 0.0
        return state

    def advance(self, state: np.ndarray, t: int, before: np.ndarray, after: np.ndarray) -> np.ndarray:
        """The state after step t >= 1, from u^{t-1} = `before` to u^t = `after`; `state` is left as it is.

        The gap of two affine curves is convex between breakpoints: its maximum over the step is at one of them.
        """
        s0, s1 = self.alpha * (t - 1), min(self.alpha * t, float(K_MAX))
        if "dc" not in self.quantities or s0 >= K_MAX:
            return state
        self._follow(s0, s1)
        whole = np.arange(math.floor(s0) + 1, math.floor(s1) + 1, dtype=np.float64)
        inside = self._times[(self._times > s0) & (self._times < s1)]
        s = np.unique(np.concatenate(([s0], inside, whole, [s1])))
        share = ((s - s0) / self.alpha)[:, None]
        curve = before.astype(np.float64) * (1 - share) + after.astype(np.float64) * share
        highest = np.maximum.accumulate(np.linalg.norm(curve - self._flow(s), axis=1))
        highest = np.maximum(highest, state[0])
        state = state.copy()
        state[whole.astype(np.intp)] = highest[np.searchsorted(s, whole)]
        state[0] = highest[-1]
        return state

    def row(self, state: np.ndarray, t: int, u: np.ndarray) -> Row:
        """The row of COLUMNS at u^t = `u` [d_u], `state` being the one after step t."""
        s, u = self.alpha * t, u.astype(np.float64)
        residual = gap = lower = upper = math.nan
        if "kkt" in self.quantities:
            residual = float(np.linalg.norm(natural_map(u, self.loss(u)[1], self.radius)))
        if "dc" in self.quantities:
            lower, upper = dc_bounds(state)
            if s <= K_MAX:
                self._follow(s, s)
                gap = float(np.linalg.norm(u - self._flow(np.array([s]))[0]))
        return t, s, residual, gap, lower, upper

    def _follow(self, s0: float, s1: float) -> None:
        """Have the chords of the flow from s0 to s1, and forget those before."""
        while self._times[-1] < s1:
            s, u = chords(next(self._pieces), DELTA)
            keep = max(0, int(np.searchsorted(self._times, s0, side="right")) - 1)
            self._times = np.concatenate((self._times[keep:], s[1:]))
            self._points = np.concatenate((self._points[keep:], u[1:]))

    def _flow(self, s: np.ndarray) -> np.ndarray:
        """The chords at times s [S], within what is kept."""
        if len(self._times) == 1:
            return np.repeat(self._points, len(s), axis=0)
        k = np.clip(np.searchsorted(self._times, s, side="right") - 1, 0, len(self._times) - 2)
        share = ((s - self._times[k]) / (self._times[k + 1] - self._times[k]))[:, None]
        return self._points[k] * (1 - share) + self._points[k + 1] * share


def dc_bounds(state: np.ndarray) -> tuple[float, float]:
    """What a state [K_MAX + 1] says of d_c = sum_k 2^-k min(1, M_k), M_k = max over [0, k]: (lower, upper).

    Of the k not reached yet, M_k is at least the highest gap so far, and min(1, M_k) at most 1.

    >>> state = np.full(K_MAX + 1, np.nan)
    >>> state[:2] = 0.5, 0.25  # M_1 = 0.25, and by now 0.5
    >>> [round(bound, 3) for bound in dc_bounds(state)]
    [0.375, 0.625]
    """
    reached = int(np.sum(~np.isnan(state[1:])))
    known = float(np.sum(0.5 ** np.arange(1, reached + 1) * np.minimum(1.0, state[1 : reached + 1])))
    rest = 0.5**reached
    return max(0.0, known + rest * min(1.0, float(state[0])) - DELTA), min(1.0, known + rest + DELTA)


def check_trackable(d: int, batch: int, source_is_discrete: bool, target_is_discrete: bool) -> None:
    """InputError, in the words of a run's configuration, where the exact F does not exist."""
    if not source_is_discrete:
        raise InputError("track needs a source of finitely many points (a file or a data set): F is a sum over them")
    if not target_is_discrete:
        raise InputError("track needs a target of finitely many points (a file or a data set): F is a sum over them")
    if d > 2 and batch != 1:
        raise InputError(
            f"track needs a target of 1 or 2 columns, where F is exact, or batch = 1; got {d} columns: "
            "choose two with columns"
        )


def record_interval(m: int, mt: int, batch: int, d_u: int) -> int:
    """Steps between two rows so that tracking adds about a tenth to a run: 1, 2, 5, 10, ... from the sizes alone.

    A row costs about 0.5 ms + 5 ns (m^2 + mt^2) min(batch, m, mt), a step 0.2 ms + 6 ns batch d_u (measured on one
    core). No clock is asked: a run that is resumed elsewhere keeps its interval.

    >>> record_interval(100, 100, 64, 500), record_interval(2000, 2000, 512, 5000)
    (200, 20000)
    """
    row = 5e-4 + 5e-9 * (m * m + mt * mt) * min(batch, m, mt)
    steps = 10 * row / (2e-4 + 6e-9 * batch * d_u)
    scale = 10 ** math.floor(math.log10(steps)) if steps > 1 else 1
    return next(int(scale * factor) for factor in (1, 2, 5, 10) if scale * factor >= steps)
