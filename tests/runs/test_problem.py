"""The problem that a configuration states: its network, its measures, its units."""

from __future__ import annotations

import pytest

from swref.runs import TrainConfig
from swref.runs.config import PRESETS
from swref.runs.problem import Problem


@pytest.mark.parametrize("target", PRESETS)
def test_presets_are_valid(target):
    assert Problem.of(TrainConfig.from_values({"target": target})).net.n_params > 0
