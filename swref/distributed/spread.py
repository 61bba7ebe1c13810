"""The tiers on workers elsewhere: an executor of concurrent.futures, or a Dask client, which submits in the same way.

Tasks go where the points are, not the points to them: files are opened by who reads them, and a chunk of a Dask array
stays where Dask computes it. What comes back are tables without their empty bins, or one number a direction, so that no
result depends on the workers, on their number or on what ends first.

Moved. Of the certified tier 32 bytes for each bin that is not empty of each task. Of the exact tier nothing for files,
and for Dask arrays the projections on a direction, to the worker that sorts them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import CancelledError
from dataclasses import replace
from queue import SimpleQueue
from typing import Any, Final

import numpy as np

from swref.distributed.certified import add_block
from swref.distributed.clouds import Cloud
from swref.distributed.exact import exact_of, loss_of_projections, prepared
from swref.distributed.frame import Frame
from swref.distributed.rows import Rows
from swref.distributed.sources import ArrayPart, Part, Source
from swref.distributed.tables import Gathered, Tables
from swref.errors import InputError, RunError

# Points of a task: 1 s of work at L = 20. With fewer, and with more tasks than that, it is tables that are moved.
TASK_ROWS, MOST_TASKS = 5_000_000, 2000
IN_FLIGHT: Final = 1000  # tasks that are submitted at a time
SORTS: Final = 4  # of directions of Dask arrays, whose projections are held

Call = tuple[Callable[..., Any], tuple[Any, ...]]


def done(executor: Any, calls: Iterable[Call], most: int = IN_FLIGHT) -> Iterator[tuple[int, Any]]:
    """(number, result) of all calls as they end, at most so many of them at a time.

    Raises the error that a call ended with, RunError where the workers went away.

    >>> from concurrent.futures import ThreadPoolExecutor
    >>> with ThreadPoolExecutor(2) as pool:
    ...     sorted(done(pool, [(divmod, (7, 2)), (divmod, (7, 3))]))
    [(0, (3, 1)), (1, (2, 1))]
    """
    news: SimpleQueue[tuple[int, Any]] = SimpleQueue()
    waiting, numbered = 0, enumerate(calls)
    while True:
        for number, (function, arguments) in numbered:
            executor.submit(function, *arguments).add_done_callback(lambda ended, at=number: news.put((at, ended)))
            waiting += 1
            if waiting >= most:
                break
        if not waiting:
            return
        number, future = news.get()
        waiting -= 1
        try:
            result = future.result()
        except CancelledError:
            raise RunError("the workers that were at it went away") from None
        yield number, result


def check_executor(executor: Any, x: Cloud, y: Cloud) -> None:
    """Raise InputError for what takes no calls, or for Dask arrays with what is no Dask client."""
    if not callable(getattr(executor, "submit", None)):
        raise InputError("executor must be one of concurrent.futures or a Dask client")
    if (x.points.lazy or y.points.lazy) and not hasattr(executor, "compute"):
        raise InputError("executor must be a Dask client where x or y is a Dask array")


def tables_on(executor: Any) -> Callable[[Cloud, Frame], Tables]:
    """One pass over a cloud, for `certified`."""

    def one_pass(cloud: Cloud, frame: Frame) -> Tables:
        tables = Tables(frame, weighted=cloud.weights is not None)
        for _, part in done(executor, _parts(executor, cloud, frame)):
            tables.merge(part)
        return tables

    return one_pass


def _parts(executor: Any, cloud: Cloud, frame: Frame) -> Iterator[Call]:
    for part, first in zip(cloud.points.parts, cloud.points.starts(), strict=False):
        size = part.rows if cloud.points.lazy else max(TASK_ROWS, cloud.rows // MOST_TASKS)
        for start in range(0, part.rows, size):
            stop = min(start + size, part.rows)
            weights = cloud.weights and cloud.weights.between(first + start, first + stop)
            here = part.cut(start, stop)
            yield gathered, (*_sent(executor, here), cloud.points.name, weights, frame)


def _sent(executor: Any, part: Part) -> tuple[Part, Any]:
    """A part as it is sent: with its array as a future where that is Dask's."""
    if isinstance(part, ArrayPart) and hasattr(part.array, "dask"):
        return replace(part, array=None), executor.compute(part.array)
    return part, None


def _received(part: Part, array: Any) -> Part:
    return replace(part, array=np.asarray(array)) if isinstance(part, ArrayPart) and array is not None else part


def gathered(part: Part, array: Any, name: str, weights: Source | None, frame: Frame) -> Gathered:
    """The tables of a part, on a worker: by one thread, for there are as many tasks as cores."""
    cloud, tables = Cloud(Source(name, (_received(part, array),)), weights), Tables(frame, weighted=weights is not None)
    for start, stop in cloud.points.blocks():
        add_block(tables, cloud, start, stop, threads=1)
    return tables.gathered()


def exact_on(executor: Any, x: Cloud, y: Cloud, theta: np.ndarray, p: float, memory: int) -> np.ndarray:
    """W_p^p on every direction theta [L, d], each by one worker, which may take `memory` bytes."""
    one, other = prepared(x, y, threads=1)
    theta, losses = np.ascontiguousarray(theta, one.dtype), np.empty(len(theta))
    lazy = x.points.lazy or y.points.lazy
    calls = _gathering(executor, one, other, theta, p) if lazy else _opening(one, other, theta, p, memory)
    for l, loss in done(executor, calls, SORTS if lazy else IN_FLIGHT):
        losses[l] = np.asarray(loss).item()
    return losses


def _opening(one: Rows, other: Rows, theta: np.ndarray, p: float, memory: int) -> Iterator[Call]:
    """Of files: a worker opens both clouds for a direction."""
    for l in range(len(theta)):
        yield exact_of, (one, other, theta[l : l + 1], p, memory)


def _gathering(client: Any, one: Rows, other: Rows, theta: np.ndarray, p: float) -> Iterator[Call]:
    """Of Dask arrays: chunks are projected where they are, and their projections brought together."""
    sides = [[_sent(client, part) for part in rows.cloud.points.parts] for rows in (one, other)]
    light = [replace(rows, cloud=replace(rows.cloud, points=_named_only(rows.cloud.points))) for rows in (one, other)]
    for l in range(len(theta)):
        projections = [
            [client.submit(_projected, part, array, rows, theta[l : l + 1]) for part, array in side]
            for side, rows in zip(sides, light, strict=True)
        ]
        yield loss_of_projections, (*light, *projections, p)


def _named_only(points: Source) -> Source:
    """As many points, of which none can be read."""
    return Source(points.name, (Part(points.rows, points.dim, points.dtype),))


def _projected(part: Part, array: Any, rows: Rows, theta: np.ndarray) -> np.ndarray:
    """The projections of a part, on a worker."""
    source = Source(rows.cloud.points.name, (_received(part, array),))
    return replace(rows, cloud=Cloud(source)).projected(theta)
