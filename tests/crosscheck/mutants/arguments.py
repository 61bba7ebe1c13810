"""Mistakes in the gradients in theta and in the weights; value and gradients in the points are right."""

from __future__ import annotations

import numpy as np

from swref import sw_loss_and_grad
from swref.crosscheck import Evaluation
from tests.crosscheck.mutants.loss import Mutant, wrong

WRT = ("x", "y", "theta", "x_weights", "y_weights")


def but(truth: str | None, **changes) -> Mutant:
    """The right loss; `changes` of gradients by name, functions of that gradient and of the arguments."""

    def loss(x, y, theta, p=2.0, x_weights=None, y_weights=None):
        value, grads = sw_loss_and_grad(x, y, theta, p=p, x_weights=x_weights, y_weights=y_weights, wrt=WRT)
        came = dict(zip(Evaluation._fields[1:], grads, strict=True))
        given = {"x": x, "y": y, "theta": theta, "p": p, "x_weights": x_weights, "y_weights": y_weights}
        return Evaluation(value, **came | {name: change(came[name], given) for name, change in changes.items()})

    return wrong(truth, loss)


def weights(truth: str | None, change) -> Mutant:
    """The same mistake in the weights of both."""
    return but(truth, dx_weights=lambda g, a: change(g, a, "x"), dy_weights=lambda g, a: change(g, a, "y"))


def without(name):
    """The part of the gradient in theta that comes of one cloud, by what a translation of it adds."""

    def change(dtheta, a):
        rest = {key: value for key, value in a.items() if key not in ("x", "y", "theta")}
        parts = []
        for row in a["theta"]:
            _, grad = sw_loss_and_grad(a["x"], a["y"], row[None], wrt=name, **rest)
            parts.append((grad @ row) @ a[name] / len(a["theta"]))
        return dtheta - np.array(parts)

    return change


def twice_without(name):
    part = without(name)
    return lambda dtheta, a: 2 * part(dtheta, a) - dtheta


def paid(g, a, name):
    """|D|^p of the partners, averaged: the derivative in the masses of a coupling that is held fixed."""
    other = "y" if name == "x" else "x"
    total = np.zeros(len(g))
    for row in a["theta"]:
        u, v = a[name] @ row, a[other] @ row
        wu, wv = (
            np.full(len(z), 1 / len(z)) if a[f"{key}_weights"] is None else a[f"{key}_weights"]
            for key, z in ((name, u), (other, v))
        )
        s, t = np.argsort(u), np.argsort(v)
        A, B = np.cumsum(wu[s]), np.cumsum(wv[t])
        levels = np.unique(np.concatenate([[0.0], A, B]))
        middle, mass = (levels[1:] + levels[:-1]) / 2, np.diff(levels)
        i = s[np.minimum(np.searchsorted(A, middle), len(u) - 1)]
        j = t[np.minimum(np.searchsorted(B, middle), len(v) - 1)]
        total += np.bincount(i, mass * np.abs(u[i] - v[j]) ** a["p"], len(u)) / wu
    return total / len(a["theta"])


ARGUMENTS = {
    "theta sign": but("theta-sign", dtheta=lambda g, a: -g),
    "theta detached": but("theta-zero", dtheta=lambda g, a: 0 * g),
    "theta, sum over slices": but("theta-directions", dtheta=lambda g, a: g * len(a["theta"])),
    "theta, sum over points": but("theta-points", dtheta=lambda g, a: g * len(a["x"])),
    "theta, no p": but("theta-order", dtheta=lambda g, a: g / a["p"]),
    "theta, x only": but("theta-without-y", dtheta=without("y")),
    "theta, y only": but("theta-without-x", dtheta=without("x")),
    "theta, y added": but("theta-y-sign", dtheta=twice_without("y")),
    "theta, a coordinate left out": but(None, dtheta=lambda g, a: np.hstack([g[:, :-1], 0 * g[:, -1:]])),
    "theta, rows rolled": but(None, dtheta=lambda g, a: np.roll(g, 1, axis=0)),
    "theta transposed": but(None, dtheta=lambda g, a: np.ascontiguousarray(g.T)),
    "weights sign": weights("weights-sign", lambda g, a, name: -g),
    "weights detached": weights("weights-zero", lambda g, a, name: 0 * g),
    "weights, sum over slices": weights("weights-directions", lambda g, a, name: g * len(a["theta"])),
    "weights, half": weights("weights-half", lambda g, a, name: g / 2),
    "weights, what is paid": weights("weights-costs", paid),
    "weights, times weights": weights(
        None, lambda g, a, name: g if a[f"{name}_weights"] is None else g * a[f"{name}_weights"]
    ),
    "weights reversed": weights("weights-reversed", lambda g, a, name: g[::-1]),
    "weights in the order of a sort": weights(
        "weights-order-of-first", lambda g, a, name: g[np.argsort(a[name] @ a["theta"][0], kind="stable")]
    ),
    "weights of y as those of x": but(None, dy_weights=lambda g, a: a["y_weights"]),
    "weights, absolute": weights(None, lambda g, a, name: np.abs(g)),
}
