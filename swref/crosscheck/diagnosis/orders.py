"""Mistakes in the sort: which points are paired where both clouds have as many, of equal mass."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import numpy as np

from swref.crosscheck.diagnosis.mistake import Pairs, Rows, along, coupled, equal_and_uniform, mistakes, slope
from swref.crosscheck.inputs import Inputs

MAX_PAIRS: Final = 3_000_000  # of points, over all directions, that are looked at one by one
Order = Callable[[np.ndarray], np.ndarray]  # projections [L, n] -> permutations [L, n]


def _paired(order_x: Order, order_y: Order) -> Callable[[Inputs], Rows | None]:
    """Pairs the points in other orders than the sorted ones."""

    def predict(inputs: Inputs) -> Rows | None:
        if not equal_and_uniform(inputs):
            return None
        k = coupled(inputs)
        pairs = Pairs(k.px, k.py, order_x(k.px), order_y(k.py), np.full(inputs.n, 1 / inputs.n))
        return along(pairs, inputs.p, inputs.theta)

    return predict


def _once(key: Callable[[np.ndarray], np.ndarray]) -> Callable[[Inputs], Rows | None]:
    """One order of the points for all directions."""

    def predict(inputs: Inputs) -> Rows | None:
        def order(points: np.ndarray) -> Order:
            return lambda p: np.tile(np.argsort(key(points), kind="stable"), (len(p), 1))

        return _paired(order(inputs.x), order(inputs.y))(inputs)

    return predict


def _stable(p: np.ndarray) -> np.ndarray:
    return np.argsort(p, 1, kind="stable")


def _as_given(p: np.ndarray) -> np.ndarray:
    return np.tile(np.arange(p.shape[1]), (len(p), 1))


def _ranks(p: np.ndarray) -> np.ndarray:
    return _stable(_stable(p))


def _shifted(p: np.ndarray) -> np.ndarray:
    return np.roll(_stable(p), 1, axis=1)


def _by_magnitude(p: np.ndarray) -> np.ndarray:
    return _stable(np.abs(p))


def _differences(
    sides: Callable[[np.ndarray, np.ndarray], tuple[np.ndarray, np.ndarray]],
) -> Callable[[Inputs], Rows | None]:
    """The mean of |D|^p between arrays [L, K] made of both projections; without a gradient."""

    def predict(inputs: Inputs) -> Rows | None:
        if not equal_and_uniform(inputs):
            return None
        k = coupled(inputs)
        qx, qy = sides(k.px, k.py)
        losses = np.mean(np.abs(qx - qy) ** inputs.p, axis=1)
        return Rows(np.full(inputs.L, losses.mean()) if len(losses) != inputs.L else losses, None, inputs.theta)

    return predict


def _coordinates(inputs: Inputs) -> Rows | None:
    if not equal_and_uniform(inputs):
        return None
    D = inputs.theta @ (np.sort(inputs.x, 0) - np.sort(inputs.y, 0)).T
    return Rows(np.mean(np.abs(D) ** inputs.p, 1), None, inputs.theta)


def _everything(px: np.ndarray, py: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    return np.sort(px.ravel())[None], np.sort(py.ravel())[None]


def _nearest(inputs: Inputs) -> Rows | None:
    if inputs.L * inputs.n * inputs.m > MAX_PAIRS:
        return None
    k = coupled(inputs)
    gaps = k.px[:, :, None] - k.py[:, None, :]
    D = np.take_along_axis(gaps, np.abs(gaps).argmin(2)[:, :, None], 2)[:, :, 0]
    return Rows(np.mean(np.abs(D) ** inputs.p, 1), slope(D, inputs.p) / inputs.n, inputs.theta)


def _every_pair(inputs: Inputs) -> Rows | None:
    if inputs.L * inputs.n * inputs.m > MAX_PAIRS:
        return None
    k = coupled(inputs)
    D = k.px[:, :, None] - k.py[:, None, :]
    losses, c = np.mean(np.abs(D) ** inputs.p, (1, 2)), np.mean(slope(D, inputs.p), 2) / inputs.n
    return Rows(losses, c, inputs.theta)


def _distances(px: np.ndarray, py: np.ndarray) -> np.ndarray:
    return np.asarray(np.mean(np.abs(px[:, :, None] - py[:, None, :]), (1, 2)))


def _of(value: Callable[[np.ndarray, np.ndarray, Inputs], np.ndarray]) -> Callable[[Inputs], Rows | None]:
    """Losses [L] that are no transport cost; uniform weights, without a gradient."""

    def predict(inputs: Inputs) -> Rows | None:
        if not inputs.uniform or inputs.L * inputs.n * inputs.m > MAX_PAIRS:
            return None
        k = coupled(inputs)
        return Rows(value(k.px, k.py, inputs), None, inputs.theta)

    return predict


def _moments(px: np.ndarray, py: np.ndarray, inputs: Inputs) -> np.ndarray:
    return np.asarray((px.mean(1) - py.mean(1)) ** 2 + (px.std(1) - py.std(1)) ** 2)


ORDERS: Final = mistakes(
    (
        "unsorted",
        "points are paired as given: no sort, one over an axis of length 1, or one order for both",
        _paired(_as_given, _as_given),
    ),
    ("x-unsorted", "only y is sorted", _paired(_as_given, _stable)),
    ("y-unsorted", "only x is sorted", _paired(_stable, _as_given)),
    ("descending", "one side is sorted in descending order", _paired(_stable, lambda p: _stable(-p))),
    ("ranks-for-order", "ranks are used where the sorting permutation of x is meant", _paired(_ranks, _stable)),
    ("ranks-for-order-of-y", "ranks are used where the sorting permutation of y is meant", _paired(_stable, _ranks)),
    ("ranks-for-both", "ranks are used where the sorting permutations are meant", _paired(_ranks, _ranks)),
    ("shifted-by-one", "ranks are off by one", _paired(_stable, _shifted)),
    ("sorted-once", "the order along the first coordinate serves every direction", _once(lambda z: z[:, 0])),
    ("sorted-by-norm", "the order of the norms serves every direction", _once(lambda z: np.linalg.norm(z, axis=1))),
    ("sorted-by-magnitude", "projections are sorted by their absolute values", _paired(_by_magnitude, _by_magnitude)),
    (
        "sorted-over-directions",
        "the sort runs over the directions, not over the points",
        _differences(lambda a, b: (np.sort(a, 0), np.sort(b, 0))),
    ),
    ("sorted-over-everything", "points and directions are sorted as one list", _differences(_everything)),
    ("coordinates-sorted", "the coordinates are sorted before the projection", _coordinates),
    ("nearest-neighbour", "every point takes the nearest one of y, which is no transport", _nearest),
    ("all-pairs", "the mean over all pairs: a broadcast of [n, 1] against [m]", _every_pair),
    ("means-only", "only the means are compared", _of(lambda px, py, i: np.abs(px.mean(1) - py.mean(1)) ** i.p)),
    ("gaussian-approximation", "only means and standard deviations are compared", _of(_moments)),
    (
        "energy-distance",
        "the energy distance along the directions",
        _of(lambda px, py, i: 2 * _distances(px, py) - _distances(px, px) - _distances(py, py)),
    ),
)
