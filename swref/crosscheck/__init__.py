"""The conformance suite: is a sliced Wasserstein loss right, and if not, where and why?

    for case in cases(): check(function, case)          in Python, and under pytest.mark.parametrize
    swref crosscheck torch pot mypackage.losses:sw      on the command line
    SWREF_TARGET=mypackage.losses:sw pytest --pyargs swref.crosscheck      in a backend's own CI

No optional library is imported here: each is imported by its own adapter.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from swref.crosscheck.adapters import Adapter, Evaluation, Target
from swref.crosscheck.case import AnyCase, Case, MeanCase, NetworkCase, RelationCase, TraceCase
from swref.crosscheck.catalog import cases, find
from swref.crosscheck.convention import Convention
from swref.crosscheck.inputs import Inputs
from swref.crosscheck.suite import Report, run
from swref.crosscheck.verdict import Verdict

__all__ = [
    "Adapter",
    "AnyCase",
    "Case",
    "Convention",
    "Evaluation",
    "Inputs",
    "MeanCase",
    "NetworkCase",
    "Outcome",
    "RelationCase",
    "Report",
    "Target",
    "TraceCase",
    "Verdict",
    "cases",
    "check",
    "find",
    "run",
]


@dataclass(frozen=True)
class Outcome:
    """The verdicts of one case; `ok` and truth say whether nothing is wrong, str says what is."""

    verdicts: tuple[Verdict, ...]

    @property
    def ok(self) -> bool:
        """Whether every level passed or did not apply."""
        return all(verdict.ok for verdict in self.verdicts)

    @property
    def skipped(self) -> bool:
        """Whether no level applied."""
        return all(verdict.status == "skip" for verdict in self.verdicts)

    def __bool__(self) -> bool:
        return self.ok

    def __str__(self) -> str:
        return "; ".join(f"{v.case} {v.level}: {v.status} {v.detail}".rstrip() for v in self.verdicts)


def check(
    function: Callable[..., Any] | Adapter,
    case: AnyCase,
    *,
    returns: str = "sw_pp",
    directions: str = "ld",
    gradient: str = "none",
    points: str = "mean",
    slices: str = "mean",
) -> Outcome:
    """Check a function, or an Adapter, on one case, here in this process and without a time limit.

    `function(x, y, theta)` is called as swref.crosscheck.adapters.user.FunctionAdapter says; `returns` sw_pp, sw or
    mean, `directions` ld, dl or own, `gradient` none, function, torch or jax, `points` and `slices` mean or sum are
    its conventions (swref.crosscheck.convention). Raises InputError for another name.

    >>> import swref
    >>> outcome = check(swref.sw_loss, find("cloud-8x2-float64"))
    >>> outcome.ok, [verdict.status for verdict in outcome.verdicts]
    (True, ['pass', 'skip'])
    >>> check(lambda x, y, theta: 1.0, find("one-point-p2")).ok
    False
    """
    from swref.crosscheck.adapters.user import FunctionAdapter
    from swref.crosscheck.judge import judge
    from swref.crosscheck.means import judge_mean
    from swref.crosscheck.observe import observe

    if isinstance(function, Adapter):
        adapter = function
    else:
        adapter = FunctionAdapter(function, Convention(returns, directions, points, slices), gradient)
    convention = adapter.convention
    if isinstance(case, MeanCase) and convention.own_directions:
        verdicts, _ = judge_mean(
            case,
            lambda calls, first: observe(adapter, case, calls=calls, first=first),
            convention,
            adapter.has_gradient,
        )
        return Outcome(tuple(verdicts))
    return Outcome(tuple(judge(case, observe(adapter, case), convention, adapter.has_gradient)))
