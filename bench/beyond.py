"""Clouds larger than memory: time and memory of each tier, and beside them what no tier can do without.

    python -m bench.beyond FOLDER [N]

Makes N against N points (10^8, d = 3, float32) in FOLDER, once, and measures each contender in a process of its own:
seconds, nanoseconds a point and direction (a point of each cloud together counting one), those of all cores, which a
machine that has other work changes less, and the most memory that was resident.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path

import numpy as np

import swref
from swref import distributed
from swref.distributed.clouds import cloud_of
from swref.distributed.kernels.bins import lay_out, project

L, D, BLOCK = 20, 3, 1 << 20


def make(folder: Path, n: int) -> list[Path]:
    """Both clouds, N(0, 1) and N(1/2, 1.2^2) in each coordinate, written block by block."""
    paths = []
    for name, shift, scale in (("x", 0.0, 1.0), ("y", 0.5, 1.2)):
        path = folder / f"{name}-{n}.npy"
        paths.append(path)
        if path.exists():
            continue
        array = np.lib.format.open_memmap(path, mode="w+", dtype=np.float32, shape=(n, D))
        rng = np.random.default_rng([n, ord(name)])
        for start in range(0, n, BLOCK):
            block = array[start : start + BLOCK]
            block[:] = rng.standard_normal(block.shape, dtype=np.float32) * scale + shift
        del array
    return paths


def project_alone(x: Path, y: Path, theta: np.ndarray) -> dict[str, float]:
    """Reading both clouds and projecting them in tiles that stay near the processor."""
    xT, v = np.empty((D, 8192)), np.empty((len(theta), 8192))
    for path in (x, y):
        points = cloud_of("x", path, None).points
        for start, stop in points.blocks():
            block = points.read(start, stop)
            for low in range(0, len(block), 8192):
                k = len(block[low : low + 8192])
                lay_out(block[low : low + 8192], np.zeros(D), xT[:, :k], np.zeros(D))
                project(xT[:, :k], theta, v[:, :k])
    return {}


def few(x: Path, y: Path) -> list[np.ndarray]:
    """The first 2 10^7 points of both clouds, in memory."""
    return [np.load(path, mmap_mode="r")[: 2 * 10**7].copy() for path in (x, y)]


def naive(x: Path, y: Path, theta: np.ndarray) -> dict[str, float]:
    """All projections at once, of few points, in plain NumPy."""
    px, py = (np.sort(theta.astype(np.float32) @ points.T, axis=1) for points in few(x, y))
    return {"value": float(np.mean((px - py) ** 2, dtype=np.float64)), "points": px.shape[1]}


def in_memory(x: Path, y: Path, theta: np.ndarray) -> dict[str, float]:
    """The in-memory kernel on few points."""
    a, b = few(x, y)
    return {"value": swref.sw_loss(a, b, theta.astype(np.float32)), "points": len(a)}


def with_gradient(x: Path, y: Path, theta: np.ndarray) -> dict[str, float]:
    """The same with the gradient, which needs the order of x."""
    a, b = few(x, y)
    return {"value": swref.sw_loss_and_grad(a, b, theta.astype(np.float32))[0], "points": len(a)}


def tier(name: str, **options: float) -> object:
    """One of the tiers."""

    def call(x: Path, y: Path, theta: np.ndarray) -> dict[str, float]:
        lower, value, upper = distributed.sw(x, y, theta, tier=name, **options)
        return {"value": value, "width": (upper - lower) / value}

    return call


CONTENDERS = {
    "reading and projecting": project_alone,
    "certified to 1e-3": tier("certified"),
    "certified to 1e-5": tier("certified", tolerance=1e-5),
    "exact, 3 GB": tier("exact", memory=3 * 10**9),
    "in memory, 2e7": in_memory,
    "with gradient, 2e7": with_gradient,
    "all projections, 2e7": naive,
}


def one(name: str, folder: Path, n: int) -> None:
    """Warm up on few points, then measure a contender; prints a JSON object."""
    theta = swref.directions(0, L, D)
    CONTENDERS[name](*make(folder, 10_000), theta)
    x, y = make(folder, n)
    start, computed = time.perf_counter(), time.process_time()
    said = CONTENDERS[name](x, y, theta)
    said["seconds"], said["cpu_seconds"] = time.perf_counter() - start, time.process_time() - computed
    status = Path("/proc/self/status").read_text().splitlines()
    said["peak_GB"] = next(int(line.split()[1]) for line in status if line.startswith("VmHWM")) / 1e6
    print(json.dumps(said))


def main() -> None:
    """All contenders in turn, or the one that is named third."""
    folder, n = Path(sys.argv[1]), int(float(sys.argv[2])) if len(sys.argv) > 2 else 10**8
    if len(sys.argv) > 3:
        one(sys.argv[3], folder, n)
        return
    make(folder, n)
    for name in CONTENDERS:
        command = [sys.executable, "-m", "bench.beyond", str(folder), str(n), name]
        said = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
        points = said.pop("points", n)
        wall, cpu = (said[key] / points / L * 1e9 for key in ("seconds", "cpu_seconds"))
        rest = "  ".join(f"{key} {value:.6g}" for key, value in said.items())
        print(f"{name:24} {wall:6.2f} ns, {cpu:6.2f} of a core  {rest}", flush=True)


if __name__ == "__main__":
    main()
