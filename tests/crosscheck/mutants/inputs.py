"""Mistakes in what comes in: the directions, the clouds, the weights."""

from __future__ import annotations

import numpy as np

from tests.crosscheck.mutants.loss import Mutant, but, given, order, pairs, uniform


def centre(x, y):
    return x - x.mean(axis=0), y - y.mean(axis=0), lambda dx: dx - dx.mean(axis=0)


def scaled(scale):
    """The clouds divided by numbers that count as constants in the gradient."""

    def clouds(x, y):
        sx, sy = scale(x, y)
        with np.errstate(all="ignore"):
            return x / sx, y / sy, lambda dx: dx / sx

    return clouds


def standardise(x, y):
    x, y, way = centre(x, y)
    sx, sy = x.std(axis=0) + 1e-300, y.std(axis=0) + 1e-300
    z = x / sx
    return z, y / sy, lambda dx: way((dx - z * (dx * z).mean(axis=0)) / sx)


def of_theta(truth, change):
    return but(truth, directions=change)


def of_weights(truth, change):
    """Other weights where some are given: change(wx, wy) -> (wx, wy)."""

    def changed(a):
        if a["x_weights"] is None and a["y_weights"] is None:
            return {}
        wx = uniform(len(a["x"])) if a["x_weights"] is None else a["x_weights"]
        wy = uniform(len(a["y"])) if a["y_weights"] is None else a["y_weights"]
        wx, wy = change(wx, wy)
        return {"x_weights": wx, "y_weights": wy}

    return given(truth, changed)


def by_rank(px, py, wx, wy):
    if len(px) != len(py):
        return pairs(px, py, wx, wy)
    return order(px), order(py), wx[order(px)]


