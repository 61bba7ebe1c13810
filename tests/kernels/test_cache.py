"""The kernels' cache on disk: Numba's own account of it, and word of a compilation, once."""

from __future__ import annotations

import numba
import numpy as np
import pytest

from swref.kernels.cache import cache_folder, on_compilation
from swref.kernels.cpu import rows

pytestmark = pytest.mark.compiled


def test_the_folder_holds_what_was_compiled():
    """Oracle: the files that Numba leaves for a kernel that has been called."""
    rows.transposed(np.ones((2, 3)))
    assert list(cache_folder().glob("rows.transposed-*.nbi"))


def test_word_of_a_compilation_comes_once_and_not_without_one():
    calls = []

    @numba.njit
    def one(x):
        return x + 1

    @numba.njit
    def other(x):
        return x + 2

    with on_compilation(lambda: calls.append("compiled")):
        assert calls == []
        one(1)
        other(1)
    assert calls == ["compiled"]
    with on_compilation(lambda: calls.append("again")):
        one(2)
    one(1.5)
    assert calls == ["compiled"]
