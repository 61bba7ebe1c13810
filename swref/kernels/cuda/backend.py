"""The "cuda" backend: sliced Wasserstein losses and gradients on a GPU, from arrays on the host or on the device.

Equal sizes and uniform weights, as long as a row fits into shared memory: one kernel projects, sorts and matches, a
block a direction. Longer rows are sorted in tiles that are then merged in global memory. Any other sizes and weights
take the same sort and the quantile coupling, a thread a point, half the levels at a time. Then gradients are added up.

What is launched follows from the sizes alone: a `Job` works it out as a plan, which is kept, and calls only run it.

Directions go in chunks within a budget of scratch memory. No sum depends on timing: the same input gives the same bits
from run to run on one GPU, and the projections, hence the matching, are those of spec.project to the last bit on all.
"""

from __future__ import annotations

import functools
from typing import Any

import numpy as np

from swref.arrays import dtype_of
from swref.kernels.cuda import device as cuda_device
from swref.kernels.cuda import rows as cuda_rows
from swref.kernels.cuda.coupled import coupled
from swref.kernels.cuda.equal import equal
from swref.kernels.cuda.job import Job, Result
from swref.kernels.cuda.launch import machine
from swref.kernels.cuda.masses import fractions
from swref.kernels.cuda.place import located

KEPT_JOBS = 32  # of the last sizes, dtypes and arguments


def sw_losses_and_grads(
    x: Any,
    y: Any,
    theta: Any,
    p: float = 2.0,
    wx: np.ndarray | None = None,
    wy: np.ndarray | None = None,
    wrt: tuple[str, ...] = ("x",),
) -> tuple[Any, tuple[Any, ...]]:
    """Per-direction losses [L], of arrays of NumPy's in float64, and the gradients of their mean named in `wrt`.

    See spec.sw_loss_and_grad, and `evaluate`.
    """
    _, losses, grads = evaluate(x, y, theta, p, wx, wy, wrt)
    return (losses.astype(np.float64) if isinstance(losses, np.ndarray) else losses), grads


def evaluate(
    x: Any,
    y: Any,
    theta: Any,
    p: float,
    wx: np.ndarray | None,
    wy: np.ndarray | None,
    wrt: tuple[str, ...],
) -> Result:
    """The mean of the losses, the losses [L] and the gradients of the mean named in `wrt`.

    Arrays of NumPy's are moved to the GPU and the results come back as NumPy's, without the mean. Otherwise all stays
    on the device and on the caller's stream, and results are arrays of the caller's library, not waited for; where that
    is one without arithmetic, the mean is waited for and a float.
    Raises BackendError where no kernel can run, or memory does not suffice.
    """
    cuda_device.require()
    with cuda_device.reported():
        place, arrays = located(x, y, theta)
        here = machine(place.device)
        layouts = tuple((array.shape, array.strides, array.memory is not None) for array in arrays)
        kind: Any = type(place)  # hashable, as every type
        weighted = (wx is not None, wy is not None)
        arguments = (x, y, theta, *(None if w is None else fractions(w) for w in (wx, wy)))
        with here.current():
            job = kept_job(kind, place.device, dtype_of(x.dtype), p, layouts, weighted, wrt)
            return job.run(place, [array.memory for array in arrays], arguments)


@functools.lru_cache(maxsize=KEPT_JOBS)
def kept_job(kind: Any, device: int, dtype: np.dtype, p: float, layouts: Any, weighted: Any, wrt: Any) -> Job:
    """The job of a call of this kind of place, dtype, order, layouts, ..., made at the first."""
    job = Job(kind, device, dtype, p, layouts, weighted, wrt)
    n, m, _, L = job.sizes
    if n == m and not any(weighted) and wrt in ((), ("x",), ("y",)):
        if wrt == ("y",):
            job.swap()
        equal(job)
    else:
        coupled(job)
    if kind.makes:
        mean = (job.losses.reshape(1, L), 0, job.number(1) / job.number(L), job.loss.reshape(1))
        job.plan.once()
        job.by_row(cuda_rows.sum_rows, (1,), L, None, *mean)
    return job
