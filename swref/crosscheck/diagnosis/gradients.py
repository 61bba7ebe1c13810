"""Mistakes in the gradient alone: the value is right."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Final

import numpy as np

from swref.crosscheck.answer.convention import Convention
from swref.crosscheck.diagnosis.mistake import (
    Pairs,
    Predicted,
    Rows,
    coupled,
    equal_and_uniform,
    filled,
    finished,
    mistakes,
    right,
    rows,
    slope,
)
from swref.crosscheck.inputs import Inputs

Finish = Callable[[Predicted, Inputs, Convention], Predicted | None]


def _scaled(factor: Callable[[Inputs], float]) -> Finish:
    return lambda good, inputs, _: good if good.dx is None else good._replace(dx=good.dx * factor(inputs))


def _changed(change: Callable[[np.ndarray, Inputs], np.ndarray]) -> Finish:
    return lambda good, inputs, _: good if good.dx is None else good._replace(dx=change(good.dx, inputs))


def _in_y(change: Callable[[Predicted, Inputs], np.ndarray | None]) -> Finish:
    """The gradient in y is another, that in x right."""
    return lambda good, inputs, _: None if good.dy is None else good._replace(dy=change(good, inputs))


def _slopes(change: Callable[[np.ndarray, Pairs, Inputs], np.ndarray]) -> Callable[[Inputs], Rows]:
    """The slopes [L, n] become others."""

    def predict(inputs: Inputs) -> Rows:
        found = rows(inputs)
        return found._replace(slopes=change(found.told, coupled(inputs), inputs))

    return predict


def _sorted(c: np.ndarray, k: Pairs, inputs: Inputs) -> np.ndarray:
    return np.take_along_axis(c, np.argsort(k.px, 1, kind="stable"), 1)


def _twice(c: np.ndarray, k: Pairs, inputs: Inputs) -> np.ndarray:
    return _sorted(_sorted(c, k, inputs), k, inputs)


def _overwritten(c: np.ndarray, k: Pairs, inputs: Inputs) -> np.ndarray:
    """Where a point has several partners, the slope of the last of them."""
    last, terms = np.zeros_like(c), k.mass * slope(k.gaps, inputs.p)
    np.put_along_axis(last, k.i, terms, 1)
    return last


def _unweighted(c: np.ndarray, k: Pairs, inputs: Inputs) -> np.ndarray:
    wx = filled(inputs)[0]
    return np.asarray(np.where(wx > 0, c / np.where(wx > 0, wx, 1.0), 0.0) / inputs.n)


def _kept_rows(keep: slice, scale: bool) -> Callable[[Inputs], Rows]:
    """The gradient of some directions alone, divided by all (`scale`) or by themselves."""

    def predict(inputs: Inputs) -> Rows:
        found = rows(inputs)
        c = np.zeros_like(found.told)
        c[keep] = found.told[keep] * (1 if scale else len(c) / len(c[keep]))
        return found._replace(slopes=c)

    return predict


def _sign_only(inputs: Inputs) -> Rows:
    k = coupled(inputs)
    return rows(inputs)._replace(slopes=k.scattered(k.mass * np.sign(k.gaps)))


def _without_direction(good: Predicted, inputs: Inputs, convention: Convention) -> Predicted | None:
    """The gradient of the matched points themselves, not of their projections."""
    if not equal_and_uniform(inputs) or inputs.p != 2 or convention.returns != "sw_pp":
        return None
    k, dx = coupled(inputs), np.zeros(inputs.x.shape)
    for i, j in zip(k.i, k.j, strict=True):
        np.add.at(dx, i, k.mass[:, None] * 2 * (inputs.x[i] - inputs.y[j]) / inputs.L)
    return good._replace(dx=dx)


def _of_y(good: Predicted, inputs: Inputs, convention: Convention) -> Predicted | None:
    return good._replace(dx=good.dy) if inputs.n == inputs.m else None


def _tied_partners(inputs: Inputs) -> Rows | None:
    """Every tied point gets the partner of the first of its group: ranks by counting smaller values."""
    if not equal_and_uniform(inputs):
        return None
    k = coupled(inputs)
    rank = np.stack([np.searchsorted(np.sort(row), row) for row in k.px])
    D = k.px - np.take_along_axis(np.sort(k.py, 1), rank, 1)
    return Rows(np.mean(np.abs(D) ** inputs.p, 1), slope(D, inputs.p) / inputs.n, inputs.theta)


def _root_left_out(good: Predicted, inputs: Inputs, convention: Convention) -> Predicted | None:
    if convention.returns == "sw_pp":
        return None
    return good._replace(dx=right(inputs, replace(convention, returns="sw_pp")).dx)


def _of_root(good: Predicted, inputs: Inputs, convention: Convention) -> Predicted | None:
    if convention.returns != "sw_pp" or inputs.p == 1 or good.dx is None or good.value <= 0:
        return None
    return good._replace(dx=good.dx * good.value ** (1 / inputs.p - 1) / inputs.p)


def _other_slopes(change: Callable[[Inputs], Inputs]) -> Callable[[Inputs], Rows]:
    """The slopes are those of other inputs, the value is right."""
    return lambda inputs: rows(inputs)._replace(slopes=rows(change(inputs)).slopes)


def _order(p: float) -> Callable[[Inputs], Inputs]:
    return lambda inputs: inputs if inputs.p == p else replace(inputs, p=p)


def _without_weights(inputs: Inputs) -> Inputs:
    return inputs if inputs.uniform else replace(inputs, x_weights=None, y_weights=None)


def _last_left_out(dx: np.ndarray, inputs: Inputs) -> np.ndarray:
    return np.vstack([dx[:-1], np.zeros_like(dx[-1:])])


def _unit(dx: np.ndarray, inputs: Inputs) -> np.ndarray:
    return dx / max(float(np.linalg.norm(dx)), 1e-12)


def _clipped(c: float) -> Finish:
    return _changed(lambda dx, inputs: np.clip(dx, -c, c))


def _dy_as_dx(good: Predicted, inputs: Inputs) -> np.ndarray | None:
    return None if good.dx is None or inputs.n != inputs.m else -good.dx


GRADIENTS: Final = (
    *finished(
        ("factor-p", "the factor p is missing in the gradient", _scaled(lambda i: 1 / i.p)),
        ("gradient-factor-2", "the gradient has the factor 2 whatever p is", _scaled(lambda i: 2 / i.p)),
        ("gradient-sum-over-points", "1/n is missing in the gradient", _scaled(lambda i: i.n)),
        ("gradient-sum-over-directions", "1/L is missing in the gradient", _scaled(lambda i: i.L)),
        ("gradient-sum-over-both", "1/n and 1/L are missing in the gradient", _scaled(lambda i: i.n * i.L)),
        ("gradient-points-twice", "1/n is applied twice in the gradient", _scaled(lambda i: 1 / i.n)),
        ("gradient-directions-twice", "1/L is applied twice in the gradient", _scaled(lambda i: 1 / i.L)),
        ("gradient-sign", "the gradient has the opposite sign", _scaled(lambda i: -1.0)),
        ("zero-gradient", "the gradient is zero: detached from x", _scaled(lambda i: 0.0)),
        ("gradient-root", "the gradient is that of the p-th power, the root left out", _root_left_out),
        (
            "gradient-not-projected",
            "the gradient is x - y of matched points, not theta (theta . (x - y))",
            _without_direction,
        ),
        ("gradient-of-root", "the gradient is that of the root, the value the p-th power", _of_root),
        ("gradient-over-m", "the gradient is divided by m in place of n", _scaled(lambda i: i.n / i.m)),
        ("gradient-last-point", "the last point has no gradient", _changed(_last_left_out)),
        ("gradient-reversed", "the rows of the gradient come in reversed order", _changed(lambda dx, i: dx[::-1])),
        ("gradient-of-y", "the gradient in y is returned as that in x", _of_y),
        ("gradient-normalised", "the gradient is divided by its norm", _changed(_unit)),
        (
            "gradient-centred",
            "the mean over the points is subtracted from the gradient",
            _changed(lambda dx, i: dx - dx.mean(0)),
        ),
        *(
            (f"gradient-clipped-{c:g}", f"the entries of the gradient are clipped at {c:g}", _clipped(c))
            for c in (1e-3, 1e-2, 0.1, 1.0)
        ),
    ),
    *mistakes(
        ("one-sort", "the gradient goes through one of the two sorts only: it stays in sorted order", _slopes(_sorted)),
        ("inverse-permutation", "the sort of x is undone by the inverse permutation", _slopes(_twice)),
        ("gradient-without-sign", "sign(D) is missing in the gradient", _slopes(lambda c, k, i: np.abs(c))),
        ("gradient-sign-only", "the gradient is sign(D): p |D|^(p-1) is missing", _sign_only),
        (
            "gradient-overwritten",
            "the terms of a point with several partners are assigned, not added",
            _slopes(_overwritten),
        ),
        ("gradient-without-weights", "the gradient lacks the weights of x", _slopes(_unweighted)),
        (
            "gradient-weights-twice",
            "the weights of x are applied twice in the gradient",
            _slopes(lambda c, k, i: c * filled(i)[0] * i.n),
        ),
        ("gradient-weights-ignored", "the weights are ignored in the gradient", _other_slopes(_without_weights)),
        ("gradient-order-ignored", "the gradient is that of p = 2 whatever p is", _other_slopes(_order(2.0))),
        ("gradient-power-missing", "the gradient is that of p = 1 whatever p is", _other_slopes(_order(1.0))),
        (
            "gradient-last-direction",
            "the gradient is that of the last direction alone",
            _kept_rows(slice(-1, None), True),
        ),
        (
            "gradient-first-direction",
            "the gradient is that of the first direction alone",
            _kept_rows(slice(0, 1), False),
        ),
    ),
    *mistakes(
        ("wrong-tie-order", "tied points all take the partner of the first of them", _tied_partners), at_ties=True
    ),
    *finished(
        ("dy-sign", "the gradient in y has the opposite sign", _in_y(lambda g, i: None if g.dy is None else -g.dy)),
        ("dy-zero", "the gradient in y is zero", _in_y(lambda g, i: np.zeros(i.y.shape))),
        (
            "dy-reversed",
            "the rows of the gradient in y come in reversed order",
            _in_y(lambda g, i: None if g.dy is None else g.dy[::-1]),
        ),
        ("dy-minus-dx", "the gradient in y is minus that in x, row by row", _in_y(_dy_as_dx)),
    ),
)
