"""Mistakes in the sort, in what is paired, and in what is done where n and m differ."""

from __future__ import annotations

import numpy as np

from tests.crosscheck.mutants.loss import Mutant, along, but, given, loss, order, pairs, power, uniform, wrong


def ordered(truth, order_x=order, order_y=order):
    return but(truth, match=lambda *a: pairs(*a, order_x=order_x, order_y=order_y))


def as_given(v):
    return np.arange(len(v))


def along_axis(axis):
    """Sorted projections [L, n] over the wrong axis: pairs of what stands at one place."""

    def mutant(x, y, theta, p=2.0):
        if len(x) != len(y):
            raise NotImplementedError("equal sizes only")
        D = np.sort(theta @ x.T, axis=axis) - np.sort(theta @ y.T, axis=axis)
        return float(np.mean(np.abs(D) ** p))

    return mutant


def by_first(x, y, theta, p=2.0, key=lambda z: z[:, 0]):
    s, t = order(key(x)), order(key(y))
    if len(x) != len(y):
        raise NotImplementedError("equal sizes only")
    D = theta @ (x[s] - y[t]).T  # [L, n]
    h, slope = power(D, p)
    dx = np.zeros(x.shape)
    dx[s] = slope.T @ theta / D.size
    return float(h.mean()), dx


def nearest(px, py, wx, wy):
    return np.arange(len(px)), np.abs(px[:, None] - py).argmin(axis=1), uniform(len(px))


def one_order(px, py, wx, wy):
    return (order(px), order(px), wx) if len(px) == len(py) else pairs(px, py, wx, wy)


def resampled(truth, sides, always=False):
    """Other numbers of both sides where n and m differ, all of one mass: sides(sorted px, sorted py)."""

    def one(px, py, p):
        px, py = np.sort(px), np.sort(py)
        if len(px) != len(py) or always:
            px, py = sides(px, py)
        return float(np.mean(np.abs(px - py) ** p))

    return along(truth, one)


def levels(count):
    q = np.linspace(0, 1, count)
    return lambda px, py: (np.quantile(px, q), np.quantile(py, q))


