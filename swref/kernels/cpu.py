"""The "cpu" backend: sliced Wasserstein losses and gradients, parallel over directions, in a few rows of scratch.

Directions are taken in groups. Within a group every thread projects, sorts and matches its own rows, a row a
direction, leaving dW_p^p/d(theta . x) in place of the projections; then every thread adds the group's rows into its
own points of the gradient, directions ascending. So each sum runs in one order, whatever the number of threads: the
bits do not depend on it.

The sort is NumPy's (SIMD on AVX-512, AVX2 and NEON), of int64 keys that carry the index in their low bits: an order at
the price of a plain sort, where `argsort` takes two to four times as long.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import nullcontext

import numpy as np

from swref.kernels import blas, coupled, rows
from swref.kernels.threads import get_num_threads, run_parallel

GROUP_ELEMENTS = 1 << 20  # projections held at a time, when that is at least one row a thread
CHUNK_ELEMENTS = 1 << 15  # projections that one call of a kernel works on: they stay in the second-level cache
SERIAL_ELEMENTS = 1 << 14  # below this many projections, waking a thread costs more than it saves
BLAS_DIMENSION = 32  # from here on products go to the BLAS; below, terms are added in the order of the coordinates
BLAS_COORDINATES, BLAS_POINTS = 1024, 64  # one block of a product: the same whatever the number of threads

_NONE = np.empty(0)
_NO_ROWS = np.empty((0, 0))

Result = tuple[np.ndarray, tuple[np.ndarray, ...]]


def sw_losses_and_grads(
    x: np.ndarray,
    y: np.ndarray,
    theta: np.ndarray,
    p: float = 2.0,
    wx: np.ndarray | None = None,
    wy: np.ndarray | None = None,
    wrt: tuple[str, ...] = ("x",),
) -> Result:
    """Per-direction losses [L] (float64) and the gradients of their mean named in `wrt`. See spec.sw_loss_and_grad."""
    if len(x) == len(y) and wx is None and wy is None:
        if wrt == ("x",):
            return _small(x, y, theta, p) or _equal(x, y, theta, p, True)
        if wrt == ("y",):  # the matching of equal ranks is the same seen from y
            return _small(y, x, theta, p) or _equal(y, x, theta, p, True)
        if wrt == ():
            return _equal(x, y, theta, p, False)
    return _coupled(x, y, theta, p, wx, wy, wrt)


def _small(x: np.ndarray, y: np.ndarray, theta: np.ndarray, p: float) -> Result | None:
    """A problem that is too small for threads, in two compiled calls around the sorts; None for any other."""
    (L, d), n, dtype = theta.shape, len(x), x.dtype
    if L * n > SERIAL_ELEMENTS or d >= BLAS_DIMENSION:
        return None
    index_mask, shift, bits = _key_layout(n, dtype)
    px, py, keys = np.empty((L, n), dtype), np.empty((L, n), dtype), np.empty((L, n), np.int64)
    losses, dx = np.empty(L), np.empty((n, d), dtype)
    rows.prepare_small(x, y, theta, shift, index_mask, px, px.view(bits), keys, py)
    keys.sort(axis=1)
    py.sort(axis=1)
    done = rows.conclude_small(keys, index_mask, px, py, dtype.type(p), theta, losses, dx)
    return (losses, (dx,)) if done else None


def _key_layout(n: int, dtype: np.dtype) -> tuple[int, int, type]:
    """(index_mask, shift, integer type of the bits) of the sort keys of n values of `dtype`.

    A float32 key has room for 32 bits of index; in a float64 key the index takes the low bits of the value.
    """
    if dtype == np.float32:
        return (1 << 32) - 1, 32, np.int32
    return (1 << max(1, (n - 1).bit_length())) - 1, 0, np.int64


class _Side:
    """One of the two clouds, laid out for the kernels."""

    def __init__(self, x: np.ndarray):
        n, self.d = x.shape
        self.points = x.T if self.d >= BLAS_DIMENSION else np.ascontiguousarray(x.T)  # [d, n]; the BLAS takes either
        self.index_mask, self.shift, self.bits = _key_layout(n, x.dtype)

    def project(self, theta: np.ndarray, out: np.ndarray) -> None:
        """out [G, n] = theta [G, d] . x."""
        if self.d < BLAS_DIMENSION:
            rows.project(self.points, theta, out)
        else:
            np.matmul(theta, self.points, out=out)

    def order(self, px: np.ndarray, keys: np.ndarray) -> np.ndarray:
        """keys [G, n], sorted by (value, index) of the projections px [G, n]; `& index_mask` gives the index."""
        self.order_rest(px, keys, self._sort(px, px, keys))
        return keys

    def order_rest(self, px: np.ndarray, keys: np.ndarray, unsettled: np.ndarray) -> None:
        """Order the rows that sorted keys could not: far from the origin few keys are distinct.

        Differences from a point of the row order as the row does, and have their leading bits where the points differ:
        there that is several times as fast as `argsort`, which is left for what no key can order.
        """
        if len(unsettled) == 0:
            return
        rest = px[unsettled]  # a copy
        again = np.empty(rest.shape, np.int64)
        for g in self._sort(rest - rest[:, :1], rest, again):
            again[g] = np.argsort(rest[g], kind="stable")
        keys[unsettled] = again

    def _sort(self, sorted_by: np.ndarray, px: np.ndarray, keys: np.ndarray) -> np.ndarray:
        """Sort by keys of `sorted_by` [G, n], settle by px [G, n]; the rows that could not be settled."""
        rows.make_keys(sorted_by.view(self.bits), self.shift, self.index_mask, keys)
        keys.sort(axis=1)
        unsettled = np.empty(len(px), np.bool_)
        rows.settle(keys, px, self.index_mask, unsettled)
        return np.flatnonzero(unsettled)


class _Groups:
    """The directions of one call, cut into groups, and the two parallel phases of a group."""

    def __init__(self, theta: np.ndarray, width: int):
        self.L, self.d = theta.shape
        self.theta, self.width = theta, width  # width: projections a direction
        self.threads = get_num_threads() if self.L * width > SERIAL_ELEMENTS else 1
        self.in_order = self.d < BLAS_DIMENSION
        # In a product of the BLAS the group is the length of its sums: there it must not depend on the threads.
        least = self.threads if self.in_order else 16
        self.size = min(self.L, max(least, GROUP_ELEMENTS // width))

    def __iter__(self) -> Iterator[tuple[int, int]]:
        for first in range(0, self.L, self.size):
            yield first, min(first + self.size, self.L)

    def single_blas(self) -> nullcontext | object:
        return nullcontext() if self.in_order else blas.one_thread_each()

    def zeros(self, n: int, dtype: np.dtype) -> np.ndarray:
        """[d, n] zeros to add a gradient into, laid out as `add` writes: along points in order, else along d."""
        return np.zeros((self.d, n), dtype) if self.in_order else np.zeros((n, self.d), dtype).T

    def by_rows(self, first: int, last: int, make_task: Callable[[int], Callable[[int, int], None]]) -> None:
        """Call a task(start, stop) of make_task(chunk) on chunks of the group's rows; each thread makes one task."""
        rows_here = last - first
        chunk = max(1, CHUNK_ELEMENTS // self.width)
        if self.in_order:  # a chunk is a block of a product: with the BLAS it must not depend on the threads
            chunk = min(chunk, -(-rows_here // self.threads))

        def run(start: int, stop: int) -> None:
            task = make_task(chunk)
            for k in range(start, stop):
                task(k * chunk, min((k + 1) * chunk, rows_here))

        run_parallel(run, -(-rows_here // chunk), self.threads)

    def add(self, slopes: np.ndarray, factors: np.ndarray, out: np.ndarray) -> None:
        """out [k, n] += factors [G, k]^T slopes [G, n], every thread on its own points, G ascending."""
        n = out.shape[1]
        if self.in_order or factors.shape[1] == 1:

            def task(start: int, stop: int) -> None:
                rows.add_product(factors.T, slopes, out, start, stop)

            run_parallel(task, n, self.threads)
            return

        def block(start: int, stop: int) -> None:
            for a in range(start, stop):
                k, i = divmod(a, -(-n // BLAS_POINTS))
                coordinates, points = _block(k, BLAS_COORDINATES), _block(i, BLAS_POINTS)
                out.T[points, coordinates] += slopes[:, points].T @ factors[:, coordinates]

        run_parallel(block, -(-len(out) // BLAS_COORDINATES) * -(-n // BLAS_POINTS), self.threads)


def _block(k: int, size: int) -> slice:
    return slice(k * size, (k + 1) * size)


def _equal(x: np.ndarray, y: np.ndarray, theta: np.ndarray, p: float, gradient: bool) -> Result:
    """Equal sizes and uniform weights, gradient in x: only x needs an order, y only its sorted values."""
    n, dtype, order_p = len(x), x.dtype, x.dtype.type(p)
    side_x, side_y, groups = _Side(x), _Side(y), _Groups(theta, n)
    losses = np.empty(groups.L)
    slopes = np.empty((groups.size, n), dtype)
    dxT = groups.zeros(n, dtype) if gradient else None

    def make_task(chunk: int) -> Callable[[int, int], None]:
        all_keys, all_py = np.empty((chunk, n), np.int64), np.empty((chunk, n), dtype)
        unsettled = np.empty(chunk, np.bool_)

        def task(lo: int, hi: int) -> None:
            directions, px = theta[first + lo : first + hi], slopes[lo:hi]
            keys, py, values = all_keys[: hi - lo], all_py[: hi - lo], losses[first + lo : first + hi]
            bits, shift, index_mask = px.view(side_x.bits), side_x.shift, side_x.index_mask
            if groups.in_order:
                rows.prepare(side_x.points, side_y.points, directions, shift, index_mask, px, bits, keys, py)
            else:
                side_x.project(directions, px)
                side_y.project(directions, py)
                rows.make_keys(bits, shift, index_mask, keys)
            keys.sort(axis=1)
            py.sort(axis=1)
            matched = (keys, index_mask, px, py, order_p, values)
            if rows.settle_and_match(*matched, unsettled):
                side_x.order_rest(px, keys, np.flatnonzero(unsettled[: hi - lo]))
                rows.match_equal(*matched)

        return task

    with groups.single_blas():
        for first, last in groups:
            groups.by_rows(first, last, make_task)
            if dxT is not None:
                groups.add(slopes[: last - first], theta[first:last], dxT)
    return losses, () if dxT is None else (np.ascontiguousarray(dxT.T / dtype.type(groups.L)),)


def _coupled(
    x: np.ndarray,
    y: np.ndarray,
    theta: np.ndarray,
    p: float,
    wx: np.ndarray | None,
    wy: np.ndarray | None,
    wrt: tuple[str, ...],
) -> Result:
    """Any sizes and weights, every gradient: the quantile coupling of both sorted sides."""
    n, m, dtype, order_p = len(x), len(y), x.dtype, x.dtype.type(p)
    uniform = wx is None and wy is None
    rounding = 0.0 if uniform else (n + m) * np.finfo(np.float64).eps
    side_x, side_y, groups = _Side(x), _Side(y), _Groups(theta, n + m)
    G, losses = groups.size, np.empty(groups.L)
    dpx, dpy = np.empty((G, n), dtype), np.empty((G, m), dtype)
    f = np.empty((G, n)) if "x_weights" in wrt else _NO_ROWS
    g = np.empty((G, m)) if "y_weights" in wrt else _NO_ROWS
    shapes = {
        "x": (x.shape[1], n),
        "y": (x.shape[1], m),
        "theta": theta.shape,
        "x_weights": (1, n),
        "y_weights": (1, m),
    }
    # Potentials are float64 throughout; a sum that is rounded to float32 only now and then would depend on the groups.
    grads = {name: np.zeros(shapes[name], np.float64 if name.endswith("weights") else dtype) for name in wrt}

    def make_task(chunk: int) -> Callable[[int, int], None]:
        # Uniform levels in units of 1/(n m), so that those that coincide do so exactly (spec.cumulative).
        a = np.arange(1.0, n + 1) * m if uniform else np.arange(1, n + 1) / n
        b = np.arange(1.0, m + 1) * n if uniform else np.arange(1, m + 1) / m
        x_keys, y_keys = np.empty((chunk, n), np.int64), np.empty((chunk, m), np.int64)

        def task(lo: int, hi: int) -> None:
            directions, px, py = theta[first + lo : first + hi], dpx[lo:hi], dpy[lo:hi]
            side_x.project(directions, px)
            side_y.project(directions, py)
            x_order, y_order = side_x.order(px, x_keys[: hi - lo]), side_y.order(py, y_keys[: hi - lo])
            x_side = (x_order, side_x.index_mask, px, _NONE if wx is None else wx, a)
            y_side = (y_order, side_y.index_mask, py, _NONE if wy is None else wy, b)
            values = losses[first + lo : first + hi]
            coupled.match_coupled(*x_side, *y_side, order_p, rounding, values, f[lo:hi], g[lo:hi])
            if "theta" in grads:
                dtheta = grads["theta"][first + lo : first + hi]
                coupled.direction_gradient(px, side_x.points, dtheta)
                coupled.direction_gradient(py, side_y.points, dtheta)

        return task

    ones = np.ones((G, 1))
    with groups.single_blas():
        for first, last in groups:
            groups.by_rows(first, last, make_task)
            directions = theta[first:last]
            for name, slopes, factors in (
                ("x", dpx, directions),
                ("y", dpy, directions),
                ("x_weights", f, ones),
                ("y_weights", g, ones),
            ):
                if name in grads:
                    groups.add(slopes[: last - first], factors[: last - first], grads[name])
    L = dtype.type(groups.L)
    shaped = {"x": np.transpose, "y": np.transpose, "theta": np.asarray, "x_weights": np.ravel, "y_weights": np.ravel}
    return losses, tuple(np.ascontiguousarray(shaped[name](grads[name] / L), dtype) for name in wrt)
