"""Mistakes in the root, the power, and the means over points and directions."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from typing import Final

import numpy as np

from swref.crosscheck.answer.convention import Convention
from swref.crosscheck.diagnosis.mistake import (
    Predicted,
    Rows,
    along,
    changed,
    coupled,
    finished,
    mistakes,
    rows,
    total,
)
from swref.crosscheck.inputs import Inputs

Finish = Callable[[Predicted, Inputs, Convention], Predicted | None]


def times(factor: Callable[[Inputs], float]) -> Callable[[Inputs], Rows]:
    """The right rows times a factor."""

    def predict(inputs: Inputs) -> Rows:
        found, c = rows(inputs), factor(inputs)
        return found._replace(losses=c * found.losses, slopes=c * found.told)

    return predict


def _weighted(weight: Callable[[np.ndarray], np.ndarray]) -> Callable[[Inputs], Rows]:
    """The losses [L] of the directions averaged with weights [L], which count as constants in the gradient."""

    def predict(inputs: Inputs) -> Rows:
        found = rows(inputs)
        w = weight(found.losses) * len(found.losses)
        return found._replace(losses=w * found.losses, slopes=w[:, None] * found.told)

    return predict


def _one(choose: Callable[[np.ndarray], np.intp]) -> Callable[[np.ndarray], np.ndarray]:
    return lambda losses: np.asarray(np.arange(len(losses)) == choose(losses), dtype=np.float64)


def _softmax(losses: np.ndarray) -> np.ndarray:
    weights = np.exp(losses - losses.max())
    return np.asarray(weights / weights.sum())


def _shares(losses: np.ndarray) -> np.ndarray:
    return np.asarray(losses / max(losses.sum(), 1e-300))


def _of_losses(value: Callable[[np.ndarray], float]) -> Callable[[Inputs], Rows]:
    """One number of all losses [L], without a gradient."""

    def predict(inputs: Inputs) -> Rows:
        found = rows(inputs)
        return Rows(np.full(len(found.losses), value(found.losses)), None, found.theta)

    return predict


def _trimmed(losses: np.ndarray) -> float:
    return float(np.mean(np.sort(losses)[1:-1] if len(losses) > 2 else losses))


def _geometric(losses: np.ndarray) -> float:
    return float(np.exp(np.mean(np.log(losses + 1e-300))))


def _other_cost(cost: Callable[[np.ndarray, float], tuple[np.ndarray, np.ndarray]]) -> Callable[[Inputs], Rows]:
    """Another function of the gaps D than |D|^p: cost(D, p) -> (its value, its derivative)."""

    def predict(inputs: Inputs) -> Rows:
        k = coupled(inputs)
        h, derivative = cost(k.gaps, inputs.p)
        return Rows(np.sum(k.mass * h, 1), k.scattered(k.mass * derivative), inputs.theta)

    return predict


def _softened(eps: float) -> Callable[[Inputs], Rows]:
    def cost(D: np.ndarray, p: float) -> tuple[np.ndarray, np.ndarray]:
        size = np.sqrt(D**2 + eps)
        return size**p, p * D * size ** (p - 2)

    return _other_cost(cost)


def _huber(D: np.ndarray, p: float) -> tuple[np.ndarray, np.ndarray]:
    size = np.abs(D)
    return np.where(size < 1, D**2 / 2, size - 0.5), np.clip(D, -1, 1)


def _signed(D: np.ndarray, p: float) -> tuple[np.ndarray, np.ndarray]:
    return D**p, p * D ** (p - 1)


def _area(inputs: Inputs) -> float:
    """That of the unit sphere of R^d."""
    return 2 * math.pi ** (inputs.d / 2) / math.gamma(inputs.d / 2)


def _moment(inputs: Inputs) -> float:
    """E |g|^p = 2^{p/2} Gamma((d + p)/2) / Gamma(d/2) of a standard normal vector g of R^d."""
    d, p = inputs.d, inputs.p
    return 2 ** (p / 2) * math.exp(math.lgamma((d + p) / 2) - math.lgamma(d / 2))


def _of_power(power: Callable[[float, np.ndarray | None, Inputs], Predicted | None]) -> Finish:
    """A mistake in the root, whatever is declared: from SW_p^p and its gradient."""

    def predict(_: Predicted, inputs: Inputs, convention: Convention) -> Predicted | None:
        found = total(rows(inputs), inputs, replace(convention, returns="sw_pp"))
        return power(found.value, found.dx, inputs)

    return predict


def _rooted(value: float, dx: np.ndarray | None, inputs: Inputs) -> Predicted:
    if value <= 0 or dx is None:
        return Predicted(0.0)
    return Predicted(value ** (1 / inputs.p), dx * value ** (1 / inputs.p - 1) / inputs.p)


def _square_root(value: float, dx: np.ndarray | None, inputs: Inputs) -> Predicted | None:
    return _rooted(value, dx, replace(inputs, p=2.0))


def _root_of_value(value: float, dx: np.ndarray | None, inputs: Inputs) -> Predicted:
    return Predicted(value ** (1 / inputs.p), dx)


def _mean_of_roots(_: Predicted, inputs: Inputs, convention: Convention) -> Predicted | None:
    return total(rows(inputs), inputs, replace(convention, returns="mean"))


def _mean_of_roots_powered(_: Predicted, inputs: Inputs, convention: Convention) -> Predicted:
    value, dx, _dy = total(rows(inputs), inputs, replace(convention, returns="mean"))
    p = inputs.p
    return Predicted(value**p, None if dx is None else p * value ** (p - 1) * dx)


def _order(p: float) -> Callable[[Inputs], Rows | None]:
    return lambda inputs: along(coupled(inputs), p, inputs.theta) if inputs.p != p else rows(inputs)


def _through(value: Callable[[float], float], derivative: Callable[[float], float]) -> Finish:
    """A function of the right answer, whatever is declared."""

    def predict(good: Predicted, inputs: Inputs, convention: Convention) -> Predicted:
        f = good.value
        return Predicted(value(f), None if good.dx is None else derivative(f) * good.dx)

    return predict


def _root_twice(_: Predicted, inputs: Inputs, convention: Convention) -> Predicted | None:
    """The root of the directions, then the root of their mean."""
    found = total(rows(inputs), inputs, replace(convention, returns="mean"))
    return Predicted(found.value ** (1 / inputs.p))


TRANSFORMS: Final = finished(
    ("log-of-value", "log(1 + value) is returned", _through(math.log1p, lambda f: 1 / (1 + f))),
    ("saturated-value", "1 - exp(-value) is returned", _through(lambda f: 1 - math.exp(-f), lambda f: math.exp(-f))),
    ("kernel-value", "exp(-value) is returned", _through(lambda f: math.exp(-f), lambda f: -math.exp(-f))),
    (
        "plain-log-of-value",
        "the logarithm of the value is returned",
        _through(lambda f: math.log(f) if f > 0 else -math.inf, lambda f: 1 / f),
    ),
    ("tanh-of-value", "tanh(value) is returned", _through(math.tanh, lambda f: 1 - math.tanh(f) ** 2)),
    ("fraction-of-value", "value / (1 + value) is returned", _through(lambda f: f / (1 + f), lambda f: (1 + f) ** -2)),
    ("squared-value", "the value is squared", _through(lambda f: f * f, lambda f: 2 * f)),
    ("negative-value", "the value has the opposite sign, the gradient not", _through(lambda f: -f, lambda f: 1.0)),
    ("negative-loss", "value and gradient have the opposite sign", _through(lambda f: -f, lambda f: -1.0)),
    ("rounded-value", "the value is rounded to 6 decimals", _through(lambda f: round(f, 6), lambda f: 1.0)),
    ("rounded-value-4", "the value is rounded to 4 decimals", _through(lambda f: round(f, 4), lambda f: 1.0)),
    ("root-twice", "the root is taken of every direction, and again of their mean", _root_twice),
)
ROOTS: Final = finished(
    (
        "missing-root",
        "the p-th power is returned where the root is declared",
        _of_power(lambda v, dx, i: Predicted(v, dx)),
    ),
    ("extra-root", "the root 1/p is taken, with its gradient, where the p-th power is declared", _of_power(_rooted)),
    ("root-of-value-only", "the root is taken in the value but not in the gradient", _of_power(_root_of_value)),
    ("square-root", "the square root is taken whatever p is", _of_power(_square_root)),
    ("mean-of-roots", "the root is taken on every direction, before the mean", _mean_of_roots),
    ("mean-of-roots-powered", "the mean of the roots of the directions, to the power p", _mean_of_roots_powered),
)
FACTORS: Final = mistakes(
    ("sum-over-points", "the sum over the points in place of the mean (factor n)", times(lambda i: i.n)),
    ("sum-over-directions", "the sum over the directions in place of the mean (factor L)", times(lambda i: i.L)),
    ("sum-over-both", "the sum over points and directions (factor n L)", times(lambda i: i.n * i.L)),
    ("points-averaged-twice", "1/n is applied twice", times(lambda i: 1 / i.n)),
    ("directions-averaged-twice", "1/L is applied twice", times(lambda i: 1 / i.L)),
    ("bessel", "the mean over the points divides by n - 1", times(lambda i: i.n / max(i.n - 1, 0.5))),
    ("bessel-directions", "the mean over the directions divides by L - 1", times(lambda i: i.L / max(i.L - 1, 0.5))),
    ("half", "a factor 1/2 (or 1/p with p = 2)", times(lambda i: 0.5)),
    ("divided-by-p", "a factor 1/p, as in the cost |D|^p / p", times(lambda i: 1 / i.p)),
    ("factor-d", "a factor d: the loss of the paper times the dimension", times(lambda i: i.d)),
    ("divided-by-d", "a factor 1/d: a mean over coordinates too", times(lambda i: 1 / i.d)),
    ("unnormalised-directions", "directions of length sqrt(d) in place of 1", times(lambda i: i.d ** (i.p / 2))),
    ("pooled-points", "the sum over the points is divided by (n + m) / 2", times(lambda i: 2 * i.n / (i.n + i.m))),
    ("over-both-sizes", "the mean over the points is divided by (n + m) / 2 again", times(lambda i: 2 / (i.n + i.m))),
    ("unnormalised-inverse", "directions of length 1 / sqrt(d) in place of 1", times(lambda i: i.d ** (-i.p / 2))),
    (
        "sphere-area",
        "a factor 1/area of the unit sphere: the measure is normalised twice",
        times(lambda i: 1 / _area(i)),
    ),
    ("sphere-area-factor", "the integral over the sphere in place of the mean: a factor of its area", times(_area)),
)
REDUCTIONS: Final = mistakes(
    ("max-sliced", "the largest direction in place of their mean", _weighted(_one(np.argmax))),
    ("min-sliced", "the smallest direction in place of their mean", _weighted(_one(np.argmin))),
    ("median-sliced", "the median of the directions in place of their mean", _of_losses(lambda l: float(np.median(l)))),
    ("softmax-slices", "the directions are weighted by the softmax of their own losses", _weighted(_softmax)),
    ("trimmed-slices", "the smallest and the largest direction are left out", _of_losses(_trimmed)),
    ("geometric-mean-of-slices", "the geometric mean of the directions", _of_losses(_geometric)),
    ("rms-of-slices", "the root of the mean square of the directions", _of_losses(lambda l: np.sqrt(np.mean(l**2)))),
    ("loss-weighted-slices", "the directions are weighted by their own losses", _weighted(_shares)),
)
POWERS: Final = mistakes(
    ("order-ignored", "p = 2 whatever p is asked for", _order(2.0)),
    ("power-missing", "|D| is not raised to the power p: W_1, as |F - G| times gaps is", _order(1.0)),
    ("order-plus-one", "the power p + 1 in place of p", changed(lambda i: replace(i, p=i.p + 1))),
    (
        "order-minus-one",
        "the power p - 1 in place of p, at least 1",
        changed(lambda i: replace(i, p=max(1.0, i.p - 1))),
    ),
    ("order-at-least-2", "p = 2 where a smaller p is asked for", changed(lambda i: replace(i, p=max(2.0, i.p)))),
    ("order-at-most-2", "p = 2 where a larger p is asked for", changed(lambda i: replace(i, p=min(2.0, i.p)))),
    ("order-cut", "p is cut to a whole number", changed(lambda i: replace(i, p=float(int(i.p))))),
    ("power-doubled", "the power 2 p in place of p", changed(lambda i: replace(i, p=2 * i.p))),
    ("no-abs", "D^p without |.|: terms of opposite sign cancel at odd p", _other_cost(_signed)),
    ("huber", "the Huber loss of D in place of |D|^p", _other_cost(_huber)),
    *((f"softened-1e-{k}", f"sqrt(D^2 + 1e-{k}) in place of |D|", _softened(10.0**-k)) for k in range(3, 17)),
)
