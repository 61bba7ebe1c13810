"""The "cpu" backend: sliced Wasserstein losses and gradients, parallel over directions, in a few rows of scratch.

Directions are taken in groups. Within a group every thread projects, sorts and matches its own rows, a row a
direction, leaving dW_p^p/d(theta . x) in place of the projections; then every thread adds the group's rows into its
own points of the gradient, directions ascending. So each sum runs in one order, whatever the number of threads and
the size of the groups: the bits do not depend on either.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from swref.kernels import rows
from swref.kernels.threads import get_num_threads, run_parallel

GROUP_ELEMENTS = 1 << 19  # projections held at a time, when that is at least one row a thread
CHUNK_ELEMENTS = 1 << 14  # projections that one call of a kernel works on: they stay in the second-level cache
SERIAL_ELEMENTS = 1 << 13  # below this many projections, waking a thread costs more than it saves
_NONE = np.empty(0)
_NO_ROWS = np.empty((0, 0))


@dataclass(frozen=True)
class _Side:
    """One of the two measures, laid out for the kernels."""

    points: np.ndarray  # [d, n], coordinates first
    weights: np.ndarray  # [n] float64, or length 0: uniform
    levels: np.ndarray  # [n] cumulative weights when uniform (spec.cumulative)
    index_mask: int
    shift: int
    bits: type = field(repr=False)

    @classmethod
    def of(cls, x: np.ndarray, weights: np.ndarray | None, scale: float) -> _Side:
        n = len(x)
        # A float32 key has room for 32 bits of index; in a float64 key the index takes the low bits of the value.
        narrow = x.dtype == np.float32
        return cls(
            points=np.ascontiguousarray(x.T),
            weights=_NONE if weights is None else weights,
            levels=np.arange(1, n + 1) * scale,
            index_mask=(1 << (32 if narrow else max(1, (n - 1).bit_length()))) - 1,
            shift=32 if narrow else 0,
            bits=np.int32 if narrow else np.int64,
        )

    def project(self, theta: np.ndarray, out: np.ndarray) -> None:
        rows.project(self.points, theta, out)

    def order(self, px: np.ndarray) -> np.ndarray:
        """The keys [G, n] of the projections px [G, n], sorted by (value, index); `& index_mask` gives the index."""
        keys = np.empty(px.shape, np.int64)
        rows.make_keys(px.view(self.bits), self.shift, self.index_mask, keys)
        keys.sort(axis=1)
        if self.shift == 0:
            unsettled = np.zeros(len(px), np.bool_)
            rows.settle(keys, px, self.index_mask, unsettled)
            for g in np.flatnonzero(unsettled):
                keys[g] = np.argsort(px[g], kind="stable")
        return keys


def sw_losses_and_grads(
    x: np.ndarray,
    y: np.ndarray,
    theta: np.ndarray,
    p: float = 2.0,
    wx: np.ndarray | None = None,
    wy: np.ndarray | None = None,
    wrt: tuple[str, ...] = ("x",),
) -> tuple[np.ndarray, tuple[np.ndarray, ...]]:
    """Per-direction losses [L] (float64) and the gradients of their mean named in `wrt`. See spec.sw_loss_and_grad."""
    if len(x) == len(y) and wx is None and wy is None:
        if wrt in ((), ("x",)):
            losses, grads = _Equal(x, y, theta, p, wrt).run()
            return losses, grads
        if wrt == ("y",):  # the matching of equal ranks is the same seen from y
            return _Equal(y, x, theta, p, ("x",)).run()
    return _Coupled(x, y, theta, p, wx, wy, wrt).run()


class _Equal:
    """Equal sizes and uniform weights, gradient in x: only x needs an order, y only its sorted values."""

    def __init__(self, x: np.ndarray, y: np.ndarray, theta: np.ndarray, p: float, wrt: tuple[str, ...]):
        self.x = _Side.of(x, None, 1.0)
        self.y = _Side.of(y, None, 1.0)
        self.theta, self.p, self.wrt = theta, x.dtype.type(p), wrt
        self.losses = np.empty(len(theta))
        self.grads = {"x": np.zeros(self.x.points.shape, x.dtype)} if wrt else {}
        self.width = len(x)

    def run(self) -> tuple[np.ndarray, tuple[np.ndarray, ...]]:
        L = len(self.theta)
        threads = get_num_threads() if L * self.width > SERIAL_ELEMENTS else 1
        group = max(threads, GROUP_ELEMENTS // self.width)
        self.allocate(min(group, L))
        for first in range(0, L, group):
            last = min(first + group, L)
            self.run_group(first, last, threads)
        return self.losses, tuple(np.ascontiguousarray(self.finish(name)) for name in self.wrt)

    def run_group(self, first: int, last: int, threads: int) -> None:
        chunk = max(1, CHUNK_ELEMENTS // self.width)

        def match(start: int, stop: int) -> None:
            for a in range(start, stop, chunk):
                b = min(a + chunk, stop)
                self.match(a, b, self.theta[first + a : first + b], self.losses[first + a : first + b])

        run_parallel(match, last - first, min(threads, last - first))
        self.accumulate(first, last, threads)

    def allocate(self, group: int) -> None:
        self.px = np.empty((group, self.x.points.shape[1]), self.theta.dtype)

    def match(self, a: int, b: int, theta: np.ndarray, losses: np.ndarray) -> None:
        px = self.px[a:b]
        self.x.project(theta, px)
        keys = self.x.order(px)
        py = np.empty(px.shape, px.dtype)
        self.y.project(theta, py)
        py.sort(axis=1)
        rows.match_equal(keys, self.x.index_mask, px, py, self.p, losses)

    def accumulate(self, first: int, last: int, threads: int) -> None:
        if "x" in self.wrt:
            self.add_rows(self.px[: last - first], self.theta[first:last], self.grads["x"], threads)

    @staticmethod
    def add_rows(coefficients: np.ndarray, theta: np.ndarray, dxT: np.ndarray, threads: int) -> None:
        def add(start: int, stop: int) -> None:
            rows.accumulate(coefficients, theta, start, stop, dxT)

        run_parallel(add, dxT.shape[1], threads)

    def finish(self, name: str) -> np.ndarray:
        return self.grads[name].T / self.theta.dtype.type(len(self.theta))


class _Coupled(_Equal):
    """Any sizes and weights, every gradient: the quantile coupling of both sorted sides."""

    def __init__(
        self,
        x: np.ndarray,
        y: np.ndarray,
        theta: np.ndarray,
        p: float,
        wx: np.ndarray | None,
        wy: np.ndarray | None,
        wrt: tuple[str, ...],
    ):
        uniform = wx is None and wy is None
        n, m = len(x), len(y)
        self.x = _Side.of(x, wx, float(m) if uniform else 1.0 / n)
        self.y = _Side.of(y, wy, float(n) if uniform else 1.0 / m)
        self.theta, self.p, self.wrt = theta, x.dtype.type(p), wrt
        self.rounding = 0.0 if uniform else (n + m) * np.finfo(np.float64).eps
        self.losses = np.empty(len(theta))
        shapes = {"x": x.T.shape, "y": y.T.shape, "theta": theta.shape, "x_weights": (1, n), "y_weights": (1, m)}
        self.grads = {name: np.zeros(shapes[name], x.dtype) for name in wrt}
        self.width = n + m

    def allocate(self, group: int) -> None:
        n, m = self.x.points.shape[1], self.y.points.shape[1]
        self.px, self.py = np.empty((group, n), self.theta.dtype), np.empty((group, m), self.theta.dtype)
        self.f = np.empty((group, n)) if "x_weights" in self.wrt else _NO_ROWS
        self.g = np.empty((group, m)) if "y_weights" in self.wrt else _NO_ROWS

    def match(self, a: int, b: int, theta: np.ndarray, losses: np.ndarray) -> None:
        x, y, px, py = self.x, self.y, self.px[a:b], self.py[a:b]
        x.project(theta, px)
        y.project(theta, py)
        rows.match_coupled(
            x.order(px),
            x.index_mask,
            px,
            x.weights,
            x.levels.copy(),
            y.order(py),
            y.index_mask,
            py,
            y.weights,
            y.levels.copy(),
            self.p,
            self.rounding,
            losses,
            self.f[a:b],
            self.g[a:b],
        )

    def accumulate(self, first: int, last: int, threads: int) -> None:
        theta, G = self.theta[first:last], last - first
        ones = np.ones((G, 1))
        for name, coefficients, factor in (
            ("x", self.px, theta),
            ("y", self.py, theta),
            ("x_weights", self.f, ones),
            ("y_weights", self.g, ones),
        ):
            if name in self.wrt:
                self.add_rows(coefficients[:G], factor, self.grads[name], threads)
        if "theta" in self.wrt:
            rows.direction_gradient(self.px[:G], self.x.points, self.grads["theta"][first:last])
            rows.direction_gradient(self.py[:G], self.y.points, self.grads["theta"][first:last])

    def finish(self, name: str) -> np.ndarray:
        grad = self.grads[name] / self.theta.dtype.type(len(self.theta))
        if name == "theta":
            return grad
        return grad.T if name in ("x", "y") else grad[0]
