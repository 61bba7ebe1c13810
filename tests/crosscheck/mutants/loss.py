"""A right loss in NumPy, stage by stage: each stage is an argument, so that a mistake in one costs a line or two.

Nothing here is of swref: a test holds the loss to its specification.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

Pairs = tuple[np.ndarray, np.ndarray, np.ndarray]  # rows i [K] of x and j [K] of y (or matrices [K, n], [K, m]), mass


class Mutant(NamedTuple):
    """A loss that is wrong; the hypotheses that name it (None: none has to); what is declared of it."""

    truth: tuple[str, ...]
    loss: Callable[..., Any]
    declared: dict[str, str]


def wrong(truth: str | None, loss: Callable[..., Any], gradient: str = "function", **declared: str) -> Mutant:
    """A row of a table: `truth` is one name, or several with spaces between."""
    return Mutant(tuple((truth or "").split()), loss, {"gradient": gradient, **declared})


def order(values: np.ndarray) -> np.ndarray:
    return np.argsort(values, kind="stable")


def pairs(px, py, wx, wy, order_x=order, order_y=order, weigh=lambda w, o: w[o]) -> Pairs:
    """The quantile coupling of two weighted sorted samples."""
    s, t = order_x(px), order_y(py)
    wx, wy = weigh(wx, s), weigh(wy, t)
    if np.ptp(wx) == np.ptp(wy) == 0:  # whole numbers: differences of cumulated 1/n lose digits
        wx, wy = np.full(len(wx), len(wy)), np.full(len(wy), len(wx))
    a, b = np.cumsum(wx), np.cumsum(wy)
    b = b * (a[-1] / b[-1])
    levels = np.sort(np.concatenate([[0.0], a, b]))
    mass, middle = np.diff(levels) / a[-1], (levels[1:] + levels[:-1]) / 2
    i = np.minimum(np.searchsorted(a, middle), len(px) - 1)
    j = np.minimum(np.searchsorted(b, middle), len(py) - 1)
    return s[i], t[j], mass


def power(D: np.ndarray, p: float) -> tuple[np.ndarray, np.ndarray]:
    return np.abs(D) ** p, p * np.sign(D) * np.abs(D) ** (p - 1)


def mean(losses: np.ndarray, p: float, n: int, d: int) -> tuple[float, np.ndarray]:
    """The value, and its derivative in every loss [L]."""
    return float(losses.mean()), np.full(len(losses), 1 / len(losses))


def root(losses: np.ndarray, p: float, n: int, d: int) -> tuple[float, np.ndarray]:
    value, weights = mean(losses, p, n, d)
    return value ** (1 / p), weights * value ** (1 / p - 1) / p if value else 0 * weights


def uniform(n: int) -> np.ndarray:
    return np.full(n, 1 / n)


def loss(
    x,
    y,
    theta,
    p=2.0,
    x_weights=None,
    y_weights=None,
    *,
    directions=lambda theta: theta,
    clouds=lambda x, y: (x, y, lambda dx: dx),  # the points, and the way back of the gradient
    project=lambda x, theta: theta @ x.T,
    project_y=None,
    match: Callable[..., Pairs] = pairs,
    cost=power,
    scatter=lambda c, i: c,  # the gradient [n] along a direction, and the rows of x of the pairs
    reduce=mean,
    back=lambda f, dx, a: (f, dx),  # what is returned; a: the arguments by name
):
    """(SW_p^p, dx [n, d])."""
    given = {"x": x, "y": y, "theta": theta, "p": p, "x_weights": x_weights, "y_weights": y_weights}
    theta = directions(theta)
    x, y, return_way = clouds(x, y)
    wx = uniform(len(x)) if x_weights is None else x_weights
    wy = uniform(len(y)) if y_weights is None else y_weights
    losses, slopes = [], []
    for px, py in zip(project(x, theta), (project_y or project)(y, theta), strict=True):
        i, j, mass = match(px, py, wx, wy)
        D = (i @ px if i.ndim == 2 else px[i]) - (j @ py if j.ndim == 2 else py[j])
        h, slope = cost(D, p)
        losses.append(mass @ h)
        c = i.T @ (mass * slope) if i.ndim == 2 else np.bincount(i, weights=mass * slope, minlength=len(x))
        slopes.append(scatter(c, i))
    value, weights = reduce(np.array(losses), p, len(x), x.shape[1])
    dx = return_way((np.stack(slopes) * weights[:, None]).T @ theta[: len(slopes)])
    return back(float(value), dx, given)


def but(truth: str | None, declared: dict[str, str] | None = None, **stages: Callable[..., Any]) -> Mutant:
    """A row of a table: the loss with other stages."""

    def mutant(x, y, theta, p=2.0, x_weights=None, y_weights=None):
        return loss(x, y, theta, p, x_weights, y_weights, **stages)

    return wrong(truth, mutant, **(declared or {}))


def given(truth: str | None, change: Callable[[dict[str, Any]], dict[str, Any]]) -> Mutant:
    """A row of a table: the right answer to changed arguments."""

    def mutant(x, y, theta, p=2.0, x_weights=None, y_weights=None):
        arguments = {"x": x, "y": y, "theta": theta, "p": p, "x_weights": x_weights, "y_weights": y_weights}
        value, dx = loss(**(arguments | change(arguments)))
        full = np.zeros(x.shape)
        full[: len(dx)] = dx
        return value, full

    return wrong(truth, mutant)


def along(truth: str | None, one: Callable[..., float], reduce=mean, **declared: str) -> Mutant:
    """A row of a table: a value without a gradient, from one(px, py, p) of every direction."""

    def mutant(x, y, theta, p=2.0):
        losses = [one(px, py, p) for px, py in zip(theta @ x.T, theta @ y.T, strict=True)]
        return reduce(np.array(losses), p, len(x), x.shape[1])[0]

    return wrong(truth, mutant, "none", **declared)


def times(truth: str | None, value: Callable[..., float], gradient: Callable[..., float] | None = None, **declared):
    """A row of a table: the right answer times factors of (n, d, L, p)."""

    def back(f, dx, a):
        shape = (len(a["x"]), a["x"].shape[1], len(a["theta"]), a["p"])
        return f * value(*shape), dx * (gradient or value)(*shape)

    return but(truth, declared, reduce=root if declared.get("returns") == "sw" else mean, back=back)
