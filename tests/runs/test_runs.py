"""Runs: configurations, folders, resumption bit for bit, evaluation and warnings."""

from __future__ import annotations

import dataclasses
import json
import math
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from swref.errors import DataError, DivergenceError, InputError, InputTypeError, RunError, SwrefError
from swref.files import leftovers
from swref.runs import RunFolder, TrainConfig, evaluation, next_folder, open_run, resume, sample, train, training
from swref.runs.config import PRESETS
from swref.runs.evaluation import LossReference, evaluate, warnings_of
from swref.runs.folder import COLUMNS, Checkpoint
from swref.runs.problem import Problem
from tests.support import ROOT, run_python

QUICK = TrainConfig(target="moons", source="gaussian:2", hidden=(8,), batch=32, steps=200)


@pytest.fixture(scope="module", autouse=True)
def _short_evaluation():
    """Few directions: the distances at the end of a run take longer than the runs of these tests."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(evaluation, "DIRECTIONS", 30)
        yield


def finish(path: Path) -> tuple[np.ndarray, list[list[str]]]:
    """The last iterate of a run and the text of its history without the times: what must have equal bits."""
    rows = RunFolder(path).history_path.read_text().splitlines()
    checkpoint = RunFolder(path).checkpoint()
    assert checkpoint is not None
    return checkpoint.u, [row.split(",")[:-1] for row in rows]


def assert_same_run(one: Path, other: Path) -> None:
    (u, rows), (v, lines) = finish(one), finish(other)
    assert u.dtype == v.dtype
    assert np.array_equal(u, v)
    assert rows == lines


def contents(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_toml_round_trip_of_every_field(tmp_path):
    """Oracle: the config that was written, with texts that need escaping, infinities, integers as floats."""
    config = TrainConfig(
        target='odd "name"\\\t\x7f é.csv', columns=("a,b", "3"), hidden=(), step=1e-05, decay=1e16, noise=3, seed=2**70
    )
    (tmp_path / "config.toml").write_text(config.to_toml(), encoding="utf-8")
    assert TrainConfig.from_values(TrainConfig.read(tmp_path / "config.toml")) == config
    assert set(TrainConfig.read(tmp_path / "config.toml")) == {field.name for field in dataclasses.fields(config)}


def test_later_layers_win_over_earlier_ones_and_over_presets():
    config = TrainConfig.from_values({"target": "digits", "steps": 5, "step": 0.5}, {"steps": 7})
    assert (config.steps, config.step) == (7, 0.5)
    assert config.directions == PRESETS["digits"]["directions"]
    assert TrainConfig.from_values({"target": "moons"}).directions == TrainConfig().directions


@pytest.mark.parametrize("target", PRESETS)
def test_presets_are_valid(target):
    assert Problem.of(TrainConfig.from_values({"target": target})).net.n_params > 0


def test_unknown_key_comes_with_the_nearest_name():
    with pytest.raises(InputError, match="'stpes'; did you mean 'steps'"):
        TrainConfig.from_values({"stpes": 3})


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("steps", "100"),
        ("steps", 1.5),
        ("steps", True),
        ("step", "0.1"),
        ("target", 3),
        ("hidden", 64),
        ("hidden", "64"),
        ("hidden", [64.0]),
        ("columns", "a"),
        ("seed", 0.0),
        ("dtype", 64),
    ],
)
def test_wrong_types_are_refused_by_name(key, value):
    with pytest.raises((InputTypeError, InputError), match=rf"^{key}"):
        TrainConfig.from_values({key: value})


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        ("step", 0, "step must be > 0"),
        ("step", math.inf, "step must be finite"),
        ("radius", -1.0, "radius must be > 0"),
        ("batch", 0, "batch must be >= 1"),
        ("steps", 0, "steps must be >= 1"),
        ("directions", 0, "directions must be >= 1"),
        ("noise", -0.1, "noise must be >= 0"),
        ("p", 0.9, "p must be >= 1"),
        ("seed", -1, "seed must be >= 0"),
        ("holdout", 1.0, "holdout must be between 0 and 1"),
        ("hidden", [0], "hidden must be >= 1"),
        ("init_radius", 1.0, r"init_radius \(--init-radius\) is for init ball"),
        ("init", "ball", r"init ball .* needs a finite init_radius \(--init-radius R0\)"),
        ("activation", "than", "did you mean 'tanh'"),
        ("scheme", "unifrom", "did you mean 'uniform'"),
        ("backend", "cud", "backend must be one of"),
        ("dtype", "float16", "dtype must be one of"),
        ("standardize", "columns", "did you mean 'column'"),
        ("format", 2, "format must be 1"),
        ("target", "caf\udce9.csv", "must be text that UTF-8 can write"),
    ],
)
def test_bad_values_are_refused_by_name(key, value, message):
    with pytest.raises(InputError, match=message):
        TrainConfig.from_values({key: value})


@pytest.mark.parametrize("text", ["steps = ", "steps 100", "[unclosed", "steps = 1\nsteps = 2"])
def test_bad_toml_names_the_file_and_the_line(tmp_path, text):
    path = tmp_path / "bad.toml"
    path.write_text(f"# a comment\n{text}\n")
    with pytest.raises(DataError, match=r"bad\.toml: not a TOML file .*line [23]"):
        TrainConfig.read(path)


def test_missing_and_binary_toml(tmp_path):
    with pytest.raises(DataError, match="cannot be read"):
        TrainConfig.read(tmp_path / "none.toml")
    (tmp_path / "binary.toml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(DataError, match="not a TOML file"):
        TrainConfig.read(tmp_path / "binary.toml")


def test_departures_name_what_leaves_the_theorems():
    assert TrainConfig(noise=1.0, radius=3.0, directions=7).departures() == []
    decreasing, dependent = TrainConfig(decay=10.0, scheme="sobol").departures()
    assert "decreases" in decreasing
    assert "sobol" in dependent


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    """A short run, and its summary; tests leave it as it is."""
    path = tmp_path_factory.mktemp("run") / "finished"
    return path, train(QUICK, path)


def test_folder_holds_config_history_checkpoint_and_summary(finished):
    path, summary = finished
    assert {p.name for p in path.iterdir()} == {"config.toml", "history.csv", "checkpoint.npz", "summary.json"}
    assert RunFolder(path).config() == QUICK
    history = RunFolder(path).history()
    assert tuple(history) == COLUMNS
    assert history["step"].tolist() == list(range(1, 201))
    assert (np.diff(history["seconds"]) >= 0).all()
    stored = json.loads((path / "summary.json").read_text())
    assert stored == json.loads(json.dumps(summary.to_dict()))
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


def test_config_toml_replays_the_run(finished, tmp_path):
    path, _ = finished
    replayed = TrainConfig.from_values(TrainConfig.read(path / "config.toml"))
    train(replayed, tmp_path / "again")
    assert_same_run(path, tmp_path / "again")


def test_progress_is_called_after_every_step(tmp_path):
    seen = []
    train(dataclasses.replace(QUICK, steps=30), tmp_path / "run", lambda t, loss: seen.append((t, loss)))
    history = RunFolder(tmp_path / "run").history()
    assert seen == list(zip(range(1, 31), history["loss"].tolist(), strict=True))


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

    def stop(t: int, loss: float) -> None:
        if t == 60:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        resume(tmp_path / "run", 100, stop)
    assert RunFolder(tmp_path / "run").summary() is None
    assert open_run(tmp_path / "run")[1].t == 60


def test_fewer_steps_than_done_are_refused(finished):
    path, _ = finished
    before = contents(path)
    with pytest.raises(RunError, match="has done 200 steps already, more than the 100 asked for"):
        resume(path, steps=100)
    assert contents(path) == before


def test_samples_are_in_the_units_of_the_data_and_seeded(tmp_path):
    train(TrainConfig(target="penguins", steps=300, hidden=(16,)), tmp_path / "run")
    points, names = sample(tmp_path / "run", 500)
    assert names == ("bill_length_mm", "bill_depth_mm", "flipper_length_mm", "body_mass_g")
    assert points.shape == (500, 4)
    assert (abs(points.mean(axis=0) / [44, 17, 201, 4200] - 1) < 0.1).all()
    assert np.array_equal(points, sample(tmp_path / "run", 500)[0])
    assert not np.array_equal(points, sample(tmp_path / "run", 500, seed=1)[0])
    with pytest.raises(InputError, match="n must be >= 1"):
        sample(tmp_path / "run", 0)


def test_divergence_keeps_the_last_good_iterate(tmp_path):
    config = dataclasses.replace(QUICK, activation="identity", step=1e10)
    with pytest.raises(DivergenceError, match=r"diverged at step \d+.*the iterate before it is in .*checkpoint\.npz"):
        train(config, tmp_path / "run")
    checkpoint = open_run(tmp_path / "run")[1]
    assert checkpoint.t == len(RunFolder(tmp_path / "run").history()["step"]) >= 1
    assert np.isfinite(checkpoint.u).all()


CHILD = """
import sys
from pathlib import Path
from swref.runs import TrainConfig, train, training
training.CHECKPOINT_SECONDS = 0.02
train(TrainConfig.from_values(TrainConfig.read(sys.argv[1])), Path(sys.argv[2]))
"""
KILLED = dataclasses.replace(QUICK, steps=6000, noise=0.1, radius=4.0)


@pytest.fixture(scope="module")
def uninterrupted(tmp_path_factory):
    path = tmp_path_factory.mktemp("whole") / "run"
    train(KILLED, path)
    return path


def start_child(folder: Path, config: TrainConfig) -> subprocess.Popen:
    """Train in a fresh process; returns once its first checkpoint is on the disk."""
    folder.parent.mkdir(exist_ok=True)
    toml = folder.parent / "wanted.toml"
    toml.write_text(config.to_toml())
    child = subprocess.Popen([sys.executable, "-c", CHILD, str(toml), str(folder)], cwd=ROOT)
    deadline = time.monotonic() + 60
    while not (folder / "checkpoint.npz").exists():
        assert child.poll() is None
        assert time.monotonic() < deadline
        time.sleep(0.001)
    return child


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


@pytest.mark.parametrize("moment", ["append_history", "write_checkpoint", "os.replace"])
@pytest.mark.parametrize("count", [1, 2])
def test_death_inside_a_save_then_resume(moment, count, uninterrupted, tmp_path):
    """The process ends right before or after the parts of a save; os._exit runs no handler, as kill -9 does not."""
    script = f"""
