"""What commands write: points that are read back bit for bit, JSON, word of a compilation the first time only."""

from __future__ import annotations

import json
import os
import subprocess
import time
from pathlib import Path

import numpy as np
import pytest

from swref.commands.output import COMPILING, check_points_file, show_json, telling_of_compilation, write_points
from swref.errors import InputError
from swref.measures import load_measure
from tests.commands.support import CLI
from tests.support import slowness


@pytest.mark.slow
def test_first_use_says_that_it_compiles_later_ones_are_quick():
    """Oracle: an empty cache folder, then the same one; the limits are for two idle cores."""
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
    slow = slowness()
    assert seconds[0] < 20 * slow
    assert min(seconds[1:]) < 1.5 * slow


@pytest.mark.parametrize("suffix", [".csv", ".npy", ".CSV"])
@pytest.mark.parametrize("names", [None, ("a,b", 'c "d"', "é")])
def test_points_are_read_back_to_the_last_bit(suffix, names):
    """Oracle: the reader of data files, on floats at the ends of their range."""
    points = np.random.default_rng(0).standard_normal((5, 3)) * np.array([1.0, 1e-300, 1e300])
    path = Path(f"points{suffix}")
    write_points(path, points, names)
    back = load_measure(path)
    np.testing.assert_array_equal(back.points, points)
    if suffix != ".npy":
        assert back.names == (names or ("x1", "x2", "x3"))


def test_an_output_is_refused_before_any_work():
    Path("in.csv").write_text("a\n1\n")
    check_points_file("--out", None)
    check_points_file("--out", Path("new.csv"), ["moons", "in.csv"])
    with pytest.raises(InputError, match=r"--out must end in \.csv or \.npy, got a\.txt"):
        check_points_file("--out", Path("a.txt"))
    with pytest.raises(InputError, match=r"in\.csv"):
        check_points_file("--out", Path("./in.csv"), ["in.csv"])


def test_json_refuses_what_json_has_no_word_for(capsys):
    show_json({"a": [1, 0.5], "b": None})
    assert json.loads(capsys.readouterr().out) == {"a": [1, 0.5], "b": None}
    with pytest.raises(ValueError, match="not JSON compliant"):
        show_json({"a": float("nan")})


@pytest.mark.compiled
def test_word_of_a_compilation_goes_to_stderr_once(capsys, tmp_path, monkeypatch):
    """Oracle: a function that no cache knows, and an empty cache; the plain backend has none to compile."""
    import numba

    from swref.kernels import cache

    monkeypatch.setattr(cache, "folder", lambda: (tmp_path, ""))
    for backend, expected in (("cpu", COMPILING + "\n"), ("numpy", "")):
        with telling_of_compilation(backend):
            numba.njit(lambda x: x + 1)(1)
            numba.njit(lambda x: x + 2)(1)
        assert capsys.readouterr() == ("", expected)
