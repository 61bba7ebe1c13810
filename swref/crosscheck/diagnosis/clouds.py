"""Mistakes in the points and in the weights, and in how their memory is read."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Final

import numpy as np

from swref.crosscheck.answer.convention import Convention
from swref.crosscheck.diagnosis.mistake import (
    Hypothesis,
    Pairs,
    Predicted,
    Rows,
    along,
    changed,
    coupled,
    exact,
    filled,
    mistakes,
    rows,
    total,
)
from swref.crosscheck.inputs import Inputs

Points = Callable[[np.ndarray, np.ndarray], tuple[np.ndarray, np.ndarray]]


def _moved(
    points: Points, gradient: Callable[[np.ndarray], np.ndarray] | None = None
) -> Callable[[Inputs], Rows | None]:
    """The right rows of other points; `gradient` makes slopes [L, n] in the points of those in the others."""

    def predict(inputs: Inputs) -> Rows | None:
        x, y = points(inputs.x, inputs.y)
        if not (np.isfinite(x).all() and np.isfinite(y).all()):
            return None
        found = rows(replace(inputs, x=x, y=y))
        assert found.slopes is not None
        return found._replace(slopes=None if gradient is None else gradient(found.slopes))

    return predict


def _centred(inputs: Inputs) -> Rows | None:
    wx, wy = filled(inputs)
    found = rows(replace(inputs, x=inputs.x - wx @ inputs.x, y=inputs.y - wy @ inputs.y))
    assert found.slopes is not None
    return found._replace(slopes=found.slopes - wx * found.slopes.sum(1, keepdims=True))


def _by(scale: Callable[[np.ndarray], np.ndarray], centre: Callable[[np.ndarray], np.ndarray]) -> Points:
    def points(x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        return (x - centre(x)) / scale(x), (y - centre(y)) / scale(y)

    return points


def _zero(z: np.ndarray) -> np.ndarray:
    return np.zeros(z.shape[1])


def _deviation(z: np.ndarray) -> np.ndarray:
    return np.asarray(z.std(0))


def _together(scale: Callable[[np.ndarray], np.ndarray]) -> Points:
    def points(x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        s = scale(np.vstack([x, y]))
        return x / s, y / s

    return points


def _norms(z: np.ndarray) -> np.ndarray:
    return np.linalg.norm(z, axis=1, keepdims=True)


def _absolute(inputs: Inputs) -> Rows:
    k = coupled(inputs)
    if not inputs.uniform:
        return rows(inputs)._replace(losses=np.full(inputs.L, np.nan))
    px, py = np.abs(k.px), np.abs(k.py)
    first = coupled(
        replace(
            inputs, x=np.arange(inputs.n)[:, None] * 1.0, y=np.arange(inputs.m)[:, None] * 1.0, theta=np.ones((1, 1))
        )
    )
    i, j = np.argsort(px, 1, kind="stable")[:, first.i[0]], np.argsort(py, 1, kind="stable")[:, first.j[0]]
    found = along(Pairs(px, py, i, j, k.mass), inputs.p, inputs.theta)
    return found._replace(slopes=None)


def _without_last(inputs: Inputs) -> Inputs | None:
    return replace(inputs, x=inputs.x[:-1]) if inputs.uniform and inputs.n > 1 else inputs


def _weights(
    change: Callable[[np.ndarray, np.ndarray], tuple[np.ndarray, np.ndarray] | None],
) -> Callable[[Inputs], Rows | None]:
    """The right rows of other weights, where some are given."""

    def other(inputs: Inputs) -> Inputs | None:
        if inputs.uniform:
            return inputs
        pair = change(*filled(inputs))
        return None if pair is None else replace(inputs, x_weights=pair[0], y_weights=pair[1])

    return changed(other)


def _swapped(wx: np.ndarray, wy: np.ndarray) -> tuple[np.ndarray, np.ndarray] | None:
    return (wy, wx) if len(wx) == len(wy) else None


def _of_x(wx: np.ndarray, wy: np.ndarray) -> tuple[np.ndarray, np.ndarray] | None:
    return (wx, wx) if len(wx) == len(wy) else None


def _power(k: float) -> Callable[[np.ndarray, np.ndarray], tuple[np.ndarray, np.ndarray]]:
    return lambda wx, wy: (wx**k / np.sum(wx**k), wy**k / np.sum(wy**k))


def _softmax(wx: np.ndarray, wy: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    return np.exp(wx) / np.exp(wx).sum(), np.exp(wy) / np.exp(wy).sum()


def _rearranged(place: Callable[[np.ndarray, np.ndarray], np.ndarray]) -> Callable[[Inputs], Rows | None]:
    """The weights in sorted order are others: place(weights [n], order [n]) -> those of the sorted points."""

    def predict(inputs: Inputs) -> Rows | None:
        if inputs.uniform:
            return rows(inputs)
        k, parts = coupled(inputs), []
        for l, pair in enumerate(zip(k.px, k.py, strict=True)):
            moved = []
            for values, w in zip(pair, filled(inputs), strict=True):
                order = np.argsort(values, kind="stable")
                moved.append(np.empty_like(w))
                moved[-1][order] = place(w, order)
            one = replace(inputs, theta=inputs.theta[l : l + 1], x_weights=moved[0], y_weights=moved[1])
            parts.append(rows(one))
        return Rows(*(np.concatenate([part[k] for part in parts]) for k in range(3)))

    return predict


def _on_ranks(inputs: Inputs) -> Rows | None:
    """Equal ranks are paired and their |D|^p weighted by the sorted weights of x."""
    if inputs.uniform:
        return rows(inputs)
    if inputs.n != inputs.m:
        return None
    k = coupled(inputs)
    i, j = np.argsort(k.px, 1, kind="stable"), np.argsort(k.py, 1, kind="stable")
    return along(Pairs(k.px, k.py, i, j, filled(inputs)[0][i]), inputs.p, inputs.theta)


def _on_points(inputs: Inputs) -> Rows | None:
    if inputs.uniform:
        return rows(inputs)
    wx, wy = filled(inputs)
    scaled = replace(
        inputs, x=inputs.x * wx[:, None] * inputs.n, y=inputs.y * wy[:, None] * inputs.m, x_weights=None, y_weights=None
    )
    return rows(scaled)._replace(slopes=None)


def _as_counts(inputs: Inputs) -> Rows:
    found, factor = rows(inputs), 1 if inputs.uniform else inputs.n
    assert found.slopes is not None
    return found._replace(losses=found.losses * factor, slopes=found.slopes * factor)


def _buffer(array: np.ndarray) -> np.ndarray:
    """The numbers that lie in memory where a C-ordered array of this shape would have its own."""
    if array.strides == (0, array.itemsize) or array.flags.c_contiguous:
        return array
    if array.flags.f_contiguous:
        return array.T.reshape(array.shape)
    base = array.base if isinstance(array.base, np.ndarray) else array
    return np.ravel(base, order="K")[: array.size].reshape(array.shape)


def _strides_ignored(inputs: Inputs, convention: Convention) -> Predicted | None:
    read = exact(replace(inputs, x=_buffer(inputs.x), y=_buffer(inputs.y), theta=_buffer(inputs.theta)))
    return total(rows(read), read, convention)


def _rounded(dtype: str) -> Callable[[Inputs, Convention], Predicted | None]:
    """The inputs and every step after them rounded: what is wrong is the size of the error, not its digits."""

    def predict(inputs: Inputs, convention: Convention) -> Predicted | None:
        there = exact(inputs)
        x, y, theta = (np.asarray(a, dtype=dtype) for a in (there.x, there.y, there.theta))
        rounded = exact(Inputs(x, y, theta, inputs.p, there.x_weights, there.y_weights, dtype))
        return total(rows(rounded), rounded, convention)

    return predict


CLOUDS: Final = mistakes(
    ("centred", "each cloud is centred by itself: translations are not seen", _centred),
    ("standardised", "each cloud is standardised by itself", _moved(_by(_deviation, lambda z: z.mean(0)))),
    ("scaled-by-deviation", "each cloud is divided by its own standard deviation", _moved(_by(_deviation, _zero))),
    ("jointly-standardised", "both clouds are divided by one standard deviation", _moved(_together(_deviation))),
    ("jointly-scaled", "both clouds are divided by their largest entry", _moved(_together(lambda z: np.abs(z).max()))),
    (
        "minmax-scaled",
        "each cloud is scaled to [0, 1] by itself",
        _moved(_by(lambda z: np.ptp(z, 0), lambda z: z.min(0))),
    ),
    ("points-normalised", "every point is divided by its norm", _moved(lambda x, y: (x / _norms(x), y / _norms(y)))),
    ("clipped", "the points are clipped to [-1, 1]", _moved(lambda x, y: (np.clip(x, -1, 1), np.clip(y, -1, 1)))),
    ("clipped-below", "negative coordinates become 0", _moved(lambda x, y: (np.maximum(x, 0), np.maximum(y, 0)))),
    ("integers", "the points are cut to whole numbers", _moved(lambda x, y: (np.trunc(x), np.trunc(y)))),
    ("absolute-projections", "the absolute values of the projections are sorted", _absolute),
    ("last-point-dropped", "the last point of x is dropped", changed(_without_last)),
)
WEIGHTS: Final = mistakes(
    (
        "weights-ignored",
        "the weights are ignored",
        _weights(lambda a, b: (np.ones(len(a)) / len(a), np.ones(len(b)) / len(b))),
    ),
    ("x-weights-ignored", "the weights of x are ignored", _weights(lambda a, b: (np.ones(len(a)) / len(a), b))),
    ("y-weights-ignored", "the weights of y are ignored", _weights(lambda a, b: (a, np.ones(len(b)) / len(b)))),
    ("weights-not-sorted", "the weights are not permuted with the points", _rearranged(lambda w, order: w)),
    ("weights-sorted-themselves", "the weights are sorted by themselves", _rearranged(lambda w, order: np.sort(w))),
    (
        "weights-inverse-permutation",
        "the weights are permuted by the inverse of the sort",
        _rearranged(lambda w, order: w[np.argsort(order)]),
    ),
    ("weights-swapped", "the weights of x and y are exchanged", _weights(_swapped)),
    ("x-weights-for-both", "the weights of x are used for y, too", _weights(_of_x)),
    ("weights-on-ranks", "equal ranks are paired whatever the weights are", _on_ranks),
    ("weights-squared", "the weights are squared", _weights(_power(2.0))),
    ("weights-rooted", "the roots of the weights are used", _weights(_power(0.5))),
    ("weights-softmax", "the softmax of the weights is used", _weights(_softmax)),
    ("weights-on-points", "the weights multiply the points", _on_points),
    ("weights-as-counts", "a factor n where weights are given: they are not divided by their sum", _as_counts),
)
READING: Final = (
    Hypothesis("strides-ignored", "the buffer is read in C order whatever the strides are", _strides_ignored),
    *(
        Hypothesis(
            f"{dtype}-accumulation",
            f"it computes in {dtype}: digits beyond that are lost",
            _rounded(dtype),
            shape_of_error=True,
        )
        for dtype in ("float32", "float16")
    ),
)
