"""Products of the BLAS: same bits for any count of threads, limits restored."""

from __future__ import annotations

import numpy as np
import pytest
from threadpoolctl import threadpool_info, threadpool_limits

from swref.directions import directions
from swref.kernels.cpu import backend as cpu
from swref.kernels.cpu import blas
from swref.kernels.threads import get_num_threads, set_num_threads
from swref.sliced import sw_loss_and_grad


@pytest.fixture
def _threads_restored():
    before = get_num_threads()
    yield
    set_num_threads(before)


@pytest.mark.usefixtures("_threads_restored")
@pytest.mark.parametrize("weighted", [False, True])
def test_bits_of_blas_products_do_not_depend_on_the_threads(weighted):
    """In many dimensions products go to the BLAS: its threads, and ours, must not change a bit."""
    generator = np.random.default_rng(5)
    x, y = generator.standard_normal((2, 700, cpu.BLAS_DIMENSION + 5))
    theta = directions(generator, 90, x.shape[1])
    wx = generator.dirichlet(np.ones(700)) if weighted else None
    results = set()
    for threads in (1, 2, 3):
        for blas_threads in (1, 2):
            set_num_threads(threads)
            with threadpool_limits(blas_threads, "blas"):
                loss, grads = sw_loss_and_grad(x, y, theta, x_weights=wx, wrt=("x", "y"), backend="cpu")
            results.add((loss, *(g.tobytes() for g in grads)))
    assert len(results) == 1


def counts():
    return [library["num_threads"] for library in threadpool_info() if library["user_api"] == "blas"]


def test_limits_are_one_thread_inside_and_restored_by_the_last_to_leave():
    """Oracle: threadpoolctl's own report of the loaded libraries."""
    before = counts()
    with blas.one_thread_each():
        assert set(counts()) == {1}
        with blas.one_thread_each():
            assert set(counts()) == {1}
        assert set(counts()) == {1}
    assert counts() == before
    with pytest.raises(RuntimeError, match="in the middle"), blas.one_thread_each():
        raise RuntimeError("in the middle of a product")
    assert counts() == before
