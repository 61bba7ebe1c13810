"""Mistakes where n and m differ, and other things than quantiles that are compared."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Final

import numpy as np

from swref.crosscheck.diagnosis.mistake import Rows, changed, coupled, mistakes, rows
from swref.crosscheck.inputs import Inputs

Sides = Callable[[np.ndarray, np.ndarray], tuple[np.ndarray, np.ndarray]]  # sorted [L, n], [L, m] -> [L, K] twice
Resize = Callable[[np.ndarray, int], np.ndarray]  # sorted projections [L, n], K -> [L, K]


def other_numbers(sides: Sides, always: bool = False) -> Callable[[Inputs], Rows | None]:
    """The mean of |D|^p between other numbers of both sides where n and m differ; without a gradient."""

    def predict(inputs: Inputs) -> Rows | None:
        if not inputs.uniform:
            return None
        if inputs.n == inputs.m and not always:
            return rows(inputs)
        k = coupled(inputs)
        qx, qy = sides(np.sort(k.px, 1), np.sort(k.py, 1))
        return Rows(np.mean(np.abs(qx - qy) ** inputs.p, 1), None, inputs.theta)

    return predict


def both(resize: Resize, size: Callable[[int, int], int] = max) -> Sides:
    """Both sides of every direction [L, n], [L, m] resized to the larger, or another, of their sizes."""

    def sides(px: np.ndarray, py: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        K = size(px.shape[1], py.shape[1])
        return resize(px, K), resize(py, K)

    return sides


def _quantiles(p: np.ndarray, K: int) -> np.ndarray:
    return np.quantile(p, np.linspace(0, 1, K), axis=1).T


def _nearest(p: np.ndarray, K: int) -> np.ndarray:
    return p[:, np.arange(K) * p.shape[1] // K]


def _nearest_quantiles(p: np.ndarray, K: int) -> np.ndarray:
    return p[:, np.round(np.linspace(0, p.shape[1] - 1, K)).astype(int)]


def _truncated_quantiles(p: np.ndarray, K: int) -> np.ndarray:
    return p[:, np.linspace(0, p.shape[1] - 1, K).astype(int)]


def _linear(p: np.ndarray, K: int) -> np.ndarray:
    """Half-pixel centres, as image libraries resample."""
    n = p.shape[1]
    at = (np.arange(K) + 0.5) * n / K - 0.5
    return np.stack([np.interp(at, np.arange(n), row) for row in p])


def _midpoints(p: np.ndarray, K: int) -> np.ndarray:
    return np.quantile(p, (np.arange(K) + 0.5) / K, axis=1).T


def _again(p: np.ndarray, K: int) -> np.ndarray:
    return p[:, np.arange(K) % p.shape[1]]


def _last_again(p: np.ndarray, K: int) -> np.ndarray:
    return p[:, np.minimum(np.arange(K), p.shape[1] - 1)]


def _zeros(p: np.ndarray, K: int) -> np.ndarray:
    return np.pad(p, ((0, 0), (0, K - p.shape[1])))


def _smallest(p: np.ndarray, K: int) -> np.ndarray:
    return p[:, :K]


def _largest(p: np.ndarray, K: int) -> np.ndarray:
    return p[:, p.shape[1] - K :]


def _points(
    choose: Callable[[np.ndarray, int], np.ndarray], size: Callable[[int, int], int] = min
) -> Callable[[Inputs], Rows | None]:
    """Other points of both clouds where n and m differ."""

    def change(inputs: Inputs) -> Inputs | None:
        if inputs.n == inputs.m or not inputs.uniform:
            return inputs
        K = size(inputs.n, inputs.m)
        return replace(inputs, x=np.ascontiguousarray(choose(inputs.x, K)), y=np.ascontiguousarray(choose(inputs.y, K)))

    return changed(change)


def _cycled(z: np.ndarray, K: int) -> np.ndarray:
    return z[np.arange(K) % len(z)]


def _of_distributions(cost: Callable[[np.ndarray, np.ndarray, float], np.ndarray]) -> Callable[[Inputs], Rows | None]:
    """Losses [L] from |F - G| [L, n + m - 1] on the gaps [L, n + m - 1] between all projections; uniform weights."""

    def predict(inputs: Inputs) -> Rows | None:
        if not inputs.uniform:
            return None
        k = coupled(inputs)
        z = np.concatenate([k.px, k.py], 1)
        order = np.argsort(z, 1, kind="stable")
        steps = np.concatenate([np.full(inputs.n, 1 / inputs.n), np.full(inputs.m, -1 / inputs.m)])
        F_minus_G = np.abs(np.cumsum(steps[order], 1))[:, :-1]
        gaps = np.diff(np.take_along_axis(z, order, 1), axis=1)
        return Rows(cost(F_minus_G, gaps, inputs.p), None, inputs.theta)

    return predict


def _sum_over_m(inputs: Inputs) -> Rows | None:
    """The one point of x is broadcast against all of y, and the sum divided by n = 1."""
    found = rows(inputs)
    factor = inputs.m if inputs.n == 1 and inputs.uniform else 1
    return Rows(found.losses * factor, None, inputs.theta)


def _over_n(inputs: Inputs) -> Rows | None:
    if not inputs.uniform:
        return None
    k, K = coupled(inputs), min(inputs.n, inputs.m)
    D = np.sort(k.px, 1)[:, :K] - np.sort(k.py, 1)[:, :K]
    return Rows(np.sum(np.abs(D) ** inputs.p, 1) / inputs.n, None, inputs.theta)


WHERE: Final = "where n and m differ"


def _row(
    name: str, sentence: str, resize: Resize, size: Callable[[int, int], int] = max
) -> tuple[str, str, Callable[[Inputs], Rows | None]]:
    """A mistake in how the sorted projections of both are brought to one number."""
    return name, f"{sentence} {WHERE}", other_numbers(both(resize, size))


SIZES: Final = mistakes(
    ("truncated", f"the first min(n, m) points are used {WHERE}", _points(lambda z, K: z[:K])),
    ("truncated-to-the-last", f"the last min(n, m) points are used {WHERE}", _points(lambda z, K: z[-K:])),
    _row("sorted-truncation", "the min(n, m) smallest projections are used", _smallest, min),
    _row("sorted-truncation-top", "the min(n, m) largest projections are used", _largest, min),
    (
        "zero-padded",
        f"the smaller cloud is padded with zeros {WHERE}",
        _points(lambda z, K: np.pad(z, ((0, K - len(z)), (0, 0))), max),
    ),
    _row("zero-padded-after-sort", "the sorted projections are padded with zeros", _zeros),
    ("duplicated", f"points come again, from the first on, {WHERE}", _points(_cycled, max)),
    _row("duplicated-after-sort", "sorted projections come again, from the first on,", _again),
    _row("edge-padded", "the largest projection comes again", _last_again),
    _row("interpolated-quantiles", "quantiles are interpolated linearly, max(n, m) of them,", _quantiles),
    _row("interpolated-quantiles-min", "quantiles are interpolated linearly, min(n, m) of them,", _quantiles, min),
    _row("midpoint-quantiles", "quantiles are interpolated at midpoints, max(n, m) of them,", _midpoints),
    _row("nearest-resampling", "sorted projections are resampled to max(n, m) by nearest neighbours", _nearest),
    _row(
        "nearest-resampling-min", "sorted projections are resampled to min(n, m) by nearest neighbours", _nearest, min
    ),
    _row("nearest-quantiles", "the nearest of max(n, m) quantile levels from 0 to 1 is taken", _nearest_quantiles),
    _row(
        "nearest-quantiles-min",
        "the nearest of min(n, m) quantile levels from 0 to 1 is taken",
        _nearest_quantiles,
        min,
    ),
    _row("subsampled-ranks", "every n/m-th sorted projection is taken", _truncated_quantiles, min),
    _row("linear-resampling", "sorted projections are resampled linearly to max(n, m)", _linear),
    _row("linear-resampling-min", "sorted projections are resampled linearly to min(n, m)", _linear, min),
    ("n-for-m", "the smallest min(n, m) projections are paired, and their sum divided by n", _over_n),
    ("unequal-broadcast", "n = 1 is broadcast against all of y and not divided by m", _sum_over_m),
)
DISTRIBUTIONS: Final = mistakes(
    (
        "cdf-differences",
        "|F - G|^p times gaps, which is W_p^p for p = 1 alone",
        _of_distributions(lambda F, g, p: np.sum(F**p * g, 1)),
    ),
    (
        "cramer",
        "|F - G|^2 times gaps whatever p is: the Cramer distance",
        _of_distributions(lambda F, g, p: np.sum(F**2 * g, 1)),
    ),
    (
        "w1-to-the-p",
        "W_1 to the power p, which is W_p^p for p = 1 alone",
        _of_distributions(lambda F, g, p: np.sum(F * g, 1) ** p),
    ),
    (
        "largest-cdf-difference",
        "max |F - G|: the Kolmogorov distance",
        _of_distributions(lambda F, g, p: np.max(F, 1, initial=0.0)),
    ),
)
