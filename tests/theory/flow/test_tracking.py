"""swref train --track: rows against independent recomputation, resumption bit for bit, refusals."""

from __future__ import annotations

import dataclasses
import json
import math
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from swref import distance_c, interpolate, sgd
from swref.commands import main
from swref.errors import InputError, RunError
from swref.runs import Problem, RunFolder, TrainConfig, evaluation, resume, train, training
from swref.runs.figures import draw_run
from swref.theory import gradient_flow, natural_residual
from swref.theory.flow.tracking import COLUMNS, DELTA, K_MAX, record_interval
from tests.runs.support import interrupt
from tests.support import ROOT


@pytest.fixture(scope="module", autouse=True)
def _short_evaluation():
    """Few directions: the distances at the end of a run take longer than the runs of these tests."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(evaluation, "DIRECTIONS", 30)
        yield


@pytest.fixture(scope="module")
def config(tmp_path_factory):
    """A planar problem of finitely many points on both sides."""
    folder, rng = tmp_path_factory.mktemp("data"), np.random.default_rng(0)
    np.save(folder / "x.npy", rng.standard_normal((6, 2)))
    np.save(folder / "y.npy", rng.standard_normal((14, 2)))
    return TrainConfig(
        target=str(folder / "y.npy"),
        source=str(folder / "x.npy"),
        hidden=(4,),
        batch=8,
        step=0.05,
        steps=60,
        track=("kkt", "dc"),
        track_every=7,
    )


@pytest.fixture(scope="module")
def tracked(config, tmp_path_factory):
    path = tmp_path_factory.mktemp("runs") / "whole"
    train(config, path)
    return path


def iterates(config):
    """u^0, ..., u^T of the run, by the plain loop."""
    problem = Problem.of(config)
    run = sgd(
        problem.net,
        problem.source,
        problem.target,
        problem.initial(),
        step=config.step,
        batch=config.batch,
        steps=config.steps,
        noise=config.noise,
        radius=config.radius,
        seed=config.seed,
    )
    return problem, np.array([problem.initial(), *(iterate.u for iterate in run)])


@pytest.mark.parametrize("radius", [math.inf, 2.0])
def test_rows_against_the_theory_functions(config, tmp_path, radius):
    """Oracle: natural_residual at each row's iterate; distance_c between interpolate(...) and gradient_flow(...)."""
    config = dataclasses.replace(config, radius=radius, noise=0.0 if math.isinf(radius) else 0.3)
    train(config, tmp_path / "run")
    rows = RunFolder(tmp_path / "run").track()
    problem, u = iterates(config)
    assert rows["step"].tolist() == list(range(0, 61, 7))
    measures = (problem.source, problem.target, config.batch)
    flow = gradient_flow(problem.net, u[0], *measures, 3.0, radius)
    curve = interpolate(u, config.step)
    for i, t in enumerate(rows["step"].astype(int)):
        s = config.step * t
        assert rows["s"][i] == s
        assert rows["natural_residual"][i] == pytest.approx(natural_residual(problem.net, u[t], *measures, radius))
        assert rows["gap"][i] == pytest.approx(np.linalg.norm(u[t] - flow(s)), abs=2 * DELTA)
    value, missing = distance_c(curve, flow.sampled(DELTA).trajectory, 2)  # rows end at s = 2.8: two whole k
    assert rows["dc_lower"][-1] - 3 * DELTA <= value + missing
    assert value <= rows["dc_upper"][-1] + 3 * DELTA
    highest = np.linalg.norm(curve(np.linspace(0, 2.8, 5601)) - flow(np.linspace(0, 2.8, 5601)), axis=1).max()
    assert rows["dc_lower"][-1] == pytest.approx(value + missing * min(1.0, highest), abs=3 * DELTA)
    assert rows["dc_upper"][-1] == pytest.approx(min(1.0, value + missing), abs=3 * DELTA)


def test_the_bracket_of_dc_shrinks(tracked):
    rows = RunFolder(tracked).track()
    assert np.all(np.diff(rows["dc_lower"]) >= 0)
    assert np.all(np.diff(rows["dc_upper"]) <= 0)
    assert np.all(rows["dc_lower"] <= rows["dc_upper"])
    assert rows["gap"][0] == 0.0
    assert rows["natural_residual"][-1] < rows["natural_residual"][0]


