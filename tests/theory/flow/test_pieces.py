"""Pieces of a flow: chords within delta of a dense sampling."""

from __future__ import annotations

import numpy as np
import pytest

from swref.theory import gradient_flow
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
