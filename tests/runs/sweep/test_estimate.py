"""The forecast of a sweep. Oracle: a clock that is made to say what a step takes."""

from __future__ import annotations

import pytest

from swref.runs.sweep import estimate
from swref.runs.sweep.api import prepared
from tests.runs.sweep.support import values


def test_twice_the_steps_take_twice_the_time(tmp_path, monkeypatch):
    monkeypatch.setattr(estimate, "measured_step_seconds", lambda problem: 0.5)
    monkeypatch.setattr(estimate, "distance_seconds", lambda *sizes: 0.0)
    found = prepared(values(tmp_path, grid={"steps": [10, 20]}, seeds=2), tmp_path / "sweep")
    forecast = found.forecast()
    assert (forecast.runs, forecast.missing) == (4, 4)
    assert forecast.seconds == pytest.approx(0.5 * (10 + 20) * 2)
    assert estimate.forecast(4, found.members[:1]).seconds == pytest.approx(5.0)
    assert estimate.forecast(4, []).seconds == 0.0
    assert not (tmp_path / "sweep").exists()
