"""Mistakes in what a loss makes of its inputs: directions, weights, sizes, precision. See loss_mistakes.py."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import numpy as np

from swref.crosscheck.diagnosis.loss_mistakes import GRADIENTS, ORDERS, VALUES, Hypothesis, Prediction, changed, right
from swref.crosscheck.inputs import Inputs
from swref.spec import project


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


def _unweighted(inputs: Inputs) -> Inputs:
    return replace(inputs, x_weights=None, y_weights=None)


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
    if inputs.uniform:
        return right(inputs)
    exact = inputs.in_float64()
    wx, wy = _filled(exact)
    loss, dx = 0.0, np.zeros(exact.x.shape)
    for l, (px, py) in enumerate(zip(project(exact.x, exact.theta), project(exact.y, exact.theta), strict=True)):
        moved = [np.empty_like(w) for w in (wx, wy)]
        for values, w, target in ((px, wx, moved[0]), (py, wy, moved[1])):
            target[np.argsort(values, kind="stable")] = w
        one = Inputs(exact.x, exact.y, exact.theta[l : l + 1], exact.p, moved[0], moved[1])
        loss_l, dx_l = right(one)
        loss, dx = loss + loss_l / exact.L, dx + dx_l / exact.L
    return loss, dx


def _weighted_pairs(inputs: Inputs) -> Prediction:
    """Equal ranks are paired and their |D|^p weighted by the sorted weights of x."""
    if inputs.n != inputs.m or inputs.uniform:
        return right(inputs) if inputs.uniform else None
    exact = inputs.in_float64()
    wx, _ = _filled(exact)
    loss, dx, p = 0.0, np.zeros(exact.x.shape), exact.p
    rows = zip(exact.theta, project(exact.x, exact.theta), project(exact.y, exact.theta), strict=True)
    for direction, px, py in rows:
        i, j = np.argsort(px, kind="stable"), np.argsort(py, kind="stable")
        D, g = px[i] - py[j], np.zeros(exact.n)
        loss += float(wx[i] @ np.abs(D) ** p) / exact.L
        g[i] = wx[i] * p * np.sign(D) * np.abs(D) ** (p - 1)
        dx += np.outer(g, direction) / exact.L
    return loss, dx


def _truncated(inputs: Inputs) -> Inputs | None:
    if inputs.n == inputs.m or not inputs.uniform:
        return None
    size = min(inputs.n, inputs.m)
    return replace(inputs, x=inputs.x[:size], y=inputs.y[:size])


def _sorted_truncation(inputs: Inputs) -> Prediction:
    """The smallest min(n, m) projections of both sides are paired."""
    if inputs.n == inputs.m or not inputs.uniform:
        return right(inputs)
    exact, size = inputs.in_float64(), min(inputs.n, inputs.m)
    rows = zip(project(exact.x, exact.theta), project(exact.y, exact.theta), strict=True)
    losses = [np.mean(np.abs(np.sort(px)[:size] - np.sort(py)[:size]) ** exact.p) for px, py in rows]
    return float(np.mean(losses)), np.full(exact.x.shape, np.nan)


def _interpolated(inputs: Inputs) -> Prediction:
    """Quantiles interpolated linearly, max(n, m) of them, as np.quantile does."""
    if inputs.n == inputs.m or not inputs.uniform:
        return right(inputs)
    exact = inputs.in_float64()
    levels = np.linspace(0, 1, max(exact.n, exact.m))
    rows = zip(project(exact.x, exact.theta), project(exact.y, exact.theta), strict=True)
    losses = [np.mean(np.abs(np.quantile(px, levels) - np.quantile(py, levels)) ** exact.p) for px, py in rows]
    return float(np.mean(losses)), np.full(exact.x.shape, np.nan)


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


INPUTS: Final = (
    Hypothesis(
        "transposed-directions", "theta is read as [d, L] where it is [L, d], or the reverse", changed(_transposed)
    ),
    Hypothesis(
        "normalised-by-column", "directions are normalised along the wrong axis", changed(_normalised_by_column)
    ),
    Hypothesis("l1-directions", "directions are normalised in the 1-norm", changed(_l1_normalised)),
    Hypothesis(
        "first-direction-only", "only the first direction is used", changed(lambda i: replace(i, theta=i.theta[:1]))
    ),
    Hypothesis(
        "last-direction-dropped",
        "the last direction is dropped",
        changed(lambda i: replace(i, theta=i.theta[:-1]) if i.L > 1 else i),
    ),
    Hypothesis(
        "absolute-directions",
        "directions are folded into the positive orthant",
        changed(lambda i: replace(i, theta=np.abs(i.theta))),
    ),
    Hypothesis("weights-ignored", "the weights are ignored", changed(_unweighted)),
    Hypothesis("weights-not-sorted", "the weights are not permuted with the points", _weights_not_sorted),
    Hypothesis("weights-swapped", "the weights of x and y are exchanged", changed(_swapped_weights)),
    Hypothesis("weights-on-ranks", "equal ranks are paired whatever the weights are", _weighted_pairs),
    Hypothesis("truncated", "the first min(n, m) points are used where n and m differ", changed(_truncated)),
    Hypothesis(
        "sorted-truncation", "the min(n, m) smallest projections are used where n and m differ", _sorted_truncation
    ),
    Hypothesis("interpolated-quantiles", "quantiles are interpolated linearly where n and m differ", _interpolated),
    Hypothesis("centred", "the means are subtracted first: translations are not seen", _centred),
    Hypothesis("strides-ignored", "the buffer is read in C order whatever the strides are", _strides_ignored),
    _in_precision("float32"),
    _in_precision("float16"),
)
HYPOTHESES: Final = (*VALUES, *GRADIENTS, *ORDERS, *INPUTS)
