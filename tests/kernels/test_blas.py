"""The threads of the BLAS: what was set is in force in every thread of Python, and bits of products follow from it."""

from __future__ import annotations

import os
import threading
import time
from types import SimpleNamespace

import numpy as np
import pytest
from threadpoolctl import threadpool_info, threadpool_limits

from swref.directions import directions
from swref.errors import BackendError
from swref.kernels import blas
from swref.kernels.cpu import backend as cpu
from swref.kernels.threads import get_num_threads, set_num_threads
from swref.sliced import sw_loss_and_grad
from tests.support import run_python

needs_fork = pytest.mark.skipif(not hasattr(os, "fork"), reason="this platform has no fork")


@pytest.fixture
def _threads_restored():
    before = get_num_threads()
    yield
    set_num_threads(before)


@pytest.fixture
def _limited_before():
    """A thread that has used threadpoolctl and lives on: from 3.8 on, no limit of any other thread has effect."""
    limited, over = threading.Event(), threading.Event()

    def limit():
        limits = threadpool_limits(2, "blas")
        limited.set()
        over.wait()
        limits.restore_original_limits()

    thread = threading.Thread(target=limit)
    thread.start()
    limited.wait()
    yield
    over.set()
    thread.join()


def counts():
    return [library["num_threads"] for library in threadpool_info() if library["user_api"] == "blas"]


def in_thread(function):
    result = []
    thread = threading.Thread(target=lambda: result.append(function()))
    thread.start()
    thread.join(60)
    return result[0]


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


@pytest.mark.usefixtures("_limited_before")
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_bits_do_not_depend_on_the_thread_that_calls(dtype):
    """Oracle: the main thread alone, bit for bit; then four threads at once, all in another order of problems."""
    rng = np.random.default_rng(0)
    problems = []
    for n, L in ((256, 30), (300, 20), (700, 90)):
        x, y = rng.normal(size=(2, n, 100)).astype(dtype)
        problems.append((x, y, directions(rng, L, 100).astype(dtype)))
    with blas.limited(1):
        expected = [sw_loss_and_grad(*problem, backend="cpu")[1].tobytes() for problem in problems]
    before, wrong, barrier = counts(), [], threading.Barrier(4)
    assert in_thread(lambda: sw_loss_and_grad(*problems[0], backend="cpu")[1].tobytes()) == expected[0]

    def call(caller):
        barrier.wait()
        for k in range(caller, caller + 12):
            if sw_loss_and_grad(*problems[k % 3], backend="cpu")[1].tobytes() != expected[k % 3]:
                wrong.append(caller)

    callers = [threading.Thread(target=call, args=(caller,)) for caller in range(4)]
    for caller in callers:
        caller.start()
    for caller in callers:
        caller.join(60)
        assert not caller.is_alive()
    assert wrong == []
    assert counts() == before


@pytest.mark.usefixtures("_limited_before")
@pytest.mark.parametrize("count", [1, 2, 3])
def test_a_limit_is_in_force_in_any_thread(count):
    """Oracle: threadpoolctl's own report of the loaded libraries."""

    def inside():
        with blas.limited(count):
            return counts()

    before = counts()
    assert set(inside()) == set(in_thread(inside)) == {count}
    assert counts() == before


def test_limits_are_restored_by_the_last_to_leave():
    """Oracle: as above."""
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


