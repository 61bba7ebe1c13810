"""Losses that are right, each in its own way: none may fail."""

from __future__ import annotations

import numpy as np

from tests.crosscheck.mutants.loss import (
    Mutant,
    but,
    given,
    loss,
    order,
    pairs,
    power,
    wrong,
)
from tests.crosscheck.mutants.numbers import with_dy
from tests.crosscheck.mutants.own import draws, normal, unit


def sorted_mean(x, y, theta, p=2.0):
    """The loss as one writes it."""
    if len(x) != len(y):
        raise NotImplementedError("equal sizes only")
    D = np.sort(theta @ x.T) - np.sort(theta @ y.T)
    return np.mean(np.abs(D) ** p)


def by_einsum(x, y, theta):
    if len(x) != len(y):
        raise NotImplementedError("equal sizes only")
    px, py = np.einsum("nd,ld->ln", x, theta), np.einsum("nd,ld->ln", y, theta)
    return np.einsum("ln,ln->", D := np.sort(px) - np.sort(py), D) / D.size


def exact_sum(x, y, theta, p=2.0):
    import math

    if len(x) != len(y):
        raise NotImplementedError("equal sizes only")
    D = np.abs(np.sort(theta @ x.T) - np.sort(theta @ y.T)) ** p
    return math.fsum(D.ravel().tolist()) / D.size


def sorted_by(kind):
    return but(None, match=lambda *a: pairs(*a, order_x=lambda v: np.argsort(v, kind=kind)))


def reversed_ties(v):
    return len(v) - 1 - order(v[::-1])[::-1] if len(v) else order(v)


def later_first(v):
    """Ascending, with the later of two equal ones first."""
    return len(v) - 1 - order(v[::-1])


def in_convention(returns="sw_pp", points="mean", slices="mean"):
    def reduce(losses, p, n, d):
        losses = losses * (n if points == "sum" else 1)
        one = np.full(len(losses), 1.0 if slices == "sum" else 1 / len(losses))
        scale = n if points == "sum" else 1
        if returns == "mean":
            safe = np.where(losses > 0, losses, np.inf)
            return float(one @ losses ** (1 / p)), one * scale * safe ** (1 / p - 1) / p
        total = float(one @ losses)
        outer = 1.0 if returns == "sw_pp" else (total ** (1 / p - 1) / p if total else 0.0)
        return total ** (1 / p) if returns == "sw" else total, one * scale * outer

    return but(None, {"returns": returns, "points": points, "slices": slices}, reduce=reduce)


def returned(change):
    return but(None, back=lambda f, dx, a: change(f, dx))


def by_formula(x, y, theta):
    """p = 2 and equal sizes, without a matching of pairs: the gradient by ranks."""
    if len(x) != len(y):
        raise NotImplementedError("equal sizes only")
    px, py = theta @ x.T, np.sort(theta @ y.T)
    rank = np.argsort(np.argsort(px, kind="stable"), kind="stable")
    D = px - np.take_along_axis(py, rank, axis=1)
    return float(np.mean(D**2)), 2 * D.T @ theta / D.size


def accurate_in_float32(x, y, theta, p=2.0, x_weights=None, y_weights=None):
    f, dx = loss(*(np.asarray(a, float) for a in (x, y, theta)), p, x_weights, y_weights)
    return np.asarray(f, x.dtype), dx.astype(x.dtype)


