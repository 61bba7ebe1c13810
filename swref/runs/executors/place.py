"""A place where calls are computed, by its name or address, opened as an executor."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from swref import checks
from swref.errors import InputError
from swref.runs.executors.processes import Processes
from swref.runs.executors.workers import Here, Workers

MOST_WORKERS: Final = 256  # processes of one machine


@dataclass(frozen=True)
class Place:
    """`workers` processes of this machine (1: this process), or a Dask scheduler by its address, or a cluster that a
    file describes: see swref.runs.executors.dask. Raises InputError or InputTypeError for what is none.

    >>> Place(scheduler="tcp://10.0.0.1:8786", workers=4)
    Traceback (most recent call last):
    swref.errors.InputError: workers, scheduler and cluster exclude each other, got workers, scheduler
    """

    workers: int = 1
    scheduler: str | None = None  # tcp://HOST:PORT, tls://HOST:PORT
    cluster: Path | None = None

    def __post_init__(self) -> None:
        checks.integer("workers", self.workers, minimum=1, maximum=MOST_WORKERS)
        if self.scheduler is not None and ":" not in checks.text("scheduler", self.scheduler):
            shown = checks.shown(self.scheduler)
            raise InputError(f"scheduler must be an address as tcp://HOST:PORT, got {shown}")
        if self.cluster is not None:
            object.__setattr__(self, "cluster", checks.path("cluster", self.cluster))
        given = {"workers": self.workers != 1, "scheduler": self.scheduler is not None}
        given["cluster"] = self.cluster is not None
        if sum(given.values()) > 1:
            named = ", ".join(name for name, is_given in given.items() if is_given)
            raise InputError(f"workers, scheduler and cluster exclude each other, got {named}")

    @property
    def told(self) -> int | str:
        """In a record: the number of processes, or Dask; no address of a network."""
        return self.workers if self.scheduler is None and self.cluster is None else "Dask"


HERE: Final = Place()


@contextmanager
def opened(place: Place) -> Iterator[Workers]:
    """The executor of a place, for the length of a `with`. A call whose worker was killed raises WorkerLostError.

    It ends when all is done; where an exception leaves the `with`, at once. Raises RunError for a scheduler or a
    cluster that cannot be used, BackendError without Dask.

    >>> with opened(Place()) as executor:
    ...     executor.submit(divmod, 7, 2).result()
    (3, 1)
    """
    if place.scheduler is not None or place.cluster is not None:
        from swref.runs.executors.dask import on_dask

        with on_dask(place.scheduler, place.cluster) as executor:
            yield executor
        return
    if place == HERE:
        yield Here()
        return
    processes = Processes(place.workers)
    try:
        yield processes
    except BaseException:
        processes.abandon()
        raise
    processes.shutdown()
