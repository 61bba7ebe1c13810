"""swref info: versions, backends and extras as they are installed."""

from __future__ import annotations

import json
import os
import subprocess
import warnings

import numpy as np
import pytest

from swref import environment
from swref.errors import CacheWarning
from tests.commands.support import CLI, invoke, succeed


def test_info_names_versions_backends_and_extras():
    facts = json.loads(succeed("info", "--json"))
    assert facts["versions"]["numpy"] == np.__version__
    assert facts["backends"]["cuda"].startswith(("missing: ", "available: "))
    assert set(facts["extras"]) == {"matplotlib", "pillow", "pyarrow", "distributed", "numba-cuda"}
    assert facts["threads"] >= 1
    text = succeed("info")
    for word in ("numba", "BLAS", "cuda        ", "kernel cache"):
        assert word in text


@pytest.mark.parametrize(
    ("variables", "state"),
    [
        ({"NUMBA_DISABLE_JIT": "1"}, "none: NUMBA_DISABLE_JIT is set: nothing is compiled"),
        ({"NUMBA_CACHE_DIR": "kept"}, "0 kernels, 0.0 MB, writable"),
    ],
)
def test_info_says_how_the_cache_is(variables, state):
    """In a process of its own, where Numba has not been set up yet."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("NUMBA_")}
    result = subprocess.run([*CLI, "info"], env={**inherited, **variables}, capture_output=True, text=True)
    assert result.returncode == 0, result.stderr
    assert result.stderr == ""
    assert result.stdout.splitlines()[-1].startswith("kernel cache: ")
    assert result.stdout.splitlines()[-1].endswith(state)


def test_what_is_said_of_the_cache_is_one_line(monkeypatch):
    """Oracle: the same warning from Python has the place in the code and its source line."""
    describe = environment.describe

    def warn():
        warnings.simplefilter("always")
        warnings.warn("compiled kernels\nare not kept", CacheWarning, stacklevel=1)
        return describe()

    monkeypatch.setattr(environment, "describe", warn)
    result = invoke("info")
    assert result.exit_code == 0
    assert result.stderr == "Warning: compiled kernels are not kept\n"
