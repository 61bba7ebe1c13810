"""Mistakes in the powers, the reductions, the root, the gradient, the precision, and in what is kept between calls."""

from __future__ import annotations

import math

import numpy as np

from tests.crosscheck.mutants.loss import Mutant, but, given, loss, order, pairs, power, root, times, wrong

SW = {"returns": "sw"}


def area(d):
    return 2 * math.pi ** (d / 2) / math.gamma(d / 2)


def reduced(truth, value, weight, **declared):
    """Another reduction of the losses [L]: its value and its derivative."""
    return but(truth, declared, reduce=lambda l, p, n, d: (float(value(l, p)), weight(l, p)))


def equal(l, p):
    return np.full(len(l), 1 / len(l))


def root_with(eps):
    def reduce(losses, p, n, d):
        value = losses.mean() + eps
        return value ** (1 / p), np.full(len(losses), value ** (1 / p - 1) / p / len(losses))

    return reduce


def softmax(l):
    e = np.exp(l - l.max())
    return e / e.sum()


def gradient(truth, change, declared=None):
    """The right value; the gradient becomes change(dx, arguments)."""
    return but(truth, declared, back=lambda f, dx, a: (f, change(dx, a)))


def sequence(i):
    """The points in the order in which their pairs come."""
    return i[np.sort(np.unique(i, return_index=True)[1])]


def not_projected(x, y, theta):
    dx = np.zeros(x.shape)
    if len(x) != len(y):
        raise NotImplementedError("equal sizes only")
    for t in theta:
        s, r = order(x @ t), order(y @ t)
        dx[s] += 2 * (x[s] - y[r]) / (len(x) * len(theta))
    return loss(x, y, theta)[0], dx


def tied_partners(x, y, theta, p=2.0):
    if len(x) != len(y):
        return loss(x, y, theta, p)
    f, dx = 0.0, np.zeros(x.shape)
    for t in theta:
        px, py = x @ t, np.sort(y @ t)
        D = px - py[np.searchsorted(np.sort(px), px)]
        h, slope = power(D, p)
        f, dx = f + h.mean() / len(theta), dx + np.outer(slope, t) / (len(x) * len(theta))
    return f, dx


def in_precision(dtype):
    def mutant(x, y, theta, p=2.0, x_weights=None, y_weights=None):
        x, y, theta = (np.asarray(a, dtype).astype(float) for a in (x, y, theta))
        f, dx = loss(x, y, theta, p, x_weights, y_weights)
        return float(np.asarray(f, dtype)), dx.astype(dtype).astype(float)

    return mutant


def expanded(x, y, theta):
    f = 0.0
    for t in theta:
        i, j, mass = pairs(x @ t, y @ t, np.full(len(x), 1 / len(x)), np.full(len(y), 1 / len(y)))
        px, py = (x @ t)[i], (y @ t)[j]
        f += mass @ (px**2 - 2 * px * py + py**2) / len(theta)
    return f, loss(x, y, theta)[1]


def with_dy(change):
    """Gradients in both, that in y changed: change(dy, dx) -> dy."""

    def mutant(x, y, theta, p=2.0, x_weights=None, y_weights=None):
        f, dx = loss(x, y, theta, p, x_weights, y_weights)
        return f, dx, change(loss(y, x, theta, p, y_weights, x_weights)[1], dx)

    return mutant


def overwritten(x, y, theta, p=2.0):
    """At n != m the slopes are assigned to the rows of x where they ought to be added."""

    def scatter(px, py):
        i, j, mass = pairs(px, py, np.full(len(px), 1 / len(px)), np.full(len(py), 1 / len(py)))
        i, j, mass = (a[mass > 1e-12] for a in (i, j, mass))
        c = np.zeros(len(px))
        c[i] = mass * power(px[i] - py[j], p)[1]
        return c

    f, _ = loss(x, y, theta, p)
    return f, np.stack([scatter(x @ t, y @ t) for t in theta]).T @ theta / len(theta)


def remembering(key):
    """The answer to the first call with the same key is returned again."""
    kept = {}

    def mutant(x, y, theta, p=2.0, x_weights=None, y_weights=None):
        return kept.setdefault(key(x, y, theta, p), loss(x, y, theta, p, x_weights, y_weights))

    return mutant


def first_directions():
    kept = {}

    def mutant(x, y, theta, p=2.0, x_weights=None, y_weights=None):
        return loss(x, y, kept.setdefault(theta.shape, theta.copy()), p, x_weights, y_weights)

    return mutant


def accumulating():
    kept = {}

    def mutant(x, y, theta, p=2.0, x_weights=None, y_weights=None):
        f, dx = loss(x, y, theta, p, x_weights, y_weights)
        kept[x.shape] = kept.get(x.shape, 0.0) + dx
        return f, kept[x.shape].copy()

    return mutant


def sorts_in_place(x, y, theta, p=2.0, x_weights=None, y_weights=None):
    answer = loss(x, y, theta, p, x_weights, y_weights)
    x[:] = x[order(x[:, 0])]
    return answer


