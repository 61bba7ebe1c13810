"""The kinds of case, a module each. To add one, write its module and name its class in KINDS."""

from __future__ import annotations

import warnings
from typing import Final

import numpy as np

from swref.crosscheck.adapter import Adapter
from swref.crosscheck.kinds.arguments import ArgumentsCase
from swref.crosscheck.kinds.base import AnyCase, Outcome
from swref.crosscheck.kinds.calls import CallsCase
from swref.crosscheck.kinds.draws import DrawsCase
from swref.crosscheck.kinds.mean import MeanCase
from swref.crosscheck.kinds.network import NetworkCase
from swref.crosscheck.kinds.points import Case
from swref.crosscheck.kinds.refusal import RefusalCase
from swref.crosscheck.kinds.relation import RelationCase
from swref.crosscheck.kinds.trace import TraceCase
from swref.crosscheck.observation import Observation, TargetError, one_line
from swref.crosscheck.question import Question

__all__ = [
    "KINDS",
    "AnyCase",
    "ArgumentsCase",
    "CallsCase",
    "Case",
    "DrawsCase",
    "MeanCase",
    "NetworkCase",
    "Outcome",
    "RefusalCase",
    "RelationCase",
    "TraceCase",
    "observe",
]

KINDS: Final[tuple[type[AnyCase], ...]] = (
    Case,
    ArgumentsCase,
    RefusalCase,
    RelationCase,
    NetworkCase,
    TraceCase,
    MeanCase,
    DrawsCase,
    CallsCase,
)


def observe(adapter: Adapter, question: Question) -> Observation:
    """What a target answers. An exception of the target becomes a failure with its type and message; judges nothing.

    >>> from swref.crosscheck import find
    >>> from swref.crosscheck.target.backend import SwrefAdapter
    >>> float(observe(SwrefAdapter("numpy"), find("one-point-p2").question()).arrays["value"])
    12.5
    """
    kind = next(kind for kind in KINDS if kind.kind == question.kind)
    try:
        reason = _unsuitable(adapter, question)
        if reason is not None:
            return Observation(status="skip", detail=reason)
        with warnings.catch_warnings(), np.errstate(all="ignore"):
            warnings.simplefilter("ignore")
            return kind.observe(adapter, question)
    except NotImplementedError as error:
        return Observation(status="skip", detail=str(error) or "not implemented")
    except TargetError as error:
        return Observation(status="invalid", detail=str(error))
    except Exception as error:
        return Observation(status="error", detail=one_line(error))


def _unsuitable(adapter: Adapter, question: Question) -> str | None:
    own = adapter.convention.own_directions
    if own and question.directions == "given":
        return "it draws its own directions"
    if not own and question.directions == "own":
        return "only for losses that draw their own directions"
    if question.net is not None and not adapter.has_gradient:
        return "no gradient"
    return adapter.cannot(question.inputs[-1])
