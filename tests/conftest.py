"""How property tests draw, and what a run with the JIT off (NUMBA_DISABLE_JIT=1) needs, for coverage of kernels."""

from __future__ import annotations

import numba
import pytest
from hypothesis import HealthCheck, settings

# The same examples every time, wherever; a first example compiles kernels, which no deadline allows for.
settings.register_profile(
    "same", derandomize=True, database=None, deadline=None, suppress_health_check=list(HealthCheck)
)
settings.load_profile("same")

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