def repeated(x, y, theta, p=2.0):
    """Unequal sizes by as many copies as make them equal."""
    size = np.lcm(len(x), len(y))
    if size > 1000:
        raise NotImplementedError("sizes")
    a, b = np.repeat(x, size // len(x), axis=0), np.repeat(y, size // len(y), axis=0)
    f, dx = loss(a, b, theta, p)
    return f, dx.reshape(len(x), -1, x.shape[1]).sum(axis=1)


def no_other_order(x, y, theta):
    return loss(x, y, theta)


def with_a_seed(x, y, seed):
    rng = np.random.default_rng(seed)
    return loss(x, y, unit(rng.standard_normal((6, x.shape[1]))))


def mean_of_seven(L, d):
    return unit(normal(7, d))


RIGHT: dict[str, Mutant] = {
    "as it stands": wrong(None, loss),
    "without a gradient": wrong(None, lambda *a, **k: loss(*a, **k)[0], "none"),
    "as one writes it": wrong(None, sorted_mean, "none"),
    "einsum": wrong(None, by_einsum, "none"),
    "exact sums": wrong(None, exact_sum, "none"),
    "quicksort": sorted_by("quicksort"),
    "heapsort": sorted_by("heapsort"),
    "mergesort": sorted_by("mergesort"),
    "later ties first": but(None, match=lambda *a: pairs(*a, order_x=later_first)),
    "later ties of y first": but(None, match=lambda *a: pairs(*a, order_y=later_first)),
    "both reversed": but(None, match=lambda px, py, *w: pairs(-px, -py, *w)),
    "both directions of every line": but(None, project=lambda x, t: -t @ x.T, scatter=lambda c, i: -c),
    "two halves": but(None, directions=lambda t: np.vstack([t, t])),
    "projected one by one": but(None, project=lambda x, t: np.stack([x @ one for one in t])),
    "projected at higher precision": but(
        None, project=lambda x, t: (t.astype(np.longdouble) @ x.T.astype(np.longdouble)).astype(float)
    ),
    "abs by a sign": but(None, cost=lambda D, p: ((np.sign(D) * D) ** p, power(D, p)[1])),
    "pow by exp and log": but(
        None,
        cost=lambda D, p: (np.where(D == 0, 0, np.exp(p * np.log(np.where(D == 0, 1, np.abs(D))))), power(D, p)[1]),
    ),
    "the maximum of D and -D": but(None, cost=lambda D, p: (np.maximum(D, -D) ** p, power(D, p)[1])),
    "directions normalised again": but(None, directions=lambda t: t / np.linalg.norm(t, axis=1, keepdims=True)),
    "slices in reversed order": but(None, directions=lambda t: t[::-1]),
    "points in reversed order": given(
        None, lambda a: {"y": a["y"][::-1], "y_weights": None if a["y_weights"] is None else a["y_weights"][::-1]}
    ),
    **{
        f"{r}, points {k}, slices {l}": in_convention(r, k, l)
        for r, k, l in (
            ("sw", "mean", "mean"),
            ("mean", "mean", "mean"),
            ("sw_pp", "sum", "mean"),
            ("sw_pp", "mean", "sum"),
            ("sw_pp", "sum", "sum"),
            ("sw", "sum", "mean"),
            ("sw", "sum", "sum"),
            ("mean", "mean", "sum"),
        )
    },
    "directions [d, L]": wrong(
        None, lambda x, y, theta, p=2.0, a=None, b=None: loss(x, y, theta.T, p, a, b), directions="dl"
    ),
    "float32 by float64": wrong(None, accurate_in_float32),
    "a NumPy scalar": returned(lambda f, dx: (np.float64(f), dx)),
    "an array without axes": returned(lambda f, dx: (np.array(f), dx)),
    "an array of one": returned(lambda f, dx: (np.array([f]), dx)),
    "a list for the gradient": returned(lambda f, dx: (f, dx.tolist())),
    "a gradient in Fortran order": returned(lambda f, dx: (f, np.asfortranarray(dx))),
    "ranks, p = 2": wrong(None, by_formula),
    "copies for unequal sizes": wrong(None, repeated),
    "p = 2 alone": wrong(None, no_other_order),
    "gradients in both": wrong(None, with_dy(lambda dy, dx: dy)),
    "own": draws(None),
    "own, half a sphere": draws(None, lambda L, d: (t := unit(normal(L, d))) * np.sign(t[:, :1])),
    "own, in pairs": draws(None, lambda L, d: np.vstack([t := unit(normal(L // 2, d)), -t])),
    "own, orthogonal": draws(None, lambda L, d: np.linalg.qr(normal(d, d))[0]),
    "own, seven": draws(None, mean_of_seven),
    "own, of a seed": wrong(None, with_a_seed, directions="own"),
}
