"""Training: a run is what sgd yields; resumption, kills, full disks and Ctrl-C change no bit."""

from __future__ import annotations

import dataclasses
import json
import signal
import threading
import time
from pathlib import Path

import numpy as np
import pytest
from threadpoolctl import threadpool_info, threadpool_limits

from swref.errors import DivergenceError, RunError, SwrefError
from swref.runs import Run, RunFolder, TrainConfig, open_run, resume, train, training
from swref.runs.folder import COLUMNS
from tests.runs.support import KILLED, QUICK, after_each, assert_same_run, contents, interrupt, start_child


def test_folder_holds_config_history_checkpoint_and_summary(finished):
    path, summary = finished
    assert {p.name for p in path.iterdir()} == {
        "config.toml",
        "data.npz",
        "history.csv",
        "checkpoint.npz",
        "summary.json",
    }
    assert RunFolder(path).config() == QUICK
    history = RunFolder(path).history()
    assert tuple(history) == COLUMNS
    assert history["step"].tolist() == list(range(1, 201))
    assert (np.diff(history["seconds"]) >= 0).all()
    stored = json.loads((path / "summary.json").read_text())
    assert stored == {**json.loads(json.dumps(summary.to_dict())), "folder": "finished"}
    assert stored["format"] == 1
    assert stored["config"]["radius"] == "inf"
    assert stored["loss"] == pytest.approx(history["loss"][-20:].mean())
    u = open_run(path)[1].u
    assert history["norm_u"][-1] == pytest.approx(np.linalg.norm(u), rel=1e-14)


def test_history_is_what_sgd_yields(finished):
    """Oracle: the generator, run by hand on the problem of the config."""
    from swref.sgd import sgd

    path, _ = finished
    problem, checkpoint = open_run(path)
    iterates = list(
        sgd(problem.net, problem.source, problem.target, problem.initial(), step=QUICK.step, batch=32, steps=200)
    )
    history = RunFolder(path).history()
    assert history["loss"].tolist() == [iterate.loss for iterate in iterates]
    np.testing.assert_allclose(history["norm_phi"], [np.linalg.norm(i.phi) for i in iterates], rtol=1e-14)
    assert np.array_equal(checkpoint.u, iterates[-1].u)


@pytest.mark.parametrize("blas_threads", [1, 3])
def test_the_blas_has_the_threads_of_the_config_in_whatever_thread_a_run_is(tmp_path, blas_threads):
    """Oracle: threadpoolctl's report of the libraries, at every step of a run and of going on with it."""
    config, seen = dataclasses.replace(QUICK, steps=3, blas_threads=blas_threads), set()
    loaded = {pool["filepath"] for pool in threadpool_info() if pool["user_api"] == "blas"}

    def look(*_):
        seen.update(pool["num_threads"] for pool in threadpool_info() if pool["filepath"] in loaded)

    def in_thread(run):
        thread = threading.Thread(target=run)
        thread.start()
        thread.join(60)

    with threadpool_limits(2, "blas"):  # from threadpoolctl 3.8 on, no other thread's limit has effect in here
        in_thread(lambda: train(config, tmp_path / "run", after_each(look)))
        in_thread(lambda: resume(tmp_path / "run", 6, after_each(look)))
    assert open_run(tmp_path / "run")[1].t == 6
    assert seen == {blas_threads}


def test_config_toml_replays_the_run(finished, tmp_path):
    path, _ = finished
    replayed = TrainConfig.from_values(TrainConfig.read(path / "config.toml"))
    train(replayed, tmp_path / "again")
    assert_same_run(path, tmp_path / "again")


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"noise": 0.5, "radius": 2.0},
        {"dtype": "float32", "radius": 1 / 3, "noise": 1.0},
        {"decay": 50.0, "scheme": "orthogonal", "directions": 3},
        {"target": "penguins", "batch": 500},
    ],
)
def test_extension_of_a_finished_run_equals_the_longer_run(tmp_path, changes):
    config = dataclasses.replace(QUICK, steps=150, **changes)
    train(config, tmp_path / "long")
    train(dataclasses.replace(config, steps=67), tmp_path / "short")
    summary = resume(tmp_path / "short", steps=150)
    assert summary.steps == 150
    assert_same_run(tmp_path / "short", tmp_path / "long")
    assert RunFolder(tmp_path / "short").config() == config
    long = RunFolder(tmp_path / "long").summary()
    assert {**summary.to_dict(), "seconds": 0, "folder": ""} == {**long, "seconds": 0, "folder": ""}


def test_resuming_a_finished_run_changes_nothing_but_its_summary(finished, tmp_path):
    path, summary = finished
    before = contents(path)
    again = resume(path)
    assert again.to_dict() == summary.to_dict()
    after = contents(path)
    assert (before["history.csv"], before["config.toml"]) == (after["history.csv"], after["config.toml"])


def test_a_run_that_is_to_go_on_has_no_summary_until_it_ends(tmp_path):
    train(dataclasses.replace(QUICK, steps=50), tmp_path / "run")
    with pytest.raises(KeyboardInterrupt):
        resume(tmp_path / "run", 100, interrupt(60))
    assert RunFolder(tmp_path / "run").summary() is None
    assert open_run(tmp_path / "run")[1].t == 60


def test_fewer_steps_than_done_are_refused(finished):
    path, _ = finished
    before = contents(path)
    with pytest.raises(RunError, match="has done 200 steps already, more than the 100 asked for"):
        resume(path, steps=100)
    assert contents(path) == before


