"""The right gradients in theta and in the weights, in a target's convention."""

from __future__ import annotations

from typing import Final

import numpy as np

from swref.crosscheck.answer.convention import Convention
from swref.crosscheck.inputs import Inputs
from swref.errors import InputError
from swref.spec import sw_loss_and_grad

WEIGHTS: Final = ("x_weights", "y_weights")


def argument_gradients(inputs: Inputs, convention: Convention) -> dict[str, np.ndarray]:
    """dtheta [L, d] and, of weights that are given, dx_weights [n] and dy_weights [m], with mean 0, by swref.spec.

    >>> inputs = Inputs(np.array([[3.0, 4.0]]), np.zeros((1, 2)), np.eye(2))
    >>> argument_gradients(inputs, Convention())["dtheta"].tolist()
    [[9.0, 12.0], [12.0, 16.0]]
    """
    exact, one = inputs.in_float64(), ("theta", *WEIGHTS)
    parts = [
        sw_loss_and_grad(exact.x, exact.y, row[None], exact.p, exact.x_weights, exact.y_weights, one)
        for row in exact.theta
    ]
    slopes = convention.slopes(np.array([loss for loss, _ in parts]), exact.p, exact.n)
    if slopes is None:
        raise InputError("the root of 0 has no gradient")
    dtheta, dx_weights, dy_weights = (np.array(each) for each in zip(*(grads for _, grads in parts), strict=True))
    found = {"dtheta": slopes[:, None] * dtheta[:, 0]}
    for name, potentials in zip(WEIGHTS, (dx_weights, dy_weights), strict=True):
        if getattr(inputs, name) is not None:
            found[f"d{name}"] = comparable(f"d{name}", slopes @ potentials, convention)
    return found


def comparable(name: str, gradient: np.ndarray, convention: Convention) -> np.ndarray:
    """In float64, a row a direction; of weights without its mean: among measures of mass 1 a constant says nothing."""
    gradient = np.asarray(gradient, dtype=np.float64)
    if name == "dtheta":
        return gradient.T if convention.directions == "dl" else gradient
    return np.asarray(gradient - gradient.mean())


def tangent(dtheta: np.ndarray, theta: np.ndarray) -> np.ndarray:
    """The part [L, d] along the sphere: the gradient of a loss that divides the directions by their lengths."""
    return np.asarray(dtheta - np.sum(dtheta * theta, axis=1, keepdims=True) * theta)
