"""Any sizes and weights: the quantile coupling of both sorted sides, as launches of a plan."""

from __future__ import annotations

from typing import Any

import numpy as np

from swref.kernels.cuda import elements as cuda_elements
from swref.kernels.cuda import rows as cuda_rows
from swref.kernels.cuda.equal import index_mask, sorted_rows
from swref.kernels.cuda.job import Job
from swref.kernels.cuda.masses import Masses
from swref.kernels.cuda.plan import FIRST, Array


def coupled(job: Job) -> None:
    """Any sizes and weights, every gradient: the quantile coupling of both sorted sides."""
    n, m, d, L = job.sizes
    coupling, out = _Coupling(job), job.grads
    potentials = [name for name in ("x_weights", "y_weights") if name in out]
    if potentials:
        ones = job.filled(1.0, (L, 1), job.dtype)
    for G in job.chunks(coupling.need):
        dpx, dpy = coupling.match(G)
        for name, slopes in (("x", dpx), ("y", dpy)):
            if name in out:
                job.add(slopes, job.theta, out[name])
        if "theta" in out:
            scale = job.number(1) / job.number(L)
            arguments = (dpx, job.x, dpy, job.y, job.origin, FIRST, scale, out["theta"])
            job.by_row(cuda_rows.direction_gradient, (d, G), n + m, None, *arguments)
        for name in potentials:
            job.add(coupling.potential(name[0]), ones, out[name].reshape(out[name].size, 1))


class _Side:
    """One cloud of a coupling and its scratch: projections, keys, levels, slopes, costs, steps of the potential."""

    def __init__(self, job: Job, n: int, mass: float | None, argument: int, most: int):
        self.job, self.n, self.mask = job, n, index_mask(n, job.dtype)
        level = np.dtype(np.float64)
        self.weights = job.uploaded(argument, (n,), level) if mass is None else job.filled(mass, (n,), level)
        dtypes = (np.int64, np.int64, np.float64, *4 * (job.dtype,))
        self.scratch = [job.empty(most, n, dtype=dtype) for dtype in dtypes]

    def take(self, G: int) -> None:
        """The scratch of G directions."""
        self.keys, self.spare, self.levels, *floats = (array.rows(G) for array in self.scratch)
        self.projections, self.slopes, self.costs, self.steps = floats

    def order(self) -> None:
        """Sort the projections."""
        self.keys, self.spare = sorted_rows(self.job, self.projections, self.mask, self.keys, self.spare)

    def count(self, reverse: bool) -> None:
        """Add up the weights in that order, or against it."""
        arguments = (self.keys, self.mask, self.weights, reverse, self.levels)
        self.job.by_row(cuda_rows.count_levels, self.keys.shape[:1], self.n, None, *arguments)

    @property
    def described(self) -> tuple[Any, ...]:
        """What the kernels of a coupling take of each side."""
        return self.keys, self.mask, self.projections, self.levels


class _Coupling:
    """The quantile coupling of the projections on a chunk of directions."""

    def __init__(self, job: Job):
        n, m, _, _ = job.sizes
        masses = Masses.of(n, m, *job.weighted)
        self.need = (n + m) * (3 * 8 + 4 * job.dtype.itemsize)
        self.job, self.half, self.rounding = job, masses.total / 2, masses.rounding
        most = job.chunk(self.need)
        self.x, self.y = _Side(job, n, masses.x, 3, most), _Side(job, m, masses.y, 4, most)
        self.p, self.unit = job.number(job.p), job.number(1 / masses.total)

    def match(self, G: int) -> tuple[Array, Array]:
        """dpx [G, n] and dpy [G, m], the losses, and the steps of the potentials that are wanted."""
        job = self.job
        self.x.take(G)
        self.y.take(G)
        job.project(self.x.projections, self.y.projections)
        self.x.order()
        self.y.order()
        for reverse in (False, True):  # the lower half of the levels, then the upper, seen from above
            self.x.count(reverse)
            self.y.count(reverse)
            for one, other, name in ((self.x, self.y, "x_weights"), (self.y, self.x, "y_weights")):
                levels = (*one.described, *other.described, reverse, self.half)
                arguments = (*levels, self.p, self.unit, one.slopes, one.costs)
                job.by_element(cuda_elements.match_quantiles, one.n, G, *arguments)
                if name in job.grads:
                    arguments = (*levels, self.rounding, self.p, one.steps)
                    job.by_element(cuda_elements.potential_steps, one.n, G, *arguments)
        job.by_row(cuda_rows.sum_rows, (G,), self.x.n, None, self.x.costs, FIRST, job.number(1), job.losses)
        return self.x.slopes, self.y.slopes

    def potential(self, name: str) -> Array:
        """The centred potentials [G, n] of the side "x" or "y", in the place of its costs, which are used by now."""
        side = self.x if name == "x" else self.y
        arguments = (side.steps, side.keys, side.mask, side.weights, self.unit, side.costs)
        self.job.by_row(cuda_rows.accumulate_rows, side.steps.shape[:1], side.n, None, side.steps)
        self.job.by_row(cuda_rows.centre_rows, side.steps.shape[:1], side.n, None, *arguments)
        return side.costs
