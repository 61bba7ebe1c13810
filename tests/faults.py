"""Faults at every operation on files: the k-th below a folder fails, is interrupted, or is the last of its process.

An operation is an open, write, truncate, sync or close of a file, a rename, a removal, or the making of a folder; what
Python would gather in a buffer reaches the disk at once, so that every write of the product is one that can fail.
"""

from __future__ import annotations

import builtins
import errno
import io
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, get_args, get_type_hints

import pytest

_truncate = os.truncate  # which is watched later


class Killed(BaseException):
    """The process has ended: nothing of it reaches the disk any more."""


@dataclass(frozen=True)
class Fault:
    """What operation number `at` meets: before it is done, after, or (a write) when half of the bytes are written.

    error: the system refuses this one. full: and every write after it. ctrl-c: KeyboardInterrupt. kill: the process
    ends. power: the machine ends, and what was not synced is lost.
    """

    at: int
    kind: Literal["error", "full", "ctrl-c", "kill", "power"]
    when: Literal["before", "half", "after"]

    def may_raise(self, refusal: type[Exception]) -> tuple[type[BaseException], ...]:
        """What a process that lives on may raise, where `refusal` is the product's word for what the system refuses."""
        if self.kind == "ctrl-c":
            return (KeyboardInterrupt,)
        return (refusal,) if self.kind in ("error", "full") else ()


class Disk:
    """What lies below `folder`, watched; `count` is the number of operations so far."""

    def __init__(self, folder: Path, fault: Fault | None = None):
        self.folder, self.fault = os.path.realpath(folder), fault
        self.count, self.dead = 0, False
        self.synced: dict[int, int] = {}  # inode -> bytes of it that a loss of power leaves

    def watches(self, path: object) -> bool:
        """Whether an operation on `path` counts."""
        return isinstance(path, str | os.PathLike) and os.path.realpath(path).startswith(self.folder + os.sep)

    def operation(
        self,
        act: Callable[[], Any],
        half: Callable[[], Any] | None = None,
        undo: Callable[[Any], Any] = lambda result: None,
    ) -> Any:
        """act(), or the fault whose turn it is; undo(result) where nobody gets the result."""
        if self.dead:
            raise Killed
        here, self.count = self.count, self.count + 1
        fault = self.fault
        if fault is None or not (here == fault.at or (here > fault.at and fault.kind == "full" and half is not None)):
            return act()
        if fault.when == "after":
            undo(act())
        elif fault.when == "half" and half is not None:
            half()
        if fault.kind in ("error", "full"):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        if fault.kind == "ctrl-c":
            raise KeyboardInterrupt
        self.dead = True
        if fault.kind == "power":
            for path in Path(self.folder).rglob("*"):
                keeps = self.synced.get(path.stat().st_ino)
                if keeps is not None and path.is_file():
                    _truncate(path, min(keeps, path.stat().st_size))
        raise Killed


class Stream:
    """A file of the disk, open for writing, without a buffer."""

    def __init__(self, disk: Disk, file: Any):
        self.disk, self.file = disk, file
        status = os.fstat(file.fileno())
        if status.st_size == 0 or status.st_ino not in disk.synced:  # numbers of files that are gone come again
            disk.synced[status.st_ino] = status.st_size

    def __enter__(self) -> Stream:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def write(self, content: bytes) -> int:
        """All of it."""
        return self.disk.operation(
            lambda: self.file.write(content), half=lambda: self.file.write(content[: len(content) // 2])
        )

    def truncate(self, size: int) -> int:
        """To `size` bytes; what is cut is gone for good."""
        cut = self.disk.operation(lambda: self.file.truncate(size))
        inode = os.fstat(self.file.fileno()).st_ino
        self.disk.synced[inode] = min(size, self.disk.synced[inode])
        return cut

    def flush(self) -> None:
        """No more to do: there is no buffer."""

    def fileno(self) -> int:
        """The descriptor."""
        return self.file.fileno()

    def close(self) -> None:
        """The descriptor is closed whatever comes."""
        self.file.close()
        self.disk.operation(lambda: None)


@contextmanager
def watched(disk: Disk, monkeypatch: pytest.MonkeyPatch) -> Iterator[Disk]:
    """Inside the `with`, this process works on `disk`; that it ends there is all that is known of a dead one."""
    with monkeypatch.context() as patch:
        for name in ("open", "mkdir", "unlink", "rmdir", "truncate", "replace", "rename", "chmod"):
            patch.setattr(os, name, _watching(disk, getattr(os, name)))
        patch.setattr(os, "fsync", _syncing(disk, os.fsync))
        patch.setattr(os, "fdopen", _opening(disk, os.fdopen, lambda fd: disk.watches(f"/proc/self/fd/{fd}")))
        for module in (builtins, io):  # pathlib takes io's
            patch.setattr(module, "open", _opening(disk, builtins.open, disk.watches))
        try:
            yield disk
        except BaseException:
            if not disk.dead:
                raise


def faults(act: Callable[[], object], folder: Path, monkeypatch: pytest.MonkeyPatch) -> list[Fault]:
    """Every fault that act() can meet below `folder`; it is run once, without any."""
    with watched(Disk(folder), monkeypatch) as disk:
        act()
    return [Fault(at, kind, when) for at in range(disk.count) for kind in _values("kind") for when in _values("when")]


def _values(name: str) -> tuple[Any, ...]:
    return get_args(get_type_hints(Fault)[name])


def _watching(disk: Disk, function: Callable[..., Any]) -> Callable[..., Any]:
    def operation(path: Any, *arguments: Any, **named: Any) -> Any:
        if not disk.watches(path):
            return function(path, *arguments, **named)
        undo = {"undo": os.close} if function.__name__ == "open" else {}
        return disk.operation(lambda: function(path, *arguments, **named), **undo)

    return operation


def _syncing(disk: Disk, fsync: Callable[[int], None]) -> Callable[[int], None]:
    def operation(descriptor: int) -> None:
        status = os.fstat(descriptor)
        if status.st_ino in disk.synced:
            disk.operation(lambda: disk.synced.update({status.st_ino: status.st_size}))
        else:
            fsync(descriptor)

    return operation


def _opening(disk: Disk, opener: Callable[..., Any], watches: Callable[[Any], bool]) -> Callable[..., Any]:
    def operation(path: Any, mode: str = "r", *arguments: Any, **named: Any) -> Any:
        if mode in ("r", "rb") or not watches(path):
            return opener(path, mode, *arguments, **named)
        assert "b" in mode, "text would be written in pieces that nobody watches"
        return disk.operation(
            lambda: Stream(disk, opener(path, mode, buffering=0)), undo=lambda stream: stream.file.close()
        )

    return operation
