"""Numba kernels: unchecked, called by swref.sliced after it has validated its input."""