import os, sys
from pathlib import Path
from swref.runs import TrainConfig, folder, train, training
training.CHECKPOINT_SECONDS = 0.02
calls = 0
owner, name = (os, "replace") if {moment!r} == "os.replace" else (folder.RunFolder, {moment!r})
original = getattr(owner, name)
def fatal(*args):
    global calls
    calls += 1
    if calls == {count + 1} and name == "replace":
        os._exit(9)
    result = original(*args)
    if calls == {count + 1}:
        os._exit(9)
    return result
setattr(owner, name, fatal)
config = TrainConfig.from_values(TrainConfig.read({str(uninterrupted / "config.toml")!r}))
train(config, Path({str(tmp_path / "run")!r}))
"""
    assert run_python(script, timeout=60).returncode == 9
    assert len(leftovers(tmp_path / "run")) == (moment == "os.replace")
    resume(tmp_path / "run")
    assert_same_run(tmp_path / "run", uninterrupted)
    assert leftovers(tmp_path / "run") == []


def test_a_folder_killed_before_its_config_counts_as_empty(tmp_path):
    (tmp_path / f".{'0' * 32}.tmp").write_text("target = ")
    train(dataclasses.replace(QUICK, steps=5), tmp_path)
    assert leftovers(tmp_path) == []
    assert open_run(tmp_path)[1].t == 5


def test_killed_between_config_and_first_checkpoint(finished, tmp_path):
    folder = RunFolder(tmp_path)
    folder.write_config(QUICK)
    with pytest.raises(RunError, match="has no checkpoint yet"):
        sample(tmp_path, 3)
    folder.history_path.write_text("step,lo")
    resume(tmp_path)
    assert_same_run(tmp_path, finished[0])


def test_ctrl_c_saves_the_step_that_was_reached(uninterrupted, tmp_path):
    child = start_child(tmp_path / "a" / "run", KILLED)
    child.send_signal(signal.SIGINT)
    child.wait()
    folder = RunFolder(tmp_path / "a" / "run")
    checkpoint = folder.checkpoint()
    assert checkpoint.t == len(folder.history()["step"]) < KILLED.steps
    assert checkpoint.history_bytes == folder.history_path.stat().st_size
    resume(folder.path)
    assert_same_run(folder.path, uninterrupted)


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
        train(QUICK, tmp_path / "run", lambda t, _: full.append(t) if t == 120 else None)
    full.clear()
    monkeypatch.undo()
    resume(tmp_path / "run")
    assert_same_run(tmp_path / "run", finished[0])


def test_two_processes_cannot_train_in_one_folder(tmp_path):
    child = start_child(tmp_path / "a" / "run", KILLED)
    try:
        with pytest.raises(RunError, match="in use by another process"):
            resume(tmp_path / "a" / "run")
        with pytest.raises(RunError, match="in use by another process"):
            train(QUICK, tmp_path / "a" / "run")
    finally:
        child.kill()
        child.wait()


def test_non_empty_folder_is_left_alone(finished, tmp_path):
    (tmp_path / "notes.txt").write_text("mine")
    with pytest.raises(RunError, match=r"must be new or empty$"):
        train(QUICK, tmp_path)
    assert contents(tmp_path) == {"notes.txt": b"mine"}
    before = contents(finished[0])
    with pytest.raises(RunError, match="must be new or empty; continue its run with --resume"):
        train(QUICK, finished[0])
    assert contents(finished[0]) == before


def test_a_folder_below_a_file_cannot_be_made(tmp_path):
    (tmp_path / "file").write_text("")
    for path in (tmp_path / "file", tmp_path / "file" / "run"):
        with pytest.raises(RunError, match="cannot be made"):
            train(QUICK, path)


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


def test_no_run_folder(tmp_path):
    for action in (resume, open_run, lambda path: sample(path, 1)):
        with pytest.raises(RunError, match=r"is no run folder: it has no config\.toml"):
            action(tmp_path)


@pytest.fixture
def copied(finished, tmp_path):
    """A copy of the finished run, to damage."""
    path = tmp_path / "copy"
    path.mkdir()
    for name, content in contents(finished[0]).items():
        (path / name).write_bytes(content)
    return path


def test_checkpoint_of_another_config(copied):
    RunFolder(copied).write_config(dataclasses.replace(QUICK, seed=1))
    before = contents(copied)
    for action in (lambda: resume(copied, 300), lambda: sample(copied, 1)):
        with pytest.raises(RunError, match="belongs to another configuration"):
            action()
    assert contents(copied) == before


@pytest.mark.parametrize("keep", [0, 1, 100, 0.5, 0.99])
def test_truncated_checkpoint(copied, keep):
    path = copied / "checkpoint.npz"
    content = path.read_bytes()
    path.write_bytes(content[: keep if isinstance(keep, int) else int(keep * len(content))])
    before = contents(copied)
    for action in (lambda: resume(copied, 300), lambda: sample(copied, 1)):
        with pytest.raises(RunError, match=r"checkpoint\.npz is damaged or cut short"):
            action()
    assert contents(copied) == before


def test_checkpoint_that_is_something_else(copied):
    path = copied / "checkpoint.npz"
    for write in (
        lambda file: np.save(file, np.ones(3)),
        lambda file: np.savez(file, other=1),
        lambda file: np.savez(file, format=1, u=np.array([None], dtype=object)),
    ):
        with path.open("wb") as file:
            write(file)
        with pytest.raises(RunError, match="is damaged or cut short"):
            resume(copied)
    with path.open("wb") as file:
        np.savez(file, format=2)
    with pytest.raises(RunError, match="has another format than 1"):
        resume(copied)


def test_changed_data(tmp_path):
    data = tmp_path / "data.npy"
    np.save(data, np.random.default_rng(0).standard_normal((40, 2)))
    train(dataclasses.replace(QUICK, target=str(data), steps=20), tmp_path / "run")
    np.save(data, np.random.default_rng(1).standard_normal((40, 2)))
    before = contents(tmp_path / "run")
    for action in (lambda: resume(tmp_path / "run", 30), lambda: sample(tmp_path / "run", 1)):
        with pytest.raises(RunError, match="have changed since"):
            action()
    assert contents(tmp_path / "run") == before


def test_truncated_or_missing_history(copied):
    path = copied / "history.csv"
    path.write_bytes(path.read_bytes()[:-40])
    for _ in range(2):
        before = contents(copied)
        with pytest.raises(RunError, match="shorter than its checkpoint says"):
            resume(copied, 300)
        assert contents(copied) == before
        path.unlink(missing_ok=True)


def test_damaged_history(copied):
    path = copied / "history.csv"
    path.write_text(path.read_text().replace(",", ";", 30))
    with pytest.raises(RunError, match="is damaged"):
        RunFolder(copied).history()


def test_a_half_written_row_is_not_read(copied):
    path = copied / "history.csv"
    path.write_bytes(path.read_bytes() + b"201,0.12")
    assert len(RunFolder(copied).history()["step"]) == 200


def test_damaged_summary(copied):
    (copied / "summary.json").write_text("{")
    with pytest.raises(RunError, match=r"summary\.json cannot be read"):
        RunFolder(copied).summary()


def test_next_folder_counts_up_and_makes_nothing(tmp_path):
    assert next_folder(tmp_path, "moons").name == "moons-001"
    (tmp_path / "moons-001").mkdir()
    assert next_folder(tmp_path, "moons").name == "moons-002"
    assert next_folder(tmp_path, "../we ird:3.csv").parent == tmp_path
    assert [path.name for path in tmp_path.iterdir()] == ["moons-001"]


def test_checkpoint_round_trip(tmp_path):
    folder = RunFolder(tmp_path)
    for dtype in (np.float32, np.float64):
        u = np.random.default_rng(0).standard_normal(7).astype(dtype)
        folder.write_checkpoint(Checkpoint(3, u, "c", "d", 17, 1.5))
        back = folder.checkpoint()
        assert (back.t, back.config_digest, back.data_digest, back.history_bytes, back.seconds) == (
            3,
            "c",
            "d",
            17,
            1.5,
        )
        assert back.u.dtype == dtype
        assert np.array_equal(back.u, u)


def test_evaluation_of_a_perfect_generator(tmp_path):
    """Oracle: a generator of the target's own law is as far from held-out points as two halves are from each other."""
    config = dataclasses.replace(QUICK, target="gaussian:2", hidden=(), standardize="none")
    problem = Problem.of(config)
    identity = np.concatenate([np.eye(2).ravel(), np.zeros(2)])
    perfect = evaluate(problem, identity)
    error = math.hypot(perfect.generated_standard_error, perfect.halves_standard_error)
    # The held-out half is one draw: its own spread is that of one split, not of their mean.
    spread = math.hypot(error, perfect.halves_standard_error * math.sqrt(20))
    assert abs(perfect.generated - perfect.halves) < 4 * spread
    assert evaluate(problem, 3 * identity).generated > 5 * perfect.generated


