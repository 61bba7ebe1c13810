"""What a benchmark leaves: a table for the terminal, JSON with machine and versions, and a plot."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np

from bench.works import FLOOR, Row
from swref import get_num_threads
from swref.environment import blas_pools, machine, versions
from swref.files import write_atomically
from swref.plots import PALETTE, new_figure, save_figure, style

PACKAGES = ("swref", "numpy", "numba", "scipy", "torch", "jax", "POT", "ott-jax")


def environment() -> dict[str, Any]:
    """The machine, the versions and the thread counts."""
    return {
        "date": date.today().isoformat(),
        **machine(),
        "versions": versions(PACKAGES),
        "swref_threads": get_num_threads(),
        "blas": blas_pools(),
        "simd": _simd(),
        "disabled_cpu_features": os.environ.get("NPY_DISABLE_CPU_FEATURES", ""),
    }


def _simd() -> list[str]:
    found = np.show_config(mode="dicts").get("SIMD Extensions", {})
    return [*found.get("baseline", []), *found.get("found", [])]


def table(rows: Iterable[Row]) -> str:
    """Milliseconds of swref, of the floor, and how many times longer each contender takes."""
    rows = list(rows)
    names = sorted({name for row in rows for name in (*row.timings, *row.absent)} - {"swref cpu", FLOOR}, key=_place)
    header = ["work", "swref ms", "/ floor", *(f"{name} x" for name in names)]
    lines = [header]
    for row in rows:
        swref = row.timings["swref cpu"]
        floor = f"{1 / row.ratio(FLOOR):.2f}" if FLOOR in row.timings else "-"
        ratios = [f"{row.ratio(name):.2f}" if name in row.timings else "-" for name in names]
        lines.append([row.work.name, f"{1e3 * swref.median:.3f}", floor, *ratios])
    widths = [max(len(line[k]) for line in lines) for k in range(len(header))]
    text = "\n".join("  ".join(cell.rjust(w) for cell, w in zip(line, widths, strict=True)) for line in lines)
    reasons = {(name, why) for row in rows for name, why in row.absent.items()}
    notes = [f"{name}: {why}" for name, why in sorted(reasons)]
    return "\n".join([text, "x: times as long as swref; '-': did not run", *notes])


def _place(name: str) -> int:
    from bench.contenders import CONTENDERS

    return [c.name for c in CONTENDERS].index(name)


def as_dict(rows: Iterable[Row]) -> dict[str, Any]:
    """All figures, ready for JSON."""
    works = [
        {
            "work": row.work.name,
            **vars(row.work),
            "seconds": {name: vars(timing) for name, timing in row.timings.items()},
            "times_swref": {name: row.ratio(name) for name in row.timings},
            "absent": row.absent,
        }
        for row in rows
    ]
    return {"format": 1, "environment": environment(), "works": works}


def save_numbers(rows: list[Row], folder: Path, stem: str) -> list[Path]:
    """Write STEM.json and STEM.txt into `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    paths = [folder / f"{stem}.json", folder / f"{stem}.txt"]
    write_atomically(paths[0], (json.dumps(as_dict(rows), indent=1) + "\n").encode())
    write_atomically(paths[1], (heading() + table(rows) + "\n").encode())
    return paths


def save(rows: list[Row], folder: Path, stem: str) -> list[Path]:
    """Write STEM.json, STEM.txt and the plot STEM.png into `folder`."""
    paths = [*save_numbers(rows, folder, stem), folder / f"{stem}.png"]
    save_figure(plot(rows), paths[-1])
    return paths


def heading() -> str:
    """Date, machine, threads and versions, above a table."""
    e = environment()
    versions = ", ".join(f"{name} {version}" for name, version in e["versions"].items() if version)
    off = f"; switched off: {e['disabled_cpu_features']}" if e["disabled_cpu_features"] else ""
    return f"{e['date']}, {e['processor']}, {e['cores']} cores, Python {e['python']}, {versions}{off}\n\n"


def plot(rows: list[Row]) -> Any:
    """How many times longer each contender takes on the float64 works, a group of bars a work, on a log axis."""
    shown = ("NumPy", "torch", "torch.compile", "JAX jit", "OTT-JAX", "POT on torch")
    rows = [row for row in rows if row.work.dtype == "float64" and not row.work.offset]
    with style():
        figure, axes = new_figure("double", 0.45)
        ax = axes[0, 0]
        width = 0.8 / len(shown)
        for k, name in enumerate(shown):
            here = [(i, row.ratio(name)) for i, row in enumerate(rows) if name in row.timings]
            if here:
                places, ratios = zip(*here, strict=True)
                offsets = [i + (k - (len(shown) - 1) / 2) * width for i in places]
                ax.bar(offsets, ratios, width, label=name, color=list(PALETTE.values())[k])
        ax.axhline(1, color="black", linewidth=1)
        ax.set_yscale("log")
        ax.set_ylabel("time / time of swref")
        ax.set_xlabel("value and gradient at (n, d, L); a training step of an MLP")
        ax.set_xticks(
            range(len(rows)), [row.work.name.replace("step ", "step\n").replace(", n", "\nn") for row in rows]
        )
        ax.tick_params(axis="x", labelsize=6)
        figure.legend(loc="outside upper center", ncols=len(shown))
    return figure
