"""Mistakes in the projections: functions of them, coordinates that are left out, points that are exchanged."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Final

import numpy as np

from swref.crosscheck.diagnosis.mistake import Rows, coupled, equal_and_uniform, mistakes, rows
from swref.crosscheck.inputs import Inputs

Function = Callable[[np.ndarray], np.ndarray]


def _through(function: Function) -> Callable[[Inputs], Rows | None]:
    """The loss of the values of a function at the projections; without a gradient."""

    def predict(inputs: Inputs) -> Rows | None:
        if not inputs.uniform:
            return None
        k, line = coupled(inputs), np.ones((1, 1))
        losses = []
        for px, py in zip(function(k.px), function(k.py), strict=True):
            losses.append(rows(replace(inputs, x=px[:, None], y=py[:, None], theta=line)).losses[0])
        return Rows(np.array(losses), None, inputs.theta)

    return predict


def _circular(inputs: Inputs) -> Rows | None:
    if not inputs.uniform:
        return None
    line, losses = np.ones((1, 1)), []
    for theta in inputs.theta:
        x, y = (np.linalg.norm(z - theta, axis=1)[:, None] for z in (inputs.x, inputs.y))
        losses.append(rows(replace(inputs, x=x, y=y, theta=line)).losses[0])
    return Rows(np.array(losses), None, inputs.theta)


def _without(coordinate: int) -> Callable[[Inputs], Rows | None]:
    def predict(inputs: Inputs) -> Rows | None:
        if inputs.d == 1:
            return None
        theta = inputs.theta.copy()
        theta[:, coordinate] = 0.0
        return rows(replace(inputs, theta=theta))

    return predict


def _other_y(change: Function) -> Callable[[Inputs], Rows | None]:
    return lambda inputs: rows(replace(inputs, y=np.ascontiguousarray(change(inputs.y))))


def _gaps(reduce: Callable[[np.ndarray, float], np.ndarray], sort: bool = True) -> Callable[[Inputs], Rows | None]:
    """Another reduction over the points: of D [L, n] in sorted order of its size, or as it is, and p."""

    def predict(inputs: Inputs) -> Rows | None:
        if not equal_and_uniform(inputs):
            return None
        k = coupled(inputs)
        D = np.sort(k.px, 1) - np.sort(k.py, 1)
        losses = reduce(np.sort(np.abs(D), 1) if sort else np.abs(D), inputs.p)
        return Rows(losses, None, inputs.theta)

    return predict


def _trimmed(D: np.ndarray, p: float) -> np.ndarray:
    inner = D[:, 1:-1] if D.shape[1] > 2 else D
    return np.asarray(np.mean(inner**p, 1))


def _pooled(D: np.ndarray, p: float) -> np.ndarray:
    return np.full(len(D), np.mean(D) ** p)


FUNCTIONS: Final[tuple[tuple[str, str, Function], ...]] = (
    ("clipped-projections", "negative projections become 0", lambda p: np.maximum(p, 0)),
    ("tanh-projections", "the hyperbolic tangent of the projections is compared", np.tanh),
    ("sigmoid-projections", "the sigmoid of the projections is compared", lambda p: 1 / (1 + np.exp(-p))),
    ("squared-projections", "the squares of the projections are compared", np.square),
    ("cubed-projections", "the cubes of the projections are compared", lambda p: p**3),
    ("cosine-projections", "the cosine of the projections is compared", np.cos),
    ("sine-projections", "the sine of the projections is compared", np.sin),
    ("bounded-projections", "the projections are clipped to [-1, 1]", lambda p: np.clip(p, -1, 1)),
)
PROJECTIONS: Final = mistakes(
    *((name, sentence, _through(function)) for name, sentence, function in FUNCTIONS),
    ("circular-projections", "the distance from the direction is compared, not the projection on it", _circular),
    ("last-coordinate-ignored", "the last coordinate is ignored", _without(-1)),
    ("first-coordinate-ignored", "the first coordinate is ignored", _without(0)),
    ("y-negated", "y is projected on the opposite directions", _other_y(np.negative)),
    ("y-centred", "the mean of y alone is subtracted", _other_y(lambda y: y - y.mean(0))),
    ("y-mean", "y is replaced by its mean", _other_y(lambda y: np.tile(y.mean(0), (len(y), 1)))),
    ("y-zero", "y is ignored: the distance from 0", _other_y(np.zeros_like)),
)
POINTS: Final = mistakes(
    ("median-of-gaps", "the median over the points in place of the mean", _gaps(lambda D, p: np.median(D**p, axis=1))),
    ("largest-gap", "the largest gap in place of the mean over the points: W_inf", _gaps(lambda D, p: D[:, -1] ** p)),
    ("smallest-gap", "the smallest gap in place of the mean over the points", _gaps(lambda D, p: D[:, 0] ** p)),
    ("w1-of-all-to-the-p", "the mean of |D| over points and directions, to the power p", _gaps(_pooled)),
    ("trimmed-gaps", "the smallest and the largest gap are left out", _gaps(_trimmed)),
    ("trimmed-points", "the first and the last pair in sorted order are left out", _gaps(_trimmed, sort=False)),
)
