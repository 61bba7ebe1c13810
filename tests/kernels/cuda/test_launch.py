"""Launches on a GPU, without one: tests/kernels/cuda/standin.py, run once on a stand-in for the CUDA driver.

Oracles: what the compiled kernels take; what a call may do (its launches and copies, no wait, no new stream, limits set
once); the time of a NumPy call of the same run. That results are right is for the simulator and for a GPU.
"""

from __future__ import annotations

import importlib.util
import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.kernels.cuda.standin import STREAM
from tests.support import run_python

COMPILER = shutil.which("cc") or shutil.which("gcc")
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(importlib.util.find_spec("numba_cuda") is None, reason="needs numba-cuda"),
    pytest.mark.skipif(COMPILER is None, reason="needs a C compiler"),
    pytest.mark.skipif(os.name == "nt", reason="the stand-in is found as libcuda.so.1"),
]


@pytest.fixture(scope="module")
def seen(tmp_path_factory) -> dict[str, Any]:
    """What standin.py saw."""
    folder, source = tmp_path_factory.mktemp("driver"), Path(__file__).parent / "driver.c"
    library = folder / "libcuda.so.1"
    subprocess.run([COMPILER, "-shared", "-fPIC", "-O1", "-o", library, source, "-ldl"], check=True)
    settings = {"NUMBA_ENABLE_CUDASIM": "0", "NUMBA_DISABLE_JIT": "0", "CUDA_VISIBLE_DEVICES": "0"}
    script = "from tests.kernels.cuda import standin; standin.main()"
    result = run_python(script, timeout=120, LD_LIBRARY_PATH=str(folder), **settings)
    assert result.returncode == 0, result.stderr
    return json.loads(result.stdout)


def counted(one: dict[str, Any], *names: str) -> tuple[int, ...]:
    return tuple(one[name] for name in names)


@pytest.mark.parametrize("call", ["fused", "largest", "long", "thread"])
def test_a_call_with_arrays_of_the_device_only_launches(seen, call):
    """On the caller's stream, from any thread; its results and its scratch are of the library of its arrays."""
    launched = seen[call]["launched"]
    assert launched
    assert len(launched) == seen[call]["launches"]
    assert {stream for *_, stream in launched} == {STREAM}
    others = ("limits", "allocations", "frees", "uploads", "downloads", "waits", "refusals", "streams")
    assert counted(seen[call], *others) == (0,) * 8


def test_few_launches_where_a_row_fits_into_shared_memory(seen):
    """The origin, the rows, the gradient, the mean."""
    assert (seen["fused"]["launches"], seen["largest"]["launches"], seen["host"]["launches"]) == (4, 4, 3)


def test_the_limit_of_shared_memory_is_lifted_once_a_kernel(seen):
    """Also where the first call needs no more than every GPU gives: a later one may."""
    kernels = {name for call in ("first fused", "first largest") for name, *_ in seen[call]["launched"]}
    assert seen["first fused"]["limits"] + seen["first largest"]["limits"] == len(kernels)
    assert max(shared for *_, shared, _ in seen["largest"]["launched"]) > 48 << 10


def test_arrays_of_the_host_are_copied_there_and_back(seen):
    """x, y, theta; the losses and the gradient; one wait."""
    assert counted(seen["host"], "uploads", "downloads", "waits", "streams", "refusals") == (3, 2, 1, 0, 0)
    assert seen["host"]["allocations"] == seen["host"]["frees"]


@pytest.mark.parametrize("call", ["numba", "numba thread"])
def test_of_numbas_arrays_the_mean_alone_is_read_back(seen, call):
    assert counted(seen[call], "uploads", "downloads", "waits", "streams", "refusals") == (0, 1, 1, 0, 0)


def test_numbers_of_many_steps_are_read_with_one_wait(seen):
    assert counted(seen["steps"], "launches", "uploads", "downloads", "waits", "refusals") == (16, 0, 1, 1, 0)


def test_steps_that_are_launches(seen):
    """Draws and u there in one copy; u, phi and the numbers of 16 steps back in one; one wait. 16 launches a step:

    activate and multiply twice; origin, rows, gradient; chain and contract, multiply, chain and contract; the sum of
    the slices, the update, the mean, the norms.
    """
    names = "uploads", "downloads", "waits", "refusals", "launches", "graphs"
    assert counted(seen["descent"], *names) == (1, 1, 1, 0, 16 * 16, 0)
    assert counted(seen["few"], *names) == (1, 1, 1, 0, 3 * 16, 0)


def test_steps_are_one_graph_from_the_second_time_on(seen):
    """Of the same launches; captured without a call that a capture forbids."""
    names = "uploads", "downloads", "waits", "refusals", "launches", "graphs", "nodes", "streams"
    assert counted(seen["graph"], *names) == (1, 1, 1, 0, 0, 1, 16 * 16, 0)


def test_a_step_takes_a_few_calls_of_numpy(seen):
    """Of np.mean of 100 numbers, in a graph: fewer than one."""
    own, numpy = seen["microseconds a step"]
    print(f"{own / 16:.1f} us, np.mean {numpy:.1f} us")
    assert own / 16 < 5 * numpy


def test_arguments_are_those_that_the_kernels_take(seen):
    """Oracle: the parameters in the PTX. Numba's way to pass an array is no promise of its."""
    assert len(seen["arguments"]) > 20
    for passed, taken in seen["arguments"]:
        assert passed == taken


def test_arguments_reach_the_driver(seen):
    """Bit for bit: addresses, sizes, the first direction, floats, flags."""
    assert len(seen["values"]) == len(seen["arguments"])
    for values in seen["values"]:
        for reached, meant in values:
            assert reached == meant


def test_a_refused_launch_is_one_line(seen):
    assert seen["refused"].startswith("CUDA failed: ")
    assert "\n" not in seen["refused"]


def test_scratch_without_room_is_one_line(seen):
    assert seen["out of memory"].startswith("out of device memory: ")
    assert "\n" not in seen["out of memory"]


def test_a_repeated_call_takes_a_few_calls_of_numpy(seen):
    """Of np.mean of 100 numbers, as Python-bound as a launch: four launches take some five of those, by Numba sixty."""
    own, numpy = seen["microseconds"]
    print(f"{own:.1f} us, np.mean {numpy:.1f} us")
    assert own < 15 * numpy