def test_equal_halves_have_no_ratio(tmp_path):
    data = tmp_path / "constant.npy"
    np.save(data, np.ones((10, 2)))
    summary = train(dataclasses.replace(QUICK, target=str(data), steps=5), tmp_path / "run")
    assert summary.evaluation.halves == 0
    assert RunFolder(tmp_path / "run").summary()["distances"]["ratio_to_halves"] is None


def test_a_target_of_one_point_is_never_stuck_high():
    assert warnings_of(falling(400, 1.0, 1e-5), LossReference(floor=0.0, collapsed=0.0)) == []


def falling(T: int, start: float, end: float) -> np.ndarray:
    """Losses that fall from start to end exponentially, with 30 % of noise."""
    noise = 1 + 0.3 * np.random.default_rng(0).standard_normal(T)
    return (end + (start - end) * np.exp(-np.arange(T) / (T / 10))) * noise


REFERENCE = LossReference(floor=0.1, collapsed=1.0)


def test_a_good_record_has_no_warnings():
    for T in (40, 200, 5000):
        assert warnings_of(falling(T, 2.0, 0.12), REFERENCE) == []


def test_a_flat_record_did_not_go_down():
    (line,) = warnings_of(falling(2000, 0.2, 0.2), REFERENCE)
    means = r"mean 0\.\d+ over the first 100 steps, 0\.\d+ over the last 200"
    assert re.match(rf"the loss did not go down beyond the noise of the batches: {means}; try another step", line)
    assert "more directions" in line


