"""Mistakes in what a loss makes of its inputs: directions, weights, sizes, precision. See loss_mistakes.py."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Final

import numpy as np

from swref.crosscheck.diagnosis.loss_mistakes import (
    GRADIENTS,
    ORDERS,
    ROOTS,
    VALUES,
    Hypothesis,
    Predict,
    Prediction,
    along,
    changed,
    mistakes,
    right,
    slope,
)
from swref.crosscheck.inputs import Inputs
from swref.spec import wasserstein_1d


def _transposed(inputs: Inputs) -> Inputs | None:
    """theta read as if it lay [d, L]: its transpose where it is square, its buffer reshaped otherwise."""
    theta = inputs.theta
    if theta.shape[0] == theta.shape[1]:
        return replace(inputs, theta=np.ascontiguousarray(theta.T))
    return replace(inputs, theta=np.ascontiguousarray(theta.reshape(theta.shape[1], theta.shape[0]).T))


def _normalised_by_column(inputs: Inputs) -> Inputs | None:
    norms = np.linalg.norm(inputs.theta, axis=0, keepdims=True)
    return replace(inputs, theta=inputs.theta / norms) if (norms > 0).all() else None


def _l1_normalised(inputs: Inputs) -> Inputs:
    return replace(inputs, theta=inputs.theta / np.abs(inputs.theta).sum(axis=1, keepdims=True))


def _filled(inputs: Inputs) -> tuple[np.ndarray, np.ndarray]:
    wx = np.full(inputs.n, 1 / inputs.n) if inputs.x_weights is None else inputs.x_weights
    wy = np.full(inputs.m, 1 / inputs.m) if inputs.y_weights is None else inputs.y_weights
    return wx, wy


def _swapped_weights(inputs: Inputs) -> Inputs | None:
    if inputs.n != inputs.m or inputs.uniform:
        return None
    wx, wy = _filled(inputs)
    return replace(inputs, x_weights=wy, y_weights=wx)


def _weights_not_sorted(inputs: Inputs) -> Prediction:
    """The weights stay in the order given while the points are sorted."""

    def one(px: np.ndarray, py: np.ndarray, inputs: Inputs) -> tuple[float, np.ndarray]:
        moved = []
        for values, w in zip((px, py), _filled(inputs), strict=True):
            moved.append(np.empty_like(w))
            moved[-1][np.argsort(values, kind="stable")] = w
        loss, c, _ = wasserstein_1d(px, py, inputs.p, *moved)
        return loss, c

    return right(inputs) if inputs.uniform else along(one, inputs)


def _weighted_pairs(inputs: Inputs) -> Prediction:
    """Equal ranks are paired and their |D|^p weighted by the sorted weights of x."""

    def one(px: np.ndarray, py: np.ndarray, inputs: Inputs) -> tuple[float, np.ndarray]:
        i, j = np.argsort(px, kind="stable"), np.argsort(py, kind="stable")
        wx, D, c = _filled(inputs)[0][i], px[i] - py[j], np.zeros(inputs.n)
        c[i] = wx * slope(D, inputs.p)
        return float(wx @ np.abs(D) ** inputs.p), c

    if inputs.uniform:
        return right(inputs)
    return along(one, inputs) if inputs.n == inputs.m else None


def _truncated(inputs: Inputs) -> Inputs | None:
    if inputs.n == inputs.m or not inputs.uniform:
        return None
    size = min(inputs.n, inputs.m)
    return replace(inputs, x=inputs.x[:size], y=inputs.y[:size])


def _value_of(sides: Callable[[np.ndarray, np.ndarray], tuple[np.ndarray, np.ndarray]]) -> Predict:
    """The mean of |D|^p between other numbers of both sides where n and m differ; says nothing of the gradient."""

    def one(px: np.ndarray, py: np.ndarray, inputs: Inputs) -> tuple[float, np.ndarray]:
        qx, qy = sides(px, py)
        return float(np.mean(np.abs(qx - qy) ** inputs.p)), np.full(inputs.n, np.nan)

    return lambda inputs: right(inputs) if inputs.n == inputs.m or not inputs.uniform else along(one, inputs)


def _smallest(px: np.ndarray, py: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    size = min(len(px), len(py))
    return np.sort(px)[:size], np.sort(py)[:size]


def _interpolated(px: np.ndarray, py: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Quantiles interpolated linearly, max(n, m) of them, as np.quantile does."""
    levels = np.linspace(0, 1, max(len(px), len(py)))
    return np.quantile(px, levels), np.quantile(py, levels)


