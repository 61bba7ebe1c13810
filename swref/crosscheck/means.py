"""Is a loss that draws its own directions unbiased, and how does its variance compare with uniform directions?

A group-sequential test of H0: the mean of value and gradient is the exact one. After N_k = 2^k N_0 calls a t statistic
is formed for every coordinate; look k may reject with probability at most alpha / ((k+1)(k+2)), divided by the number
of coordinates, so that over all looks a correct loss is rejected with probability at most alpha (union bound; normal
approximation of means of N_0 >= 64 calls). It stops at a rejection, or when the value is known to `resolution`,
relative, or after the last look: then it passes, and biases below what it reports would have been missed.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any, Final

import numpy as np

from swref.crosscheck.case import MeanCase
from swref.crosscheck.convention import Convention
from swref.crosscheck.observation import Observation
from swref.crosscheck.verdict import Verdict
from swref.spec import sw_losses, uniform_directions

ALPHA: Final = 1e-4
FIRST_LOOK: Final = 128
LOOKS: Final = 6
RESOLUTION: Final = 0.002
VARIANCE_DRAWS: Final = 4096


@dataclass(frozen=True)
class MeanReport:
    """The outcome: calls, the mean found and the exact one, its standard error, the variance of one call, and how many
    independent uniform directions have that variance (more than the loss draws: it gains; None: no variance)."""

    case: str
    calls: int
    mean: float
    exact: float
    standard_error: float
    variance: float
    equivalent_directions: float | None
    alpha: float

    def to_dict(self) -> dict[str, Any]:
        """In JSON's types."""
        return asdict(self)


Calls = Callable[[int, int], Observation]


def judge_mean(
    case: MeanCase, call: Calls, convention: Convention, has_gradient: bool
) -> tuple[list[Verdict], MeanReport | None]:
    """Run the sequential test; `call(calls, first)` evaluates the loss under the seeds first to first + calls - 1."""
    if convention.returns != "sw_pp":
        detail = "the mean of a root is not the root of the mean: unbiasedness is defined for sw_pp"
        return [Verdict(case.name, "mean", "skip", detail=detail)], None
    exact_value, exact_grad = case.value(case.inputs), case.gradient(case.inputs)
    scale = convention.value(np.ones(1), case.inputs.p, case.inputs.n)
    values, grads = np.empty(0), np.empty((0, exact_grad.size))
    with_gradient = has_gradient
    for look in range(LOOKS):
        calls = FIRST_LOOK if look == 0 else len(values)
        seen = _gather(call, calls, len(values))
        if seen.status != "ok":
            return [Verdict(case.name, "mean", seen.status, detail=seen.detail)], None
        problem = _malformed(seen, exact_grad.shape, calls, with_gradient)
        if problem:
            return [Verdict(case.name, "mean", "invalid", detail=problem)], None
        values = np.append(values, seen.arrays["value"].reshape(calls) / scale)
        if with_gradient:
            grads = np.vstack([grads, seen.arrays["dx"].reshape(calls, -1) / scale])
        samples = np.column_stack([values, grads]) if with_gradient else values[:, None]
        wanted = np.append(exact_value, exact_grad.ravel()) if with_gradient else np.array([exact_value])
        worst, bias = _largest_excess(samples, wanted, look)
        error = float(values.std(ddof=1) / math.sqrt(len(values)))
        if worst is not None or error <= RESOLUTION * abs(exact_value):
            break
    report = _report(case, values, exact_value)
    relative = abs(report.mean - exact_value) / abs(exact_value)
    detail = f"{len(values)} calls, standard error {error / abs(exact_value):.1e}, {_variance_in_words(report)}"
    if worst is not None:
        place = [] if worst == 0 else [int(k) for k in np.unravel_index(worst - 1, exact_grad.shape)]
        what = f"dx{place}" if place else "the value"
        found = f"{samples[:, worst].mean():.6g}, not {wanted[worst]:.6g} ({bias:.1f} standard errors)"
        detail = f"{what} has mean {found}; {detail}"
    status = "pass" if worst is None else "fail"
    return [Verdict(case.name, "mean", status, relative, None, RESOLUTION, detail)], report


def _gather(call: Calls, calls: int, first: int) -> Observation:
    """`calls` evaluations in portions of FIRST_LOOK, so that the time limit is one for each portion."""
    parts = []
    for start in range(first, first + calls, FIRST_LOOK):
        parts.append(call(FIRST_LOOK, start))
        if parts[-1].status != "ok":
            return parts[-1]
    arrays = {name: [part.arrays[name] for part in parts if name in part.arrays] for name in parts[0].arrays}
    try:
        return Observation({name: np.concatenate(each) for name, each in arrays.items()})
    except ValueError as error:
        return Observation(status="invalid", detail=f"the shape of the answer changes from call to call: {error}")


def _malformed(seen: Observation, shape: tuple[int, ...], calls: int, with_gradient: bool) -> str:
    value = seen.arrays["value"]
    if value.size != calls:
        return f"the value must be one number, got shape {value.shape[1:]}"
    if not np.isfinite(value).all():
        return f"returned {float(value.ravel()[np.argmin(np.isfinite(value.ravel()))])}"
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


def _report(case: MeanCase, values: np.ndarray, exact: float) -> MeanReport:
    theta = uniform_directions(np.random.default_rng(0), VARIANCE_DRAWS, case.inputs.d)
    one = float(np.var(sw_losses(case.inputs.x, case.inputs.y, theta, case.inputs.p), ddof=1))
    variance = float(values.var(ddof=1))
    equivalent = one / variance if variance > 1e-24 * exact**2 else None
    error = math.sqrt(variance / len(values))
    return MeanReport(case.name, len(values), float(values.mean()), exact, error, variance, equivalent, ALPHA)


def _variance_in_words(report: MeanReport) -> str:
    if report.equivalent_directions is None:
        return "no variance"
    return f"the variance of {report.equivalent_directions:.3g} uniform directions"
