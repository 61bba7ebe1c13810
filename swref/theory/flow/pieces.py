"""One step of a gradient flow: its interpolant, on the sphere or inside the ball, and its chords within delta."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from swref.errors import InputError
from swref.sgd import project_on_ball

NODES = 16  # more than twice the degree of an interpolant: |u|^2 is caught exactly, too
LEBESGUE = 3.0  # above the Lebesgue constant of 16 Chebyshev nodes, 2.7: sup of a polynomial <= it * max at the nodes
MAX_CHORDS = 1_000_000


@dataclass(frozen=True, eq=False)
class Piece:
    """u(s), s in [start, end]: the interpolant of a step of the solver, put on the sphere where the flow is there."""

    start: float
    end: float
    dense: Any  # scipy's dense output: s [K] -> y [d_u + 1, K], a polynomial; y = (u, int |u'|^2)
    on_sphere: bool
    radius: float

    def points(self, s: np.ndarray) -> np.ndarray:
        """u(s) [K, d_u] at times s [K]; |u| <= radius to the last bit."""
        u = self.dense(s)[:-1].T  # [K, d_u]
        if math.isinf(self.radius):
            return u
        if self.on_sphere:
            u = u * (self.radius / np.linalg.norm(u, axis=1))[:, None]
        return np.array([project_on_ball(row, self.radius) for row in u])

    def dissipated(self, s: float) -> float:
        """int_0^s |u'|^2."""
        return float(self.dense(s)[-1])

    def until(self, end: float) -> Piece:
        """The same, cut at an earlier end."""
        return replace(self, end=end)


def chords(piece: Piece, delta: float) -> tuple[np.ndarray, np.ndarray]:
    """Times [K + 1] and points [K + 1, d_u] whose chords stay within `delta` of the piece.

        |p(s) - chord| <= h^2/8 max |p''|,    max |p''| <= sum_k |c_k|, c_k the Chebyshev coefficients of p''

    for the interpolant p. On the sphere, what is put back on it moves by | |p| - r |, which counts twice; inside, the
    projection of a convex ball moves no chord, and what p exceeds the ball by at the ends counts once.
    Raises InputError where `delta` is too small for the rounding, or for MAX_CHORDS.
    """
    h = piece.end - piece.start
    nodes = np.polynomial.chebyshev.chebpts1(NODES)
    u = piece.dense(piece.start + h * (nodes + 1) / 2)[:-1].T  # [NODES, d_u]
    slack = 0.0
    if not math.isinf(piece.radius):
        squares = (np.sum(u * u, axis=1) - piece.radius**2) / piece.radius
        slack = 2 * LEBESGUE * float(np.max(np.abs(squares) if piece.on_sphere else np.maximum(squares, 0.0)))
    coefficients = np.polynomial.chebyshev.chebfit(nodes, u, NODES - 1)  # [NODES, d_u]
    bend = float(np.sum(np.linalg.norm(np.polynomial.chebyshev.chebder(coefficients, 2), axis=1)))  # in 2 (s-start)/h-1
    if not delta > slack:
        raise InputError(f"delta must be above {slack:.3g}, the error of the flow on the sphere, got {delta:g}")
    # K chords have length 2/K in the variable of the coefficients.
    K = max(1, math.ceil(math.sqrt(bend / (2 * (delta - slack)))))
    if K > MAX_CHORDS:
        raise InputError(f"delta must be larger: {delta:g} asks for {K} chords in one step of the flow")
    s = np.linspace(piece.start, piece.end, K + 1)
    return s, piece.points(s)
