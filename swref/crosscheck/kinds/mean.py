"""Means over the whole sphere: is a loss that draws its own directions unbiased, and how large is its variance?

A group-sequential test of H0: the mean of value and gradient is the exact one. After N_k = 2^k N_0 calls a t statistic
is formed for every coordinate; look k may reject with probability at most alpha / ((k+1)(k+2)), divided by the number
of coordinates, so that over all looks a correct loss is rejected with probability at most alpha (union bound; normal
approximation of means of N_0 >= 64 calls). It stops at a rejection, or when the value is known to `resolution`,
relative, or after the last look: then it passes, and biases below what it reports would have been missed.
"""

from __future__ import annotations

import functools
import math
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import ClassVar, Final

import numpy as np

from swref import checks
from swref.crosscheck.adapter import Adapter
from swref.crosscheck.answer.convention import Convention
from swref.crosscheck.answer.judge import Judgement
from swref.crosscheck.inputs import Inputs
from swref.crosscheck.kinds.base import AnyCase, Ask, MeanReport, Outcome, seed_of
from swref.crosscheck.kinds.points import INPUTS_SNIPPET
from swref.crosscheck.observation import Observation, real_array
from swref.crosscheck.question import Question
from swref.spec import sw_losses, uniform_directions

ALPHA: Final = 1e-4
FIRST_LOOK: Final = 128
LOOKS: Final = 6
RESOLUTION: Final = 0.002
VARIANCE_DRAWS: Final = 4096


@dataclass(frozen=True, eq=False)
class MeanCase(AnyCase):
    """A loss over the whole sphere with a known mean, for losses that draw their own directions.

    `value` is E f and `gradient` its gradient in x [n, d]; both exact.
    """

    make: Callable[[np.random.Generator], Inputs] = field(repr=False)
    value: Callable[[Inputs], float] = field(repr=False)
    gradient: Callable[[Inputs], np.ndarray] = field(repr=False)

    kind: ClassVar = "mean"
    snippet: ClassVar = INPUTS_SNIPPET
    levels: ClassVar = ("mean",)

    def __post_init__(self) -> None:
        super().__post_init__()
        for name in ("make", "value", "gradient"):
            checks.function(name, getattr(self, name))

    @functools.cached_property
    def inputs(self) -> Inputs:
        """The points; the directions are not used."""
        return self.made(self.make(self.rng()))

    @functools.cached_property
    def variance(self) -> float:
        """That of W_p^p along one uniform direction, from VARIANCE_DRAWS of them."""
        theta = uniform_directions(np.random.default_rng(0), VARIANCE_DRAWS, self.inputs.d)
        return float(np.var(sw_losses(self.inputs.x, self.inputs.y, theta, self.inputs.p), ddof=1))

    def question(self, first: int = 0) -> Question:
        """FIRST_LOOK evaluations, each under a seed of its own, from number `first` on."""
        return Question(self.kind, self.name, "own", (self.inputs,), options={"first": first, "calls": FIRST_LOOK})

    @staticmethod
    def observe(adapter: Adapter, question: Question) -> Observation:
        """value [k] and dx [k, n, d]."""
        (inputs,) = question.inputs
        first, calls = (int(question.options[name]) for name in ("first", "calls"))
        values, gradients = [], []
        start = time.perf_counter()
        for k in range(first, first + calls):
            adapter.seed(seed_of(f"{question.case}/{k}"))
            answer = adapter.evaluate(replace(inputs, x=inputs.x.copy(), y=inputs.y.copy()), adapter.has_gradient)
            values.append(real_array("value", answer.value))
            if adapter.has_gradient and answer.dx is not None:
                gradients.append(real_array("dx", answer.dx))
        arrays = {"value": np.stack(values)}
        if gradients:
            arrays["dx"] = np.stack(gradients)
        return Observation(arrays, seconds=time.perf_counter() - start)

    def examine(self, ask: Ask, convention: Convention, has_gradient: bool) -> Outcome:
        """The sequential test: ask again until the mean is known or refuted."""
        if convention.own_directions and convention.returns == "mean" and self.inputs.p > 1:
            detail = "SW_p^p does not follow from the mean of the roots: unbiasedness is defined for sw_pp and sw"
            return self.unanswered(Observation(status="skip", detail=detail))
        seen = self._gather(ask, FIRST_LOOK, 0)
        if seen.status != "ok":
            return self.unanswered(seen)
        exact, exact_dx = self.value(self.inputs), self.gradient(self.inputs)
        wanted = np.append(exact, exact_dx.ravel()) if has_gradient else np.array([exact])
        samples = np.empty((0, len(wanted)))  # [N, 1 + n d]: value and gradient of every call
        for look in range(LOOKS):
            if look > 0:
                seen = self._gather(ask, len(samples), len(samples))
            if seen.status == "ok" and (problem := _malformed(seen, exact_dx.shape, has_gradient, convention)):
                seen = Observation(status="invalid", detail=problem)
            if seen.status != "ok":
                return self.unanswered(seen)
            samples = np.vstack([samples, self._powers(seen, convention, has_gradient)])
            worst, bias = _largest_excess(samples, wanted, look)
            report = self._report(samples[:, 0], exact)
            if worst is not None or report.standard_error <= RESOLUTION * abs(exact):
                break
        relative = report.standard_error / abs(exact)
        count = report.equivalent_directions
        variance = "no variance" if count is None else f"the variance of {count:.3g} uniform directions"
        detail = f"{len(samples)} calls, standard error {relative:.1e}, {variance}"
        if worst is not None:
            what = f"dx{[int(k) for k in np.unravel_index(worst - 1, exact_dx.shape)]}" if worst else "the value"
            found = f"has mean {samples[:, worst].mean():.6g}, not {wanted[worst]:.6g} ({bias:.1f} standard errors)"
            if np.ptp(samples[:, worst]) == 0:
                found = f"is the same number at every call: {samples[0, worst]:.6g}, not {wanted[worst]:.6g}"
            detail = f"{what} {found}; {detail}"
        status = "pass" if worst is None else "fail"
        error = abs(report.mean - exact) / abs(exact)
        judgement = Judgement(self.name, "mean", status, error, None, RESOLUTION, detail)
        return Outcome(self, seen, (judgement,), report)

    def _powers(self, seen: Observation, convention: Convention, has_gradient: bool) -> np.ndarray:
        """SW_p^p and its gradient [N, 1 + n d] of every call: of a root v they are v^p and p v^(p-1) dv."""
        value = seen.arrays["value"].reshape(-1, 1).astype(np.float64)
        dx = seen.arrays["dx"].reshape(len(value), -1) if has_gradient else np.empty((len(value), 0))
        p = self.inputs.p
        scale = convention.value(np.ones(1), p, self.inputs.n)
        if convention.returns == "sw":
            value, dx, scale = value**p, p * value ** (p - 1) * dx, scale**p
        return np.asarray(np.hstack([value, dx]) / scale)

    def _report(self, values: np.ndarray, exact: float) -> MeanReport:
        """The report on `values` [N] of a loss whose mean should be `exact`."""
        variance = float(values.var(ddof=1))
        equivalent = self.variance / variance if variance > 1e-24 * exact**2 else None
        error = math.sqrt(variance / len(values))
        return MeanReport(self.name, len(values), float(values.mean()), exact, error, variance, equivalent, ALPHA)

    def _gather(self, ask: Ask, calls: int, first: int) -> Observation:
        """`calls` evaluations in portions of FIRST_LOOK, so that the time limit is one for each portion."""
        parts = []
        for start in range(first, first + calls, FIRST_LOOK):
            parts.append(ask(self.question(start)))
            if parts[-1].status != "ok":
                return parts[-1]
        arrays = {name: [part.arrays[name] for part in parts if name in part.arrays] for name in parts[0].arrays}
        try:
            return Observation({name: np.concatenate(each) for name, each in arrays.items()})
        except ValueError as error:
            return Observation(status="invalid", detail=f"the shape of the answer changes from call to call: {error}")


