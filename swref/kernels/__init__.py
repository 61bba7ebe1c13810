"""Numba kernels: unchecked, called by swref.sliced after it has validated its input."""

import os

from swref.checks import shown
from swref.errors import InputError

_threads = os.environ.get("NUMBA_NUM_THREADS", "").strip()
if _threads.lstrip("+-").isdigit() and int(_threads) < 1:  # Numba could not be imported, and would not say why
    raise InputError(f"NUMBA_NUM_THREADS must be a whole number >= 1, got {shown(_threads)}")
