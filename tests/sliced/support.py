"""The comparison of a backend with the NumPy specification, which the tests of every backend share.

Loss and gradients are sums of rounded terms: each is compared on the scale of the sum of its terms' sizes, computed
from the specification's coupling, so that cancellation neither hides an error nor fails a right answer.
"""

from __future__ import annotations

import numpy as np

from swref.kernels.cpu.order import Ordering
from swref.kernels.cpu.side import Side
from swref.sliced import WRT, sw_loss, sw_loss_and_grad, sw_losses
from swref.spec import match, project, stable_order
from swref.spec.sliced import centred
from tests.support import tol

ORDERS = (1.0, 1.5, 2.0, 3.0)
DTYPES = (np.float32, np.float64)

SIZES = {
    "equal": (17, 17),
    "unequal": (11, 18),
    "one": (1, 1),
    "one_to_many": (1, 8),
    "two": (2, 2),
    "multiple": (6, 24),
}


def some_weights(generator: np.random.Generator, n: int) -> np.ndarray:
    """Random probabilities, every third time of any order of magnitude; a quarter of them zero."""
    w = generator.uniform(0.1, 1.0, n)
    if generator.random() < 0.3:
        w = 10.0 ** generator.uniform(-20, 0, n)
    w[generator.permutation(n)[: n // 4]] = 0
    return w / w.sum()


def term_sizes(x, y, theta, p, wx, wy) -> dict[str, np.ndarray]:
    """For the loss and every gradient, the mean over the directions of the sum of its terms' sizes, in float64.

    With weights the masses are differences of rounded levels, known to rounding of the level from the nearer end: at
    almost coinciding levels a pair may carry 1e-17 or nothing. The loss is then known to rounding of its scale (math of
    spec.pairs), about a centre that both sides share, a slope to that of a point of mass 1.
    """
    x, y = centred(x, y)  # far from the origin the differences are known to the rounding of these
    n, m, L = len(x), len(y), len(theta)
    sizes = {"loss": 0.0, "x": np.zeros(x.shape), "y": np.zeros(y.shape), "theta": np.zeros(theta.shape)}
    largest_cost = 0.0
    x64, y64, theta64 = (np.abs(v.astype(np.float64)) for v in (x, y, theta))
    for l, (px, py) in enumerate(zip(project(x, theta), project(y, theta), strict=True)):
        px, py = px.astype(np.float64), py.astype(np.float64)
        k = match(px, py, wx, wy)
        D = np.abs(px[k.i] - py[k.j])
        middle = (px.min() + px.max()) / 2
        farthest = max(px.max() - py.min(), py.max() - px.min())
        c, e = (np.bincount(i, k.mass * p * D ** (p - 1), size) for i, size in ((k.i, n), (k.j, m)))
        sizes["loss"] += (k.mass @ D**p) / L
        if wx is not None or wy is not None:
            sizes["loss"] += scale(px - middle, p, wx, n) / L + scale(py - middle, p, wy, m) / L
            c, e = c + p * farthest ** (p - 1), e + p * farthest ** (p - 1)
        sizes["x"] += np.outer(c, theta64[l]) / L
        sizes["y"] += np.outer(e, theta64[l]) / L
        sizes["theta"][l] = (c @ x64 + e @ y64) / L
        largest_cost += farthest**p / L
    return sizes | {"x_weights": np.full(n, largest_cost), "y_weights": np.full(m, largest_cost)}


def scale(px, p, wx, n) -> float:
    """sum_i wx_i |px_i|^p, times the 2^p that |s - t|^p is at most of |s|^p + |t|^p."""
    return 2.0**p * float((np.full(n, 1 / n) if wx is None else wx) @ np.abs(px) ** p)


def assert_agrees(x, y, theta, p=2.0, wx=None, wy=None, wrt=WRT, backend="cpu") -> None:
    """Loss and every gradient in `wrt` of a backend against "numpy", within tol(dtype, n_terms) of the terms' sizes."""
    options = {"p": p, "x_weights": wx, "y_weights": wy, "wrt": wrt}
    want, want_grads = sw_loss_and_grad(x, y, theta, **options, backend="numpy")
    got, got_grads = sw_loss_and_grad(x, y, theta, **options, backend=backend)
    x, y = np.asarray(x), np.asarray(y)
    wx, wy = (None if w is None else np.asarray(w) for w in (wx, wy))
    dtype = np.result_type(x, y) if np.result_type(x, y) == np.float32 else np.dtype(np.float64)
    x, y, theta = (np.asarray(v, dtype) for v in (x, y, theta))
    rounding = tol(dtype, (len(x) + len(y)) * len(theta))
    # Gradual underflow: below the smallest normal number the error is absolute.
    floor = (len(x) + len(y)) * float(np.finfo(dtype).tiny)
    sizes = term_sizes(x, y, theta, p, wx, wy)
    assert abs(got - want) <= rounding * sizes["loss"] + floor
    for name, a, b in zip(wrt, got_grads, want_grads, strict=True):
        assert a.dtype == b.dtype == dtype
        assert a.shape == b.shape == sizes[name].shape
        excess = np.abs(a.astype(np.float64) - b.astype(np.float64)) - rounding * sizes[name] - floor
        assert excess.max() <= 0, (name, p, float(excess.max()))
    losses = sw_losses(x, y, theta, p=p, x_weights=wx, y_weights=wy, backend=backend)
    assert losses.dtype == np.float64
    same = sw_losses(x, y, theta, p=p, x_weights=wx, y_weights=wy, backend="numpy")
    assert np.abs(losses - same).mean() <= rounding * sizes["loss"] + floor
    assert sw_loss(x, y, theta, p=p, x_weights=wx, y_weights=wy, backend=backend) == losses.mean()


def assert_same_order(x: np.ndarray, theta: np.ndarray) -> None:
    """The kernels' projections and matching order are the specification's, bit for bit."""
    x, theta = np.ascontiguousarray(x), np.ascontiguousarray(theta, dtype=x.dtype)
    side = Side(x, x[0, :0])
    px = np.empty((len(theta), len(x)), x.dtype)
    side.project(theta, px)
    want = project(x, theta)
    assert px.tobytes() == want.tobytes()
    ordering = Ordering(*px.shape, px.dtype)
    order = ordering.of(px) & ordering.index_mask
    np.testing.assert_array_equal(order, [stable_order(row) for row in want])


def cloud(kind: str, generator: np.random.Generator, n: int, d: int) -> np.ndarray:
    if kind == "random":
        return generator.standard_normal((n, d))
    if kind == "tied":
        return generator.integers(-2, 3, (n, d)).astype(float)
    if kind == "duplicated":
        return generator.standard_normal((n, d))[generator.integers(0, max(1, n // 3), n)]
    if kind == "all_equal":
        return np.full((n, d), 0.1)
    if kind == "signed_zeros":
        return generator.choice([0.0, -0.0, 1.0, -1.0], (n, d))
    if kind == "outlier":
        return np.where(np.arange(n)[:, None] == generator.integers(n), 1e8, 1.0) * generator.standard_normal((n, d))
    if kind == "offset":
        return 1e6 + 1e-6 * generator.standard_normal((n, d))
    if kind == "denormal":
        return generator.integers(-3, 4, (n, d)) * 5e-324
    if kind == "tiny":
        return 1e-150 * generator.standard_normal((n, d))
    if kind == "huge":
        return 1e150 * generator.standard_normal((n, d))
    raise ValueError(kind)


KINDS = ("random", "tied", "duplicated", "all_equal", "signed_zeros", "offset", "outlier")
