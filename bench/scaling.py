"""How time and memory grow with n, d and L on one and two threads: each point in a fresh process of its own.

`python -m bench.scaling N D L THREADS` measures one point and prints it as JSON; `run` measures them all, fits
exponents and draws them. Memory is the growth of the process's peak during the call: what the call needs beyond its
inputs, its gradient included.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np

from bench.report import environment
from swref.plots import PALETTE, new_figure, save_figure, style

SWEEPS = {
    "n": [(n, 3, 10) for n in (100, 1000, 10_000, 100_000, 1_000_000, 10_000_000)],
    "d": [(1000, d, 100) for d in (1, 2, 4, 8, 16, 32, 64, 256, 1024, 4096)],
    "L": [(1000, 3, L) for L in (1, 10, 100, 1000, 10_000)],
}
LARGE = ((1_000_000, 3, 1000), (10_000_000, 3, 100))
FITTED = 3  # the exponent is fitted to this many of the largest sizes


def measure(n: int, d: int, L: int, threads: int) -> dict[str, Any]:
    """Seconds (the best of up to five) and bytes of one call in this process."""
    import resource

    from swref import directions, set_num_threads, sw_loss_and_grad

    set_num_threads(threads)
    rng = np.random.default_rng(0)
    x, y = np.empty((n, d)), np.empty((n, d))
    rng.standard_normal(out=x)
    rng.standard_normal(out=y)
    theta = directions(rng, L, d)
    small = x[:64].copy(), y[:64].copy(), directions(rng, 600, d)
    sw_loss_and_grad(*small)  # loads the kernels; 600 x 64 projections go the way of the large problems
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    seconds: list[float] = []
    while len(seconds) < 5 and sum(seconds) < 5:
        began = time.perf_counter()
        sw_loss_and_grad(x, y, theta)
        seconds.append(time.perf_counter() - began)
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    kilobyte = 1 if sys.platform == "darwin" else 1024
    return {
        "n": n,
        "d": d,
        "L": L,
        "threads": threads,
        "seconds": min(seconds),
        "bytes": grown * kilobyte,
        "bytes_of_inputs_and_outputs": 8 * (3 * n * d + L * d + L),
    }


def in_fresh_process(n: int, d: int, L: int, threads: int) -> dict[str, Any]:
    """`measure` in a process of its own, so that its peak of memory is its own too."""
    command = [sys.executable, "-m", "bench.scaling", *map(str, (n, d, L, threads))]
    return json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def exponent(sizes: list[float], values: list[float]) -> float | None:
    """The slope of log value against log size over the FITTED largest sizes; None if a value is 0 there."""
    if min(values[-FITTED:]) <= 0:
        return None
    return float(np.polyfit(np.log(sizes[-FITTED:]), np.log(values[-FITTED:]), 1)[0])


def run(folder: Path, stem: str) -> list[Path]:
    """Measure all, write STEM.json and STEM.png into `folder`, print the exponents on stderr."""
    folder.mkdir(parents=True, exist_ok=True)
    points: dict[str, list[dict[str, Any]]] = {}
    for letter, sizes in SWEEPS.items():
        for threads in (1, 2):
            key = f"{letter}, threads {threads}"
            points[key] = []
            for size in sizes:
                points[key].append(in_fresh_process(*size, threads))
                print(key, points[key][-1], file=sys.stderr, flush=True)
    points["large"] = [in_fresh_process(*size, 2) for size in LARGE]
    fits = {}
    for key, rows in points.items():
        if key != "large":
            sizes = [row[key[0]] for row in rows]
            fits[key] = {
                "seconds": exponent(sizes, [row["seconds"] for row in rows]),
                "bytes": exponent(sizes, [row["bytes"] for row in rows]),
            }
    print(json.dumps({"exponents": fits, "large": points["large"]}, indent=1), file=sys.stderr)
    result = {"format": 1, "environment": environment(), "exponents": fits, "points": points}
    paths = [folder / f"{stem}.json", folder / f"{stem}.png"]
    paths[0].write_text(json.dumps(result, indent=1) + "\n")
    save_figure(plot(points, fits), paths[1])
    return paths


def plot(points: dict[str, list[dict[str, Any]]], fits: dict[str, dict[str, float | None]]) -> Any:
    """Seconds and megabytes against n, d and L on log axes."""
    with style():
        figure, axes = new_figure("double", 0.6, 2, 3)
        for column, letter in enumerate(SWEEPS):
            for threads in (1, 2):
                key = f"{letter}, threads {threads}"
                sizes = [row[letter] for row in points[key]]
                slope = fits[key]["seconds"]
                label = f"{threads} thread{'s' if threads > 1 else ''}: ${letter}^{{{slope:.2f}}}$"
                color = list(PALETTE.values())[threads - 1]
                axes[0, column].plot(
                    sizes, [r["seconds"] for r in points[key]], "o-", markersize=3, label=label, color=color
                )
                megabytes = [max(r["bytes"], 1e4) / 1e6 for r in points[key]]
                axes[1, column].plot(sizes, megabytes, "o-", markersize=3, color=color)
            fixed = dict(zip("ndL", SWEEPS[letter][0], strict=True))
            del fixed[letter]
            axes[0, column].set_title(", ".join(f"${k}$ = {v}" for k, v in fixed.items()))
            axes[0, column].legend(loc="upper left", handlelength=1.2)
            for row, what in enumerate(("seconds", "peak memory (MB)")):
                axes[row, column].set(xscale="log", yscale="log", xlabel=f"${letter}$", ylabel=what)
    return figure


if __name__ == "__main__":
    print(json.dumps(measure(*map(int, sys.argv[1:5]))))
