"""How everything is compiled: one policy. `compiled` for the loops that Python calls, `body` for what they inline."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar, cast

from numba import njit

F = TypeVar("F", bound=Callable[..., Any])


def compiled(function: F) -> F:
    """A loop on the CPU, compiled at its first call and kept on disk, so that the second command is quick.

    nogil: threads are Python's own (swref.kernels.threads), not Numba's, whose layers hang in forked children or die
    on concurrent calls. No fastmath: the order of every sum is fixed.
    """
    return cast(F, njit(nogil=True, cache=True)(function))


def body(function: F) -> F:
    """Scalar arithmetic that loops on the CPU and CUDA kernels inline: no signature, allocation or exception in it."""
    return cast(F, njit(function))
