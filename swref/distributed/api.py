"""SW between clouds larger than memory, from Python: what is asked for, checked once, and which tier answers."""

from __future__ import annotations

import math
import os
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import ArrayLike

from swref import checks
from swref.distributed.bounds import EPS
from swref.distributed.certified import certified, tables_of
from swref.distributed.clouds import Cloud, cloud_of
from swref.distributed.exact import exact
from swref.distributed.spread import check_executor, exact_on, tables_on
from swref.errors import InputError
from swref.measures.reading import TableOptions
from swref.reprs import Shown
from swref.sliced.losses import mean_loss, standard_error, unit_rows

TIERS: Final = "certified", "exact"


@dataclass(frozen=True, repr=False)
class Certified(Shown):
    """SW_p^p between bounds that are proven, rounding included; unpacks as lower, value, upper.

    It is that of the very points, weights and directions given, in exact arithmetic.
    """

    lower: float
    value: float
    upper: float
    standard_error: float | None  # of the mean over directions, where those are drawn independently; None of one
    tier: str  # certified or exact
    n: int  # points of x
    m: int  # points of y
    dim: int
    p: float
    directions: int  # L

    def __iter__(self) -> Any:
        return iter((self.lower, self.value, self.upper))

    def to_dict(self) -> dict[str, Any]:
        """Plain values; an infinite number becomes None."""
        return {k: None if isinstance(v, float) and math.isinf(v) else v for k, v in vars(self).items()}


def sw(
    x: Any,
    y: Any,
    theta: ArrayLike,
    p: float = 2.0,
    tolerance: float = 1e-3,
    *,
    tier: str = "certified",
    memory: int | None = None,
    columns: Sequence[str | int] | None = None,
    x_weights: Any = None,
    y_weights: Any = None,
    executor: Any = None,
) -> Certified:
    """SW_p^p over the directions theta [L, d] between clouds x [n, d] and y [m, d] that need not fit into memory.

    x and y are paths of .npy or .parquet files, lists of them, arrays, or anything with a shape that can be sliced and
    turned into an array. The tier "certified" reads each once, block by block, and once more where
    upper - lower > tolerance value; rounding may leave more than the tolerance. The tier "exact" sorts some directions
    at a time, as many as fit into `memory` bytes (half of what is free), or one in pieces: all three numbers are then
    what sw_loss would return, to the bit for d < 32. `columns` of files, by name or index from 0; all that are numbers.
    `executor`, one of concurrent.futures or a Dask client, computes on workers that open the files themselves, and that
    may take `memory` each: the same bits.

    Raises InputError, InputTypeError or DataError naming the argument or the file, what was expected and what came; of
    a point that is not finite the row. Source: the bounds are those of swref.distributed.kernels.staircase.

    >>> lower, value, upper = sw([[0.0], [1.0]], [[2.0], [3.0]], [[1.0]])
    >>> lower <= 4 <= upper, upper - lower < 1e-5
    (True, True)
    """
    one, other, directions, p = asked(x, y, theta, p, x_weights, y_weights, TableOptions.of(columns).columns)
    tolerance = checks.number("tolerance", tolerance, minimum=0.0)
    budget = free_memory() // 2 if memory is None else checks.integer("memory", memory, minimum=1)
    if executor is not None:
        check_executor(executor, one, other)
    if checks.one_of("tier", tier, TIERS) == "exact":
        if executor is None:
            losses = exact(one, other, directions, p, budget)
        else:
            losses = exact_on(executor, one, other, directions, p, budget)
        lower = value = upper = mean_loss(losses)
    else:
        one_pass = tables_of if executor is None else tables_on(executor)
        found = np.array(certified(one, other, directions, p, tolerance, one_pass)).T  # [3, L]
        losses, last = found[1], 1 + 4 * EPS  # of the sum and the quotients
        lower, value, upper = (math.fsum(row / row.size) for row in found)
        lower, upper = lower / last, upper * last
    L, d = directions.shape
    error = standard_error(losses) if L > 1 and np.isfinite(losses).all() else None
    return Certified(lower, value, upper, error, tier, one.rows, other.rows, d, p, L)


def free_memory() -> int:
    """The bytes that may be taken without swapping, as far as the system says; else those of the machine.

    >>> free_memory() > 0
    True
    """
    try:
        lines = Path("/proc/meminfo").read_text(encoding="ascii").splitlines()
        return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("MemAvailable:"))
    except (OSError, StopIteration):
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") if hasattr(os, "sysconf") else 2**32


def asked(
    x: Any, y: Any, theta: ArrayLike, p: float, x_weights: Any, y_weights: Any, columns: tuple[str | int, ...] = ()
) -> tuple[Cloud, Cloud, np.ndarray, float]:
    """Both clouds, theta and p, checked as far as that takes no pass."""
    one, other = cloud_of("x", x, x_weights, columns), cloud_of("y", y, y_weights, columns)
    dim, width = one.points.dim, other.points.dim
    if dim != width:
        raise InputError(f"x and y must have as many columns, got {dim} and {width}")
    other = replace(other, points=other.points.in_order_of(one.points.names))
    directions = checks.points("theta", theta, dim, "L, d")
    unit_rows(directions)
    return one, other, directions, checks.order(p)
