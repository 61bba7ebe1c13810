"""Compiled passes over arrays: NumPy's own formula, bit for bit."""

from __future__ import annotations

import numpy as np
import pytest

from swref.networks import activation, elementwise
from swref.networks.activations import FUSED_ENTRIES
from tests.networks.pairs import DTYPES, NAMES, both


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("shape", [(5, 3), (70, FUSED_ENTRIES // 64), (2 * FUSED_ENTRIES,), (2, 64, 64)])
def test_chain_over_its_input_has_the_same_bits(name, dtype, shape, monkeypatch):
    """Oracle: the chain into a new array; where Numba is loaded, tanh has a compiled pass for large arrays."""
    calls = []
    monkeypatch.setattr(elementwise, "tanh_chain", lambda h, t, pass_=elementwise.tanh_chain: calls.append(pass_(h, t)))
    rng = np.random.default_rng(3)
    z, t = rng.standard_normal((2, *shape)).astype(dtype)
    h, _ = both(name, z)
    expected = activation(name).chain(z, h, t).tobytes()
    over = activation(name).chain(z, h, t, out=t)
    assert over is t
    assert over.tobytes() == expected
    assert len(calls) == (name == "tanh" and t.size >= FUSED_ENTRIES and t.ndim == 2)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("shape", [(1, 1), (3, 17), (64, 5)])
def test_tanh_chain_has_the_bits_of_numpy_s_three_passes(shape, dtype):
    """Oracle: t * (1 - h * h), each pass rounded."""
    h, t = np.random.default_rng(4).standard_normal((2, *shape)).astype(dtype)
    expected = t * (dtype(1) - h * h)
    elementwise.tanh_chain(h, t)
    assert t.tobytes() == expected.tobytes()