def test_a_rising_record_did_not_go_down_and_is_stuck():
    down, stuck = warnings_of(falling(2000, 0.2, 2.0), REFERENCE)
    assert down.startswith("the loss did not go down but up: mean ")
    assert "noise" not in down
    assert stuck.startswith("the loss is stuck high: ")
    for advice in ("directions", "smaller step", "noise", "radius"):
        assert advice in stuck


def test_a_noised_run_is_not_told_to_add_noise():
    assert "less noise" in warnings_of(falling(2000, 0.2, 2.0), REFERENCE, noise=0.1)[1]
    assert "less noise" not in warnings_of(falling(2000, 0.2, 2.0), REFERENCE)[1]


def test_a_slow_fall_is_seen_by_the_means_over_more_steps():
    """A fall of less than half the noise's level: 50 first steps hide it in half of the trials, 200 rarely."""
    rng = np.random.default_rng(1)
    falls = [np.linspace(0.34, 0.3, 5000) + 0.1 * rng.standard_normal(5000) for _ in range(20)]
    assert sum(bool(warnings_of(losses, REFERENCE)) for losses in falls) <= 3


def test_a_record_that_falls_and_stays_high_is_stuck():
    (line,) = warnings_of(falling(2000, 5.0, 0.9), REFERENCE)
    assert line.startswith("the loss is stuck high")


def test_short_records_are_not_judged():
    assert warnings_of(np.ones(39), REFERENCE) == []


def test_false_alarms_of_the_first_test_are_rare():
    """Records that fall by five standard errors raise no alarm in 200 trials; flat ones nearly always do."""
    rng = np.random.default_rng(0)
    flat = sum(bool(warnings_of(0.3 + 0.1 * rng.standard_normal(400), REFERENCE)) for _ in range(200))
    assert flat >= 190  # at the 1 % level, 2 are expected to pass for a fall
    falls = np.where(np.arange(400) < 40, 0.45, 0.3)
    assert not any(warnings_of(falls + 0.1 * rng.standard_normal(400), REFERENCE) for _ in range(200))


def test_a_run_stuck_by_a_small_ball_is_warned_of(tmp_path):
    """A radius of 0.1 collapses the generator to a point: its summary says that the loss is stuck."""
    summary = train(dataclasses.replace(QUICK, radius=0.1), tmp_path / "run")
    assert any(line.startswith("the loss is stuck high") for line in summary.warnings)
