"""The numbers by which a training step is seen to be finite, of many steps on a GPU with one wait."""

from __future__ import annotations

import functools
from typing import Any

import numpy as np

from swref.arrays import dtype_of
from swref.kernels.cuda import device as cuda_device
from swref.kernels.cuda import job as cuda_job
from swref.kernels.cuda import rows as cuda_rows
from swref.kernels.cuda.launch import machine
from swref.kernels.cuda.place import Strides, located
from swref.kernels.cuda.plan import FIRST, SCRATCH, Array


def measured(steps: list[tuple[Any, Any, Any]]) -> np.ndarray:
    """The loss, |phi|^2 and |u|^2 [k, 3] of k steps (loss, phi [d_u], u [d_u]), in their dtype and on their stream.

    Sums in a fixed order; where a square overflows, inf or NaN. Raises BackendError where the GPU fails.
    """
    if not steps:
        return np.empty((0, 3))
    with cuda_device.reported():
        place, _ = located(*steps[0])
        here, stream = machine(place.device), machine(place.device).stream(place.handle)
        dtype: Any = dtype_of(steps[0][1].dtype)
        numbers = Array(SCRATCH, (len(steps), 3), dtype)
        with here.current():
            scratch, _owner = place.scratch(numbers.nbytes) or here.scratch(numbers.nbytes, stream)
            for row, step in enumerate(steps):
                _, arrays = located(*step)
                launch = _launch(place.device, numbers, *(array[1:] for array in arrays[1:]))
                launch(stream, [scratch, *(array.memory for array in arrays)], row)
            return here.download([numbers], [scratch], stream)[0]


@functools.lru_cache(maxsize=16)
def _launch(device: int, numbers: Array, *vectors: tuple[tuple[int, ...], Strides]) -> Any:
    """Of measure_step, for phi and u of these shapes and strides."""
    loss = Array(1, (1,), numbers.dtype)
    phi, u = (Array(k, shape, numbers.dtype, strides) for k, (shape, strides) in enumerate(vectors, 2))
    threads = cuda_job.LIMITS.threads
    return machine(device).prepare(
        cuda_rows.measure_step, (1,), (threads,), threads * 8, (loss, phi, u, FIRST, numbers)
    )
