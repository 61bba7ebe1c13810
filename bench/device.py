"""`python -m bench --device`: value and gradient, and the training step, on a GPU against every contender there.

One process, float32, data on the device beforehand. Each answer is checked against the NumPy specification's or the CPU
kernels' first. Times are between events on the stream, medians over rounds in which all contenders take turns, on
several input sets; a contender that runs on the host in between is timed with that. Under eight minutes on one GPU.
"""

from __future__ import annotations

import importlib.metadata
import json
import statistics
import sys
import time
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from bench.device_contenders import CONTENDERS, FLOORS, STEPS, Call
from swref import directions, sw_loss_and_grad
from swref.arrays import to_host
from swref.kernels.cuda.device import explain, one_line, require
from swref.sgd import STEPS_A_READ

WORKS = ((1000, 2, 500), (1000, 64, 1000), (4096, 3, 1000), (100_000, 3, 200), (1_000_000, 3, 50))
STEP = "step 2-128-128-2, n = 4096, L = 256"
INPUT_SETS = 3
WARM_UP = 3
SECONDS = 6.0  # the most that the rounds of one work take, warm-up aside


def elapsed(call: Call) -> float:
    """Seconds that one call takes on the device, from before its first launch to after its last."""
    import torch

    start, end = torch.cuda.Event(enable_timing=True), torch.cuda.Event(enable_timing=True)
    torch.cuda.synchronize()
    start.record()
    call()
    end.record()
    end.synchronize()
    return start.elapsed_time(end) / 1000


def medians(calls: dict[str, list[Call]]) -> dict[str, float]:
    """The median of every contender over rounds; calls[name] holds one call for each input set."""
    for variants in calls.values():
        for _ in range(WARM_UP):
            for call in variants:
                call()
    times: dict[str, list[float]] = {name: [] for name in calls}
    began, rounds = time.perf_counter(), 0
    while rounds < 3 or (rounds < 50 and time.perf_counter() - began < SECONDS):
        for name, variants in calls.items():
            times[name] += [elapsed(call) for call in variants]
        rounds += 1
    return {name: statistics.median(values) for name, values in times.items()}


def inputs(n: int, d: int, L: int, k: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The k-th input set: x, y [n, d] standard normal, theta [L, d]."""
    rng = np.random.default_rng([n, d, L, k])
    x, y = rng.standard_normal((2, n, d)).astype(np.float32)
    return x, y, directions(rng, L, d).astype(np.float32)


def wrong(call: Call, loss: float, dx: np.ndarray) -> str:
    """Empty for an answer that is right to rounding, else what is off."""
    value, gradient = call()
    rounding = 100 * float(np.finfo(np.float32).eps) * len(dx) ** 0.5
    if not abs(float(value) - loss) <= rounding * loss:
        return f"wrong value {float(value):.9g}, expected {loss:.9g}"
    off = np.abs(np.asarray(to_host(gradient)) - dx).max() / np.abs(dx).max()
    return f"wrong gradient, off by {off:.2g} of its largest entry" if not off <= rounding else ""


def run(n: int, d: int, L: int) -> dict[str, Any]:
    """Check and time every contender on one size."""
    sets = [inputs(n, d, L, k) for k in range(INPUT_SETS)]
    loss, dx = sw_loss_and_grad(*(array.astype(np.float64) for array in sets[0]), backend="cpu")
    calls: dict[str, list[Call]] = {}
    absent: dict[str, str] = {}
    for name, prepare in CONTENDERS.items():
        try:
            variants = [prepare(*arrays) for arrays in sets]
            reason = wrong(variants[0], loss, dx)
        except ImportError as error:
            reason = f"not installed ({error.name or error})"
        except Exception as error:  # a contender that fails is a line in the table, whatever it raises
            reason = f"failed: {type(error).__name__}: {str(error).splitlines()[0][:100] if str(error) else ''}"
        if reason:
            absent[name] = reason
        else:
            calls[name] = variants
    for name, prepare in FLOORS.items():
        calls[name] = [prepare(*arrays) for arrays in sets]
    return {"work": [n, d, L], "seconds": medians(calls), "absent": absent}


def steps() -> dict[str, Any]:
    """The training step: MLP 2-128-128-2, n = 4096, L = 256. Of as many at a time as swref makes before it waits."""
    calls, absent = {}, {}
    for name, prepare in STEPS.items():
        try:
            calls[name] = [partial(several, prepare())]
        except ImportError as error:
            absent[name] = f"not installed ({error.name or error})"
        except Exception as error:
            absent[name] = f"failed: {one_line(error)}"
    seconds = {name: seconds / STEPS_A_READ for name, seconds in medians(calls).items()}
    return {"work": STEP, "seconds": seconds, "absent": absent}


def several(call: Call) -> None:
    """As many steps as are read at once."""
    for _ in range(STEPS_A_READ):
        call()


def table(rows: list[dict[str, Any]]) -> str:
    """Milliseconds of swref and how many times longer each other takes."""
    lines = []
    for row in rows:
        seconds = row["seconds"]
        own = seconds.get("swref")
        lines.append(f"{row['work']}: swref " + ("did not run" if own is None else f"{1e3 * own:.3f} ms"))
        for name, other in seconds.items():
            ratio = f"{other / own:7.2f} x" if own else ""
            lines.append(f"  {name:<24} {1e3 * other:9.3f} ms  {ratio}")
        lines += [f"  {name:<24} {why}" for name, why in row["absent"].items()]
    return "\n".join(lines)


def environment() -> dict[str, Any]:
    """Date, GPU and versions."""
    versions = {}
    for name in ("swref", "numba", "numba-cuda", "numpy", "torch", "cupy-cuda13x", "cupy-cuda12x", "jax", "POT"):
        try:
            versions[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            versions[name] = None
    return {"date": date.today().isoformat(), "gpu": explain(), "versions": versions}


def run_all(folder: Path) -> Path:
    """Every work and the training step: print the table, save the figures in `folder`. BackendError without a GPU."""
    require()
    rows: list[dict[str, Any]] = []
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "device.json"
    for name, measure in [*((list(work), partial(run, *work)) for work in WORKS), (STEP, steps)]:
        print(name, file=sys.stderr, flush=True)
        try:
            rows.append(measure())
        except Exception as error:  # a work that fails is a row of the table; the others go on
            rows.append({"work": name, "seconds": {}, "absent": {"all": f"failed: {one_line(error)}"}})
        path.write_text(json.dumps({"format": 1, "environment": environment(), "works": rows}, indent=1) + "\n")
    print(table(rows))
    return path
