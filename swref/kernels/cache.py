"""The compiled kernels on disk: where they lie, whether what lies there is sound, and word of a compilation.

Numba stamps what it keeps by the file of the function alone, and so misses a change of a body that is inlined from
another file; it dies of a damaged file, and where it finds no folder. Here the folder's name follows from all that
machine code follows from but the signature and the processor, which are in the file's; a file has its own checksum; and
what cannot be read or written costs a compilation and one warning, never the result.

What is read is unpickled and run, as with Numba's own cache. A checksum finds damage, not malice: so only a folder is
used that belongs to the user and that nobody else may write.
"""

from __future__ import annotations

import functools
import hashlib
import os
import pickle
import shutil
import stat
import sys
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Final

import llvmlite
import numba
import numpy as np
from numba.core import config, event
from numba.core.serialize import dumps
from numba.misc.appdirs import AppDirs

from swref.errors import BackendError, CacheWarning
from swref.files import write_atomically

PACKAGE: Final = Path(__file__).resolve().parent.parent
# Every module with something compiled in it, and what says how.
SOURCES: Final = (
    "distributed/kernels/bins.py",
    "distributed/kernels/slopes.py",
    "distributed/kernels/sorted.py",
    "distributed/kernels/staircase.py",
    "kernels/bodies.py",
    "kernels/cache.py",
    "kernels/cpu/coupled.py",
    "kernels/cpu/keys.py",
    "kernels/cpu/pairs.py",
    "kernels/cpu/pairwise.py",
    "kernels/cpu/permuted.py",
    "kernels/cpu/products.py",
    "kernels/cpu/rows.py",
    "kernels/cpu/sorting.py",
    "kernels/cpu/vectors.py",
    "kernels/cuda/bodies.py",
    "kernels/cuda/elements.py",
    "kernels/cuda/network.py",
    "kernels/cuda/origin.py",
    "kernels/cuda/policy.py",
    "kernels/cuda/rows.py",
    "kernels/cuda/tiles.py",
    "kernels/policy.py",
    "networks/elementwise.py",
    "theory/population/kernels/batch_directions.py",
    "theory/population/kernels/batch_sweep.py",
    "theory/population/kernels/power_pair.py",
    "theory/population/kernels/power_sweep.py",
    "theory/population/kernels/sweep.py",
    "theory/population/kernels/tails.py",
)
SETTINGS: Final = ("OPT", "BOUNDSCHECK", "DEBUGINFO_DEFAULT", "ENABLE_AVX", "LOOP_VECTORIZE", "SLP_VECTORIZE")
MAGIC: Final = b"swref kernel 1\n"
KEPT_FOLDERS: Final = 8  # of other versions or sources, the newest
NOT_KEPT: Final = "compiled kernels are not kept, every start compiles anew"

_said: set[str] = set()


def say(message: str, instance: str) -> None:
    """Warn, with the first instance, once a process: results are right, only the next start takes longer."""
    if message not in _said:
        _said.add(message)
        warnings.warn(f"{message} ({instance})", CacheWarning, stacklevel=2)


def stamp(package: Path = PACKAGE) -> str | None:
    """What the machine code follows from, as hexadecimal digits; None where the sources cannot be read.

    >>> stamp() == stamp()
    True
    """
    versions = (sys.version_info[:3], numba.__version__, llvmlite.__version__, np.__version__, config.USING_SVML)
    digest = hashlib.sha256(repr((versions, [getattr(config, name, None) for name in SETTINGS])).encode())
    try:
        for name in SOURCES:
            digest.update(hashlib.sha256((package / name).read_bytes()).digest())
    except OSError:  # sources in an archive, or none
        return None
    return digest.hexdigest()[:32]


STAMP: Final = stamp()  # now, and not when something is kept: the sources may have been replaced by then


@functools.cache
def folder() -> tuple[Path | None, str]:
    """Where kernels are kept, and if nowhere, why: NUMBA_CACHE_DIR, else beside the sources, else the user's own cache.

    The folder is made. `folder.cache_clear()` looks anew.
    """
    if config.DISABLE_JIT:
        return None, "NUMBA_DISABLE_JIT is set: nothing is compiled"
    if STAMP is None:
        return None, f"the sources of the kernels in {PACKAGE} cannot be read"
    own = AppDirs(appname="numba", appauthor=False).user_cache_dir
    places = [os.path.abspath(config.CACHE_DIR)] if config.CACHE_DIR else []
    problems = []
    for place in (*places, PACKAGE / "kernels" / "__pycache__", own):
        path = Path(place) / f"swref-numba-{STAMP}"
        problem = _unusable(path)
        if problem is None:
            return path, ""
        problems.append(problem)
    return None, "; ".join(problems)


