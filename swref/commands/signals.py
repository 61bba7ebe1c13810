"""Signals that ask a process to end, taken as Ctrl-C, so that what Ctrl-C saves they save too; none of them is lost."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import TypeVar

T = TypeVar("T")

NAMES = ("SIGINT", "SIGTERM", "SIGHUP")  # Windows has no SIGHUP


@contextmanager
def as_interrupts() -> Iterator[list[int]]:
    """Inside the `with`, SIGINT, SIGTERM and SIGHUP raise KeyboardInterrupt; yields the list of those that came.

    Only in the main thread, the only one that may set handlers, and only for a signal that has its default action:
    one that is ignored, as nohup has it, stays ignored. The handlers before are put back.

    >>> with as_interrupts() as caught:
    ...     try:
    ...         signal.raise_signal(signal.SIGTERM)
    ...     except KeyboardInterrupt:
    ...         print(caught == [signal.SIGTERM])
    True
    """
    caught: list[int] = []

    def interrupt(number: int, _: FrameType | None) -> None:
        caught.append(number)
        raise KeyboardInterrupt

    changed = {}
    try:
        if threading.current_thread() is threading.main_thread():
            for number in (getattr(signal, name) for name in NAMES if hasattr(signal, name)):
                if signal.getsignal(number) in (signal.SIG_DFL, signal.default_int_handler):
                    changed[number] = signal.signal(number, interrupt)
        yield caught
    finally:
        for number, handler in changed.items():
            signal.signal(number, handler)


def until_caught(caught: list[int], items: Iterable[T]) -> Iterator[T]:
    """The items; KeyboardInterrupt after a signal of `caught` whose own was lost.

    Python prints and forgets what is raised while it runs a finalizer, or a callback of compiled code.

    >>> list(until_caught([], "ab"))
    ['a', 'b']
    """
    for item in items:
        if caught:
            raise KeyboardInterrupt
        yield item
