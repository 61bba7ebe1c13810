"""Calls on Dask, on a cluster in this process. Oracle: what the calls return here, and the words of the refusals."""

from __future__ import annotations

import os
from concurrent.futures import Future

import pytest

from swref.errors import SwrefError
from swref.runs.executors import Place, WorkerLostError, opened
from swref.runs.executors import dask as module
from tests.support import dask_in_threads

pytest.importorskip("distributed", reason="needs the extra dask")


def test_calls_come_back_in_whatever_order():
    with dask_in_threads() as scheduler, opened(Place(scheduler=scheduler)) as executor:
        futures = [executor.submit(divmod, k, 3) for k in range(20)]
        assert [future.result() for future in futures] == [divmod(k, 3) for k in range(20)]
        assert executor.slots == 2
        assert executor.submit(len, executor.shared(b"abc")).result() == 3
        with pytest.raises(ZeroDivisionError):
            executor.submit(divmod, 1, 0).result()


class KilledWorker(Exception):
    """Named as Dask's own."""


@pytest.mark.parametrize(
    ("ends", "error", "line"),
    [
        (lambda f: f.set_exception(KilledWorker()), WorkerLostError, "several workers ended"),
        (lambda f: (f.cancel(), f.set_running_or_notify_cancel()), SwrefError, "the scheduler tcp://x:1 went away"),
    ],
)
def test_what_is_lost_is_said(ends, error, line):
    """Oracle: the two ways in which Dask ends a future of its own accord."""
    inner: Future[int] = Future()

    class Client:
        def get_executor(self, pure):
            return self

        def submit(self, *call):
            return inner

    future = module.OnDask(Client(), "tcp://x:1").submit(abs, 1)
    ends(inner)
    with pytest.raises(error, match=line):
        future.result()


def test_a_scheduler_that_is_gone_is_one_line(monkeypatch):
    monkeypatch.setattr(module, "SECONDS", 0.2)
    with pytest.raises(SwrefError, match=r"the scheduler tcp://127.0.0.1:9 does not answer within 0.2 s$"):
        opened(Place(scheduler="tcp://127.0.0.1:9")).__enter__()
    with pytest.raises(SwrefError, match=r"scheduler must be an address as tcp://HOST:PORT, got 'foo://x:1' .*scheme"):
        opened(Place(scheduler="foo://x:1")).__enter__()


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # of a half-made cluster of Dask's
@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("clas = 'x'", "configuration key must be one of class, jobs, arguments, got 'clas'; did you mean 'class'?"),
        ("class = 'os.system'", r"class must be one of .*SLURMCluster.*, got 'os.system'"),
        ("class = 'SLURMCluster'\njobs = 0", "jobs must be >= 1, got 0"),
        ("class = 'SLURMCluster'\narguments = 3", "arguments must be a table, got 3"),
        ("class = 'SLURMCluster'\n[arguments]\ncoores = 3", "the cluster does not start .*coores"),
    ],
)
def test_bad_cluster_files(text, line, tmp_path):
    pytest.importorskip("dask_jobqueue")
    path = tmp_path / "cluster.toml"
    path.write_text(text)
    with pytest.raises(SwrefError, match=line):
        opened(Place(cluster=path)).__enter__()


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning", "ignore::ResourceWarning")  # the same
@pytest.mark.slow
def test_a_jobqueue_cluster_computes(tmp_path, monkeypatch):
    """Oracle: the process that computed. dask-jobqueue's local class stands for a queue."""
    library = pytest.importorskip("dask_jobqueue")
    local = pytest.importorskip("dask_jobqueue.local")
    monkeypatch.setattr(library, "LocalCluster", local.LocalCluster, raising=False)
    path = tmp_path / "cluster.toml"
    options = "cores = 1\nmemory = '1GB'\nscheduler_options = {dashboard_address = ':0'}"
    path.write_text(f"class = 'LocalCluster'\n[arguments]\n{options}\n")
    with opened(Place(cluster=path)) as executor:
        assert executor.submit(os.getpid).result(60) != os.getpid()
