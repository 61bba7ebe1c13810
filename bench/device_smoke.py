"""`python -m bench.device_smoke`: a first look at a GPU: a few values of every path, then the host's time of a call.

Each line is one case; a case that fails is a line too. Exit code 1 where a value is wrong. `--values`: no times.
"""

from __future__ import annotations

import sys
import time
from importlib.util import find_spec
from typing import Any

import numpy as np

from swref import directions, sw_loss_and_grad
from swref.kernels.cuda.device import explain, one_line

# n, m, d, L: one point, a row in shared memory, its end, projected apart, tiles and merges, the coupling
SHAPES = (
    (1, 1, 1, 1),
    (33, 33, 2, 3),
    (4096, 4096, 3, 2),
    (5000, 5000, 9, 2),
    (20_000, 20_000, 3, 2),
    (700, 900, 3, 3),
)
TIMED = ((1000, 2, 500), (256, 2, 1), (1000, 64, 1000), (10_000, 3, 200), (100_000, 3, 50))


def clouds(n: int, m: int, d: int, L: int, dtype: Any) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """x [n, d], y [m, d], theta [L, d]."""
    rng = np.random.default_rng(n)
    return (
        rng.standard_normal((n, d)).astype(dtype),
        rng.standard_normal((m, d)).astype(dtype),
        directions(rng, L, d).astype(dtype),
    )


def off(n: int, m: int, d: int, L: int, dtype: Any) -> tuple[float, float]:
    """Of the loss, relatively, and of the gradient, against its largest entry: the GPU from the specification."""
    arrays = clouds(n, m, d, L, dtype)
    (loss, dx), (want, want_dx) = (sw_loss_and_grad(*arrays, backend=backend) for backend in ("cuda", "numpy"))
    return abs(loss / want - 1), float(np.abs(dx - want_dx).max() / np.abs(want_dx).max())


def values(shapes: Any = SHAPES) -> bool:
    """Print a line a case; whether all are right."""
    right = True
    for shape in shapes:
        for dtype in (np.float32, np.float64):
            try:
                found = off(*shape, dtype)
                fine = max(found) < 1e3 * float(np.finfo(dtype).eps) * max(shape) ** 0.5
                line = f"loss off by {found[0]:.2g}, gradient by {found[1]:.2g}"
            except Exception as error:  # a case that fails is a line, whatever it raises
                fine, line = False, f"{type(error).__name__}: {one_line(error)}"
            print("ok   " if fine else "WRONG", shape, np.dtype(dtype).name, line, flush=True)
            right &= fine
    return right


def times() -> None:
    """Microseconds of a call in float32: until it returns, and until its work is done."""
    from numba import cuda

    for n, d, L in TIMED:
        arrays: list[Any] = list(clouds(n, n, d, L, np.float32))
        if find_spec("torch") is not None:
            import torch

            arrays = [torch.asarray(array, device="cuda") for array in arrays]
        else:
            arrays = [cuda.to_device(array) for array in arrays]
        for _ in range(9):
            sw_loss_and_grad(*arrays)
        cuda.synchronize()
        start = time.perf_counter()
        for _ in range(50):
            sw_loss_and_grad(*arrays)
        host = time.perf_counter() - start
        cuda.synchronize()
        done = time.perf_counter() - start
        print(f"{(n, d, L)}: a call {host / 50 * 1e6:.0f} us of the host, {done / 50 * 1e6:.0f} us in all", flush=True)


if __name__ == "__main__":
    print(explain(), flush=True)
    right = values()
    if "--values" not in sys.argv:
        times()
    sys.exit(not right)
