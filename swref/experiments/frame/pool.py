"""Where the parts of an experiment are computed: in this process or in several, each part kept as soon as it is there.

A part is a call function(*arguments) -> {name: array} of a module-level function, and a pure function of its arguments:
the number of workers cannot change it. Every worker, this process included, runs kernels and BLAS on one thread.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, as_completed
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from swref.decoding import read_npz
from swref.errors import RunError
from swref.files import refused_as, write_atomically
from swref.runs.executors import HERE, Place, WorkerLostError, Workers, one_thread, opened

Part = dict[str, np.ndarray]
Progress = Callable[[str, int, int], None]  # stage, parts done, parts in all


class Pool:
    """Computes parts at a place, or with so many processes here, keeping them in `folder` (nowhere without one).

    Use it in a `with`. A part that is in the folder is not computed again. `progress(stage, done, total)` hears of
    every part. Workers are started when there is work for more than one.

    >>> def square(x: float) -> dict[str, float]:
    ...     return {"y": x * x}
    >>> with Pool() as pool:
    ...     print([float(part["y"]) for part in pool.map("squares", square, [(1.0,), (3.0,)])])
    [1.0, 9.0]
    """

    def __init__(self, place: Place | int = 1, folder: Path | None = None, progress: Progress | None = None):
        self.place = Place(place) if isinstance(place, int) else place
        self.folder, self.progress = folder, progress
        self._open = ExitStack()
        self._executor: Workers | None = None

    def __enter__(self) -> Pool:
        return self

    def __exit__(self, *error: Any) -> None:
        self._open.__exit__(*error)

    def map(
        self, stage: str, function: Callable[..., Mapping[str, ArrayLike]], arguments: Sequence[tuple[Any, ...]]
    ) -> list[Part]:
        """function(*a) for every a in `arguments`, in their order. `stage` names the parts: once a pool.

        An exception of a part is raised here, once the parts that were done are kept. Raises RunError where a worker
        process is killed, or a scheduler goes away.
        """
        parts: list[Part | None] = [self._kept(stage, index) for index in range(len(arguments))]
        missing = [index for index, part in enumerate(parts) if part is None]
        done = len(parts) - len(missing)
        self._tell(stage, done, len(parts))
        for index, values in self._computed(function, arguments, missing):
            part = {name: np.asarray(value) for name, value in values.items()}
            self._keep(stage, index, part)
            parts[index] = part
            done += 1
            self._tell(stage, done, len(parts))
        return [part for part in parts if part is not None]

    def _computed(
        self, function: Callable[..., Mapping[str, ArrayLike]], arguments: Sequence[tuple[Any, ...]], missing: list[int]
    ) -> Iterator[tuple[int, Mapping[str, ArrayLike]]]:
        if self.place == HERE or len(missing) < 2:
            for index in missing:
                with one_thread():
                    values = function(*arguments[index])
                yield index, values
            return
        if self._executor is None:
            self._executor = self._open.enter_context(opened(self.place))
        futures: dict[Future[Mapping[str, ArrayLike]], int] = {}
        failed: BaseException | None = None
        try:
            for index in missing:
                futures[self._executor.submit(_part, function, arguments[index])] = index
            for future in as_completed(futures):
                if future.cancelled():
                    continue
                error = future.exception()
                if error is None:
                    yield futures[future], future.result()
                elif isinstance(error, WorkerLostError):
                    raise error
                elif failed is None:  # what runs now is waited for, and kept
                    failed = error
                    for other in futures:
                        other.cancel()
        except WorkerLostError as error:
            raise RunError(f"{error}: what is done is kept; try again with fewer workers") from None
        if failed is not None:
            raise failed

    def _tell(self, stage: str, done: int, total: int) -> None:
        if self.progress is not None:
            self.progress(stage, done, total)

    def _path(self, stage: str, index: int) -> Path | None:
        return None if self.folder is None else self.folder / f"{stage}-{index:05d}.npz"

    def _keep(self, stage: str, index: int, part: Part) -> None:
        path = self._path(stage, index)
        if path is None:
            return
        content = io.BytesIO()
        np.savez(content, **part)  # type: ignore[arg-type]  # no array is named allow_pickle
        with refused_as(RunError, path):
            path.parent.mkdir(parents=True, exist_ok=True)
        write_atomically(path, content.getvalue(), RunError)

    def _kept(self, stage: str, index: int) -> Part | None:
        path = self._path(stage, index)
        if path is None or not path.exists():
            return None
        try:
            return read_npz(path, RunError)
        except RunError:  # of another program, or a damaged disk
            return None


def _part(function: Callable[..., Mapping[str, ArrayLike]], arguments: tuple[Any, ...]) -> Mapping[str, ArrayLike]:
    """One part, in a worker."""
    with one_thread():
        return function(*arguments)
