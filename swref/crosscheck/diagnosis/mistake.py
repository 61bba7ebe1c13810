"""A mistake as a hypothesis: what a loss that makes it would return, predicted from the inputs of a case.

Most mistakes change what happens along the directions: they predict Rows, to which the declared convention is applied
as to the right ones. Others change the finished gradient, or return one number whatever was declared.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import NamedTuple

import numpy as np

from swref.crosscheck.answer.convention import Convention
from swref.crosscheck.inputs import Inputs
from swref.spec import match, project
from swref.spec.one_dimension import masses, pairs


class Rows(NamedTuple):
    """W_p^p of every direction [K], its slopes in the projections of x [K, n] (None: not told), directions [K, d]."""

    losses: np.ndarray
    slopes: np.ndarray | None
    theta: np.ndarray

    @property
    def told(self) -> np.ndarray:
        """The slopes, of rows that tell them; ValueError for others."""
        if self.slopes is None:
            raise ValueError("these rows tell no slopes")
        return self.slopes


class Predicted(NamedTuple):
    """The value, and the gradients in x [n, d] and y [m, d] that a loss would return; None: nothing is said of it."""

    value: float
    dx: np.ndarray | None = None
    dy: np.ndarray | None = None


class Pairs(NamedTuple):
    """The projections [L, n], [L, m], and which of them are paired: columns [L, K], masses [K] or [L, K]."""

    px: np.ndarray
    py: np.ndarray
    i: np.ndarray
    j: np.ndarray
    mass: np.ndarray

    @property
    def gaps(self) -> np.ndarray:
        """D [L, K] of the pairs."""
        return np.take_along_axis(self.px, self.i, 1) - np.take_along_axis(self.py, self.j, 1)

    def scattered(self, terms: np.ndarray) -> np.ndarray:
        """The sums [L, n] over the pairs of every point of x of terms [L, K]."""
        L, n = self.px.shape
        places = self.i + n * np.arange(L)[:, None]
        return np.bincount(places.ravel(), weights=terms.ravel(), minlength=L * n).reshape(L, n)


Predict = Callable[[Inputs, Convention], Predicted | None]


@dataclass(frozen=True, eq=False)
class Hypothesis:
    """A mistake: its short name, the sentence that tells it, and its prediction; None where it says nothing.

    `at_ties`: its gradient holds where points tie, too. `shape_of_error`: the prediction is right in size alone.
    """

    name: str
    sentence: str
    predict: Predict
    at_ties: bool = False
    shape_of_error: bool = False


def total(rows: Rows, inputs: Inputs, convention: Convention) -> Predicted:
    """What a convention makes of rows."""
    p, n = inputs.p, inputs.n
    value = convention.value(rows.losses, p, n)
    weights = convention.slopes(rows.losses, p, n)
    if rows.slopes is None or weights is None:
        return Predicted(value)
    return Predicted(value, (rows.slopes * weights[:, None]).T @ rows.theta)


def mistakes(*table: tuple[str, str, Callable[[Inputs], Rows | None]], **options: bool) -> tuple[Hypothesis, ...]:
    """A table of mistakes along the directions: names, sentences, functions from Inputs in float64 to Rows."""

    def predicting(change: Callable[[Inputs], Rows | None]) -> Predict:
        def predict(inputs: Inputs, convention: Convention) -> Predicted | None:
            rows = change(exact(inputs))
            return None if rows is None else total(rows, inputs, convention)

        return predict

    return tuple(Hypothesis(name, sentence, predicting(change), **options) for name, sentence, change in table)


def finished(
    *table: tuple[str, str, Callable[[Predicted, Inputs, Convention], Predicted | None]], **options: bool
) -> tuple[Hypothesis, ...]:
    """A table of mistakes in what is returned: functions of the right answer in the declared convention."""

    def predicting(change: Callable[[Predicted, Inputs, Convention], Predicted | None]) -> Predict:
        def predict(inputs: Inputs, convention: Convention) -> Predicted | None:
            return change(right(inputs, convention), exact(inputs), convention)

        return predict

    return tuple(Hypothesis(name, sentence, predicting(change), **options) for name, sentence, change in table)


@lru_cache(maxsize=256)
def exact(inputs: Inputs) -> Inputs:
    """The same numbers in float64: one object, so that what follows from it is kept too."""
    return inputs.in_float64()


@lru_cache(maxsize=256)
def coupled(inputs: Inputs) -> Pairs:
    """The quantile coupling along every direction, by swref.spec."""
    px, py = project(inputs.x, inputs.theta), project(inputs.y, inputs.theta)
    if inputs.uniform:  # one staircase of ranks for all
        a, b, unit = masses(inputs.n, inputs.m, None, None)
        r, s, mass = pairs(a, b, unit)
        return Pairs(px, py, np.argsort(px, 1, kind="stable")[:, r], np.argsort(py, 1, kind="stable")[:, s], mass)
    found = [match(u, v, inputs.x_weights, inputs.y_weights) for u, v in zip(px, py, strict=True)]
    longest = max(len(k.mass) for k in found)

    def filled(name: str) -> np.ndarray:
        return np.stack([np.pad(a, (0, longest - len(a))) for a in (getattr(k, name) for k in found)])

    return Pairs(px, py, filled("i"), filled("j"), filled("mass"))


def slope(D: np.ndarray, p: float) -> np.ndarray:
    """The derivative of |D|^p."""
    return np.asarray(p * np.sign(D) * np.abs(D) ** (p - 1))


def along(pairs: Pairs, p: float, theta: np.ndarray) -> Rows:
    """The losses and slopes of what is paired."""
    D, mass = pairs.gaps, pairs.mass
    return Rows(np.sum(mass * np.abs(D) ** p, 1), pairs.scattered(mass * slope(D, p)), theta)


@lru_cache(maxsize=256)
def rows(inputs: Inputs) -> Rows:
    """The right ones."""
    return along(coupled(inputs), inputs.p, inputs.theta)


@lru_cache(maxsize=256)
def right(inputs: Inputs, convention: Convention) -> Predicted:
    """The right value and gradients."""
    there, back = exact(inputs), exact(exact(inputs).swapped())
    value, dx, _ = total(rows(there), there, convention)
    # n is that of x in the reduction over the points, whichever gradient is taken.
    weights = convention.slopes(rows(there).losses, there.p, there.n)
    slopes = rows(back).slopes
    dy = None if weights is None or slopes is None else (slopes * weights[:, None]).T @ back.theta
    return Predicted(value, dx, dy)


def equal_and_uniform(inputs: Inputs) -> bool:
    """Whether every point has a partner of equal mass."""
    return inputs.n == inputs.m and inputs.uniform


def changed(change: Callable[[Inputs], Inputs | None]) -> Callable[[Inputs], Rows | None]:
    """The right rows of changed inputs; the gradient is told where x keeps its shape."""

    def predict(inputs: Inputs) -> Rows | None:
        other = change(inputs)
        if other is None:
            return None
        found = rows(other)
        return found if other.n == inputs.n else found._replace(slopes=None)

    return predict


def turned(change: Callable[[np.ndarray], np.ndarray | None]) -> Callable[[Inputs], Rows | None]:
    """The right rows for other directions: change(theta [L, d])."""

    def other(inputs: Inputs) -> Inputs | None:
        theta = change(inputs.theta)
        usable = theta is not None and np.isfinite(theta).all()
        return replace(inputs, theta=np.ascontiguousarray(theta)) if usable else None

    return changed(other)


def filled(inputs: Inputs) -> tuple[np.ndarray, np.ndarray]:
    """The weights of both, uniform ones where none are given."""
    wx = np.full(inputs.n, 1 / inputs.n) if inputs.x_weights is None else inputs.x_weights
    wy = np.full(inputs.m, 1 / inputs.m) if inputs.y_weights is None else inputs.y_weights
    return wx, wy