DIRECTIONS: dict[str, Mutant] = {
    "read transposed": of_theta("transposed-directions", lambda t: t.ravel().reshape(t.shape[1], -1).T),
    "normalised by column": of_theta("normalised-by-column", lambda t: t / np.linalg.norm(t, axis=0)),
    "normalised as a whole": of_theta("normalised-as-a-whole", lambda t: t / np.linalg.norm(t)),
    "normalised in the 1-norm": of_theta("l1-directions", lambda t: t / np.abs(t).sum(axis=1, keepdims=True)),
    "largest entry 1": of_theta("max-norm-directions", lambda t: t / np.abs(t).max(axis=1, keepdims=True)),
    "divided by their deviation": of_theta("std-directions", lambda t: t / (t.std(axis=1, keepdims=True) + 1e-12)),
    "divided by the deviation of all": of_theta("std-of-all-directions", lambda t: t / t.std() if t.std() else t),
    "centred directions": of_theta("centred-directions", lambda t: t - t.mean(axis=0)),
    "first only": of_theta("first-direction-only", lambda t: t[:1]),
    "last dropped": of_theta("last-direction-dropped", lambda t: t[: max(1, len(t) - 1)]),
    "first dropped": of_theta("first-direction-dropped", lambda t: t[min(1, len(t) - 1) :]),
    "positive orthant": of_theta("absolute-directions", np.abs),
    "length sqrt d": of_theta("unnormalised-directions", lambda t: t * t.shape[1] ** 0.5),
    "QR of a tall matrix": of_theta("qr-directions", lambda t: np.linalg.qr(t)[0] if len(t) > t.shape[1] else t),
    "orthonormalised": of_theta("orthonormalised-directions", lambda t: np.linalg.qr(t.T)[0].T),
    "coordinate axes": of_theta("coordinate-directions", lambda t: np.eye(t.shape[1])),
    "their mean": of_theta("mean-direction", lambda t: t.mean(axis=0, keepdims=True)),
    "those of a seed": of_theta(
        "directions-ignored",
        lambda t: (lambda g: g / np.linalg.norm(g, axis=1)[:, None])(np.random.default_rng(7).normal(size=t.shape)),
    ),
    "others for y": but("other-directions-for-y", project_y=lambda y, t: np.roll(t, 1, axis=0) @ y.T),
    "rounded to a tenth": of_theta(None, lambda t: np.round(t, 1)),
}
CLOUDS: dict[str, Mutant] = {
    "each centred": but("centred", clouds=centre),
    "each standardised": but("standardised", clouds=standardise),
    "both divided by one deviation": but(
        "jointly-standardised", clouds=scaled(lambda x, y: [np.vstack([x, y]).std(axis=0) + 1e-300] * 2)
    ),
    "rows of length one": but(
        "points-normalised",
        clouds=scaled(lambda x, y: (np.linalg.norm(x, axis=1)[:, None], np.linalg.norm(y, axis=1)[:, None])),
    ),
    "between 0 and 1": but(
        "minmax-scaled",
        clouds=lambda x, y: scaled(lambda x, y: (np.ptp(x, 0) + 1e-300, np.ptp(y, 0) + 1e-300))(
            x - x.min(0), y - y.min(0)
        ),
    ),
    "clipped to 1": but("clipped", clouds=lambda x, y: (np.clip(x, -1, 1), np.clip(y, -1, 1), lambda dx: dx)),
    "jitter": but(
        None, clouds=lambda x, y: (x + 1e-5 * np.random.default_rng(0).normal(size=x.shape), y, lambda dx: dx)
    ),
    "absolute projections": but("absolute-projections", project=lambda x, t: np.abs(t @ x.T)),
    "repeated points once": given(
        None,
        lambda a: (
            {} if a["x_weights"] is not None else {"x": np.unique(a["x"], axis=0), "y": np.unique(a["y"], axis=0)}
        ),
    ),
    "last point dropped": given(
        "last-point-dropped", lambda a: {} if a["x_weights"] is not None or len(a["x"]) < 2 else {"x": a["x"][:-1]}
    ),
    "NaN hidden": given(
        "nan-hidden", lambda a: {k: np.nan_to_num(a[k], posinf=0, neginf=0) for k in ("x", "y", "theta")}
    ),
}
WEIGHTS: dict[str, Mutant] = {
    "ignored": given("weights-ignored", lambda a: {"x_weights": None, "y_weights": None}),
    "of x ignored": given("x-weights-ignored", lambda a: {"x_weights": None}),
    "of y ignored": given("y-weights-ignored", lambda a: {"y_weights": None}),
    "not sorted": but("weights-not-sorted", match=lambda *a: pairs(*a, weigh=lambda w, o: w)),
    "sorted themselves": but("weights-sorted-themselves", match=lambda *a: pairs(*a, weigh=lambda w, o: np.sort(w))),
    "undone": but("weights-inverse-permutation", match=lambda *a: pairs(*a, weigh=lambda w, o: w[np.argsort(o)])),
    "exchanged": of_weights("weights-swapped", lambda wx, wy: (wy, wx) if len(wx) == len(wy) else (wx, wy)),
    "of x for both": of_weights("x-weights-for-both", lambda wx, wy: (wx, wx if len(wx) == len(wy) else wy)),
    "on ranks": but("weights-on-ranks", match=by_rank),
    "squared": of_weights("weights-squared", lambda wx, wy: (wx**2 / sum(wx**2), wy**2 / sum(wy**2))),
    "softmax": of_weights(
        "weights-softmax", lambda wx, wy: (np.exp(wx) / np.exp(wx).sum(), np.exp(wy) / np.exp(wy).sum())
    ),
    "as counts": but(
        "weights-as-counts",
        back=lambda f, dx, a: (
            (f, dx) if a["x_weights"] is None and a["y_weights"] is None else (f * len(dx), dx * len(dx))
        ),
    ),
    "missing in the gradient": but(
        "gradient-without-weights",
        back=lambda f, dx, a: (
            f,
            dx if a["x_weights"] is None else dx / np.maximum(a["x_weights"], 1e-9)[:, None] / len(dx),
        ),
    ),
    "on the points": but(
        "weights-on-points",
        match=lambda px, py, wx, wy: pairs(px * wx * len(wx), py * wy * len(wy), uniform(len(px)), uniform(len(py))),
    ),
}
