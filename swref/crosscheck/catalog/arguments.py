"""Gradients in theta and the weights: those of directions that are learnt, and the Kantorovich potentials."""

from __future__ import annotations

import numpy as np

from swref.crosscheck.catalog.makers import UNEQUAL, USUAL, Make, clouds, in_dtype
from swref.crosscheck.inputs import Inputs
from swref.crosscheck.kinds import ArgumentsCase


def cases() -> list[ArgumentsCase]:
    """The cases of this module."""
    in_theta = "theta_l moves every projection on it: sum_i c_i x_i + sum_j e_j y_j, in [L, d]"
    in_weights = "mass that moves to another point shifts all later levels: the Kantorovich potentials"
    theta = [
        _case(f"theta-p{p:g}", f"p = {p:g}: {in_theta}", clouds(*USUAL, p), f"p{p:g}") for p in (1.0, 1.5, 2.0, 3.0)
    ]
    theta += [
        _case("theta-unequal", f"n != m: {in_theta}", clouds(*UNEQUAL), "unequal"),
        _case("theta-float32", f"float32: {in_theta}", clouds(*USUAL, dtype="float32"), "float32"),
    ]
    weights = [
        _case(f"potential-p{p:g}", f"p = {p:g}: {in_weights}", _weighted(p=p), "weights") for p in (1.0, 1.5, 2.0, 3.0)
    ]
    weights += [
        _case("potential-unequal", f"n != m: {in_weights}", _weighted(UNEQUAL), "weights"),
        _case("potential-x", f"weights of x alone: {in_weights}", _weighted(both=False), "weights"),
        _case("potential-float32", f"float32: {in_weights}", _weighted(dtype="float32"), "weights"),
    ]
    return theta + weights


def _case(name: str, why: str, make: Make, tag: str) -> ArgumentsCase:
    return ArgumentsCase(f"arguments-{name}", why, ("arguments", tag), make)


def _weighted(
    shape: tuple[int, int, int, int] = USUAL, p: float = 2.0, both: bool = True, dtype: str = "float64"
) -> Make:
    def make(rng: np.random.Generator) -> Inputs:
        inputs = clouds(*shape, p)(rng)
        wx, wy = (rng.dirichlet(np.full(size, 2.0)) for size in (inputs.n, inputs.m))
        return in_dtype(inputs.x, inputs.y, inputs.theta, p, wx, wy if both else None, dtype)

    return make
