"""Mistakes in the directions that are given."""

from __future__ import annotations

from typing import Final

import numpy as np

from swref.crosscheck.diagnosis.mistake import Pairs, Rows, along, coupled, equal_and_uniform, mistakes, turned
from swref.crosscheck.inputs import Inputs


def _transposed(theta: np.ndarray) -> np.ndarray:
    """theta read as if it lay [d, L]: its transpose where it is square, its buffer reshaped otherwise."""
    L, d = theta.shape
    return theta.T if d == L else theta.reshape(d, L).T


def _normalised_by_column(theta: np.ndarray) -> np.ndarray | None:
    norms = np.linalg.norm(theta, axis=0, keepdims=True)
    return theta / norms if (norms > 0).all() else None


def _by_deviation(theta: np.ndarray) -> np.ndarray | None:
    s = theta.std(axis=1, keepdims=True)
    return theta / s if (s > 1e-12).all() else None


def _by_deviation_ddof(theta: np.ndarray) -> np.ndarray | None:
    if theta.shape[1] < 2:
        return None
    s = theta.std(axis=1, ddof=1, keepdims=True)
    return theta / s if (s > 1e-12).all() else None


def _by_common_deviation(theta: np.ndarray) -> np.ndarray | None:
    s = float(theta.std())
    return theta / s if s > 1e-12 else None


def _by_deviation_of_columns(theta: np.ndarray) -> np.ndarray | None:
    s = theta.std(axis=0, keepdims=True)
    return theta / s if (s > 1e-12).all() else None


def _q_of(theta: np.ndarray) -> np.ndarray:
    return np.linalg.qr(theta)[0] if len(theta) > theta.shape[1] else theta


def _q_of_transpose(theta: np.ndarray) -> np.ndarray:
    return np.linalg.qr(theta.T)[0].T


def _axes(theta: np.ndarray) -> np.ndarray:
    return np.eye(theta.shape[1])


def _others_for_y(inputs: Inputs) -> Rows | None:
    """y is projected on the directions after, one further on."""
    if not equal_and_uniform(inputs) or inputs.L == 1:
        return None
    k = coupled(inputs)
    py = np.roll(k.py, 1, axis=0)
    moved = Pairs(
        k.px, py, np.argsort(k.px, 1, kind="stable"), np.argsort(py, 1, kind="stable"), np.full(inputs.n, 1 / inputs.n)
    )
    return along(moved, inputs.p, inputs.theta)


DIRECTIONS: Final = mistakes(
    ("transposed-directions", "theta is read as [d, L] where it is [L, d], or the reverse", turned(_transposed)),
    ("normalised-by-column", "directions are normalised along the wrong axis", turned(_normalised_by_column)),
    (
        "normalised-as-a-whole",
        "directions are divided by the norm of all of them",
        turned(lambda t: t / np.linalg.norm(t)),
    ),
    ("l1-directions", "directions are normalised in the 1-norm", turned(lambda t: t / np.abs(t).sum(1, keepdims=True))),
    (
        "max-norm-directions",
        "directions are divided by their largest entry",
        turned(lambda t: t / np.abs(t).max(1, keepdims=True)),
    ),
    (
        "std-directions",
        "directions are divided by their standard deviation, not by their length",
        turned(_by_deviation),
    ),
    (
        "std-directions-ddof",
        "directions are divided by their standard deviation (d - 1), not by their length",
        turned(_by_deviation_ddof),
    ),
    (
        "std-of-all-directions",
        "directions are divided by the standard deviation of all entries",
        turned(_by_common_deviation),
    ),
    (
        "std-by-column",
        "directions are divided by the standard deviation over the directions",
        turned(_by_deviation_of_columns),
    ),
    ("centred-directions", "the mean of the directions is subtracted", turned(lambda t: t - t.mean(0))),
    (
        "row-centred-directions",
        "the mean of its entries is subtracted from every direction",
        turned(lambda t: t - t.mean(1, keepdims=True)),
    ),
    ("qr-directions", "the Q of a tall matrix: orthonormal columns, not rows of length 1", turned(_q_of)),
    (
        "orthonormalised-directions",
        "the directions are orthonormalised: at most d of them are left",
        turned(_q_of_transpose),
    ),
    ("coordinate-directions", "the coordinate axes are used, whatever the directions are", turned(_axes)),
    ("first-direction-only", "only the first direction is used", turned(lambda t: t[:1])),
    ("last-direction-only", "only the last direction is used", turned(lambda t: t[-1:])),
    ("last-direction-dropped", "the last direction is dropped", turned(lambda t: t[: max(1, len(t) - 1)])),
    ("first-direction-dropped", "the first direction is dropped", turned(lambda t: t[min(1, len(t) - 1) :])),
    ("first-d-directions", "only the first d directions are used", turned(lambda t: t[: t.shape[1]])),
    (
        "half-of-the-directions",
        "only the first half of the directions is used",
        turned(lambda t: t[: max(1, len(t) // 2)]),
    ),
    ("last-half-of-the-directions", "only the last half of the directions is used", turned(lambda t: t[len(t) // 2 :])),
    ("every-second-direction", "only every second direction is used", turned(lambda t: t[::2])),
    (
        "upper-directions",
        "only directions with a positive first entry are used",
        turned(lambda t: t[t[:, 0] > 0] if (t[:, 0] > 0).any() else t),
    ),
    (
        "squared-directions",
        "the entries of the directions are squared, with their sign",
        turned(lambda t: t * np.abs(t)),
    ),
    ("mean-direction", "the mean of the directions is the only one", turned(lambda t: t.mean(0, keepdims=True))),
    ("absolute-directions", "directions are folded into the positive orthant", turned(np.abs)),
    (
        "sign-directions",
        "the signs of the directions, over sqrt(d), are used",
        turned(lambda t: np.sign(t) / t.shape[1] ** 0.5),
    ),
    ("other-directions-for-y", "x and y are projected on different directions", _others_for_y),
)
