"""How everything is compiled: one policy. `compiled` for the loops that Python calls, `body` for what they inline."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any, TypeVar, cast

from numba import njit
from numba.core.caching import FunctionCache

from swref.kernels.cache import Files, folder, say

F = TypeVar("F", bound=Callable[..., Any])


class Kept:
    """In front of one of Numba's caches: its keys and its serialization, with our files and without its failures."""

    _impl_class: Any
    versions: tuple[str, ...] = ()  # of what else makes the code

    def __init__(self, function: Any):
        self._py_func, self._name = function, repr(function)
        # Without its __init__, which looks for a folder and raises where there is none.
        self._impl = self._impl_class.__new__(self._impl_class)
        self._impl._locator = SimpleNamespace(ensure_cache_path=lambda: None)
        self._cache_file = Files(function)
        self._enabled = True

    @property
    def cache_path(self) -> str | None:
        """Where the files are, if anywhere."""
        path, _ = folder()
        return None if path is None else str(path)

    def _index_key(self, sig: Any, codegen: Any) -> tuple[Any, ...]:
        return (*super()._index_key(sig, codegen), self.versions)  # type: ignore[misc]  # of Numba's cache

    def load_overload(self, sig: Any, target_context: Any) -> Any:
        """The compiled function, or None: also where a file is sound but Numba cannot make a function of it."""
        try:
            return super().load_overload(sig, target_context)  # type: ignore[misc]
        except Exception as error:
            problem = f"{self._cache_file.name}: {type(error).__name__}: {error}"
        say("compiled kernels cannot be loaded and are compiled anew", problem)
        return None


class KernelCache(Kept, FunctionCache):  # type: ignore[misc]  # numba has no types
    """Of loops on the CPU."""


def compiled(function: F) -> F:
    """A loop on the CPU, compiled at its first call and kept on disk, so that the second command is quick.

    nogil: threads are Python's own (swref.kernels.threads), not Numba's, whose layers hang in forked children or die
    on concurrent calls. No fastmath: the order of every sum is fixed.
    """
    return cast(F, keep(njit(nogil=True)(function), KernelCache))


def body(function: F) -> F:
    """Scalar arithmetic that loops on the CPU and CUDA kernels inline: no signature, allocation or exception in it."""
    return cast(F, njit(function))


def keep(dispatcher: Any, cache: type[Kept]) -> Any:
    """Give what Numba made of a function a cache; with its JIT off that is the function, which needs none."""
    if hasattr(dispatcher, "_cache"):
        dispatcher._cache = cache(dispatcher.py_func)
    return dispatcher
