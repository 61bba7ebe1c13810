"""Pieces of a flow: chords within delta of a dense sampling."""

from __future__ import annotations

import math

import numpy as np
import pytest

from swref.errors import InputError
from swref.theory import gradient_flow
from swref.theory.flow.pieces import Piece, chords
from tests.support import tol
from tests.theory.flow.support import planar


@pytest.mark.parametrize("radius", [np.inf, 1.1])
@pytest.mark.parametrize("delta", [1e-3, 1e-6])
def test_chords_stay_within_delta(radius, delta):
    """The affine samples against the flow itself at 100 times a chord; they end where it does."""
    net, u0, source, target = planar(3)
    flow = gradient_flow(net, u0, source, target, None, 3.0, radius * float(np.linalg.norm(u0)))
    curve = flow.sampled(delta)
    times = curve.trajectory.times
    assert (times[0], times[-1]) == (0.0, 3.0)
    between = np.linspace(0, 3, 100 * len(times)) if delta > 1e-5 else np.linspace(0, 3, 20_000)
    gaps = np.linalg.norm(curve.trajectory(between) - flow(between), axis=1)
    assert gaps.max() <= delta
    assert gaps.max() > delta / 100  # no more chords than it takes
    assert curve.delta == delta


def cubic(end=2.0, radius=np.inf, on_sphere=False):
    """u(s) = (s^3, 1 - s), whose integral of |u'|^2 is 9 s^5/5 + s, as a piece over [0, end]."""
    return Piece(0.0, end, lambda s: np.array([s**3, 1 - s, 1.8 * s**5 + s]), on_sphere, radius)


@pytest.mark.parametrize("delta", [0.5, 1e-2, 1e-5])
def test_chords_of_a_cubic_are_near_it_and_not_many(delta):
    """Oracle: the cubic on a fine grid; sqrt(end^2 max |u''|/(8 delta)) chords, as |u''| = 6 s asks for."""
    piece = cubic()
    s, points = chords(piece, delta)
    assert (s[0], s[-1]) == (0.0, 2.0)
    grid = np.linspace(0, 2, 20_001)
    off = np.stack([np.interp(grid, s, points[:, k]) for k in range(2)], axis=1) - piece.points(grid)
    assert np.linalg.norm(off, axis=1).max() <= delta
    assert len(s) - 1 <= math.ceil(math.sqrt(4 * 12 / (8 * delta))) + 1


def test_what_is_dissipated_and_where_a_piece_ends():
    piece = cubic()
    assert piece.dissipated(1.0) == pytest.approx(2.8)
    cut = piece.until(0.5)
    assert (cut.start, cut.end, cut.radius) == (0.0, 0.5, np.inf)
    np.testing.assert_array_equal(chords(cut, 0.1)[1][-1], [0.125, 0.5])


def test_points_are_put_on_the_sphere_or_kept_in_the_ball():
    """Oracle: norms; on the sphere |u| = r, in the ball |u| <= r and what is inside stays."""
    s = np.linspace(0, 2, 50)
    on = cubic(radius=1.0, on_sphere=True).points(s)
    inside, free = (cubic(radius=r).points(s) for r in (1.0, np.inf))
    np.testing.assert_allclose(np.linalg.norm(on, axis=1), 1.0, rtol=tol(np.float64, 2))
    assert np.linalg.norm(inside, axis=1).max() <= 1.0
    within = np.linalg.norm(free, axis=1) < 1.0
    np.testing.assert_array_equal(inside[within], free[within])


def test_a_delta_that_no_chord_can_keep_is_refused():
    with pytest.raises(InputError, match=r"delta must be above \S+, the error of the flow on the sphere"):
        chords(cubic(radius=1.0, on_sphere=True), 1e-3)
    with pytest.raises(InputError, match=r"delta must be larger: 1e-13 asks for \d+ chords in one step"):
        chords(cubic(), 1e-13)