def test_limits_nest_and_others_wait_for_their_number():
    """Four threads inside 2 and, within, inside 1: nobody ever sees the other number, and nobody waits for ever."""
    before, wrong = counts(), []

    def call(first, second):
        for _ in range(50):
            with blas.limited(first):
                wrong.extend(n for n in counts() if n != first)
                with blas.limited(second):
                    wrong.extend(n for n in counts() if n != second)
                wrong.extend(n for n in counts() if n != first)

    threads = [threading.Thread(target=call, args=pair) for pair in ((2, 1), (1, 2), (2, 1), (3, 1))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
        assert not thread.is_alive()
    assert wrong == []
    assert counts() == before


def test_a_limit_that_is_not_taken_is_an_error(monkeypatch):
    """Oracle: a library that keeps its number whatever is set; afterwards the limit is nobody's."""
    library = SimpleNamespace(name="openblas of /lib/x.so", get=lambda: 2, set=lambda n: None, a_thread_each=False)
    monkeypatch.setattr(blas, "_libraries", lambda: [library])
    message = r"must use 1 threads, for the bits follow from that, and keeps 2 \(openblas of /lib/x.so\); .*NUM_THREADS"
    with pytest.raises(BackendError, match=message), blas.limited(1):
        pytest.fail("inside")
    x = np.random.default_rng(0).normal(size=(20, 40))
    with pytest.raises(BackendError, match=message):
        sw_loss_and_grad(x, x[::-1], np.eye(40), backend="cpu")
    with blas.limited(2):
        pass


def test_a_limit_of_others_is_joined_without_a_wait():
    """That count alone, also where somebody waits for his turn; it holds until the last has left."""
    before = counts()

    def wait():
        with blas.limited(2):
            pass

    def join(count):
        with blas.joined(count) as inside:
            return inside, blas.own(), counts()

    waiting = threading.Thread(target=wait)
    with blas.limited(1):
        waiting.start()
        while not blas._queue:
            time.sleep(0.001)
        assert in_thread(lambda: join(1)) == (True, 1, [1] * len(before))
        assert in_thread(lambda: join(3)) == (False, 0, [1] * len(before))
    waiting.join(60)
    assert in_thread(lambda: join(1)) == (False, 0, before)
    assert in_thread(lambda: join(0)) == (True, 0, before)


@needs_fork
def test_a_child_keeps_the_limit_of_its_thread_and_not_those_of_others():
    """Forks do not wait for long limits; a child of another thread has what was there before any limit."""
    script = """
import os, signal, threading, warnings
warnings.filterwarnings("ignore", message=".*multi-threaded.*fork", category=DeprecationWarning)
import numpy as np
from swref.kernels import blas
def child(expected):
    pid = os.fork()
    if pid == 0:
        signal.alarm(20)
        with blas.limited(3):
            fine = {library.get() for library in blas._libraries()} == {3}
        os._exit(0 if fine and {library.get() for library in blas._libraries()} == {expected} else 3)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
for library in blas._libraries():
    library.set(2)
inside, over = threading.Event(), threading.Event()
def hold():
    with blas.limited(1):
        inside.set()
        over.wait()
thread = threading.Thread(target=hold)
thread.start()
inside.wait()
codes = [child(2)]
with blas.limited(1):
    codes.append(child(1))
over.set()
thread.join()
print(codes, [library.get() for library in blas._libraries()])
"""
    result = run_python(script, timeout=60)
    assert result.stdout.strip().startswith("[0, 0] [2"), result.stderr


@needs_fork
def test_a_fork_waits_for_a_product_that_has_to_compile_first():
    """Numba's lock must not be taken from who is at a product that the fork waits for."""
    script = """
import os, signal, threading, time, warnings
warnings.filterwarnings("ignore", message=".*multi-threaded.*fork", category=DeprecationWarning)
from numba.core.compiler_lock import global_compiler_lock
from swref.kernels import blas
inside = threading.Event()
def multiply():
    with blas.one_thread_each():
        inside.set()
        while not blas._forking:
            time.sleep(0.001)
        with global_compiler_lock:
            pass
thread = threading.Thread(target=multiply)
thread.start()
inside.wait()
signal.alarm(20)
pid = os.fork()
if pid == 0:
    with blas.one_thread_each(), global_compiler_lock:
        os._exit(0)
print(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
"""
    result = run_python(script, timeout=60)
    assert result.stdout.strip() == "0", result.stderr