def test_a_smaller_step_is_nearer_to_the_flow(config, tmp_path):
    """Theorem 1 in one example: d_c over s in [0, 3] falls with alpha."""
    upper = []
    for alpha in (0.1, 0.005):
        steps = round(3 / alpha)
        quick = dataclasses.replace(config, step=alpha, steps=steps, track=("dc",), track_every=steps)
        train(quick, tmp_path / str(alpha))
        upper.append(RunFolder(tmp_path / str(alpha)).track()["gap"][-1])
    assert upper[1] < 0.5 * upper[0]


def test_resumed_runs_have_the_same_rows(config, tracked, tmp_path):
    """A run of 60 steps, and one of 25 steps extended to 60: track.csv byte for byte."""
    train(dataclasses.replace(config, steps=25), tmp_path / "run")
    before = RunFolder(tmp_path / "run").track_path.read_bytes()
    resume(tmp_path / "run", 60)
    after = RunFolder(tmp_path / "run").track_path.read_bytes()
    assert after == RunFolder(tracked).track_path.read_bytes()
    assert after.startswith(before)


def test_an_interrupted_run_has_the_same_rows(config, tracked, tmp_path, monkeypatch):
    """Ctrl-C between any two steps, and saves at other moments than the rows'."""
    monkeypatch.setattr(training, "CHECKPOINT_SECONDS", 0.0)
    path = tmp_path / "run"

    with pytest.raises(KeyboardInterrupt):
        train(config, path, interrupt(10))
    for at in (14, 15, 41):
        with pytest.raises(KeyboardInterrupt):
            resume(path, None, interrupt(at))
    resume(path)
    assert RunFolder(path).track_path.read_bytes() == RunFolder(tracked).track_path.read_bytes()


@pytest.mark.slow
def test_a_killed_run_has_the_same_rows(config, tmp_path):
    """SIGKILL at three moments, each resumed; the rows are those of a run that was left alone."""
    path, steps = tmp_path / "run", 2500
    flags = [f"--{k}={v}" for k, v in (("source", config.source), ("hidden", "4"), ("batch", 8), ("step", 0.004))]
    command = [sys.executable, str(ROOT / "cli.py"), "train"]
    begin = [*command, config.target, "--as-in-paper", *flags, f"--steps={steps}", "--track=kkt,dc", "--track-every=50"]
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "cwd": tmp_path}
    process = subprocess.Popen([*begin, f"--out={path}", "--no-figures"], **quiet)
    kills = 0
    for _ in range(3):
        deadline = time.monotonic() + 60
        size = path.joinpath("track.csv").stat().st_size if path.joinpath("checkpoint.npz").exists() else 0
        while process.poll() is None and time.monotonic() < deadline:
            if path.joinpath("checkpoint.npz").exists() and path.joinpath("track.csv").stat().st_size > size:
                break
            time.sleep(0.01)
        if process.poll() is None:
            os.kill(process.pid, signal.SIGKILL)
            kills += 1
        process.wait()
        process = subprocess.Popen([*command, "--resume", str(path), "--no-figures"], **quiet)
    assert process.wait(120) == 0
    assert kills >= 1
    values = {"hidden": (4,), "batch": 8, "step": 0.004, "steps": steps, "track": ("kkt", "dc"), "track_every": 50}
    train(TrainConfig(target=config.target, source=config.source, **values), tmp_path / "alone")
    assert (path / "track.csv").read_bytes() == (tmp_path / "alone" / "track.csv").read_bytes()


def test_the_flow_ends_where_dc_is_known(config, tmp_path):
    """Beyond s = K_MAX the gap is NaN and d_c is known to 2^-K_MAX + 2 DELTA."""
    long = dataclasses.replace(config, step=0.5, steps=50, track=("dc",), track_every=10)
    train(long, tmp_path / "run")
    rows = RunFolder(tmp_path / "run").track()
    assert np.array_equal(np.isnan(rows["gap"]), rows["s"] > K_MAX)
    assert np.all(np.isnan(rows["natural_residual"]))
    assert rows["dc_upper"][-1] - rows["dc_lower"][-1] <= 2 * DELTA + 2.0**-K_MAX
    assert rows["dc_upper"][-1] == rows["dc_upper"][-2]


def test_tracking_changes_no_iterate(config, tracked, tmp_path):
    train(dataclasses.replace(config, track=(), track_every=0), tmp_path / "plain")
    plain = RunFolder(tmp_path / "plain")
    assert np.array_equal(plain.checkpoint().u, RunFolder(tracked).checkpoint().u)
    assert plain.track() is None
    assert not plain.track_path.exists()


