"""What is installed and what it can do here: versions, threads, backends, extras, the kernel cache."""

from __future__ import annotations

import importlib
import os
import platform
from collections.abc import Iterable
from importlib import metadata
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final

import swref

REQUIRED: Final = ("numpy", "numba", "scipy", "click", "threadpoolctl")
# As the extras of the package ask for them: these names work in a clone, too.
EXTRAS: Final = {
    "matplotlib": "matplotlib>=3.9",
    "pillow": "pillow>=10.3",
    "pyarrow": "pyarrow>=16",
    "distributed": "distributed>=2025.1",
    "numba-cuda": "numba-cuda[cu13]>=0.30",
}
MODULES: Final = {"pillow": "PIL", "numba-cuda": "numba_cuda"}


def describe() -> dict[str, Any]:
    """A description in plain values: what to put into a bug report.

    >>> sorted(describe())
    ['backends', 'blas', 'extras', 'kernel_cache', 'platform', 'python', 'swref', 'threads', 'versions']
    """
    from swref.kernels.cuda import device as cuda_device
    from swref.kernels.threads import get_num_threads

    no_numba = _problem("numba")
    return {
        "swref": swref.__version__,
        "python": platform.python_version(),
        "platform": platform.platform(),
        "versions": versions(REQUIRED),
        "threads": get_num_threads(),
        "blas": blas_pools(),
        "backends": {
            "numpy": "available",
            "cpu": "available" if no_numba is None else f"missing: {no_numba}",
            "cuda": cuda_device.explain(),
        },
        "extras": {name: _extra(name, requirement) for name, requirement in EXTRAS.items()},
        "kernel_cache": _kernel_cache() if no_numba is None else None,
    }


def versions(names: Iterable[str]) -> dict[str, str | None]:
    """The installed version of every distribution; swref's own also in a clone; None for what is not installed.

    >>> versions(["numpy", "no-such-thing"])["no-such-thing"] is None
    True
    """
    return {name: swref.__version__ if name == "swref" else _version(name) for name in names}


def machine() -> dict[str, Any]:
    """Where figures come from: processor, cores, system, Python.

    >>> sorted(machine())
    ['cores', 'processor', 'python', 'system']
    """
    return {
        "processor": _processor(),
        "cores": os.cpu_count(),
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
    }


def blas_pools() -> list[dict[str, Any]]:
    """Every BLAS that is loaded: library, version, threads."""
    importlib.import_module("numpy")  # threadpoolctl sees the libraries that are loaded
    from threadpoolctl import threadpool_info

    return [
        {"library": pool["internal_api"], "version": pool["version"], "threads": pool["num_threads"]}
        for pool in threadpool_info()
        if pool["user_api"] == "blas"
    ]


def _processor() -> str:
    """The processor's name: of /proc/cpuinfo, where that is, for platform knows little on Linux."""
    if Path("/proc/cpuinfo").exists():
        for line in Path("/proc/cpuinfo").read_text().splitlines():
            if line.startswith("model name"):
                return line.split(":", 1)[1].strip()
    return platform.processor() or platform.machine()


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


def _kernel_cache() -> dict[str, str | None]:
    from swref.kernels.cache import folder, state

    path, _ = folder()
    return {"folder": None if path is None else str(path), "state": state()}
