"""The tiers on workers. Oracle: the same tiers here, to the bit, for any number of workers and any chunks."""

from __future__ import annotations

import logging
import pickle
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import numpy as np
import pytest

from swref import directions
from swref.distributed import spread, sw
from swref.distributed.certified import tables_of
from swref.distributed.clouds import cloud_of
from swref.distributed.frame import Frame
from swref.distributed.spread import done
from swref.errors import DataError, InputError, RunError

RNG = np.random.default_rng(0)
X, Y, THETA = RNG.normal(size=(6000, 3)).astype("f4"), RNG.normal(size=(5000, 3)).astype("f4") + 1, directions(0, 4, 3)


@pytest.mark.parametrize("tier", ["certified", "exact"])
@pytest.mark.parametrize("weighted", [False, True])
def test_workers_change_no_bit(tmp_path, monkeypatch, tier, weighted):
    monkeypatch.setattr(spread, "TASK_ROWS", 700)
    monkeypatch.setattr(spread, "IN_FLIGHT", 3)
    for k, piece in enumerate(np.split(X, [100, 3000])):
        np.save(tmp_path / f"{k}.npy", piece)
    files = [tmp_path / f"{k}.npy" for k in range(3)]
    w = RNG.dirichlet(np.ones(len(X))) if weighted else None
    expected = sw(X, Y, THETA, tier=tier, x_weights=w)
    for workers in (1, 3):
        with ThreadPoolExecutor(workers) as pool:
            assert sw(files, Y, THETA, tier=tier, x_weights=w, executor=pool) == expected


def test_a_row_that_is_not_finite_is_told_from_a_worker(tmp_path, monkeypatch):
    monkeypatch.setattr(spread, "TASK_ROWS", 7)
    points = np.zeros((30, 3))
    points[25, 1] = np.nan
    np.save(tmp_path / "x.npy", points)
    with ThreadPoolExecutor(1) as pool:
        with pytest.raises(DataError, match=r"x.npy: row 25, column 1 \(both counted from 0\): nan is not finite"):
            sw(tmp_path / "x.npy", Y, THETA, executor=pool)
        with pytest.raises(InputError, match=r"x must be finite, got nan at \[25, 1\]"):
            sw(points, Y, THETA, executor=pool)


def test_workers_that_go_away_are_one_line():
    class Gone:
        def submit(self, *call: Any) -> Future[Any]:
            future: Future[Any] = Future()
            future.cancel()
            future.set_running_or_notify_cancel()
            return future

    with pytest.raises(RunError, match="the workers that were at it went away"):
        list(done(Gone(), [(divmod, (7, 2))]))


def test_what_takes_no_calls_is_refused():
    with pytest.raises(InputError, match=r"executor must be one of concurrent\.futures or a Dask client"):
        sw(X, Y, THETA, executor=len)


@pytest.fixture(scope="module")
def client() -> Iterator[Any]:
    """Of two threads that compute, and a scheduler, all in this process."""
    distributed = pytest.importorskip("distributed", reason="needs the extra dask")
    logging.getLogger("distributed").setLevel(logging.CRITICAL)
    options: dict[str, Any] = {"n_workers": 2, "threads_per_worker": 1, "dashboard_address": None}
    with distributed.LocalCluster(processes=False, protocol="tcp", **options) as cluster, cluster.get_client() as found:
        yield found


@pytest.mark.slow
@pytest.mark.parametrize("tier", ["certified", "exact"])
def test_chunks_of_dask_arrays_change_no_bit(client, tier):
    da = pytest.importorskip("dask.array")
    expected = sw(X, Y, THETA, tier=tier)
    for chunks in ((6000, 3), (1234, 2)):
        x = da.from_array(X, chunks=chunks)
        assert sw(x, Y, THETA, tier=tier) == expected
        assert sw(x, Y, THETA, tier=tier, executor=client) == expected
        assert sw(x.persist(), da.from_array(Y, chunks=700), THETA, tier=tier, executor=client) == expected
    with ThreadPoolExecutor(1) as pool, pytest.raises(InputError, match="executor must be a Dask client where x or y"):
        sw(x, Y, THETA, tier=tier, executor=pool)
    with pytest.raises(InputError, match="x must have chunks of known sizes, as after compute_chunk_sizes"):
        sw(x[x[:, 0] > 0], Y, THETA, tier=tier)


@pytest.mark.slow
def test_what_workers_send_is_32_bytes_a_bin(client, tmp_path, monkeypatch):
    """Oracle: what Dask counts that its workers send, and what the tables are when pickled."""
    monkeypatch.setattr(spread, "TASK_ROWS", 2000)
    np.save(tmp_path / "x.npy", X)
    np.save(tmp_path / "y.npy", Y)
    cloud, frame = cloud_of("x", tmp_path / "x.npy", None), Frame.of([X, Y], THETA, 8)

    def sent() -> int:
        return sum(client.run(lambda dask_worker: dask_worker.transfer_outgoing_bytes_total).values())

    before = sent()
    spread.tables_on(client)(cloud, frame)
    moved = sent() - before
    parts = [tables_of(cloud.between(start, start + 2000), frame).gathered() for start in (0, 2000, 4000)]
    expected = sum(32 * len(part.where) for part in parts)
    assert expected <= moved <= expected + 3 * 500
    assert expected <= sum(len(pickle.dumps(part)) for part in parts) <= expected + 3 * 1500
