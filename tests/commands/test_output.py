"""What commands write: word of a compilation the first time only."""

from __future__ import annotations

import os
import subprocess
import time
from pathlib import Path

import pytest

from tests.commands.support import CLI


@pytest.mark.slow
def test_first_use_says_that_it_compiles_later_ones_are_quick():
    """Oracle: an empty cache folder, then the same one; the limits are the issue's for two cores."""
    environment = {**os.environ, "NUMBA_CACHE_DIR": str(Path("cache").resolve())}
    seconds, messages = [], []
    for _ in range(3):
        start = time.perf_counter()
        result = subprocess.run([*CLI, "distance", "moons", "circles"], env=environment, capture_output=True, text=True)
        seconds.append(time.perf_counter() - start)
        messages.append(result.stderr)
        assert result.returncode == 0
    assert messages[0].count("\n") == 1
    assert messages[0].startswith("compiling the kernels (once per installation")
    assert messages[1:] == ["", ""]
    assert seconds[0] < 20
    assert min(seconds[1:]) < 1.5
