"""How far a run is: tqdm, or any function that is called as tqdm is, sees the iterates go by."""

from __future__ import annotations

import inspect
from collections.abc import Iterable, Iterator
from typing import Any, Protocol

from swref import checks
from swref.errors import InputTypeError
from swref.sgd import Iterate

EXPECTED = "called as tqdm is, progress(iterates, total=n), and give them on"


class Progress(Protocol):
    """What shows progress: given the iterates that are to come and their number, it gives them on, one by one."""

    def __call__(self, iterates: Iterator[Iterate], /, *, total: int) -> Iterable[Any]: ...


def check_progress(progress: Any) -> None:
    """Raise InputTypeError unless it is None or can be called as tqdm is.

    >>> check_progress(3)
    Traceback (most recent call last):
    swref.errors.InputTypeError: progress must be a function, got 3
    """
    if progress is None:
        return
    checks.function("progress", progress)
    try:
        inspect.signature(progress).bind(iter(()), total=1)
    except ValueError:  # a builtin that does not say what it takes
        return
    except TypeError:
        raise InputTypeError(f"progress must be {EXPECTED}, got {checks.shown(progress)}") from None


def run_through(iterates: Iterator[Iterate], total: int, progress: Progress | None) -> None:
    """Make all the iterates, `total` of them, under the eyes of `progress`, however few it takes."""
    if progress is not None:
        seen = progress(iterates, total=total)
        if not isinstance(seen, Iterable):
            raise InputTypeError(f"progress must be {EXPECTED}; it gave {checks.shown(seen)}")
        for _ in seen:
            pass
    for _ in iterates:
        pass
