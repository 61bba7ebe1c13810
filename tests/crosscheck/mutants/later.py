"""Mistakes that were written after the diagnosis was, to see how it does on what it was not made for."""

from __future__ import annotations

import numpy as np

from tests.crosscheck.mutants.inputs import of_theta, of_weights
from tests.crosscheck.mutants.loss import Mutant, along, but, given, loss, pairs, power, root, times, wrong
from tests.crosscheck.mutants.matching import resampled
from tests.crosscheck.mutants.numbers import SW, gradient, reduced
from tests.crosscheck.mutants.own import draws, normal, unit


def gaps(truth, value, **declared):
    """A value from D [n, L] of equal sizes, as people write it; p = 2 alone."""

    def mutant(x, y, theta):
        if len(x) != len(y):
            raise NotImplementedError("equal sizes only")
        return value(np.sort(x @ theta.T, axis=0) - np.sort(y @ theta.T, axis=0))

    return wrong(truth, mutant, "none", **declared)


def gaps_p(truth, value, **declared):
    def mutant(x, y, theta, p=2.0):
        if len(x) != len(y):
            raise NotImplementedError("equal sizes only")
        return value(np.sort(x @ theta.T, axis=0) - np.sort(y @ theta.T, axis=0), p)

    return wrong(truth, mutant, "none", **declared)


def by_method(method):
    q = lambda k: (np.arange(k) + 0.5) / k if method == "linear" else np.linspace(0, 1, k)  # noqa: E731
    return lambda px, py: tuple(np.quantile(v, q(max(len(px), len(py))), method=method) for v in (px, py))


def merged(px, py):
    """Quantile functions interpolated linearly at the levels of both."""
    levels = np.union1d(np.arange(1, len(px) + 1) / len(px), np.arange(1, len(py) + 1) / len(py))
    return tuple(np.interp(levels, np.arange(1, len(v) + 1) / len(v), v) for v in (px, py))


