"""Mistakes of losses that draw their own directions: each predicts the means that come."""

from __future__ import annotations

import functools
import math
import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from swref.crosscheck.answer.convention import Convention
from swref.crosscheck.diagnosis.directions import DIRECTIONS
from swref.crosscheck.diagnosis.gradients import GRADIENTS
from swref.crosscheck.diagnosis.mistake import Hypothesis, mistakes, turned
from swref.crosscheck.diagnosis.orders import ORDERS
from swref.crosscheck.diagnosis.projections import PROJECTIONS
from swref.crosscheck.diagnosis.reductions import FACTORS, POWERS, ROOTS
from swref.crosscheck.inputs import Inputs
from swref.crosscheck.kinds import MeanCase, Outcome
from swref.spec import uniform_directions

BATCHES: Final = 24  # of BATCH directions each, from whose spread the error of a prediction is taken
BATCH: Final = 1000
LIMIT: Final = 5.0  # standard errors, of the farthest of all entries
Law = Callable[[np.random.Generator, int, int], np.ndarray]


def _unit(theta: np.ndarray) -> np.ndarray:
    return np.asarray(theta / np.linalg.norm(theta, axis=1, keepdims=True))


def _angles(rng: np.random.Generator, L: int, d: int) -> np.ndarray:
    """Spherical coordinates with uniform angles."""
    theta, sines = np.ones((L, d)), np.ones(L)
    for k in range(d - 1):
        phi = rng.uniform(0, 2 * math.pi if k == d - 2 else math.pi, L)
        theta[:, k], sines = sines * np.cos(phi), sines * np.sin(phi)
    theta[:, -1] = sines
    return theta


def _axes(rng: np.random.Generator, L: int, d: int) -> np.ndarray:
    return np.eye(d)[np.arange(L) % d]


def _ball(rng: np.random.Generator, L: int, d: int) -> np.ndarray:
    return _unit(rng.standard_normal((L, d))) * rng.uniform(size=(L, 1)) ** (1 / d)


def _deviation(rng: np.random.Generator, L: int, d: int) -> np.ndarray:
    g = rng.standard_normal((L, d))
    return g / g.std(axis=1, keepdims=True) if d > 1 else g


def _squared(rng: np.random.Generator, L: int, d: int) -> np.ndarray:
    g = rng.standard_normal((L, d))
    return np.asarray(g / np.sum(g**2, axis=1, keepdims=True))


def _normed(order: float) -> Law:
    return lambda rng, L, d: (g := rng.standard_normal((L, d))) / np.linalg.norm(g, order, axis=1, keepdims=True)


