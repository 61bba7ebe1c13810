"""The disk cache of the compiled kernels: where it is, and word of a compilation that has to fill it first."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from numba.core import event

from swref.kernels.cpu import rows


def cache_folder() -> Path:
    """The folder in which Numba keeps the compiled kernels: the package's own, or the user's where that is read-only.

    >>> cache_folder().is_absolute()
    True
    """
    dispatcher: Any = rows.project  # what Numba makes of a function
    return Path(dispatcher.stats.cache_path)


@contextmanager
def on_compilation(notify: Callable[[], None]) -> Iterator[None]:
    """Call `notify` once, when Numba starts to compile a kernel within the `with`; a cached kernel is not compiled.

    Numba's own event is used, not a look at its files: whether those fit this version and machine only Numba knows.

    >>> with on_compilation(lambda: None):
    ...     pass
    """
    with event.install_listener("numba:compile", _Once(notify)):
        yield


class _Once(event.Listener):  # type: ignore[misc]  # numba has no types
    """Hears of every compilation, tells of the first."""

    def __init__(self, notify: Callable[[], None]):
        self.notify_first: Callable[[], None] | None = notify

    def on_start(self, event: event.Event) -> None:
        """Tell of the first compilation, and of no other."""
        if self.notify_first is not None:
            notify, self.notify_first = self.notify_first, None
            notify()

    def on_end(self, event: event.Event) -> None:
        """Nothing: the end of a compilation is of no interest."""
