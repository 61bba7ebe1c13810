"""The conformance suite: is a sliced Wasserstein loss right, and if not, where and why?

    for case in cases(): check(function, case)          in Python, and under pytest.mark.parametrize
    swref crosscheck torch pot mypackage.losses:sw      on the command line
    SWREF_TARGET=mypackage.losses:sw pytest --pyargs swref.crosscheck      in a backend's own CI

No optional library is imported here: each is imported by its own adapter.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from swref import checks
from swref.crosscheck.adapter import Adapter, Evaluation
from swref.crosscheck.answer.convention import Convention
from swref.crosscheck.answer.judge import Judgement
from swref.crosscheck.catalog import cases, find
from swref.crosscheck.inputs import Inputs
from swref.crosscheck.kinds import (
    AnyCase,
    ArgumentsCase,
    CallsCase,
    Case,
    DrawsCase,
    MeanCase,
    NetworkCase,
    Outcome,
    RefusalCase,
    RelationCase,
    TraceCase,
    observe,
)
from swref.crosscheck.suite import Report, run
from swref.crosscheck.target import Target
from swref.crosscheck.target.function import FunctionAdapter

__all__ = [
    "Adapter",
    "AnyCase",
    "ArgumentsCase",
    "CallsCase",
    "Case",
    "Convention",
    "DrawsCase",
    "Evaluation",
    "Inputs",
    "Judgement",
    "MeanCase",
    "NetworkCase",
    "Outcome",
    "RefusalCase",
    "RelationCase",
    "Report",
    "Target",
    "TraceCase",
    "cases",
    "check",
    "find",
    "run",
]


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

    `function(x, y, theta)` is called as swref.crosscheck.target.function.FunctionAdapter says; `returns` sw_pp, sw or
    mean, `directions` ld, dl or own, `gradient` none, function, torch or jax, `points` and `slices` mean or sum are
    its conventions (swref.crosscheck.Convention). Raises InputError for another name.

    >>> import swref
    >>> outcome = check(swref.sw_loss, find("cloud-8x2-float64"))
    >>> outcome.ok, [judgement.status for judgement in outcome.judgements]
    (True, ['pass', 'skip'])
    >>> check(lambda x, y, theta: 1.0, find("one-point-p2")).ok
    False
    """
    checks.instance("case", case, AnyCase, "a case of the suite")
    if isinstance(function, Adapter):
        adapter = function
    else:
        checks.function("function", function)
        adapter = FunctionAdapter(function, Convention(returns, directions, points, slices), gradient)
    return case.examine(lambda asked: observe(adapter, asked.fresh()), adapter.convention, adapter.has_gradient)