def chunked(size, name="x"):
    def change(a):
        if name == "theta":
            keep = max(size, len(a["theta"]) // size * size)
            return {"theta": a["theta"][:keep]}
        if a["x_weights"] is not None or a["y_weights"] is not None:
            return {}
        return {k: a[k][: max(len(a[k]) // size * size, min(len(a[k]), size))] for k in "xy"}

    return change


def keeping_y():
    kept = {}

    def mutant(x, y, theta, p=2.0, x_weights=None, y_weights=None):
        return loss(x, kept.setdefault(y.shape, y.copy()), theta, p, x_weights, y_weights)

    return mutant


def counting():
    calls = [0]

    def mutant(x, y, theta, p=2.0, x_weights=None, y_weights=None):
        calls[0] += 1
        f, dx = loss(x, y, theta, p, x_weights, y_weights)
        return f * (1 + 0.01 * calls[0]), dx

    return mutant


def centres_in_place(x, y, theta, p=2.0):
    f = loss(x, y, theta, p)
    x -= x.mean(axis=0)
    return f


def float32_weights(px, py, wx, wy):
    return pairs(px, py, wx.astype(np.float32), wy.astype(np.float32))


def circular(x, theta):
    return np.linalg.norm(x[None] - theta[:, None], axis=2)


def angle_quarter(L, d):
    return np.abs(unit(normal(L, d))) * np.array([1.0] + [1.0] * (d - 1))


def running(x, y, p=2.0, kept={}):  # noqa: B006  as such losses do
    f, dx = loss(x, y, unit(normal(4, x.shape[1])), p)
    k = (x.tobytes(), p)
    kept[k] = 0.9 * kept.get(k, f) + 0.1 * f
    return kept[k], dx


LATER: dict[str, Mutant] = {
    "Frobenius norm": gaps("convention", np.linalg.norm, **SW),
    "mean of the norms of slices": gaps("convention", lambda D: np.linalg.norm(D, axis=0).mean(), **SW),
    "root of the mean": gaps("convention extra-root", lambda D: np.sqrt((D**2).mean())),
    "squared norm": gaps("convention sum-over-both", lambda D: np.linalg.norm(D) ** 2),
    "half of the squared norm": gaps("factor", lambda D: 0.5 * np.sum(D**2)),
    "variance of the gaps": gaps("variance-of-gaps centred", lambda D: D.var(axis=0).mean()),
    "median of the gaps": gaps_p("median-of-gaps", lambda D, p: np.median(np.abs(D) ** p, axis=0).mean()),
    "largest gap": gaps_p("largest-gap", lambda D, p: (np.abs(D).max(axis=0) ** p).mean()),
    "mean gap to the p": gaps_p("w1-to-the-p", lambda D, p: (np.abs(D).mean(axis=0) ** p).mean()),
    "mean of all gaps to the p": gaps_p("w1-of-all-to-the-p", lambda D, p: np.abs(D).mean() ** p),
    "mean of gaps, not of their size": gaps_p("means-only", lambda D, p: (np.abs(D.mean(axis=0)) ** p).mean()),
    "log cosh": gaps(None, lambda D: np.log(np.cosh(np.clip(D, -300, 300))).mean()),
    "log of the loss": but("log-of-value", back=lambda f, dx, a: (np.log1p(f), dx / (1 + f))),
    "at most 1": but("clipped-value", back=lambda f, dx, a: (min(f, 1.0), dx)),
    "six decimals": but("rounded-value", back=lambda f, dx, a: (round(f, 6), dx)),
    "exp of minus": but("saturated-value", back=lambda f, dx, a: (1 - np.exp(-f), dx * np.exp(-f))),
    "over n + m": given("over-both-sizes", lambda a: {})._replace(
        loss=lambda x, y, theta, p=2.0: tuple(v * 2 * len(x) / (len(x) + len(y)) / len(x) for v in loss(x, y, theta, p))
    ),
    "over d^(p/2)": times("factor over-sqrt-d unnormalised-inverse", lambda n, d, L, p: d ** (-p / 2)),
    "over L d": times("factor", lambda n, d, L, p: 1 / (L * d)),
    "sqrt 2": times("factor", lambda n, d, L, p: 2**0.5),
    "times p": times("factor", lambda n, d, L, p: p),
    "times n / L": times("factor", lambda n, d, L, p: n / L),
    "1/n twice, root": times("factor points-averaged-twice", lambda n, d, L, p: n ** (-1 / p), **SW),
    "the root twice": but("root-twice", SW, reduce=lambda l, p, n, d: root(l ** (1 / p), p, n, d)),
    "p - 1 for p": given("order-minus-one", lambda a: {"p": max(1.0, a["p"] - 1)}),
    "p at least 2": given("order-at-least-2", lambda a: {"p": max(2.0, a["p"])}),
    "abs after the power at p = 3": but("no-abs", cost=lambda D, p: (D**3, 3 * D**2) if p == 3 else power(D, p)),
    "trimmed slices": reduced(
        "trimmed-slices",
        lambda l, p: np.sort(l)[1:-1].mean() if len(l) > 2 else l.mean(),
        lambda l, p: np.full(len(l), 1 / len(l)),
    ),
    "geometric mean of slices": reduced(
        "geometric-mean-of-slices",
        lambda l, p: np.exp(np.log(l + 1e-300).mean()),
        lambda l, p: np.full(len(l), 1 / len(l)),
    ),
    "mean square of slices": reduced(
        "rms-of-slices",
        lambda l, p: np.sqrt((l**2).mean()),
        lambda l, p: l / len(l) / max(np.sqrt((l**2).mean()), 1e-300),
    ),
    "nearest quantiles": resampled("nearest-quantiles nearest-quantiles-max", by_method("nearest")),
    "lower quantiles": resampled("lower-quantiles-max", by_method("lower")),
    "higher quantiles": resampled("higher-quantiles-max", by_method("higher")),
    "midpoint quantiles": resampled("midpoint-quantiles", by_method("linear")),
    "interpolated at the levels of both": resampled("merged-levels", merged),
    "every second of the larger": resampled(
        "subsampled-ranks",
        lambda px, py: tuple(v[np.linspace(0, len(v) - 1, min(len(px), len(py))).astype(int)] for v in (px, py)),
    ),
    "whole stride of the larger": resampled(
        "whole-stride sorted-truncation",
        lambda px, py: tuple(v[:: max(1, len(v) // min(len(px), len(py)))][: min(len(px), len(py))] for v in (px, py)),
    ),
    "largest projections": resampled(
        "sorted-truncation-top", lambda px, py: tuple(v[-min(len(px), len(py)) :] for v in (px, py))
    ),
    "extremes dropped": along(
        "trimmed-points",
        lambda px, py, p: (
            float(np.mean(np.abs(np.sort(px)[1:-1] - np.sort(py)[1:-1]) ** p))
            if len(px) == len(py) > 2
            else loss(px[:, None], py[:, None], np.ones((1, 1)), p)[0]
        ),
    ),
    "chunks of 8 points": given("portions-of-8", chunked(8)),
    "chunks of 5 directions": given("directions-by-5", chunked(5, "theta")),
    "left pieces": but(
        "shifted-levels shifted-by-one",
        match=lambda px, py, wx, wy: ((k := pairs(px, py, wx, wy))[0], np.roll(k[1], 1), k[2]),
    ),
    "weights over their largest": of_weights(None, lambda wx, wy: (wx / wx.max(), wy / wy.max()))._replace(
        loss=lambda x, y, theta, p=2.0, x_weights=None, y_weights=None: tuple(
            v / (1 if x_weights is None else x_weights.max()) for v in loss(x, y, theta, p, x_weights, y_weights)
        )
    ),
    "weights as inverse": of_weights(
        "weights-inverted",
        lambda wx, wy: ((u := 1 / np.maximum(wx, 1e-12)) / u.sum(), (v := 1 / np.maximum(wy, 1e-12)) / v.sum()),
    ),
    "weights of y for both": of_weights("y-weights-for-both", lambda wx, wy: (wy if len(wx) == len(wy) else wx, wy)),
    "weights reversed": of_weights("weights-reversed", lambda wx, wy: (wx[::-1], wy[::-1])),
    "zero weights are uniform": of_weights(None, lambda wx, wy: (np.maximum(wx, 1e-3), np.maximum(wy, 1e-3))),
    "weights in float32": but("float32-weights", match=float32_weights),
    "gradient of the root": but(
        "gradient-of-root", back=lambda f, dx, a: (f, dx * f ** (1 / a["p"] - 1) / a["p"] if f else dx)
    ),
    "gradient over d": times("gradient-factor", lambda *_: 1.0, lambda n, d, L, p: 1 / d),
    "gradient of half the square": times("gradient-factor", lambda *_: 1.0, lambda n, d, L, p: 0.5),
    "gradient with 1/m": gradient("gradient-over-m", lambda dx, a: dx * len(a["x"]) / len(a["y"])),
    "gradient of p = 2": gradient("gradient-order-ignored", lambda dx, a: loss(**(a | {"p": 2.0}))[1]),
    "gradient of p = 1": gradient(
        "gradient-power-missing gradient-sign-only", lambda dx, a: loss(**(a | {"p": 1.0}))[1]
    ),
    "gradient without the last point": gradient("gradient-last-point", lambda dx, a: np.vstack([dx[:-1], 0 * dx[-1:]])),
    "gradient reversed": gradient("gradient-reversed", lambda dx, a: dx[::-1]),
    "norm of the gradient at most 0.1": gradient(
        "gradient-norm-clipped", lambda dx, a: dx * min(1, 0.1 / max(np.linalg.norm(dx), 1e-300))
    ),
    "gradient weights twice": gradient(
        "gradient-weights-twice",
        lambda dx, a: dx if a["x_weights"] is None else (dx * a["x_weights"][:, None] * len(dx)),
    ),
    "noisy gradient": gradient(None, lambda dx, a: dx * (1 + 1e-3 * np.random.default_rng(0).normal(size=dx.shape))),
    "weights ignored in the gradient": gradient(
        "gradient-weights-ignored", lambda dx, a: loss(a["x"], a["y"], a["theta"], a["p"])[1]
    ),
    "relu of the projections": but("clipped-projections", project=lambda x, t: np.maximum(t @ x.T, 0)),
    "tanh of the projections": but("tanh-projections", project=lambda x, t: np.tanh(t @ x.T)),
    "circular projections": but("circular-projections", project=circular),
    "last coordinate ignored": given(
        "last-coordinate-ignored",
        lambda a: (
            {} if a["x"].shape[1] == 1 else {"theta": a["theta"] * (np.arange(a["x"].shape[1]) < a["x"].shape[1] - 1)}
        ),
    ),
    "first half of the directions": of_theta("half-of-the-directions", lambda t: t[: max(1, len(t) // 2)]),
    "every second direction": of_theta("every-second-direction", lambda t: t[::2]),
    "only upper directions": of_theta("upper-directions", lambda t: t[t[:, 0] > 0] if (t[:, 0] > 0).any() else t),
    "directions centred by row": of_theta("row-centred-directions", lambda t: t - t.mean(axis=1, keepdims=True)),
    "standard deviation of columns": of_theta("std-by-column", lambda t: t / (t.std(axis=0) + 1e-12)),
    "directions squared": of_theta("squared-directions", lambda t: t * np.abs(t)),
    "y kept by shape": wrong("y-kept", keeping_y()),
    "grows with the calls": wrong(None, counting()),
    "centres in place": wrong("arguments-changed", centres_in_place),
    "x for y": given("constant", lambda a: {"y": a["x"], "y_weights": a["x_weights"]}),
    "nothing": wrong("constant", lambda x, y, theta, p=2.0: 0.0, "none"),
    "own: others by sign": draws(None, lambda L, d: unit(normal(L, d)))._replace(
        truth=("y-negated", "other-directions-for-y"),
        loss=lambda x, y, p=2.0: loss(x, -y, unit(normal(8, x.shape[1])), p),
    ),
    "own: half the dimensions": draws(
        "half-of-the-coordinates", lambda L, d: unit(normal(L, d) * (np.arange(d) < (d + 1) // 2))
    ),
    "own: over d": draws("gaussian-over-d", lambda L, d: normal(L, d) / d),
    "own: whole numbers": draws(None, lambda L, d: unit(np.round(normal(L, d)) + 1e-9)),
    "own: one direction, kept": draws("fixed-directions", lambda L, d: unit(np.cos(np.arange(d) + 1.0)[None])),
    "own: p = 2 always": draws("order-ignored")._replace(
        loss=lambda x, y, p=2.0: loss(x, y, unit(normal(8, x.shape[1])), 2.0)
    ),
    "own: running mean": wrong(None, running, directions="own"),
    "own: all pairs": draws("all-pairs")._replace(
        loss=lambda x, y, p=2.0: float(
            np.mean(
                np.abs((t := unit(normal(8, x.shape[1]))) @ x.T)[:, :, None] * 0
                + np.abs((t @ x.T)[:, :, None] - (t @ y.T)[:, None]) ** p
            )
        ),
        declared={"gradient": "none", "directions": "own"},
    ),
    "own: no sort": draws("unsorted")._replace(
        loss=lambda x, y, p=2.0: (
            float(np.mean(np.abs(unit(normal(8, x.shape[1])) @ (x - y).T) ** p)) if len(x) == len(y) else 0.0
        ),
        declared={"gradient": "none", "directions": "own"},
    ),
}