def _in_precision(dtype: str) -> Hypothesis:
    def predict(inputs: Inputs) -> Prediction:
        """The inputs rounded, and every step after it: what is wrong is the size of the error, not its digits."""
        exact = inputs.in_float64()
        x, y, theta = (np.asarray(a, dtype=dtype) for a in (exact.x, exact.y, exact.theta))
        return right(replace(exact, x=x, y=y, theta=theta, dtype=dtype))

    return Hypothesis(f"{dtype}-accumulation", f"it computes in {dtype}: digits beyond that are lost", predict)


def _centred(inputs: Inputs) -> Prediction:
    exact = inputs.in_float64()
    wx, wy = _filled(exact)
    loss, dx = right(replace(exact, x=exact.x - wx @ exact.x, y=exact.y - wy @ exact.y))
    return loss, dx - wx[:, None] * dx.sum(axis=0)


def _buffer(array: np.ndarray) -> np.ndarray:
    """The numbers that lie in memory where a C-ordered array of this shape would have its own."""
    if array.strides == (0, array.itemsize) or array.flags.c_contiguous:
        return array
    if array.flags.f_contiguous:
        return array.T.reshape(array.shape)
    base = array.base if isinstance(array.base, np.ndarray) else array
    return np.ravel(base, order="K")[: array.size].reshape(array.shape)


def _strides_ignored(inputs: Inputs) -> Prediction:
    return right(replace(inputs, x=_buffer(inputs.x), y=_buffer(inputs.y), theta=_buffer(inputs.theta)))


INPUTS: Final = mistakes(
    ("transposed-directions", "theta is read as [d, L] where it is [L, d], or the reverse", changed(_transposed)),
    ("normalised-by-column", "directions are normalised along the wrong axis", changed(_normalised_by_column)),
    ("l1-directions", "directions are normalised in the 1-norm", changed(_l1_normalised)),
    ("first-direction-only", "only the first direction is used", changed(lambda i: replace(i, theta=i.theta[:1]))),
    (
        "last-direction-dropped",
        "the last direction is dropped",
        changed(lambda i: replace(i, theta=i.theta[:-1]) if i.L > 1 else i),
    ),
    (
        "absolute-directions",
        "directions are folded into the positive orthant",
        changed(lambda i: replace(i, theta=np.abs(i.theta))),
    ),
    ("weights-ignored", "the weights are ignored", changed(lambda i: replace(i, x_weights=None, y_weights=None))),
    ("weights-not-sorted", "the weights are not permuted with the points", _weights_not_sorted),
    ("weights-swapped", "the weights of x and y are exchanged", changed(_swapped_weights)),
    ("weights-on-ranks", "equal ranks are paired whatever the weights are", _weighted_pairs),
    ("truncated", "the first min(n, m) points are used where n and m differ", changed(_truncated)),
    ("sorted-truncation", "the min(n, m) smallest projections are used where n and m differ", _value_of(_smallest)),
    ("interpolated-quantiles", "quantiles are interpolated linearly where n and m differ", _value_of(_interpolated)),
    ("centred", "the means are subtracted first: translations are not seen", _centred),
    ("strides-ignored", "the buffer is read in C order whatever the strides are", _strides_ignored),
)
HYPOTHESES: Final = (*ROOTS, *VALUES, *GRADIENTS, *ORDERS, *INPUTS, _in_precision("float32"), _in_precision("float16"))