def buffer_of(a):
    return a.T.reshape(a.shape) if a.flags.f_contiguous and not a.flags.c_contiguous else a


VALUES: dict[str, Mutant] = {
    "root taken": but("extra-root convention", reduce=root),
    "root forgotten": but("missing-root convention", SW),
    "root in the value only": but("root-of-value-only", back=lambda f, dx, a: (f ** (1 / a["p"]), dx)),
    "root missing in the gradient": but(
        "root-of-value-only gradient-root", SW, back=lambda f, dx, a: (f ** (1 / a["p"]), dx)
    ),
    "square root whatever p": but("square-root", SW, back=lambda f, dx, a: (f**0.5, dx * 0.5 / f**0.5 if f else dx)),
    "mean of roots": reduced(
        "mean-of-roots convention",
        lambda l, p: np.mean(l ** (1 / p)),
        lambda l, p: np.where(l > 0, l, np.inf) ** (1 / p - 1) / p / len(l),
        **SW,
    ),
    "mean of roots, no root declared": reduced(
        "mean-of-roots convention",
        lambda l, p: np.mean(l ** (1 / p)),
        lambda l, p: np.where(l > 0, l, np.inf) ** (1 / p - 1) / p / len(l),
    ),
    "square of the mean of roots": reduced(
        "mean-of-roots-powered",
        lambda l, p: np.mean(l ** (1 / p)) ** p,
        lambda l, p: np.mean(l ** (1 / p)) ** (p - 1) * np.where(l > 0, l, np.inf) ** (1 / p - 1) / len(l),
    ),
    "root of the sums": but(
        "convention", SW, reduce=lambda l, p, n, d: ((r := root(l * n * len(l), p, n, d))[0], r[1] * n * len(l))
    ),
    "n^(1/p)": times("convention", lambda n, d, L, p: n ** (1 / p), returns="sw"),
    "1/sqrt n": times("factor", lambda n, d, L, p: n**-0.5),
    "sum over points": times("sum-over-points convention", lambda n, d, L, p: n),
    "sum over directions": times("sum-over-directions convention", lambda n, d, L, p: L),
    "sum over both": times("sum-over-both convention", lambda n, d, L, p: n * L),
    "sum over both, squared p": times("factor", lambda n, d, L, p: (n * L) ** 2),
    "1/n twice": times("points-averaged-twice factor", lambda n, d, L, p: 1 / n),
    "1/L twice": times("directions-averaged-twice factor", lambda n, d, L, p: 1 / L),
    "n - 1": times("bessel", lambda n, d, L, p: n / max(n - 1, 0.5)),
    "L - 1": times("bessel-directions", lambda n, d, L, p: L / max(L - 1, 0.5)),
    "half": times("half", lambda n, d, L, p: 0.5),
    "twice": times("factor twice", lambda n, d, L, p: 2.0),
    "cost over p": times("divided-by-p", lambda n, d, L, p: 1 / p),
    "times d": times("factor-d", lambda n, d, L, p: d),
    "times sqrt d": times("factor", lambda n, d, L, p: d**0.5),
    "over d": times("divided-by-d", lambda n, d, L, p: 1 / d),
    "over the area of the sphere": times("sphere-area", lambda n, d, L, p: 1 / area(d)),
    "times the area of the sphere": times("sphere-area-factor", lambda n, d, L, p: area(d)),
    "largest direction": reduced("max-sliced", lambda l, p: l.max(), lambda l, p: np.eye(len(l))[l.argmax()]),
    "smallest direction": reduced("min-sliced", lambda l, p: l.min(), lambda l, p: np.eye(len(l))[l.argmin()]),
    "median direction": reduced("median-sliced", lambda l, p: np.median(l), equal),
    "softmax over slices": reduced("softmax-slices", lambda l, p: softmax(l) @ l, lambda l, p: softmax(l)),
    "slices weighted by their loss": reduced(
        "loss-weighted-slices", lambda l, p: l @ l / max(l.sum(), 1e-300), lambda l, p: l / max(l.sum(), 1e-300)
    ),
    "always p = 2": given("order-ignored", lambda a: {"p": 2.0}),
    "always p = 1": given("power-missing", lambda a: {"p": 1.0}),
    "p + 1": given("order-plus-one", lambda a: {"p": a["p"] + 1}),
    "no abs": but("no-abs", cost=lambda D, p: (D**p, p * D ** (p - 1))),
    "2 p": given("power-doubled", lambda a: {"p": 2 * a["p"]}),
    "eps in D": but(
        "softened-1e-6", cost=lambda D, p: (np.sqrt(D**2 + 1e-6) ** p, p * D * np.sqrt(D**2 + 1e-6) ** (p - 2))
    ),
    "eps under the root": but("eps-under-root", SW, reduce=root_with(1e-8)),
    "1e-12 under the root": but("eps-under-root", SW, reduce=root_with(1e-12)),
    "1e-8 added": but("eps-added", back=lambda f, dx, a: (f + 1e-8, dx)),
    "Huber": but("huber", cost=lambda D, p: (np.where(abs(D) < 1, D**2 / 2, abs(D) - 0.5), np.clip(D, -1, 1))),
    "square expanded": wrong("square-expanded", expanded),
    "opposite value": but("negative-value", back=lambda f, dx, a: (-f, dx)),
}
GRADIENTS: dict[str, Mutant] = {
    "p missing": times("factor-p", lambda *_: 1.0, lambda n, d, L, p: 1 / p),
    "2 whatever p": times("gradient-factor-2", lambda *_: 1.0, lambda n, d, L, p: 2 / p),
    "1/n missing": times("gradient-sum-over-points", lambda *_: 1.0, lambda n, d, L, p: n),
    "1/L missing": times("gradient-sum-over-directions", lambda *_: 1.0, lambda n, d, L, p: L),
    "1/n and 1/L missing": times("gradient-factor gradient-sum-over-both", lambda *_: 1.0, lambda n, d, L, p: n * L),
    "1/n twice": times("gradient-points-twice", lambda *_: 1.0, lambda n, d, L, p: 1 / n),
    "1/L twice": times("gradient-directions-twice", lambda *_: 1.0, lambda n, d, L, p: 1 / L),
    "times d": times("gradient-factor", lambda *_: 1.0, lambda n, d, L, p: d),
    "twice": times("gradient-factor gradient-twice", lambda *_: 1.0, lambda n, d, L, p: 2),
    "opposite": times("gradient-sign", lambda *_: 1.0, lambda *_: -1.0),
    "detached": times("zero-gradient", lambda *_: 1.0, lambda *_: 0.0),
    "in sorted order": but("one-sort", scatter=lambda c, i: c[sequence(i)]),
    "inverse permutation": but("inverse-permutation", scatter=lambda c, i: c[sequence(i)][sequence(i)]),
    "not projected": wrong("gradient-not-projected", not_projected),
    "without sign": but("gradient-without-sign", scatter=lambda c, i: np.abs(c)),
    "sign only": but("gradient-sign-only", cost=lambda D, p: (np.abs(D) ** p, np.sign(D))),
    "partners by counting": wrong("wrong-tie-order", tied_partners),
    "of the last direction": gradient(
        "gradient-last-direction", lambda dx, a: loss(**(a | {"theta": a["theta"][-1:]}))[1] / len(a["theta"])
    ),
    "of the first direction": gradient(
        "gradient-first-direction", lambda dx, a: loss(**(a | {"theta": a["theta"][:1]}))[1]
    ),
    "length one": gradient("gradient-normalised", lambda dx, a: dx / max(np.linalg.norm(dx), 1e-12)),
    "of y": gradient(
        "gradient-of-y",
        lambda dx, a: (
            loss(a["y"], a["x"], a["theta"], a["p"])[1]
            if len(a["x"]) == len(a["y"]) and a["x_weights"] is None and a["y_weights"] is None
            else dx
        ),
    ),
    "entries clipped": gradient("gradient-clipped-0.01", lambda dx, a: np.clip(dx, -0.01, 0.01)),
    "rows overwritten": wrong("gradient-overwritten", overwritten),
    "NaN at zero": gradient("nan-at-zero", lambda dx, a: dx / (1.0 if np.abs(dx).max() > 1e-20 else np.nan)),
    "centred": gradient("gradient-centred", lambda dx, a: dx - dx.mean(axis=0)),
    "in y of the same sign": wrong("dy-sign", with_dy(lambda dy, dx: -dy)),
    "in y zero": wrong("dy-zero", with_dy(lambda dy, dx: 0 * dy)),
    "in y twice": wrong("dy-factor", with_dy(lambda dy, dx: 2 * dy)),
    "in y reversed": wrong("dy-reversed", with_dy(lambda dy, dx: dy[::-1])),
    "in y that of x, negative": wrong("dy-minus-dx", with_dy(lambda dy, dx: -dx if dx.shape == dy.shape else dy)),
}
STATE: dict[str, Mutant] = {
    "float32": wrong("float32-accumulation", in_precision(np.float32)),
    "float16": wrong("float16-accumulation", in_precision(np.float16)),
    "strides ignored": given("strides-ignored", lambda a: {name: buffer_of(a[name]) for name in ("x", "y", "theta")}),
    "float32 value": but("float32-accumulation float32-value", back=lambda f, dx, a: (float(np.float32(f)), dx)),
    "float32 gradient": gradient("float32-gradient", lambda dx, a: dx.astype(np.float32)),
    "whole numbers": given("integers", lambda a: {"x": np.trunc(a["x"]), "y": np.trunc(a["y"])}),
    "sorts its argument": wrong("arguments-changed", sorts_in_place),
    "answers by shape": wrong("kept-answer", remembering(lambda x, y, theta, p: (x.shape, y.shape, theta.shape, p))),
    "answers by the first point": wrong("kept-answer", remembering(lambda x, y, theta, p: (x.shape, p))),
    "directions kept by shape": wrong("directions-kept", first_directions()),
    "gradients add up": wrong("gradient-accumulates", accumulating()),
}
