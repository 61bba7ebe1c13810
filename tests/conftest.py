"""What a run with the JIT off (NUMBA_DISABLE_JIT=1) needs, in which coverage sees the lines of the kernels."""

from __future__ import annotations

import numba
import pytest

JIT_OFF = bool(numba.config.DISABLE_JIT)


def pytest_configure(config: pytest.Config) -> None:
    """With the JIT off NumPy's scalars stand for the machine's floats, which overflow in silence: let the kernels."""
    if JIT_OFF:
        config.addinivalue_line(
            "filterwarnings", r"ignore:.* encountered in scalar:RuntimeWarning:swref\.(theory\.population\.)?kernels\."
        )


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """With the JIT off, skip the tests that ask something of compiled code: its cache, its speed, its threads."""
    if JIT_OFF:
        for item in items:
            if item.get_closest_marker("compiled"):
                item.add_marker(pytest.mark.skip(reason="needs compiled kernels"))