def test_divergence_keeps_the_last_good_iterate(tmp_path):
    config = dataclasses.replace(QUICK, activation="identity", step=1e10)
    with pytest.raises(DivergenceError, match=r"diverged at step \d+.*the iterate before it is in .*checkpoint\.npz"):
        train(config, tmp_path / "run")
    checkpoint = open_run(tmp_path / "run")[1]
    assert checkpoint.t == len(RunFolder(tmp_path / "run").history()["step"]) >= 1
    assert np.isfinite(checkpoint.u).all()


@pytest.fixture(scope="module")
def uninterrupted(tmp_path_factory):
    path = tmp_path_factory.mktemp("whole") / "run"
    train(KILLED, path)
    return path


@pytest.mark.parametrize("kill", [*range(3), *(pytest.param(k, marks=pytest.mark.slow) for k in range(3, 10))])
def test_kill_9_at_a_random_moment_then_resume(kill, uninterrupted, tmp_path):
    """Oracle: the run that was never interrupted, bit for bit."""
    seconds = RunFolder(uninterrupted).history()["seconds"][-1]
    child = start_child(tmp_path / "a" / "run", KILLED)
    time.sleep(np.random.default_rng(kill).random() * 0.8 * seconds)
    child.kill()
    child.wait()
    resume(tmp_path / "a" / "run")
    assert_same_run(tmp_path / "a" / "run", uninterrupted)


def test_killed_between_config_and_first_checkpoint(finished, tmp_path):
    folder = RunFolder(tmp_path)
    folder.write_config(QUICK)
    with pytest.raises(RunError, match="has no checkpoint yet"):
        Run.load(tmp_path)
    folder.history_path.write_text("step,lo")
    resume(tmp_path)
    assert_same_run(tmp_path, finished[0])


def test_ctrl_c_saves_the_step_that_was_reached(tmp_path):
    """Oracle: a run of the steps that the interrupted one reached and twenty more, never interrupted."""
    endless = dataclasses.replace(KILLED, steps=10**6)
    child = start_child(tmp_path / "a" / "run", endless)
    child.send_signal(signal.SIGINT)
    child.wait()
    folder = RunFolder(tmp_path / "a" / "run")
    checkpoint = folder.checkpoint()
    assert checkpoint.t == len(folder.history()["step"]) < endless.steps
    assert checkpoint.history_bytes == folder.history_path.stat().st_size
    resume(folder.path, steps=checkpoint.t + 20)
    train(dataclasses.replace(KILLED, steps=checkpoint.t + 20), tmp_path / "oracle")
    assert_same_run(folder.path, tmp_path / "oracle")


@pytest.mark.parametrize("method", ["append_history", "write_checkpoint"])
@pytest.mark.parametrize("after", [False, True])
def test_ctrl_c_inside_a_save(method, after, finished, tmp_path, monkeypatch):
    """An interrupt on either side of each part of a save leaves a folder that resumes to the same bits."""
    original, calls = getattr(RunFolder, method), []

    def interrupted(self, *arguments):
        calls.append(0)
        result = original(self, *arguments) if len(calls) != 3 or after else None
        if len(calls) == 3:
            raise KeyboardInterrupt
        return result

    monkeypatch.setattr(training, "CHECKPOINT_SECONDS", 0.0)
    with monkeypatch.context() as patch:
        patch.setattr(RunFolder, method, interrupted)
        with pytest.raises(KeyboardInterrupt):
            train(QUICK, tmp_path / "run")
    monkeypatch.undo()
    resume(tmp_path / "run")
    assert_same_run(tmp_path / "run", finished[0])


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full on this system")
def test_a_full_disk_is_one_clear_line_and_the_run_resumes(finished, tmp_path, monkeypatch):
    """Oracle: the uninterrupted run. /dev/full answers every write with ENOSPC."""
    import builtins

    full = []

    def no_space(file, mode="r", *args, **kwargs):
        if full and mode in ("ab", "xb"):
            return real("/dev/full", "ab", *args, **kwargs)
        return real(file, mode, *args, **kwargs)

    real = builtins.open
    monkeypatch.setattr(builtins, "open", no_space)
    with pytest.raises(RunError, match=r"cannot be written \((No space left on device|Invalid argument)\)"):
        train(QUICK, tmp_path / "run", after_each(lambda t: full.append(t) if t == 120 else None))
    full.clear()
    monkeypatch.undo()
    resume(tmp_path / "run")
    assert_same_run(tmp_path / "run", finished[0])


def test_bad_input_leaves_no_folder(tmp_path):
    """What only the data or the directions can refuse is refused before the folder is made."""
    for changes in (
        {"target": "none.csv"},
        {"columns": ("a",)},
        {"source": "gausian"},
        {"target": "cube:3", "scheme": "grid"},
    ):
        with pytest.raises(SwrefError):
            train(dataclasses.replace(QUICK, **changes), tmp_path / "run")
        assert not (tmp_path / "run").exists()


def test_a_run_whose_step_falls_to_0_resumes_but_is_not_extended(tmp_path):
    """Oracle: the run that was never interrupted; a longer one falls at another pace."""
    config = dataclasses.replace(QUICK, schedule="linear", steps=60)
    train(config, tmp_path / "whole")
    with pytest.raises(KeyboardInterrupt):
        train(config, tmp_path / "run", interrupt(23))
    resume(tmp_path / "run")
    assert_same_run(tmp_path / "run", tmp_path / "whole")
    with pytest.raises(
        RunError, match="falls to 0 at step 60, so that 80 steps are another run: start it with --config"
    ):
        resume(tmp_path / "run", 80)
