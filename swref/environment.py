"""What is installed and what it can do here: versions, threads, backends, extras, the kernel cache."""

from __future__ import annotations

import importlib
import platform
from importlib import metadata
from importlib.util import find_spec
from typing import Any, Final

import swref

REQUIRED: Final = ("numpy", "numba", "scipy", "click", "threadpoolctl")
# As the extras of the package ask for them: these names work in a clone, too.
EXTRAS: Final = {"matplotlib": "matplotlib>=3.8", "pillow": "pillow>=10", "numba-cuda": "numba-cuda[cu13]>=0.30"}
MODULES: Final = {"pillow": "PIL", "numba-cuda": "numba_cuda"}


def describe() -> dict[str, Any]:
    """A description in plain values: what to put into a bug report.

    >>> sorted(describe())
    ['backends', 'blas', 'extras', 'kernel_cache', 'platform', 'python', 'swref', 'threads', 'versions']
    """
    importlib.import_module("numpy")  # threadpoolctl sees the libraries that are loaded
    from threadpoolctl import threadpool_info

    from swref.kernels.cuda import device as cuda_device
    from swref.kernels.threads import get_num_threads

    no_numba = _problem("numba")
    return {
        "swref": swref.__version__,
        "python": platform.python_version(),
        "platform": platform.platform(),
        "versions": {name: _version(name) for name in REQUIRED},
        "threads": get_num_threads(),
        "blas": [
            {"library": blas["internal_api"], "version": blas["version"], "threads": blas["num_threads"]}
            for blas in threadpool_info()
            if blas["user_api"] == "blas"
        ],
        "backends": {
            "numpy": "available",
            "cpu": "available" if no_numba is None else f"missing: {no_numba}",
            "cuda": cuda_device.explain(),
        },
        "extras": {name: _extra(name, requirement) for name, requirement in EXTRAS.items()},
        "kernel_cache": _kernel_cache() if no_numba is None else None,
    }


def _version(name: str) -> str | None:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None


def _problem(module: str) -> str | None:
    """Why a module cannot be imported; None where it can."""
    try:
        importlib.import_module(module)
    except ImportError as error:
        return str(error)
    return None


def _extra(name: str, requirement: str) -> str:
    if find_spec(MODULES.get(name, name)) is None:
        return f'missing: pip install "{requirement}"'
    return _version(name) or "installed"


def _kernel_cache() -> str:
    from swref.kernels.cache import cache_folder

    return str(cache_folder())
