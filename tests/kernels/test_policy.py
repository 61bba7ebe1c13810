"""How everything is compiled: without the GIL, kept on disk, and to the bits of Python's own arithmetic."""

from __future__ import annotations

import numpy as np
import pytest

from swref.kernels import bodies
from swref.kernels.cpu import rows


@pytest.mark.compiled
def test_loops_give_the_gil_away_and_are_kept_on_disk_without_fast_math():
    """Oracle: what Numba records of its own dispatcher."""
    options = rows.project.targetoptions
    assert options["nogil"]
    assert not options.get("fastmath")
    assert rows.project.stats.cache_path
    assert not bodies.power_cost.targetoptions.get("fastmath")


@pytest.mark.compiled
def test_compiled_loops_give_the_bits_of_python():
    """Oracle: the same function interpreted: sums of 7 products whose rounding differs in every other order."""
    rng = np.random.default_rng(0)
    A, B = rng.standard_normal((3, 7)), rng.standard_normal((7, 50))
    one, other = np.zeros((3, 50)), np.zeros((3, 50))
    rows.add_product(A, B, one, 0, 50)
    rows.add_product.py_func(A, B, other, 0, 50)
    assert one.tobytes() == other.tobytes()
