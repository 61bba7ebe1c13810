"""Mistakes that people make in a sliced Wasserstein loss, each as a prediction: what such a loss would return.

A hypothesis maps the Inputs of a case to (value, gradient in x) in the convention SW_p^p, or to None where it says
nothing. It is tested by comparing its prediction with what the target returned, on cases that fail and on cases that
pass. Order in the tables is by how common the mistake is: it decides between equal fits.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from swref.crosscheck.inputs import Inputs
from swref.spec import project, sw_loss_and_grad, wasserstein_1d

Prediction = tuple[float, np.ndarray] | None
Predict = Callable[[Inputs], Prediction]


@dataclass(frozen=True)
class Hypothesis:
    """A mistake: its short name, the sentence that tells it, and its prediction.

    >>> from swref.crosscheck.catalog import find
    >>> missing = next(h for h in GRADIENTS if h.name == "factor-p")
    >>> value, dx = missing.predict(find("one-point-p2").inputs)
    >>> value, dx.tolist()
    (12.5, [[1.5, 2.0]])
    """

    name: str
    sentence: str
    predict: Predict
    raw: bool = False  # the prediction is what is returned, whatever convention was declared


def right(inputs: Inputs) -> tuple[float, np.ndarray]:
    """SW_p^p and its gradient in x by swref.spec, in float64."""
    exact = inputs.in_float64()
    loss, (dx,) = sw_loss_and_grad(exact.x, exact.y, exact.theta, exact.p, exact.x_weights, exact.y_weights)
    return loss, dx


def _scaled(value: Callable[[Inputs], float], gradient: Callable[[Inputs], float] | None = None) -> Predict:
    """The right answer times factors; one for both where only one is given."""

    def predict(inputs: Inputs) -> Prediction:
        loss, dx = right(inputs)
        return loss * value(inputs), dx * (gradient or value)(inputs)

    return predict


def _one(inputs: Inputs) -> float:
    return 1.0


def changed(change: Callable[[Inputs], Inputs | None]) -> Predict:
    """The right answer for changed inputs."""

    def predict(inputs: Inputs) -> Prediction:
        exact = inputs.in_float64()
        changed = change(exact)
        if changed is None:
            return None
        loss, dx = right(changed)
        return loss, dx if dx.shape == exact.x.shape else np.full(exact.x.shape, np.nan)

    return predict


def _paired(order_x: Callable[..., np.ndarray], order_y: Callable[..., np.ndarray]) -> Predict:
    """Pairs the points in other orders than the sorted ones; order(projections [n], points [n, d]) -> permutation."""

    def predict(inputs: Inputs) -> Prediction:
        if inputs.n != inputs.m or not inputs.uniform:
            return None
        exact = inputs.in_float64()
        loss, dx, p = 0.0, np.zeros(exact.x.shape), inputs.p
        rows = zip(exact.theta, project(exact.x, exact.theta), project(exact.y, exact.theta), strict=True)
        for direction, px, py in rows:
            i, j = order_x(px, exact.x), order_y(py, exact.y)
            D = px[i] - py[j]
            loss += float(np.mean(np.abs(D) ** p)) / inputs.L
            g = np.zeros(inputs.n)
            g[i] = p * np.sign(D) * np.abs(D) ** (p - 1) / inputs.n
            dx += np.outer(g, direction) / inputs.L
        return loss, dx

    return predict


def _gradient_rows(rows: Callable[[np.ndarray, np.ndarray], np.ndarray]) -> Predict:
    """The right value; along each direction the gradient c [n] moved to other rows: rows(projections, c) -> c."""

    def predict(inputs: Inputs) -> Prediction:
        exact = inputs.in_float64()
        loss, dx = 0.0, np.zeros(exact.x.shape)
        pairs = zip(exact.theta, project(exact.x, exact.theta), project(exact.y, exact.theta), strict=True)
        for direction, px, py in pairs:
            loss_l, c, _ = wasserstein_1d(px, py, exact.p, exact.x_weights, exact.y_weights)
            loss += loss_l / inputs.L
            dx += np.outer(rows(px, c), direction) / inputs.L
        return loss, dx

    return predict


def _each_direction(value: Callable[[np.ndarray], float], weight: Callable[[np.ndarray], np.ndarray]) -> Predict:
    """Another reduction of the losses [L] of the directions, with weights [L] of their gradients."""

    def predict(inputs: Inputs) -> Prediction:
        parts = [right(replace(inputs, theta=inputs.theta[l : l + 1])) for l in range(inputs.L)]
        losses = np.array([loss for loss, _ in parts])
        return value(losses), np.tensordot(weight(losses), np.stack([dx for _, dx in parts]), axes=1)

    return predict


def _stable(values: np.ndarray, points: np.ndarray) -> np.ndarray:
    return np.argsort(values, kind="stable")


def _as_given(values: np.ndarray, points: np.ndarray) -> np.ndarray:
    return np.arange(len(values))


def _rank_as_order(values: np.ndarray, points: np.ndarray) -> np.ndarray:
    return np.argsort(np.argsort(values, kind="stable"), kind="stable")


def _without_power(inputs: Inputs) -> Prediction:
    loss, dx = right(replace(inputs, p=1.0))
    return loss, dx


def _rooted(inputs: Inputs) -> Prediction:
    loss, dx = right(inputs)
    if loss <= 0:
        return 0.0, np.full(dx.shape, np.nan)
    return loss ** (1 / inputs.p), dx * loss ** (1 / inputs.p - 1) / inputs.p


def _root_of_value(inputs: Inputs) -> Prediction:
    loss, dx = right(inputs)
    return loss ** (1 / inputs.p), dx


def _mean_of_roots(inputs: Inputs) -> Prediction:
    p = inputs.p

    def weight(losses: np.ndarray) -> np.ndarray:
        with np.errstate(divide="ignore"):
            return losses ** (1 / p - 1) / (p * len(losses))

    return _each_direction(lambda losses: float(np.mean(losses ** (1 / p))), weight)(inputs)


def _largest(losses: np.ndarray) -> np.ndarray:
    return np.asarray(np.arange(len(losses)) == np.argmax(losses), dtype=np.float64)


def _reversed_rows(px: np.ndarray, c: np.ndarray) -> np.ndarray:
    return c[np.argsort(px, kind="stable")]


def _twice_unsorted(px: np.ndarray, c: np.ndarray) -> np.ndarray:
    order = np.argsort(px, kind="stable")
    return c[order][order]


def _gradient_without_direction(inputs: Inputs) -> Prediction:
    """The gradient of the matched points themselves, not of their projections."""
    if inputs.n != inputs.m or not inputs.uniform or inputs.p != 2:
        return None
    exact = inputs.in_float64()
    loss, _ = right(exact)
    dx = np.zeros(exact.x.shape)
    for px, py in zip(project(exact.x, exact.theta), project(exact.y, exact.theta), strict=True):
        i, j = np.argsort(px, kind="stable"), np.argsort(py, kind="stable")
        dx[i] += 2 * (exact.x[i] - exact.y[j]) / (inputs.n * inputs.L)
    return loss, dx


def _gradient_without_sign(inputs: Inputs) -> Prediction:
    exact = inputs.in_float64()
    dx = np.zeros(exact.x.shape)
    rows = zip(exact.theta, project(exact.x, exact.theta), project(exact.y, exact.theta), strict=True)
    for direction, px, py in rows:
        _, c, _ = wasserstein_1d(px, py, exact.p, exact.x_weights, exact.y_weights)
        dx += np.outer(np.abs(c), direction) / inputs.L
    return right(exact)[0], dx


def _tied_partners(inputs: Inputs) -> Prediction:
    """Every tied point gets the partner of the first of its group: ranks by counting smaller values."""
    if inputs.n != inputs.m or not inputs.uniform:
        return None
    exact = inputs.in_float64()
    loss, dx, p = 0.0, np.zeros(exact.x.shape), inputs.p
    rows = zip(exact.theta, project(exact.x, exact.theta), project(exact.y, exact.theta), strict=True)
    for direction, px, py in rows:
        D = px - np.sort(py)[np.searchsorted(np.sort(px), px)]
        loss += float(np.mean(np.abs(D) ** p)) / inputs.L
        dx += np.outer(p * np.sign(D) * np.abs(D) ** (p - 1), direction) / (inputs.n * inputs.L)
    return loss, dx


VALUES: Final = (
    Hypothesis("missing-root", "the p-th power is returned where the root is declared", right, raw=True),
    Hypothesis(
        "extra-root", "the root 1/p is taken, with its gradient, where the p-th power is declared", _rooted, raw=True
    ),
    Hypothesis(
        "root-of-value-only", "the root is taken in the value but not in the gradient", _root_of_value, raw=True
    ),
    Hypothesis("mean-of-roots", "the root is taken on every direction, before the mean", _mean_of_roots, raw=True),
    Hypothesis("sum-over-points", "the sum over the points in place of the mean (factor n)", _scaled(lambda i: i.n)),
    Hypothesis(
        "sum-over-directions", "the sum over the directions in place of the mean (factor L)", _scaled(lambda i: i.L)
    ),
    Hypothesis("sum-over-both", "the sum over points and directions (factor n L)", _scaled(lambda i: i.n * i.L)),
    Hypothesis("points-averaged-twice", "1/n is applied twice", _scaled(lambda i: 1 / i.n)),
    Hypothesis("directions-averaged-twice", "1/L is applied twice", _scaled(lambda i: 1 / i.L)),
    Hypothesis("bessel", "the mean over the points divides by n - 1", _scaled(lambda i: i.n / max(i.n - 1, 0.5))),
    Hypothesis("half", "a factor 1/2 (or 1/p with p = 2)", _scaled(lambda i: 0.5)),
    Hypothesis("divided-by-p", "a factor 1/p, as in the cost |D|^p / p", _scaled(lambda i: 1 / i.p)),
    Hypothesis("factor-d", "a factor d: the loss of the paper times the dimension", _scaled(lambda i: i.d)),
    Hypothesis("divided-by-d", "a factor 1/d: a mean over coordinates too", _scaled(lambda i: 1 / i.d)),
    Hypothesis(
        "unnormalised-directions", "directions of length sqrt(d) in place of 1", _scaled(lambda i: i.d ** (i.p / 2))
    ),
    Hypothesis("order-ignored", "p = 2 whatever p is asked for", changed(lambda i: replace(i, p=2.0))),
    Hypothesis("power-missing", "|D| is not raised to the power p", _without_power),
    Hypothesis(
        "max-sliced",
        "the largest direction in place of their mean",
        _each_direction(lambda losses: float(losses.max()), _largest),
    ),
)
GRADIENTS: Final = (
    Hypothesis("factor-p", "the factor p is missing in the gradient", _scaled(_one, lambda i: 1 / i.p)),
    Hypothesis("gradient-factor-2", "the gradient has the factor 2 whatever p is", _scaled(_one, lambda i: 2 / i.p)),
    Hypothesis("gradient-sum-over-points", "1/n is missing in the gradient", _scaled(_one, lambda i: i.n)),
    Hypothesis("gradient-sum-over-directions", "1/L is missing in the gradient", _scaled(_one, lambda i: i.L)),
    Hypothesis("gradient-points-twice", "1/n is applied twice in the gradient", _scaled(_one, lambda i: 1 / i.n)),
    Hypothesis("gradient-directions-twice", "1/L is applied twice in the gradient", _scaled(_one, lambda i: 1 / i.L)),
    Hypothesis("gradient-sign", "the gradient has the opposite sign", _scaled(_one, lambda i: -1.0)),
    Hypothesis(
        "one-sort",
        "the gradient goes through one of the two sorts only: it stays in sorted order",
        _gradient_rows(_reversed_rows),
    ),
    Hypothesis(
        "inverse-permutation", "the sort of x is undone by the inverse permutation", _gradient_rows(_twice_unsorted)
    ),
    Hypothesis(
        "gradient-not-projected",
        "the gradient is x - y of matched points, not theta (theta . (x - y))",
        _gradient_without_direction,
    ),
    Hypothesis("gradient-without-sign", "sign(D) is missing in the gradient", _gradient_without_sign),
    Hypothesis("zero-gradient", "the gradient is zero: detached from x", _scaled(_one, lambda i: 0.0)),
    Hypothesis("wrong-tie-order", "tied points all take the partner of the first of them", _tied_partners),
)
ORDERS: Final = (
    Hypothesis("unsorted", "points are paired as given: no sort", _paired(_as_given, _as_given)),
    Hypothesis("x-unsorted", "only y is sorted", _paired(_as_given, _stable)),
    Hypothesis("y-unsorted", "only x is sorted", _paired(_stable, _as_given)),
    Hypothesis(
        "descending",
        "one side is sorted in descending order",
        _paired(_stable, lambda v, _: np.argsort(-v, kind="stable")),
    ),
    Hypothesis(
        "ranks-for-order",
        "ranks are used where the sorting permutation is meant, on one side",
        _paired(_rank_as_order, _stable),
    ),
    Hypothesis(
        "ranks-for-both",
        "ranks are used where the sorting permutations are meant",
        _paired(_rank_as_order, _rank_as_order),
    ),
    Hypothesis(
        "shifted-by-one",
        "ranks are off by one",
        _paired(_stable, lambda v, _: np.roll(np.argsort(v, kind="stable"), 1)),
    ),
    Hypothesis(
        "sorted-once",
        "the order along the first coordinate serves every direction",
        _paired(lambda _, x: np.argsort(x[:, 0], kind="stable"), lambda _, y: np.argsort(y[:, 0], kind="stable")),
    ),
)
