"""The answer of a case in a target's convention: an interval for the value, a set for each gradient."""

from __future__ import annotations

import functools
from dataclasses import dataclass, field

import numpy as np

from swref.crosscheck.answer.convention import Convention
from swref.crosscheck.answer.hull import GradientSet
from swref.crosscheck.inputs import Inputs
from swref.errors import InputError
from swref.spec import match, sw_losses


@dataclass(frozen=True)
class Interval:
    """The values that a correct backend may return: `low` <= value <= `high`, around `centre`."""

    low: float
    centre: float
    high: float

    def holds(self, value: float) -> bool:
        """Whether the interval contains `value`."""
        return self.low <= value <= self.high

    def relative_tolerance(self) -> float:
        """The half-width over the centre, at most 1 where the centre is 0."""
        half = max(self.high - self.centre, self.centre - self.low)
        return half / abs(self.centre) if self.centre else min(1.0, half)


@dataclass(frozen=True)
class Answer:
    """What `convention` makes of SW_p^p at `inputs`, computed by swref.spec in float64.

    The tolerance model: every projection may be off by delta_l (Inputs.rounding), so that W_l^p lies between
    sum mass max(|D| - delta, 0)^p and sum mass (|D| + delta)^p; sums of K rounded terms add a factor
    1 +- 16 eps sqrt(K) (Inputs.sum_error); numbers below the smallest normal one may be flushed to zero.

    >>> answer = Answer(Inputs(np.array([[3.0, 4.0]]), np.zeros((1, 2)), np.eye(2)), Convention())
    >>> answer.value.centre, answer.gradient.stable.tolist(), answer.value.holds(12.5), answer.value.holds(12.51)
    (12.5, [[3.0, 4.0]], True, False)
    """

    inputs: Inputs
    convention: Convention = field(default_factory=Convention)

    @functools.cached_property
    def losses(self) -> np.ndarray:
        """W_p^p of every direction, [L]."""
        exact = self.inputs.in_float64()
        with np.errstate(over="ignore", under="ignore"):
            return sw_losses(exact.x, exact.y, exact.theta, exact.p, exact.x_weights, exact.y_weights)

    @functools.cached_property
    def value(self) -> Interval:
        """The interval of the value."""
        inputs, px_py, delta = self.inputs, self.inputs.projections(), self.inputs.rounding()
        exact, floor = inputs.in_float64(), 4 * inputs.tiny
        low, high = np.empty(inputs.L), np.empty(inputs.L)
        for l, (px, py) in enumerate(zip(*px_py, strict=True)):
            pairs = match(px, py, exact.x_weights, exact.y_weights)
            D = np.abs(px[pairs.i] - py[pairs.j])
            with np.errstate(over="ignore"):
                low[l] = pairs.mass @ np.maximum(D - delta[l], 0) ** inputs.p - floor
                high[l] = pairs.mass @ (D + delta[l]) ** inputs.p + floor
        spread = inputs.sum_error(max(inputs.n, inputs.m) * inputs.L)
        bounds = (np.maximum(low, 0) * (1 - min(spread, 1.0)), self.losses, high * (1 + spread))
        return self._interval(bounds)

    @functools.cached_property
    def cumulated(self) -> Interval:
        """The values of masses that are differences of cumulated weights, each off by n eps of itself.

        Where the two measures have other levels n eps of the mass may go to a wrong point, too.
        """
        inputs, base = self.inputs, self.value
        relative = max(inputs.n, inputs.m) * inputs.eps
        leak = np.zeros(inputs.L)
        if not inputs.uniform or inputs.n != inputs.m:
            with np.errstate(over="ignore"):
                leak = relative * np.ptp(np.hstack(inputs.projections()), axis=1) ** inputs.p
        bounds = (np.maximum(self.losses * (1 - relative) - leak, 0), self.losses, self.losses * (1 + relative) + leak)
        wide = self._interval(bounds)
        return Interval(min(base.low, wide.low), base.centre, max(base.high, wide.high))

    def _interval(self, bounds: tuple[np.ndarray, np.ndarray, np.ndarray]) -> Interval:
        return Interval(*(self.convention.value(losses, self.inputs.p, self.inputs.n) for losses in bounds))

    @functools.cached_property
    def slopes(self) -> np.ndarray | None:
        """d value / d W_l^p [L], or None where the convention takes the root of 0."""
        return self.convention.slopes(self.losses, self.inputs.p, self.inputs.n)

    @property
    def differentiable(self) -> bool:
        """Whether the value of this convention has a gradient here: not where a root is taken of a rounded zero."""
        if self.slopes is None:
            return False
        # Where a loss is all rounding, so is the derivative of its root.
        rooted = self.convention.returns != "sw_pp" and self.inputs.p > 1
        return not rooted or self.value.low > 0.5 * self.value.centre

    @functools.cached_property
    def gradient(self) -> GradientSet:
        """The valid gradients in x; only where `differentiable`."""
        return self._valid(self.inputs)

    @functools.cached_property
    def gradient_y(self) -> GradientSet:
        """The valid gradients in y; only where `differentiable`."""
        return self._valid(self.inputs.swapped())

    def _valid(self, inputs: Inputs) -> GradientSet:
        if self.slopes is None:
            raise InputError("the root of 0 has no gradient")
        # A slope of a root is a power of the value, and inherits its error; that of SW_p^p is a constant.
        constant = self.convention.returns == "sw_pp" or self.inputs.p == 1
        return GradientSet(inputs, self.slopes, 0.0 if constant else self.inputs.p * self.value.relative_tolerance())
