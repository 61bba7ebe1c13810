"""Mistakes in the gradients in theta and in the weights: asked where nothing else is wrong."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Final

import numpy as np

from swref.crosscheck.answer.arguments import comparable
from swref.crosscheck.answer.convention import Convention
from swref.crosscheck.diagnosis.mistake import coupled, exact, rows
from swref.crosscheck.inputs import Inputs
from swref.crosscheck.kinds import ArgumentsCase, Outcome

FIT: Final = 1e-6  # relative; 1e3 eps in float32
Right = np.ndarray  # dtheta [L, d], or potentials [n]
Predict = Callable[[Right, Inputs, Convention], np.ndarray | None]  # inputs in float64, x the measure asked about


def _of_x(right: Right, inputs: Inputs, convention: Convention) -> np.ndarray:
    found = rows(inputs)
    slopes = convention.slopes(found.losses, inputs.p, inputs.n)
    return np.asarray((np.ones(inputs.L) if slopes is None else slopes)[:, None] * (found.told @ inputs.x))


def _costs(right: Right, inputs: Inputs, convention: Convention) -> np.ndarray | None:
    """What the mass of every point pays a unit, in place of what moving it there would change."""
    if inputs.x_weights is None:
        return None
    pairs = coupled(inputs)
    slopes = convention.slopes(rows(inputs).losses, inputs.p, inputs.n)
    paid = pairs.scattered(pairs.mass * np.abs(pairs.gaps) ** inputs.p)  # [L, n]
    weights = np.full(inputs.L, 1 / inputs.L) if slopes is None else slopes
    return np.asarray(weights @ (paid / inputs.x_weights))


def _times(factor: Callable[[Inputs], float]) -> Predict:
    return lambda right, inputs, _: right * factor(inputs)


THETA: Final[tuple[tuple[str, str, Predict], ...]] = (
    ("theta-sign", "the gradient in theta has the opposite sign", _times(lambda i: -1.0)),
    ("theta-zero", "the gradient in theta is zero: detached", _times(lambda i: 0.0)),
    ("theta-directions", "1/L is missing in the gradient in theta", _times(lambda i: i.L)),
    ("theta-directions-twice", "1/L is applied twice in the gradient in theta", _times(lambda i: 1 / i.L)),
    ("theta-points", "1/n is missing in the gradient in theta", _times(lambda i: i.n)),
    ("theta-order", "the factor p is missing in the gradient in theta", _times(lambda i: 1 / i.p)),
    ("theta-without-y", "the gradient in theta lacks the part of y", _of_x),
    ("theta-without-x", "the gradient in theta lacks the part of x", lambda g, i, c: g - _of_x(g, i, c)),
    (
        "theta-y-sign",
        "the part of y has the opposite sign in the gradient in theta",
        lambda g, i, c: 2 * _of_x(g, i, c) - g,
    ),
)
WEIGHTS: Final[tuple[tuple[str, str, Predict], ...]] = (
    ("weights-sign", "the gradient in the weights has the opposite sign", _times(lambda i: -1.0)),
    ("weights-zero", "the gradient in the weights is zero: detached", _times(lambda i: 0.0)),
    ("weights-directions", "1/L is missing in the gradient in the weights", _times(lambda i: i.L)),
    ("weights-half", "the gradient in the weights is half of the right one", _times(lambda i: 0.5)),
    ("weights-points", "1/n is missing in the gradient in the weights", _times(lambda i: i.n)),
    (
        "weights-costs",
        "the gradient in the weights is what each mass pays: the shift of all later levels is left out",
        _costs,
    ),
    ("weights-reversed", "the gradient in the weights comes in reversed order", lambda g, i, c: g[::-1]),
    (
        "weights-order-of-first",
        "the gradient in the weights stays in the order of the first direction's sort",
        lambda g, i, c: g[np.argsort(i.x @ i.theta[0], kind="stable")],
    ),
)


def by_arguments(outcomes: Sequence[Outcome], convention: Convention) -> list[tuple[str, str, int, int]]:
    """Names, sentences, how many of the gradients that fail each explains, and how many fail; best first."""
    failed = [
        (outcome.case, outcome.seen.arrays, j.level)
        for outcome in outcomes
        for j in outcome.judgements
        if isinstance(outcome.case, ArgumentsCase) and j.status == "fail"
    ]
    found = []
    for level, table in (("theta", THETA), ("weights", WEIGHTS)):
        asked = [(case, seen) for case, seen, at in failed if at == level]
        for name, sentence, predict in table:
            count = sum(_explains(predict, level, case, seen, convention) for case, seen in asked)
            if 2 * count > len(asked):
                found.append((name, sentence, count, len(failed)))
    return sorted(found, key=lambda each: -each[2])


def _explains(
    predict: Predict, level: str, case: ArgumentsCase, seen: Mapping[str, np.ndarray], convention: Convention
) -> bool:
    """Whether every gradient that came at this level is the prediction, up to the constant in the weights."""
    inputs, right = exact(case.inputs), case.gradients(convention)
    fit = max(FIT, 1e3 * case.inputs.eps)
    asked = {"dtheta": inputs} if level == "theta" else {"dx_weights": inputs, "dy_weights": exact(inputs.swapped())}
    came = {name: seen[name] for name in asked if name in right and name in seen}
    for name, array in came.items():
        foretold = predict(right[name], asked[name], convention)
        if foretold is None:
            return False
        plain = comparable(name, foretold, Convention()), comparable(name, array, convention)
        size = max(float(np.abs(right[name]).max()), float(np.abs(plain[0]).max()))
        if plain[0].shape != plain[1].shape or not float(np.abs(plain[0] - plain[1]).max()) <= fit * size:
            return False
    return bool(came)
