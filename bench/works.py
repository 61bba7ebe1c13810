"""The works: sizes (n, d, L) of value and gradient, with the answers checked against the specification first."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from bench.contenders import CONTENDERS, Call
from bench.timing import Timing, in_turn, sorting_floor
from swref import directions, get_num_threads
from swref.spec import sw_loss_and_grad

FLOOR = "floor"


@dataclass(frozen=True)
class Work:
    """One size of the problem; `offset` moves both clouds far from the origin, where few sort keys are distinct."""

    n: int
    d: int
    L: int
    dtype: str = "float64"
    offset: float = 0.0

    @property
    def name(self) -> str:
        """For tables."""
        far = f", at {self.offset:g}" if self.offset else ""
        return f"({self.n}, {self.d}, {self.L}{far})" + ("" if self.dtype == "float64" else f" {self.dtype}")

    def arrays(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """x, y [n, d] standard normal (times 1e-6 around the offset, if any), theta [L, d]."""
        rng = np.random.default_rng(self.n + self.d + self.L)
        x, y = rng.standard_normal((2, self.n, self.d))
        if self.offset:
            x, y = self.offset + 1e-6 * x, self.offset + 1e-6 * y
        return tuple(a.astype(self.dtype) for a in (x, y, directions(rng, self.L, self.d)))


TARGETS = (
    Work(1000, 2, 500),
    Work(10_000, 3, 200),
    Work(100_000, 3, 50),
    Work(256, 784, 1000),
    Work(256, 2, 50),
    Work(256, 2, 1),
)
WORKS = (
    *TARGETS,
    *(Work(w.n, w.d, w.L, "float32") for w in TARGETS),
    Work(10_000, 3, 200, offset=1e6),
)


@dataclass(frozen=True)
class Row:
    """The result of one work: a timing for each contender that ran, a reason for each that did not."""

    work: Work
    timings: dict[str, Timing]
    absent: dict[str, str]

    def ratio(self, name: str, to: str = "swref cpu") -> float:
        """How many times longer `name` takes."""
        return self.timings[name].median / self.timings[to].median


def run(work: Work, rounds: int, only: set[str] | None = None) -> Row:
    """Prepare and check every contender, then time them in turn."""
    x, y, theta = work.arrays()
    loss, (grad,) = sw_loss_and_grad(x, y, theta)
    calls: dict[str, Callable[[], object]] = {}
    absent: dict[str, str] = {}
    for contender in CONTENDERS:
        if only and contender.name not in only:
            continue
        try:
            call = contender.prepare(x, y, theta)
            wrong = _wrong(call, loss, grad, work)
        except ImportError as error:
            absent[contender.name] = f"not installed ({error.name or error})"
            continue
        except Exception as error:  # a contender that fails is a line in the table, whatever it raises
            absent[contender.name] = f"failed: {type(error).__name__}: {str(error).splitlines()[0][:100]}"
            continue
        if wrong:
            absent[contender.name] = wrong
        else:
            calls[contender.name] = call
    calls[FLOOR] = sorting_floor(x, y, theta, get_num_threads())
    return Row(work, in_turn(calls, rounds), absent)


def _wrong(call: Call, loss: float, grad: np.ndarray, work: Work) -> str:
    """Empty if the answer is right to rounding of its dtype, else what is off."""
    value, gradient = call()
    # Far from the origin the answer is a small difference of large numbers: rounding is relative to those.
    eps = float(np.finfo(work.dtype).eps)
    rounding = 100 * eps * (math.sqrt(work.n * work.d) + abs(work.offset) * 1e6)
    if not abs(value - loss) <= rounding * max(loss, 1e-300):
        return f"wrong value {value:.9g}, expected {loss:.9g}"
    if gradient is not None and not np.abs(gradient - grad).max() <= rounding * np.abs(grad).max():
        return f"wrong gradient, off by {np.abs(gradient - grad).max() / np.abs(grad).max():.2g} of its largest entry"
    return ""
