"""The thread pool: same bits for any count, concurrent callers, forked and spawned children, bad settings."""

from __future__ import annotations

import os
import signal
import threading
import time

import numpy as np
import pytest

from swref.directions import directions
from swref.errors import BackendError, InputError, InputTypeError
from swref.kernels.cpu import groups
from swref.kernels.threads import get_num_threads, run_parallel, set_num_threads
from swref.sliced import WRT, sliced_wasserstein_distance, sw_loss, sw_loss_and_grad, sw_losses
from tests.support import run_python

pytestmark = pytest.mark.compiled
needs_fork = pytest.mark.skipif(not hasattr(os, "fork"), reason="this platform has no fork")

# A child's work: large enough to use the pool (over groups.SERIAL_ELEMENTS), with the specification as its oracle.
PRELUDE = """
import numpy as np
from swref.directions import directions
from swref.kernels.threads import get_num_threads, set_num_threads
from swref.sliced import sw_loss_and_grad

dimensions = (1, 2, 40, 200)

def problem(seed):
    generator, d = np.random.default_rng(seed), dimensions[seed % 4]
    return generator.standard_normal((500, d)), generator.standard_normal((500, d)), directions(generator, 40, d)

def right(seed):
    want, dx_want = sw_loss_and_grad(*problem(seed), backend="numpy")
    got, dx = sw_loss_and_grad(*problem(seed), backend="cpu")
    return bool(abs(got - want) < 1e-12 * want and np.abs(dx - dx_want).max() < 1e-14)
"""


@pytest.fixture
def _threads_restored():
    before = get_num_threads()
    yield
    set_num_threads(before)


@pytest.mark.usefixtures("_threads_restored")
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize(("n", "m", "weighted"), [(300, 300, False), (300, 211, False), (150, 150, True)])
def test_bits_depend_neither_on_the_threads_nor_on_the_groups(monkeypatch, n, m, weighted, dtype):
    generator = np.random.default_rng(n + m)
    x = generator.standard_normal((n, 3)).astype(dtype)
    y = generator.integers(-2, 3, (m, 3)).astype(dtype)
    theta = directions(generator, 120, 3)
    wx = generator.dirichlet(np.ones(n)) if weighted else None
    assert len(theta) * n > groups.SERIAL_ELEMENTS
    results = set()
    for threads in (1, 2, 3, 7):
        set_num_threads(threads)
        for group in (1, 5 * (n + m), 1 << 19):
            monkeypatch.setattr(groups, "GROUP_ELEMENTS", group)
            loss, dx = sw_loss_and_grad(x, y, theta, x_weights=wx, backend="cpu")
            same, grads = sw_loss_and_grad(x, y, theta, x_weights=wx, wrt=WRT, backend="cpu")
            results.add((loss, dx.tobytes(), same, *(g.tobytes() for g in grads)))
    assert len(results) == 1


DIMENSIONS = (1, 2, 3, 10, 40, 64, 101, 200)
CALLS = {
    "loss": lambda x, y, theta, w: sw_loss(x, y, theta, backend="cpu"),
    "losses": lambda x, y, theta, w: sw_losses(x, y, theta, p=1, backend="cpu"),
    "gradient": lambda x, y, theta, w: sw_loss_and_grad(x, y, theta, backend="cpu"),
    "gradients": lambda x, y, theta, w: sw_loss_and_grad(x, y[:-9], theta, p=3, x_weights=w, wrt=WRT, backend="cpu"),
    "float32": lambda x, y, theta, w: sw_loss_and_grad(*(a.astype("f4") for a in (x, y, theta)), backend="cpu"),
    "distance": lambda x, y, theta, w: sliced_wasserstein_distance(x, y, projections=theta.T),
}


@pytest.mark.usefixtures("_threads_restored")
@pytest.mark.parametrize("name", CALLS)
def test_eight_callers_at_once(name):
    """Each caller has its own data, in its own dimension; the oracle is the answer that it gets alone, bit for bit."""
    set_num_threads(3)
    problems = []
    for seed, d in enumerate(DIMENSIONS):
        generator = np.random.default_rng(seed)
        x, y = generator.standard_normal((2, 200 + 10 * seed, d))
        problems.append((x, y, directions(generator, 100, d), generator.dirichlet(np.ones(len(x)))))

    def bits(answer: object) -> bytes:
        return b"".join(map(bits, answer)) if isinstance(answer, tuple) else np.asarray(answer).tobytes()

    alone = [bits(CALLS[name](*problem)) for problem in problems]
    wrong, barrier = [], threading.Barrier(8)

    def call(caller: int) -> None:
        barrier.wait()
        wrong.extend(caller for _ in range(12) if bits(CALLS[name](*problems[caller])) != alone[caller])

    callers = [threading.Thread(target=call, args=(caller,)) for caller in range(8)]
    for caller in callers:
        caller.start()
    for _ in range(20):
        set_num_threads(2)  # a caller may change the count while others work
        set_num_threads(4)
    for caller in callers:
        caller.join(timeout=60)
        assert not caller.is_alive()
    assert wrong == []


@needs_fork
@pytest.mark.parametrize("leave", ["os._exit(0 if ok else 3)", "sys.exit(0 if ok else 3)"])
def test_forked_child_of_a_parent_that_used_the_pool(leave):
    """The threads of the parent do not exist in the child: it must make its own, not wait for those."""
    script = f"""
import os, sys, warnings
warnings.filterwarnings("ignore", message=".*multi-threaded.*fork", category=DeprecationWarning)
{PRELUDE}
set_num_threads(3)
assert right(0)
child = os.fork()
if child == 0:
    ok = right(1) and right(2)
    {leave}
status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
assert status == 0, status
assert right(3)
print("both right")
"""
    result = run_python(script, timeout=120)
    assert result.stdout.strip() == "both right", result.stderr


