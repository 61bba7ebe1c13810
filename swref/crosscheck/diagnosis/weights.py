"""Mistakes in the weights; where none are given the loss is right."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Final

import numpy as np

from swref.crosscheck.diagnosis.mistake import Pairs, Rows, along, changed, coupled, filled, mistakes, rows
from swref.crosscheck.inputs import Inputs


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


def _of_y(wx: np.ndarray, wy: np.ndarray) -> tuple[np.ndarray, np.ndarray] | None:
    return (wy, wy) if len(wx) == len(wy) else None


def _power(k: float) -> Callable[[np.ndarray, np.ndarray], tuple[np.ndarray, np.ndarray]]:
    def change(wx: np.ndarray, wy: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        wx, wy = np.maximum(wx, 1e-12) ** k, np.maximum(wy, 1e-12) ** k
        return wx / wx.sum(), wy / wy.sum()

    return change


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
    return found._replace(losses=found.losses * factor, slopes=found.told * factor)


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
    ("weights-inverted", "the inverses of the weights are used", _weights(_power(-1.0))),
    ("y-weights-for-both", "the weights of y are used for x, too", _weights(_of_y)),
    ("weights-reversed", "the weights are taken in reversed order", _weights(lambda a, b: (a[::-1], b[::-1]))),
    ("weights-rooted", "the roots of the weights are used", _weights(_power(0.5))),
    ("weights-softmax", "the softmax of the weights is used", _weights(_softmax)),
    ("weights-on-points", "the weights multiply the points", _on_points),
    ("weights-as-counts", "a factor n where weights are given: they are not divided by their sum", _as_counts),
)
