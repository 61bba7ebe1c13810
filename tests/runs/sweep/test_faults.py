"""A sweep whose workers, client and scheduler are killed at random. Oracle: the same plan, done in one process.

SWREF_SWEEP=200 does so many runs on a Dask cluster of two workers, of which one is killed 20 times, the client twice
and the scheduler once (some minutes). Without it, a few runs on two processes, of which some are killed.
"""

from __future__ import annotations

import os
import random
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

import pytest

from swref.runs import evaluation
from swref.runs.sweep import load_sweep, sweep
from tests.runs.sweep.support import bits, data
from tests.support import ROOT

RUNS = int(os.environ.get("SWREF_SWEEP", "0"))
WORKERS_KILLED, CLIENTS_KILLED = 20, 2
PLAN = """
seeds = {seeds}
as_in_paper = true
[config]
target = "points.npy"
source = "gaussian:2"
hidden = [4]
batch = 8
[grid]
steps = [{steps}]
"""

pytestmark = [pytest.mark.slow, pytest.mark.skipif(not os.path.isdir("/proc/self"), reason="finds processes there")]


@pytest.fixture(autouse=True)
def in_a_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(evaluation, "DIRECTIONS", 1000)  # as the processes have it
    data(tmp_path)


def start(*words: str) -> subprocess.Popen:
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    return subprocess.Popen([sys.executable, "-m", *words], env=environment, stderr=subprocess.DEVNULL)


def children(pid: int) -> list[int]:
    """Of a process, the working ones: not multiprocessing's trackers of resources."""
    found = []
    for path in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            parent = int((path / "stat").read_text().rpartition(")")[2].split()[1])
            if parent == pid and b"spawn_main" in (path / "cmdline").read_bytes():
                found.append(int(path.name))
    return found


def kill_one(pids: list[int], rng: random.Random) -> bool:
    if pids:
        with suppress(ProcessLookupError):
            os.kill(rng.choice(pids), signal.SIGKILL)
    return bool(pids)


def until_done(
    words: list[str],
    events: list[Callable[[subprocess.Popen], bool]],
    pause: float,
    tend: Callable[[], object] = lambda: None,
) -> None:
    """Run the same command until it ends well, an event now and then: it is done, or comes again."""
    rng = random.Random(0)
    for _ in range(100):
        client = start("swref", "sweep", *words)
        with client:
            while client.poll() is None:
                time.sleep(pause * rng.uniform(0.5, 1.5))
                tend()
                if events and events[-1](client):
                    events.pop()
        if client.returncode == 0:
            return
    raise AssertionError("no end")


def same_as_one_process(plan: Path, out: Path) -> None:
    one = sweep(plan, "one")
    assert bits(out) == bits(one.path)
    assert (out / "results.csv").read_bytes() == (one.path / "results.csv").read_bytes()
    assert {state.kind for state in load_sweep(out).states} == {"done"}


def test_killed_processes_and_a_killed_client_change_no_bit():
    plan, rng = Path("plan.toml"), random.Random(1)
    plan.write_text(PLAN.format(seeds=1, steps="300, 400, 20000"))  # which saves after 16,384 rows
    events = [lambda client: kill_one(children(client.pid), rng), lambda client: client.kill() or True]
    until_done(["plan.toml", "--out", "faults", "--workers", "2"], events, 0.7)
    same_as_one_process(plan, Path("faults"))
    assert not events


@pytest.mark.skipif(not RUNS, reason="set SWREF_SWEEP=200")
def test_a_cluster_that_loses_everything_now_and_then_changes_no_bit():
    plan, rng = Path("plan.toml"), random.Random(1)
    steps = "200, 300, 400, 500, 600, 700, 800, 900, 1000, 40000"
    plan.write_text(PLAN.format(seeds=max(1, RUNS // 10), steps=steps))
    with ExitStack() as stack:
        port = free_port()
        cluster = stack.enter_context(dask_cluster(port))

        def lose_the_scheduler(client: subprocess.Popen) -> bool:
            cluster[0].kill()
            client.wait(60)
            for process in cluster:
                process.kill()
                process.wait()
            stack.enter_context(dask_cluster(port, cluster))
            return True

        def tend() -> None:
            if cluster[1].poll() is not None:  # a worker that is killed while it starts takes its keeper with it
                cluster[1] = start_workers(port)

        events = [lambda client: kill_one(children(cluster[1].pid), rng)] * WORKERS_KILLED
        events += [lambda client: client.kill() or True] * CLIENTS_KILLED + [lose_the_scheduler]
        rng.shuffle(events)
        words = ["plan.toml", "--out", "faults", "--scheduler", f"tcp://127.0.0.1:{port}"]
        until_done(words, events, float(os.environ.get("SWREF_SWEEP_PAUSE", "4")), tend)
        assert not events, "the sweep was done before: smaller SWREF_SWEEP_PAUSE"
    same_as_one_process(plan, Path("faults"))


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


@contextmanager
def dask_cluster(port: int, found: list[subprocess.Popen] | None = None) -> Iterator[list[subprocess.Popen]]:
    """A scheduler, and a process that keeps two workers alive; put into `found`, in place of those before."""
    one = start("distributed.cli.dask_scheduler", "--host", "127.0.0.1", "--port", str(port), "--no-dashboard")
    cluster = [] if found is None else found
    cluster[:] = [one, start_workers(port)]
    try:
        yield cluster
    finally:
        for process in (*cluster, one):
            for pid in children(process.pid):
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            process.kill()
            process.wait()


def start_workers(port: int) -> subprocess.Popen:
    options = ["--nworkers", "2", "--nthreads", "1", "--no-dashboard"]
    return start("distributed.cli.dask_worker", f"tcp://127.0.0.1:{port}", *options)
