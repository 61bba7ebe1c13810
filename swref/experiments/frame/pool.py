"""Where the parts of an experiment are computed: in this process or in several, each part kept as soon as it is there.

A part is a call function(*arguments) -> {name: array} of a module-level function, and a pure function of its arguments:
the number of workers cannot change it. Every worker, this process included, runs kernels and BLAS on one thread.
"""

from __future__ import annotations

import io
import multiprocessing
import os
import pickle
import signal
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from swref.decoding import read_npz
from swref.errors import RunError, SwrefError
from swref.files import refused_as, write_atomically

Part = dict[str, np.ndarray]
Progress = Callable[[str, int, int], None]  # stage, parts done, parts in all


class Pool:
    """Computes parts with `workers` processes, keeping them in `folder` (nowhere without one).

    Use it in a `with`. A part that is in the folder is not computed again. `progress(stage, done, total)` hears of
    every part. Workers are spawned when there is work for more than one.

    >>> def square(x: float) -> dict[str, float]:
    ...     return {"y": x * x}
    >>> with Pool() as pool:
    ...     print([float(part["y"]) for part in pool.map("squares", square, [(1.0,), (3.0,)])])
    [1.0, 9.0]
    """

    def __init__(self, workers: int = 1, folder: Path | None = None, progress: Progress | None = None):
        self.workers, self.folder, self.progress = workers, folder, progress
        self._executor: ProcessPoolExecutor | None = None
        self._others = frozenset(multiprocessing.active_children())  # children of the process that are not ours

    def __enter__(self) -> Pool:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if self._executor is None:
            return
        self._executor.shutdown(wait=kind is None, cancel_futures=True)
        if kind is not None:  # nobody waits for what the workers still compute
            for child in set(multiprocessing.active_children()) - self._others:
                child.terminate()

    def map(
        self, stage: str, function: Callable[..., Mapping[str, ArrayLike]], arguments: Sequence[tuple[Any, ...]]
    ) -> list[Part]:
        """function(*a) for every a in `arguments`, in their order. `stage` names the parts: once a pool.

        An exception of a part is raised here, once the parts that were done are kept. Raises RunError where a worker
        process is killed.
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
        if self.workers == 1 or len(missing) < 2:
            for index in missing:
                with one_thread():
                    values = function(*arguments[index])
                yield index, values
            return
        if self._executor is None:
            spawn = multiprocessing.get_context("spawn")  # fork would copy locks that other threads hold
            self._executor = ProcessPoolExecutor(self.workers, spawn, initializer=_start_worker)
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
                elif isinstance(error, BrokenProcessPool):
                    raise error
                elif failed is None:  # what runs now is waited for, and kept
                    failed = error
                    for other in futures:
                        other.cancel()
        except BrokenProcessPool as error:
            raise RunError(
                "a worker process was killed (out of memory?): what is done is kept; try again with fewer workers "
                f"({error})"
            ) from None
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


@contextmanager
def one_thread() -> Iterator[None]:
    """Inside, kernels and BLAS use one thread: the bits of the networks' products follow from that number."""
    from swref.kernels.blas import limited
    from swref.kernels.threads import get_num_threads, set_num_threads

    before = get_num_threads()
    set_num_threads(1)
    try:
        with limited(1):
            yield
    finally:
        set_num_threads(before)


def _part(function: Callable[..., Mapping[str, ArrayLike]], arguments: tuple[Any, ...]) -> Mapping[str, ArrayLike]:
    """One part, in a worker. An exception that would not survive the way to the parent goes as its text."""
    try:
        with one_thread():
            return function(*arguments)
    except Exception as error:
        try:
            pickle.loads(pickle.dumps(error))
        except Exception:
            raise SwrefError(f"{type(error).__name__}: {error}") from None
        raise


def _start_worker() -> None:
    """Ctrl-C is the parent's to handle; and no life without a parent."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)
