"""Mistakes in the points, and in how their memory is read."""

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
    right,
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
        return found._replace(slopes=None if gradient is None else gradient(found.told))

    return predict


def _centred(inputs: Inputs) -> Rows | None:
    wx, wy = filled(inputs)
    found = rows(replace(inputs, x=inputs.x - wx @ inputs.x, y=inputs.y - wy @ inputs.y))
    return found._replace(slopes=found.told - wx * found.told.sum(1, keepdims=True))


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


def _rounded_weights(inputs: Inputs, convention: Convention) -> Predicted | None:
    there = exact(inputs)
    if there.uniform:
        return right(there, convention)
    wx, wy = (w.astype(np.float32).astype(np.float64) for w in filled(there))
    rounded = replace(there, x_weights=wx / wx.sum(), y_weights=wy / wy.sum())
    return total(rows(rounded), rounded, convention)


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
READING: Final = (
    Hypothesis("float32-weights", "the weights are summed in float32", _rounded_weights, shape_of_error=True),
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