def test_float32_runs_are_tracked_in_float64(config, tmp_path):
    train(dataclasses.replace(config, dtype="float32", steps=14), tmp_path / "run")
    rows = RunFolder(tmp_path / "run").track()
    assert np.all(rows["natural_residual"] > 0)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"source": "gaussian:2"}, "track needs a source of finitely many points"),
        ({"target": "moons"}, "track needs a target of finitely many points"),
        ({"target": "penguins"}, "track needs a target of 1 or 2 columns, where F is exact.*got 4 columns"),
    ],
)
def test_data_without_an_exact_loss_are_refused(config, tmp_path, change, message):
    """In one line, before there is a folder."""
    with pytest.raises(InputError, match=message):
        train(dataclasses.replace(config, **change), tmp_path / "run")
    assert not (tmp_path / "run").exists()


def test_configurations_that_cannot_be_tracked(config):
    for change, message in [
        ({"track": ("kkt", "d_c")}, "track must be one of kkt, dc, got 'd_c'; did you mean 'dc'?"),
        ({"p": 1.5}, "track needs p = 2"),
        ({"decay": 10.0}, "track dc needs a constant step"),
        ({"track_every": -1}, "track_every must be >= 0"),
    ]:
        with pytest.raises(InputError, match=message.replace("?", r"\?")):
            dataclasses.replace(config, **change)
    assert dataclasses.replace(config, decay=10.0, track=("kkt",)).track == ("kkt",)


def test_the_digest_of_runs_that_track_nothing_knows_no_tracking(config):
    """Folders written before there was tracking go on; a tracked run is held to what it tracks."""
    plain = dataclasses.replace(config, track=(), track_every=0)
    assert plain.digest() == dataclasses.replace(plain, track_every=9).digest()
    assert config.digest() != plain.digest()
    assert config.digest() != dataclasses.replace(config, track=("kkt",)).digest()


def test_a_track_that_was_cut_is_noticed(config, tmp_path):
    train(dataclasses.replace(config, steps=20), tmp_path / "run")
    path = RunFolder(tmp_path / "run").track_path
    path.write_bytes(path.read_bytes()[:-20])
    with pytest.raises(RunError, match=r"track\.csv is shorter than its checkpoint says"):
        resume(tmp_path / "run", 60)
    path.write_text(",".join(COLUMNS) + "\n1,2,3\n")
    with pytest.raises(RunError, match=r"track\.csv is damaged or cut short \(ValueError: a row is not 6 numbers"):
        RunFolder(tmp_path / "run").track()


def test_the_interval_by_cost():
    """It depends on sizes alone, grows with the clouds, and is 1, 2 or 5 times a power of ten."""
    intervals = [record_interval(m, m, 64, 500) for m in (1, 10, 50, 100, 500, 2000)]
    assert intervals == sorted(intervals)
    assert intervals[0] < 50 < intervals[-1]
    assert {int(str(interval)[0]) for interval in intervals} <= {1, 2, 5}
    assert all(set(str(interval)[1:]) <= {"0"} for interval in intervals)
    assert record_interval(2, 2, 10_000, 1_000_000) == 1


@pytest.mark.slow
def test_command_and_figures(config, tmp_path, monkeypatch):
    """train --track draws a third figure; plot draws it again; the defaults take the interval from the cost."""
    monkeypatch.chdir(tmp_path)
    flags = ["--source", config.source, "--hidden", "4", "--batch", "8", "--steps", "120", "--track", "kkt,dc"]
    result = CliRunner().invoke(main, ["train", config.target, *flags, "--out", "run", "--json"])
    assert result.exit_code == 0, result.output
    record = json.loads(result.stdout)
    assert [Path(figure).stem for figure in record["figures"]] == ["loss", "track", "samples", "columns"]
    again = draw_run(tmp_path / "run", tmp_path / "again", "svg")
    assert (tmp_path / "again" / "track.svg") in again
    problem = Problem.of(RunFolder(Path("run")).config(), config.target, config.source)
    interval = record_interval(6, problem.train.m, 8, problem.net.n_params)
    assert RunFolder(Path("run")).track()["step"].tolist() == list(range(0, 121, interval))
    refused = CliRunner().invoke(main, ["train", "--track", "kkt", "--source", "penguins", "--out", "other"])
    assert refused.exit_code == 2
    assert "track needs a target of 1 or 2 columns" in refused.stderr
    assert not Path("other").exists()