@needs_fork
@pytest.mark.parametrize("called", [4, 6])  # in one dimension, and in 40: by our threads, and by those of the BLAS
def test_fork_while_other_threads_are_calling(called):
    """The locks of the pool and of the BLAS may be held at the moment of the fork: the child gets new ones."""
    script = f"""
import os, signal, threading, warnings
warnings.filterwarnings("ignore", message=".*multi-threaded.*fork", category=DeprecationWarning)
{PRELUDE}
set_num_threads(2)
assert right(0)
done = threading.Event()
def work():
    while not done.is_set():
        sw_loss_and_grad(*problem({called}), backend="cpu")
workers = [threading.Thread(target=work) for _ in range(3)]
for worker in workers: worker.start()
codes = []
for seed in range(6):
    child = os.fork()
    if child == 0:
        signal.alarm(20)
        os._exit(0 if right(seed) else 3)
    codes.append(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
done.set()
for worker in workers: worker.join()
print(codes)
"""
    result = run_python(script, timeout=150)
    assert result.stdout.strip() == str([0] * 6), result.stderr


@pytest.mark.parametrize("method", ["spawn", pytest.param("forkserver", marks=pytest.mark.slow)])
def test_process_pools(tmp_path, method):
    """A pool's children import the main script anew: it has to be a file."""
    if method == "forkserver" and not hasattr(os, "fork"):
        pytest.skip("this platform has no forkserver")
    main = tmp_path / "pool_main.py"
    main.write_text(
        f"""{PRELUDE}
import multiprocessing
if __name__ == "__main__":
    assert right(0)
    with multiprocessing.get_context({method!r}).Pool(2) as pool:
        print(pool.map(right, range(4)))
"""
    )
    script = f"import subprocess, sys; sys.exit(subprocess.call([sys.executable, {str(main)!r}]))"
    result = run_python(script, timeout=120)
    assert result.stdout.strip() == str([True] * 4), result.stderr


@pytest.mark.parametrize("value", ["0", "-1", "two", "", "1.5", "²"])
def test_bad_environment_setting_is_named(value):
    script = "from swref import get_num_threads\ntry: get_num_threads()\nexcept ValueError as e: print(ascii(str(e)))"
    result = run_python(script, timeout=60, SWREF_NUM_THREADS=value, PYTHONIOENCODING="utf-8")
    assert "SWREF_NUM_THREADS must be a whole number >= 1, got" in result.stdout, result.stderr


def test_environment_setting_is_used():
    script = f"{PRELUDE}\nprint(get_num_threads(), right(1))"
    assert run_python(script, timeout=60, SWREF_NUM_THREADS="5").stdout.split() == ["5", "True"]


@pytest.mark.parametrize(
    ("count", "error", "message"),
    [
        (0, InputError, r"count must be >= 1, got 0"),
        (-2, InputError, r"count must be >= 1, got -2"),
        (2.0, InputTypeError, r"count must be an integer, got 2.0"),
        (True, InputTypeError, r"count must be an integer, got True"),
        ("2", InputTypeError, r"count must be an integer, got '2'"),
    ],
)
def test_bad_count_is_named(count, error, message):
    before = get_num_threads()
    with pytest.raises(error, match=message):
        set_num_threads(count)
    assert get_num_threads() == before


@pytest.mark.parametrize(("size", "parts"), [(1, 1), (1, 8), (7, 3), (7, 7), (7, 20), (100, 4)])
def test_parts_cover_the_range_once(size, parts):
    seen = np.zeros(size, int)

    def task(start: int, stop: int) -> None:
        seen[start:stop] += 1

    run_parallel(task, size, parts)
    assert (seen == 1).all()


@pytest.mark.parametrize("failing", [0, 3, 6])
def test_an_error_in_any_part_reaches_the_caller_after_all_parts_ended(failing):
    finished = []

    def task(start: int, stop: int) -> None:
        if start == failing:
            raise ZeroDivisionError(start)
        finished.append(start)

    with pytest.raises(ZeroDivisionError):
        run_parallel(task, 7, 7)
    assert sorted(finished) == [k for k in range(7) if k != failing]


def test_no_part_outlives_ctrl_c():
    """Twice: while the caller waits for the other parts, and again while it waits for those that had begun."""
    running, finished = threading.Event(), []

    def task(start: int, stop: int) -> None:
        if start == 0:
            running.wait()
            return
        running.set()
        for _ in range(2):
            time.sleep(0.05)
            signal.pthread_kill(threading.main_thread().ident, signal.SIGINT)
        time.sleep(0.05)
        finished.append(start)

    with pytest.raises(KeyboardInterrupt):
        run_parallel(task, 2, 2)
    assert finished == [1]


@pytest.mark.usefixtures("_threads_restored")
def test_threads_that_the_system_does_not_start_are_named(monkeypatch):
    """Oracle: Python's own error at the third thread; those before it end, and the next call works."""
    set_num_threads(6)
    start, started = threading.Thread.start, []

    def refuse(thread):
        if len(started) == 2:
            raise RuntimeError("can't start new thread")
        start(thread)
        started.append(thread)

    monkeypatch.setattr(threading.Thread, "start", refuse)
    with pytest.raises(BackendError, match=r"the system starts 2 of 5 threads \(can't start new thread\): SWREF_NUM_"):
        run_parallel(lambda start, stop: None, 6, 6)
    monkeypatch.undo()
    for thread in started:
        thread.join(timeout=10)
        assert not thread.is_alive()
    test_parts_cover_the_range_once(7, 7)
