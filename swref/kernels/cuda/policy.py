"""How CUDA kernels are compiled: at their first launch, and kept on disk as the loops of the CPU are."""

from __future__ import annotations

import functools
from collections.abc import Callable
from importlib import metadata
from importlib.util import find_spec
from typing import Any

from numba import config, cuda

from swref.kernels.policy import Kept, keep


def kernel(function: Callable[..., Any] | None = None, *, threads: int | None = None) -> Any:
    """A kernel, for blocks of up to so many threads; Python in the simulator, and never launched without numba-cuda."""
    if function is None:
        return functools.partial(kernel, threads=threads)
    if config.ENABLE_CUDASIM or find_spec("numba_cuda") is None:
        return cuda.jit(function)
    return keep(cuda.jit(launch_bounds=threads)(function), _cache())


@functools.cache
def _cache() -> type[Kept]:
    from numba.cuda.dispatcher import CUDACache

    class CUDAKernelCache(Kept, CUDACache):  # type: ignore[misc]  # numba has no types
        """Of kernels whose code does not follow from the launch; ours are. Others Numba then does not keep."""

        versions = (metadata.version("numba-cuda"),)
        _launch_config_key = None

        def is_launch_config_sensitive(self) -> bool:
            """No kernel that is kept."""
            return False

        def mark_launch_config_sensitive(self) -> bool:
            """Refused, whereupon Numba stops keeping the kernel."""
            return False

        def flush(self) -> None:
            """Forget every file of the function."""
            self._cache_file.flush()

    return CUDAKernelCache