LAWS: Final[tuple[tuple[str, str, Law], ...]] = (
    (
        "unnormalised-directions",
        "directions are Gaussian vectors that are not divided by their length",
        lambda r, L, d: r.standard_normal((L, d)),
    ),
    (
        "gaussian-over-sqrt-d",
        "directions are Gaussian vectors over sqrt(d), of length 1 in the mean alone",
        lambda r, L, d: r.standard_normal((L, d)) / d**0.5,
    ),
    ("std-directions", "directions are divided by their standard deviation, not by their length", _deviation),
    ("l1-directions", "directions are normalised in the 1-norm", _normed(1)),
    ("max-norm-directions", "directions are divided by their largest entry", _normed(np.inf)),
    ("over-squared-length", "directions are divided by their squared length", _squared),
    (
        "positive-directions",
        "directions lie in the positive orthant",
        lambda r, L, d: np.abs(_unit(r.standard_normal((L, d)))),
    ),
    (
        "positive-cube-directions",
        "directions are normalised numbers from [0, 1]",
        lambda r, L, d: _unit(r.uniform(size=(L, d))),
    ),
    (
        "gaussian-over-d",
        "directions are Gaussian vectors over d, not over their length",
        lambda r, L, d: r.standard_normal((L, d)) / d,
    ),
    (
        "half-of-the-coordinates",
        "directions have entries in the first half of the coordinates alone",
        lambda r, L, d: _unit(r.standard_normal((L, d)) * (np.arange(d) < (d + 1) // 2)),
    ),
    (
        "cube-directions",
        "directions are normalised numbers from [-1, 1]: too many near its corners",
        lambda r, L, d: _unit(r.uniform(-1, 1, (L, d))),
    ),
    (
        "cube-not-normalised",
        "directions are numbers from [-1, 1], not normalised",
        lambda r, L, d: r.uniform(-1, 1, (L, d)),
    ),
    ("ball-directions", "directions are points of the ball, not of the sphere", _ball),
    (
        "cauchy-directions",
        "directions are normalised Cauchy vectors: too many near the axes",
        lambda r, L, d: _unit(r.standard_cauchy((L, d))),
    ),
    ("angle-directions", "directions have uniform spherical angles: too many near the poles", _angles),
    ("coordinate-directions", "directions are the coordinate axes", _axes),
    ("first-axis", "the direction is the first axis", lambda r, L, d: np.tile(np.eye(d)[:1], (L, 1))),
    (
        "sign-directions",
        "directions have entries +-1 / sqrt(d): the corners of a cube",
        lambda r, L, d: np.sign(r.standard_normal((L, d))) / d**0.5,
    ),
)


def _of_law(law: Law) -> Callable[[np.ndarray], np.ndarray]:
    return lambda theta: law(np.random.default_rng(zlib.crc32(theta.tobytes())), *theta.shape)


OWN: Final[tuple[Hypothesis, ...]] = (
    *mistakes(*((name, sentence, turned(_of_law(law))) for name, sentence, law in LAWS)),
    *(
        h
        for h in (*FACTORS, *ROOTS, *POWERS, *ORDERS, *DIRECTIONS, *PROJECTIONS, *GRADIENTS)
        if h.name
        in (
            "sum-over-points",
            "points-averaged-twice",
            "half",
            "divided-by-p",
            "factor-d",
            "divided-by-d",
            "sphere-area",
            "sphere-area-factor",
            "extra-root",
            "order-ignored",
            "power-missing",
            "no-abs",
            "other-directions-for-y",
            "y-negated",
            "unsorted",
            "x-unsorted",
            "y-unsorted",
            "descending",
            "shifted-by-one",
            "means-only",
            "all-pairs",
            "factor-p",
            "gradient-factor-2",
            "gradient-sum-over-points",
            "gradient-points-twice",
            "gradient-sign",
            "zero-gradient",
        )
    ),
)


@dataclass(frozen=True)
class _Mean:
    """What came of a case: means and errors of value and gradient [1 + n d], the exact ones, the verdict."""

    inputs: Inputs
    came: np.ndarray
    error: np.ndarray
    exact: np.ndarray
    failed: bool

    def distance(self, found: np.ndarray, noise: np.ndarray) -> np.ndarray:
        """From a prediction [1 + n d], in standard errors; 0 where it says nothing."""
        rounding = 1e-9 * np.abs(self.exact).max()
        gap = np.abs(self.came - found) - rounding
        return np.where(np.isnan(found), 0.0, np.maximum(gap, 0) / np.maximum(np.hypot(self.error, noise), 1e-300))

    def explained_by(self, found: np.ndarray, noise: float) -> bool:
        """Whether a prediction is known well, and removes most of the largest error there is."""
        if not noise <= 0.2 * abs(found[0]):
            return False
        off = np.abs(self.came - self.exact) / np.maximum(self.error, 1e-9 * np.abs(self.exact).max())
        worst = int(np.argmax(np.where(np.isnan(found), 0.0, off)))
        return not self.failed or bool(abs(self.came - found)[worst] < 0.5 * abs(self.came - self.exact)[worst])


def by_means(outcomes: Sequence[Outcome]) -> list[tuple[Hypothesis, int, int, int, int]]:
    """Hypotheses with (failures explained, failures, passes agreed with, passes), the best first."""
    means = sorted((m for m in map(_mean, outcomes) if m is not None), key=lambda m: not m.failed)
    failures = sum(m.failed for m in means)
    if not failures:
        return []
    found = []
    for hypothesis in OWN:
        explained = agreed = 0
        misfit = 0.0
        for k, m in enumerate(means):
            if explained + failures - min(k, failures) < 0.8 * failures:
                break
            told = _predicted(hypothesis, m.inputs)
            if told is None:
                continue
            z = m.distance(*(part[: len(m.came)] for part in told))
            misfit += float(np.mean(z**2))
            fits = bool(z.max() < LIMIT) and m.explained_by(told[0][: len(m.came)], told[1][0])
            explained += fits and m.failed
            agreed += fits and not m.failed
        if explained >= 0.8 * failures and agreed >= (len(means) - failures) / 2:
            found.append((misfit, (hypothesis, explained, failures, agreed, len(means) - failures)))
    found += _fitted(means, failures)
    found.sort(key=lambda each: (-each[1][1] - each[1][3], each[0]))
    return [each for _, each in found]


def _mean(outcome: Outcome) -> _Mean | None:
    case, report = outcome.case, outcome.mean
    if report is None or not isinstance(case, MeanCase):
        return None
    n, d = case.inputs.x.shape
    came, error = np.full(1 + n * d, np.nan), np.full(1 + n * d, np.nan)
    came[0], error[0] = report.mean, report.standard_error
    dx = outcome.seen.arrays.get("dx")
    if dx is not None and dx.ndim == 3 and dx.shape[1:] == (n, d):
        came[1:] = dx.mean(axis=0).ravel()
        error[1:] = dx.std(axis=0, ddof=1).ravel() / math.sqrt(len(dx))
    right = np.append(report.exact, case.gradient(case.inputs).ravel())
    keep = ~np.isnan(came)
    right, came, error = right[: keep.sum()], came[keep], error[keep]
    return _Mean(case.inputs, came, error, right, not outcome.ok)


@functools.lru_cache(maxsize=256)
def _many(inputs: Inputs, k: int) -> Inputs:
    return replace(inputs, theta=uniform_directions(np.random.default_rng(k), BATCH, inputs.d))


@functools.lru_cache(maxsize=1024)
def _predicted(hypothesis: Hypothesis, inputs: Inputs) -> tuple[np.ndarray, np.ndarray] | None:
    """Mean and standard error [1 + n d] of what a loss that makes the mistake returns, in units of the right mean."""
    parts = []
    for k in range(BATCHES):
        with np.errstate(all="ignore"):
            part = hypothesis.predict(_many(inputs, k), Convention())
        if part is None:
            return None
        dx = np.full(inputs.x.shape, np.nan) if part.dx is None else part.dx
        parts.append(np.append(part.value, dx.ravel()))
    found = np.stack(parts)
    return found.mean(axis=0), found.std(axis=0, ddof=1) / math.sqrt(len(found))


def _fitted(means: Sequence[_Mean], failures: int) -> list[tuple[float, tuple[Hypothesis, int, int, int, int]]]:
    """A common factor, or one that grows with d, where it is the number of directions or one over it."""
    two = [m for m in means if m.inputs.p == 2]
    table = (
        ("factor", "a factor {:.4g}: the number of directions, or one over it?", 0, means),
        ("normalised-by-column", "directions are normalised along the wrong axis: a factor {:.4g} d at p = 2", 1, two),
        ("normalised-as-a-whole", "directions are divided by the norm of all: a factor {:.4g} at p = 2", 0, two),
    )
    found = []
    for name, sentence, power, used in table:
        if len(used) < 2 or failures < len(used):
            continue
        scales = np.array([m.exact[0] * m.inputs.d**power for m in used])
        ratios = np.array([m.came[0] for m in used]) / scales
        errors = np.array([m.error[0] for m in used]) / scales + 1e-9 * ratios
        middle = float(np.sum(ratios / errors**2) / np.sum(1 / errors**2))
        if (np.abs(ratios - middle) < 4 * errors).all() and (errors < 0.1 * middle).all():
            hypothesis = Hypothesis(name, sentence.format(middle), lambda inputs, convention: None)
            misfit = float(np.mean(((ratios - middle) / errors) ** 2)) + 1  # it has a free number
            found.append((misfit, (hypothesis, len(used), failures, 0, len(means) - failures)))
    return found
