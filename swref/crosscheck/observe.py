"""Calling a target on a case: what it answers, what it raises, how long it takes. Judges nothing."""

from __future__ import annotations

import time
import warnings
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from swref.crosscheck import trace
from swref.crosscheck.adapters import Adapter, Evaluation
from swref.crosscheck.case import AnyCase, Case, MeanCase, NetworkCase, RelationCase, TraceCase, seed_of
from swref.crosscheck.inputs import Inputs
from swref.crosscheck.observation import Observation, TargetError, real_array


def observe(adapter: Adapter, case: AnyCase, *, calls: int = 1, first: int = 0) -> Observation:
    """The observation of one case. An exception of the target becomes a failure with its type and message.

    `calls` and `first` are for a MeanCase: evaluations number first, ..., first + calls - 1, each under its own seed.
    """
    try:
        reason = _unsuitable(adapter, case)
        if reason is not None:
            return Observation(status="skip", detail=reason)
        with warnings.catch_warnings(), np.errstate(all="ignore"):
            warnings.simplefilter("ignore")
            return _observe(adapter, case, calls, first)
    except NotImplementedError as error:
        return Observation(status="skip", detail=str(error) or "not implemented")
    except TargetError as error:
        return Observation(status="invalid", detail=str(error))
    except Exception as error:
        return Observation(status="error", detail=one_line(error))


def one_line(error: BaseException) -> str:
    """The type and the message of an exception on one line."""
    return f"{type(error).__name__}: {' '.join(str(error).split())}"[:300].rstrip(": ")


def _unsuitable(adapter: Adapter, case: AnyCase) -> str | None:
    own = adapter.convention.own_directions
    if isinstance(case, TraceCase):
        return "it draws its own directions" if own else _no_gradient(adapter)
    if isinstance(case, MeanCase) != own and not isinstance(case, (Case, RelationCase)):
        return "it draws its own directions" if own else "only for losses that draw their own directions"
    if isinstance(case, NetworkCase):
        return _no_gradient(adapter) or adapter.cannot(case.inputs)
    if own and isinstance(case, Case) and not case.direction_free:
        return "it draws its own directions"
    if own and isinstance(case, RelationCase) and not case.same_directions:
        return "it draws its own directions"
    return adapter.cannot(case.inputs)


def _no_gradient(adapter: Adapter) -> str | None:
    return None if adapter.has_gradient else "no gradient"


def _observe(adapter: Adapter, case: AnyCase, calls: int, first: int) -> Observation:
    if isinstance(case, Case):
        return _points(adapter, case)
    if isinstance(case, RelationCase):
        return _relation(adapter, case)
    if isinstance(case, NetworkCase):
        return _network(adapter, case)
    if isinstance(case, TraceCase):
        return _trace(adapter, case)
    return _mean(adapter, case, calls, first)


def _timed(adapter: Adapter, call: Callable[[], Any]) -> tuple[Any, float, float]:
    """(answer, seconds, seconds of compilation): a target that compiles is called twice, the second call is timed."""
    start = time.perf_counter()
    answer = call()
    first = time.perf_counter() - start
    if not adapter.compiles:
        return answer, first, 0.0
    start = time.perf_counter()
    answer = call()
    second = time.perf_counter() - start
    return answer, second, max(0.0, first - second)


def _points(adapter: Adapter, case: Case) -> Observation:
    notes: dict[str, str] = {}
    inputs = case.make(np.random.default_rng(seed_of(case.name)))  # anew: a target may have changed the last ones
    copies = [np.array(a) for a in (inputs.x, inputs.y, inputs.theta)]
    gradient = adapter.has_gradient and case.expect == "answer"

    def call() -> Evaluation:
        adapter.seed(seed_of(case.name))
        return adapter.evaluate(inputs, gradient)

    try:
        answer, seconds, compiling = _timed(adapter, call)
    except Exception as error:
        if not gradient:
            raise
        notes["gradient"] = str(error) if isinstance(error, TargetError) else one_line(error)
        gradient = False
        answer, seconds, compiling = _timed(adapter, call)
    for name, before, after in zip(("x", "y", "theta"), copies, (inputs.x, inputs.y, inputs.theta), strict=True):
        if not np.array_equal(before, after, equal_nan=True):
            notes["inputs"] = f"the target changed its argument {name} in place"
    arrays = {"value": real_array("value", answer.value)}
    for name in ("dx", "dy") if gradient else ():
        given = getattr(answer, name)
        if given is not None:
            arrays[name] = real_array(name, given)
    return Observation(arrays, notes=notes, seconds=seconds, compile_seconds=compiling)


def _relation(adapter: Adapter, case: RelationCase) -> Observation:
    def call(inputs: Inputs) -> np.ndarray:
        adapter.seed(case_seed)
        return real_array("value", adapter.evaluate(inputs, False).value)

    case_seed = seed_of(case.name)
    before, seconds, compiling = _timed(adapter, lambda: call(case.pair[0]))
    arrays = {"before": before, "after": call(case.pair[1])}
    if adapter.convention.own_directions:
        arrays["again"] = call(case.pair[0])
    return Observation(arrays, seconds=seconds, compile_seconds=compiling)


def _network(adapter: Adapter, case: NetworkCase) -> Observation:
    xi = case.xi if case.noise else None
    inputs, u = case.inputs, case.u
    (loss, phi), seconds, compiling = _timed(adapter, lambda: adapter.parameters(case.net, u.copy(), inputs))
    _, u1 = adapter.step(case.net, u.copy(), inputs, case.alpha, case.noise, xi, case.radius)
    arrays = {"loss": real_array("loss", loss), "phi": real_array("phi", phi), "u1": real_array("u1", u1)}
    return Observation(arrays, seconds=seconds, compile_seconds=compiling)


def _trace(adapter: Adapter, case: TraceCase) -> Observation:
    u = trace.record(case)["u"][0].copy()
    losses, us = [], [u]
    start = time.perf_counter()
    for draw in trace.draws_of(case):
        inputs = Inputs(draw.x, draw.y, draw.theta, case.p)
        loss, u = adapter.step(case.net, u.copy(), inputs, case.alpha, case.noise, draw.xi, case.radius)
        losses.append(real_array("loss", loss))
        us.append(real_array("u", u))
    seconds = time.perf_counter() - start
    return Observation({"loss": np.stack(losses), "u": np.stack(us)}, seconds=seconds)


def _mean(adapter: Adapter, case: MeanCase, calls: int, first: int) -> Observation:
    values, gradients = [], []
    start = time.perf_counter()
    for k in range(first, first + calls):
        adapter.seed(seed_of(f"{case.name}/{k}"))
        answer = adapter.evaluate(
            replace(case.inputs, x=case.inputs.x.copy(), y=case.inputs.y.copy()), adapter.has_gradient
        )
        values.append(real_array("value", answer.value))
        if adapter.has_gradient and answer.dx is not None:
            gradients.append(real_array("dx", answer.dx))
    arrays = {"value": np.stack(values)}
    if gradients:
        arrays["dx"] = np.stack(gradients)
    return Observation(arrays, seconds=time.perf_counter() - start)
