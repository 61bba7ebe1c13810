"""The "cuda" backend: `backend` launches, `device` is the GPU, kernels are in rows, elements, tiles, origin, network.

What numba-cuda needs of its surroundings is seen to here, before anything imports it.
"""

from __future__ import annotations

import importlib.util
import os
import shutil
from pathlib import Path

import numpy as np

if not hasattr(np, "row_stack"):  # gone in NumPy 2.5; numba-cuda 0.30 imports it, and uses it for nothing else
    np.vstack = np.vstack


def toolkit_of(compiler: str | None) -> str | None:
    """The folder of the CUDA toolkit with this nvcc, if it has libNVVM.

    >>> toolkit_of(None) is None
    True
    """
    if compiler is None:
        return None
    folder = Path(compiler).resolve().parent.parent
    return str(folder) if any(folder.glob("nvvm/lib64/libnvvm.so*")) else None


# Where no wheel brings libNVVM, and nothing says where the toolkit is, it is the one of the nvcc that is found.
told = importlib.util.find_spec("nvidia") is not None or {"CUDA_HOME", "CUDA_PATH"} & os.environ.keys()
if not told and (toolkit := toolkit_of(shutil.which("nvcc"))) is not None:
    os.environ["CUDA_HOME"] = toolkit
