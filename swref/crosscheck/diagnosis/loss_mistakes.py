"""Mistakes that people make in a sliced Wasserstein loss, each as a prediction: what such a loss would return.

A hypothesis maps the Inputs of a case to (value, gradient in x) in the convention SW_p^p, or to None where it says
nothing. It is tested by comparing its prediction with what the target returned, on cases that fail and on cases that
pass. Order in the tables is by how common the mistake is: it decides between equal fits.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Final

import numpy as np

from swref.crosscheck.inputs import Inputs
from swref.spec import sw_loss_and_grad, wasserstein_1d

Prediction = tuple[float, np.ndarray] | None
Predict = Callable[[Inputs], Prediction]
Order = Callable[[np.ndarray, np.ndarray], np.ndarray]  # (projections [n], points [n, d]) -> permutation [n]
Along = Callable[[np.ndarray, np.ndarray, Inputs], tuple[float, np.ndarray]]


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


def mistakes(*rows: tuple[str, str, Predict], raw: bool = False) -> tuple[Hypothesis, ...]:
    """A table of hypotheses: names, sentences, predictions."""
    return tuple(Hypothesis(*row, raw) for row in rows)


@lru_cache(maxsize=256)
def right(inputs: Inputs) -> tuple[float, np.ndarray]:
    """SW_p^p and its gradient in x by swref.spec, in float64. Kept, for many mistakes are factors of it."""
    exact = inputs.in_float64()
    loss, (dx,) = sw_loss_and_grad(exact.x, exact.y, exact.theta, exact.p, exact.x_weights, exact.y_weights)
    dx.flags.writeable = False
    return loss, dx


def slope(D: np.ndarray, p: float) -> np.ndarray:
    """The derivative of |D|^p."""
    return np.asarray(p * np.sign(D) * np.abs(D) ** (p - 1))


def along(one: Along, inputs: Inputs) -> tuple[float, np.ndarray]:
    """The mean over the directions of one(theta.x [n], theta.y [m], inputs) = (W_l^p, its gradient c [n])."""
    exact = inputs.in_float64()
    parts = [one(px, py, exact) for px, py in zip(*exact.projections(), strict=True)]
    c = np.stack([c for _, c in parts])  # [L, n]
    return float(np.mean([loss for loss, _ in parts])), c.T @ exact.theta / exact.L


def equal_and_uniform(inputs: Inputs) -> bool:
    """Whether every point has a partner of equal mass."""
    return inputs.n == inputs.m and inputs.uniform


def changed(change: Callable[[Inputs], Inputs | None]) -> Predict:
    """The right answer for changed inputs."""

    def predict(inputs: Inputs) -> Prediction:
        exact = inputs.in_float64()
        other = change(exact)
        if other is None:
            return None
        loss, dx = right(other)
        return loss, dx if dx.shape == exact.x.shape else np.full(exact.x.shape, np.nan)

    return predict


def _scaled(value: Callable[[Inputs], float], gradient: Callable[[Inputs], float] | None = None) -> Predict:
    """The right answer times factors; one for both where only one is given."""

    def predict(inputs: Inputs) -> Prediction:
        loss, dx = right(inputs)
        return loss * value(inputs), dx * (gradient or value)(inputs)

    return predict


def _gradient_scaled(factor: Callable[[Inputs], float]) -> Predict:
    return _scaled(lambda inputs: 1.0, factor)


def _paired(order_x: Order, order_y: Order) -> Predict:
    """Pairs the points in other orders than the sorted ones."""

    def one(px: np.ndarray, py: np.ndarray, inputs: Inputs) -> tuple[float, np.ndarray]:
        i, j = order_x(px, inputs.x), order_y(py, inputs.y)
        D, c = px[i] - py[j], np.zeros(inputs.n)
        c[i] = slope(D, inputs.p) / inputs.n
        return float(np.mean(np.abs(D) ** inputs.p)), c

    return lambda inputs: along(one, inputs) if equal_and_uniform(inputs) else None


def _gradient_rows(rows: Callable[[np.ndarray, np.ndarray], np.ndarray]) -> Predict:
    """The right value; along each direction the gradient c [n] becomes another: rows(projections, c) -> c."""

    def one(px: np.ndarray, py: np.ndarray, inputs: Inputs) -> tuple[float, np.ndarray]:
        loss, c, _ = wasserstein_1d(px, py, inputs.p, inputs.x_weights, inputs.y_weights)
        return loss, rows(px, c)

    return lambda inputs: along(one, inputs)


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


def _ranks(values: np.ndarray, points: np.ndarray) -> np.ndarray:
    return np.argsort(np.argsort(values, kind="stable"), kind="stable")


def _descending(values: np.ndarray, points: np.ndarray) -> np.ndarray:
    return np.argsort(-values, kind="stable")


def _shifted(values: np.ndarray, points: np.ndarray) -> np.ndarray:
    return np.roll(np.argsort(values, kind="stable"), 1)


def _along_first(values: np.ndarray, points: np.ndarray) -> np.ndarray:
    return np.argsort(points[:, 0], kind="stable")


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
    reduce = _each_direction(
        lambda losses: float(np.mean(losses ** (1 / p))), lambda a: a ** (1 / p - 1) / (p * len(a))
    )
    return reduce(inputs)


def _largest(losses: np.ndarray) -> np.ndarray:
    return np.asarray(np.arange(len(losses)) == np.argmax(losses), dtype=np.float64)


def _twice_unsorted(px: np.ndarray, c: np.ndarray) -> np.ndarray:
    order = np.argsort(px, kind="stable")
    return c[order][order]


def _gradient_without_direction(inputs: Inputs) -> Prediction:
    """The gradient of the matched points themselves, not of their projections."""
    if not equal_and_uniform(inputs) or inputs.p != 2:
        return None
    exact = inputs.in_float64()
    dx = np.zeros(exact.x.shape)
    for px, py in zip(*exact.projections(), strict=True):
        i, j = np.argsort(px, kind="stable"), np.argsort(py, kind="stable")
        dx[i] += 2 * (exact.x[i] - exact.y[j]) / (inputs.n * inputs.L)
    return right(exact)[0], dx


def _tied_partners(inputs: Inputs) -> Prediction:
    """Every tied point gets the partner of the first of its group: ranks by counting smaller values."""

    def one(px: np.ndarray, py: np.ndarray, inputs: Inputs) -> tuple[float, np.ndarray]:
        D = px - np.sort(py)[np.searchsorted(np.sort(px), px)]
        return float(np.mean(np.abs(D) ** inputs.p)), slope(D, inputs.p) / inputs.n

    return along(one, inputs) if equal_and_uniform(inputs) else None


ROOTS: Final = mistakes(
    ("missing-root", "the p-th power is returned where the root is declared", right),
    ("extra-root", "the root 1/p is taken, with its gradient, where the p-th power is declared", _rooted),
    ("root-of-value-only", "the root is taken in the value but not in the gradient", _root_of_value),
    ("mean-of-roots", "the root is taken on every direction, before the mean", _mean_of_roots),
    raw=True,
)
VALUES: Final = mistakes(
    ("sum-over-points", "the sum over the points in place of the mean (factor n)", _scaled(lambda i: i.n)),
    ("sum-over-directions", "the sum over the directions in place of the mean (factor L)", _scaled(lambda i: i.L)),
    ("sum-over-both", "the sum over points and directions (factor n L)", _scaled(lambda i: i.n * i.L)),
    ("points-averaged-twice", "1/n is applied twice", _scaled(lambda i: 1 / i.n)),
    ("directions-averaged-twice", "1/L is applied twice", _scaled(lambda i: 1 / i.L)),
    ("bessel", "the mean over the points divides by n - 1", _scaled(lambda i: i.n / max(i.n - 1, 0.5))),
    ("half", "a factor 1/2 (or 1/p with p = 2)", _scaled(lambda i: 0.5)),
    ("divided-by-p", "a factor 1/p, as in the cost |D|^p / p", _scaled(lambda i: 1 / i.p)),
    ("factor-d", "a factor d: the loss of the paper times the dimension", _scaled(lambda i: i.d)),
    ("divided-by-d", "a factor 1/d: a mean over coordinates too", _scaled(lambda i: 1 / i.d)),
    ("unnormalised-directions", "directions of length sqrt(d) in place of 1", _scaled(lambda i: i.d ** (i.p / 2))),
    ("order-ignored", "p = 2 whatever p is asked for", changed(lambda i: replace(i, p=2.0))),
    ("power-missing", "|D| is not raised to the power p", changed(lambda i: replace(i, p=1.0))),
    (
        "max-sliced",
        "the largest direction in place of their mean",
        _each_direction(lambda losses: float(losses.max()), _largest),
    ),
)
GRADIENTS: Final = mistakes(
    ("factor-p", "the factor p is missing in the gradient", _gradient_scaled(lambda i: 1 / i.p)),
    ("gradient-factor-2", "the gradient has the factor 2 whatever p is", _gradient_scaled(lambda i: 2 / i.p)),
    ("gradient-sum-over-points", "1/n is missing in the gradient", _gradient_scaled(lambda i: i.n)),
    ("gradient-sum-over-directions", "1/L is missing in the gradient", _gradient_scaled(lambda i: i.L)),
    ("gradient-points-twice", "1/n is applied twice in the gradient", _gradient_scaled(lambda i: 1 / i.n)),
    ("gradient-directions-twice", "1/L is applied twice in the gradient", _gradient_scaled(lambda i: 1 / i.L)),
    ("gradient-sign", "the gradient has the opposite sign", _gradient_scaled(lambda i: -1.0)),
    (
        "one-sort",
        "the gradient goes through one of the two sorts only: it stays in sorted order",
        _gradient_rows(lambda px, c: c[np.argsort(px, kind="stable")]),
    ),
    ("inverse-permutation", "the sort of x is undone by the inverse permutation", _gradient_rows(_twice_unsorted)),
    (
        "gradient-not-projected",
        "the gradient is x - y of matched points, not theta (theta . (x - y))",
        _gradient_without_direction,
    ),
    ("gradient-without-sign", "sign(D) is missing in the gradient", _gradient_rows(lambda px, c: np.abs(c))),
    ("zero-gradient", "the gradient is zero: detached from x", _gradient_scaled(lambda i: 0.0)),
    ("wrong-tie-order", "tied points all take the partner of the first of them", _tied_partners),
)
ORDERS: Final = mistakes(
    ("unsorted", "points are paired as given: no sort", _paired(_as_given, _as_given)),
    ("x-unsorted", "only y is sorted", _paired(_as_given, _stable)),
    ("y-unsorted", "only x is sorted", _paired(_stable, _as_given)),
    ("descending", "one side is sorted in descending order", _paired(_stable, _descending)),
    ("ranks-for-order", "ranks are used where the sorting permutation is meant, on one side", _paired(_ranks, _stable)),
    ("ranks-for-both", "ranks are used where the sorting permutations are meant", _paired(_ranks, _ranks)),
    ("shifted-by-one", "ranks are off by one", _paired(_stable, _shifted)),
    ("sorted-once", "the order along the first coordinate serves every direction", _paired(_along_first, _along_first)),
)