def _malformed(seen: Observation, shape: tuple[int, ...], with_gradient: bool, convention: Convention) -> str:
    value = seen.arrays["value"]
    if value.size != len(value):
        return f"the value must be one number, got shape {value.shape[1:]}"
    if not np.isfinite(value).all():
        return f"returned {float(value.ravel()[np.argmin(np.isfinite(value.ravel()))])}"
    if convention.returns == "sw" and (value < 0).any():
        return f"returned {float(value.min()):g} as a root"
    if with_gradient and ("dx" not in seen.arrays or seen.arrays["dx"].shape[1:] != shape):
        return f"dx must have shape {shape}"
    return ""


def _largest_excess(samples: np.ndarray, wanted: np.ndarray, look: int) -> tuple[int | None, float]:
    """The coordinate whose mean is rejected at this look, or None, and its distance in standard errors."""
    from scipy.stats import t

    N, coordinates = samples.shape
    error = samples.std(axis=0, ddof=1) / math.sqrt(N)
    gap = np.abs(samples.mean(axis=0) - wanted)
    # Where the estimate has no variance at all, roundings are all that may differ.
    rounding = 1e-9 * np.maximum(np.abs(wanted), np.abs(wanted).max())
    statistic = np.maximum(gap - rounding, 0) / np.maximum(error, 1e-300)
    critical = t.isf(ALPHA / ((look + 1) * (look + 2)) / coordinates / 2, N - 1)
    worst = int(np.argmax(statistic))
    return (worst if statistic[worst] > critical else None), float(min(statistic[worst], 1e6))