def to(size, v):
    """Indices of nearest-neighbour resampling from len(v) to `size`."""
    return v[np.arange(size) * len(v) // size]


def stretched(size, v):
    """Linear resampling with half-pixel centres, as image libraries do."""
    return np.interp((np.arange(size) + 0.5) * len(v) / size - 0.5, np.arange(len(v)), v)


def both(resize, longest=max):
    return lambda px, py: tuple(resize(longest(len(px), len(py)), v) for v in (px, py))


def padded(px, py):
    size = max(len(px), len(py))
    return tuple(np.sort(np.append(v, np.zeros(size - len(v)))) for v in (px, py))


def padded_after(px, py):
    size = max(len(px), len(py))
    return tuple(np.append(v, np.zeros(size - len(v))) for v in (px, py))


def truncated(first):
    def change(a):
        if len(a["x"]) == len(a["y"]) or a["x_weights"] is not None or a["y_weights"] is not None:
            return {}
        size = min(len(a["x"]), len(a["y"]))
        return {name: a[name][:size] if first else a[name][-size:] for name in "xy"}

    return change


def duplicated(a):
    if len(a["x"]) == len(a["y"]) or a["x_weights"] is not None or a["y_weights"] is not None:
        return {}
    size = max(len(a["x"]), len(a["y"]))
    return {name: a[name][np.arange(size) % len(a[name])] for name in "xy"}


def subsampled(x, y, theta, p=2.0):
    rng, size = np.random.default_rng(3), min(len(x), len(y))
    if len(x) != len(y):
        x, y = (z[rng.choice(len(z), size, replace=False)] for z in (x, y))
    return loss(x, y, theta, p)[0]


def difference_of_cdfs(power_of, outer=lambda w, p: w):
    def one(px, py, p):
        z = np.sort(np.concatenate([px, py]))
        F, G = (np.searchsorted(np.sort(v), z[:-1], side="right") / len(v) for v in (px, py))
        return outer(np.sum(np.abs(F - G) ** power_of(p) * np.diff(z)), p)

    return one


def energy(px, py, p):
    def gap(a, b):
        return np.abs(a[:, None] - b).mean()

    return 2 * gap(px, py) - gap(px, px) - gap(py, py)


def every_pair(px, py, p):
    return float(np.mean(np.abs(px[:, None] - py) ** p))


ORDERS: dict[str, Mutant] = {
    "no sort": ordered("unsorted", as_given, as_given),
    "the default axis of [n, 1]": wrong(
        "unsorted",
        lambda x, y, theta: float(
            np.mean([(np.sort(x @ t[:, None]) - np.sort(y @ t[:, None])) ** 2 for t in theta])
            if len(x) == len(y)
            else np.nan
        ),
        "none",
    ),
    "x not sorted": ordered("x-unsorted", order_x=as_given),
    "y not sorted": ordered("y-unsorted", order_y=as_given),
    "descending": ordered("descending", order_y=lambda v: order(-v)),
    "ranks": ordered("ranks-for-order", order_x=lambda v: order(order(v))),
    "ranks of y": ordered("ranks-for-order-of-y", order_y=lambda v: order(order(v))),
    "ranks of both": ordered("ranks-for-both", lambda v: order(order(v)), lambda v: order(order(v))),
    "off by one": ordered("shifted-by-one", order_y=lambda v: np.roll(order(v), 1)),
    "one order for both": but("unsorted", match=one_order),
    "by magnitude": ordered("sorted-by-magnitude", lambda v: order(np.abs(v)), lambda v: order(np.abs(v))),
    "over the directions": wrong("sorted-over-directions", along_axis(0), "none"),
    "over everything": wrong(
        "sorted-over-everything",
        lambda x, y, theta: float(
            np.mean((np.sort((theta @ x.T).ravel()) - np.sort((theta @ y.T).ravel())) ** 2)
            if len(x) == len(y)
            else np.nan
        ),
        "none",
    ),
    "along the first coordinate": wrong("sorted-once", by_first),
    "by the norm": wrong(
        "sorted-by-norm", lambda x, y, theta, p=2.0: by_first(x, y, theta, p, lambda z: np.linalg.norm(z, axis=1))
    ),
    "sorted coordinates": wrong(
        "coordinates-sorted",
        lambda x, y, theta, p=2.0: float(
            np.mean(np.abs(theta @ (np.sort(x, axis=0) - np.sort(y, axis=0)).T) ** p) if len(x) == len(y) else np.nan
        ),
        "none",
    ),
    "nearest neighbour": but("nearest-neighbour", match=nearest),
    "all pairs": along("all-pairs", every_pair),
    "means only": along("means-only", lambda px, py, p: abs(px.mean() - py.mean()) ** p),
    "means and deviations": along(
        "gaussian-approximation", lambda px, py, p: (px.mean() - py.mean()) ** 2 + (px.std() - py.std()) ** 2
    ),
    "energy distance": along("energy-distance", energy),
}
SIZES: dict[str, Mutant] = {
    "first points": given("truncated", truncated(True)),
    "last points": given("truncated-to-the-last", truncated(False)),
    "smallest projections": resampled("sorted-truncation", lambda px, py: (px[: len(py)], py[: len(px)])),
    "zeros sorted in": resampled("zero-padded", padded),
    "zeros at the end": resampled("zero-padded-after-sort", padded_after),
    "points again": given("duplicated", duplicated),
    "sorted points again": resampled("duplicated-after-sort", both(lambda size, v: v[np.arange(size) % len(v)])),
    "last one again": resampled("edge-padded", both(lambda size, v: np.append(v, np.full(size - len(v), v[-1])))),
    "random subset": wrong("subsampled", subsampled, "none"),
    "quantiles, max(n, m) of them": resampled(
        "interpolated-quantiles", lambda px, py: levels(max(len(px), len(py)))(px, py)
    ),
    "quantiles, min(n, m) of them": resampled(
        "interpolated-quantiles-min", lambda px, py: levels(min(len(px), len(py)))(px, py)
    ),
    "nearest resampling": resampled("nearest-resampling", both(to)),
    "nearest resampling to fewer": resampled("nearest-resampling-min", both(to, min)),
    "linear resampling": resampled("linear-resampling", both(stretched)),
    "100 percentiles": resampled("level-grid-100", levels(100), always=True),
    "101 percentiles": resampled("level-grid-101", levels(101), always=True),
    "200 levels": resampled("level-grid-200", levels(200), always=True),
    "100 percentiles where sizes differ": resampled("level-grid-100-unequal", levels(100)),
    "|F - G| times gaps": along("power-missing", difference_of_cdfs(lambda p: 1)),
    "|F - G|^p times gaps": along("cdf-differences", difference_of_cdfs(lambda p: p)),
    "Cramer distance": along("cramer cdf-differences", difference_of_cdfs(lambda p: 2)),
    "W_1 to the p": along("w1-to-the-p", difference_of_cdfs(lambda p: 1, lambda w, p: w**p)),
    "broadcast where n is 1": wrong(
        "unequal-broadcast",
        lambda x, y, theta, p=2.0: (
            float(np.mean(np.sum(np.abs(theta @ x.T - np.sort(theta @ y.T)) ** p, axis=1)))
            if len(x) == 1
            else loss(x, y, theta, p)[0]
        ),
        "none",
    ),
    "n for both sizes": along(
        "n-for-m",
        lambda px, py, p: float(np.sum(np.abs(np.sort(px)[: len(py)] - np.sort(py)[: len(px)]) ** p) / len(px)),
    ),
}
