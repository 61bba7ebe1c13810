"""Matched rows: the cost and slopes of the specification, to the same bits whatever keys they were sorted by."""

from __future__ import annotations

import numpy as np
import pytest

from swref.directions import directions
from swref.kernels.cpu import order
from swref.kernels.cpu.matching import Matching
from swref.spec import project, wasserstein_1d
from tests.support import tol


def clouds(kind, n, dtype):
    """x and y [n, 2]; `one` and `all`: on one of six directions, or on every one, most values share a place."""
    rng = np.random.default_rng(n)
    x, y = rng.standard_normal((2, n, 2))
    clusters = np.where(rng.random(n) < 0.5, 1.0, -1.0)
    if kind == "one":
        y[:, 1] = 1e-7 * y[:, 1] + clusters
        x[:, 0] = np.where(np.arange(n) == 3, 1e4, 1e-4 * x[:, 0])
    if kind == "all":
        x, y = 1e-7 * x + clusters[:, None], 1e-7 * y - clusters[:, None]
    return x.astype(dtype), y.astype(dtype)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("kind", ["plain", "one", "all"])
@pytest.mark.parametrize("p", [1.5, 2.0])
def test_matched_rows_are_those_of_spec_by_any_keys(kind, p, dtype, monkeypatch):
    """Oracle: spec.wasserstein_1d. Narrow keys of x, of both, none; projected before or within."""
    n, seen = 700, set()
    (x, y), theta = clouds(kind, n, dtype), np.vstack([np.eye(2), directions(0, 4, 2)]).astype(dtype)
    for narrow, largest in (((513, 1 << 15), 4096), ((513, 1 << 15), 512), ((1 << 15, 0), 4096)):
        monkeypatch.setattr(order, "NARROW", narrow)
        monkeypatch.setattr(order, "LARGEST", largest)
        for within in (True, False):
            matching, losses = Matching(8, n, np.dtype(dtype)), np.empty(6)
            px, py = project(x, theta), project(y, theta)
            for _ in range(2):  # again with what was given up
                whole = np.full((2, 8, n), 7.0, dtype)  # there is room for more rows: those stay as they are
                whole[:, :6] = px, py
                slopes, used = whole[:, :6]
                if within:
                    matching.project_and_match(x.T.copy(), y.T.copy(), theta, slopes, used, p, losses)
                else:
                    matching.match(slopes, used, p, losses)
                assert (whole[:, 6:] == 7.0).all()
                seen.add((losses.tobytes(), slopes.tobytes()))
    assert len(seen) == 1
    for g in range(6):
        value, dx, _ = wasserstein_1d(px[g].astype(float), py[g].astype(float), p)
        assert losses[g] == pytest.approx(value, rel=tol(dtype, n))
        np.testing.assert_allclose(slopes[g], dx, atol=tol(dtype, n) * max(1.0, np.abs(dx).max()))