def _unusable(path: Path) -> str | None:
    """Make the folder; why it is not to be used, None where it is."""
    if not path.is_absolute():  # the home of a user without one
        return f"{path.parent} is no absolute path"
    try:
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            path.mkdir(mode=0o700, exist_ok=True)
            with suppress(OSError):  # another process may be at it, too
                _forget_old(path.parent)
        if not _trusted(path):
            return f"{path} may be written by others"
    except OSError as error:
        return f"{path.parent}: {error.strerror or error}"
    return None


def _trusted(path: Path) -> bool:
    """Whether this is a folder of the user's, and none that another user may write. Windows has rights of its own."""
    found = path.lstat()
    if not hasattr(os, "geteuid"):
        return stat.S_ISDIR(found.st_mode)
    return stat.S_ISDIR(found.st_mode) and found.st_uid == os.geteuid() and not found.st_mode & 0o022


def _forget_old(place: Path) -> None:
    """Remove what other versions and sources left, but for the newest; a process that still reads there compiles."""
    others = sorted(place.glob("swref-numba-*"), key=lambda path: path.lstat().st_mtime, reverse=True)
    for path in others[KEPT_FOLDERS:]:
        if _trusted(path):
            shutil.rmtree(path)


def state() -> str:
    """How the cache is, in a few words.

    >>> state().startswith(("none: ", "0 ", "1 ")) or "kernels" in state()
    True
    """
    path, problem = folder()
    if path is None:
        return f"none: {problem}"
    sizes = [file.stat().st_size for file in path.glob("*.kernel")]
    writable = "writable" if os.access(path, os.W_OK | os.X_OK) else "read-only"
    return f"{len(sizes)} kernels, {sum(sizes) / 1e6:.1f} MB, {writable}"


class Files:
    """The files of one function, one a key: what Numba's caches ask of theirs."""

    def __init__(self, function: Any):
        self.name = f"{function.__module__.removeprefix('swref.')}.{function.__qualname__}"

    def path(self, key: Any) -> Path | None:
        """The file of a key; None where there is no folder, which is said."""
        where, problem = folder()
        if where is None:
            say(NOT_KEPT, problem)
            return None
        return where / f"{self.name}-{hashlib.sha256(repr(key).encode()).hexdigest()[:32]}.kernel"

    def load(self, key: Any) -> Any:
        """What was saved under the key; None for nothing, for something else, and, with a word, for what is damaged."""
        path = self.path(key)
        if path is None:
            return None
        try:
            content = path.read_bytes()
        except FileNotFoundError:
            return None
        except OSError as error:
            say("compiled kernels cannot be read and are compiled anew", f"{path}: {error.strerror or error}")
            return None
        digest, payload = content[len(MAGIC) :][:32], content[len(MAGIC) + 32 :]
        if not content.startswith(MAGIC) or hashlib.sha256(payload).digest() != digest:
            say("compiled kernels are damaged and are compiled anew", str(path))
            return None
        found, data = pickle.loads(payload)
        return data if found == key else None

    def save(self, key: Any, data: Any) -> None:
        """Keep `data`, unless the sources are not those any more that were imported."""
        path = self.path(key)
        if path is None or stamp() != STAMP:
            return
        payload = dumps((key, data))
        try:
            write_atomically(path, MAGIC + hashlib.sha256(payload).digest() + payload, BackendError)
        except BackendError as error:
            say(NOT_KEPT, str(error))

    def flush(self) -> None:
        """Forget every file of the function."""
        where, _ = folder()
        for path in () if where is None else where.glob(f"{self.name}-*.kernel"):
            path.unlink(missing_ok=True)


@contextmanager
def on_compilation(notify: Callable[[], None]) -> Iterator[None]:
    """Call `notify` once, when Numba starts to compile a kernel within the `with` and none is kept yet: once per
    installation, though other work compiles other kernels later. Where nothing can be kept, every process calls it.

    >>> with on_compilation(lambda: None):
    ...     pass
    """
    where, _ = folder()
    if where is not None and any(where.glob("*.kernel")):
        yield
        return
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
