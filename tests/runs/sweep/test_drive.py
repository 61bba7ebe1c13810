"""The loop of a sweep. Oracle: what a scripted executor did with the runs, and what lies in the folder then."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from concurrent.futures import Future

import pytest

from swref.errors import RunError
from swref.runs.executors import WorkerLostError, Workers
from swref.runs.sweep import drive as module
from swref.runs.sweep.drive import Drive
from swref.runs.sweep.folder import State, SweepFolder
from swref.runs.sweep.members import members, with_bases
from swref.runs.sweep.plan import Plan
from swref.runs.sweep.work import Answer
from tests.runs.sweep.support import values

DONE = Answer(State("done"), 0.1)


class Scripted(Workers):
    """Answers calls by a function of the name of each run and of how often it came; notes the batches."""

    def __init__(self, script: Callable[[str, int], Answer | Exception], slots: int = 2):
        self.script, self.count = script, slots
        self.batches: list[list[str]] = []
        self.came: Counter[str] = Counter()

    @property
    def slots(self) -> int:
        return self.count

    def submit(self, _function, orders, _circumstances, _data):
        self.batches.append([order.member.name for order in orders])
        self.came.update(self.batches[-1])
        answers = [self.script(order.member.name, self.came[order.member.name]) for order in orders]
        future: Future = Future()
        for answer in answers:
            if isinstance(answer, Exception):
                future.set_exception(answer)
                return future
        future.set_result(answers)
        return future


def driven(tmp_path, script, runs: int = 40, tell=None) -> tuple[SweepFolder, list, Scripted]:
    folder = SweepFolder(tmp_path / "sweep")
    plan = with_bases(Plan.of(values(tmp_path, seeds=runs)), folder.path, lambda line: None)
    found, workers = members(plan, folder.path), Scripted(script)
    with folder.held() as token:
        Drive(folder, found, token, tell).run(workers)
    return folder, found, workers


def test_calls_have_a_second_of_work_and_the_last_ones_less(tmp_path):
    standings = []
    _, found, workers = driven(tmp_path, lambda name, came: DONE, tell=standings.append)
    assert [name for batch in workers.batches for name in batch] == [member.name for member in found]
    sizes = [len(batch) for batch in workers.batches]
    assert sizes[0] == 1  # nothing is known yet
    assert max(sizes) == 8  # ten runs are a second; but a quarter of those that are left
    assert sizes[-1] == 1
    assert (standings[0].total, standings[0].done, standings[-1].done, standings[-1].running) == (40, 0, 40, 0)
    assert standings[-1].seconds_left == 0.0


def test_a_lost_worker_costs_nothing_and_who_loses_three_has_failed(tmp_path):
    bad = []

    def script(name, came):
        if not bad:
            bad.append(name)
        return WorkerLostError("a worker process was killed") if name == bad[0] or came == 1 else DONE

    folder, found, workers = driven(tmp_path, script)
    assert folder.state(found[0]) == State("failed", "a worker process was killed, 3 times")
    assert workers.came[bad[0]] == 3
    assert all(workers.came[member.name] == 2 for member in found[1:])


def test_what_is_busy_or_paused_comes_again(tmp_path, monkeypatch):
    monkeypatch.setattr(module, "LOOK_SECONDS", 0.0)
    kinds = {1: Answer(State("busy")), 2: Answer(State("paused"), 0.1, {"config.toml": b"x = 1\n"})}
    folder, found, workers = driven(tmp_path, lambda name, came: kinds.get(came, DONE), runs=3)
    assert set(workers.came.values()) == {3}
    assert folder.run(found[0]).config_path.read_bytes() == b"x = 1\n"


def test_what_failed_or_diverged_is_noted_and_not_done_again(tmp_path):
    kinds = ["done", "diverged", "failed"]
    states = {}

    def script(name, came):
        kind = kinds[len(states) % 3]
        states[name] = State(kind, "" if kind == "done" else "why")
        return Answer(states[name], 0.5)

    folder, found, _ = driven(tmp_path, script, runs=6)
    for member in found:
        if states[member.name].kind != "done":
            assert folder.state(member) == states[member.name]
    drive, again = Drive(folder, found, ""), Drive(folder, found, "", retry=True)
    assert [states[member.name].kind for member in again.waiting] == ["failed", "failed"]
    assert (drive.counts["failed"], again.counts["failed"]) == (2, 0)
    assert [folder.state(member).kind for member in drive.waiting] == ["missing", "missing"]  # done only in the script


def test_workers_that_do_not_see_the_folder_get_the_files(tmp_path):
    folder = SweepFolder(tmp_path / "sweep")
    plan = with_bases(Plan.of(values(tmp_path, seeds=3)), folder.path, lambda line: None)
    found = members(plan, folder.path)
    seen = []

    class Elsewhere(Scripted):
        def submit(self, function, orders, circumstances, data):
            seen.append((circumstances.data, list(data)))
            return super().submit(function, orders, circumstances, data)

    with folder.held() as token:
        Drive(folder, found, token).run(Elsewhere(lambda n, came: Answer(State("unseen")) if came == 1 else DONE))
    assert seen[0] == (None, [])
    path = (tmp_path / "points.npy").resolve()
    assert seen[-1] == ([path], [path.read_bytes()])


@pytest.mark.parametrize(
    ("error", "line"),
    [
        (RunError("the scheduler tcp://x:1 went away"), "the scheduler tcp://x:1 went away"),
        (
            ModuleNotFoundError("No module named 'swref'"),
            r"a worker cannot do its work \(ModuleNotFoundError: No module",
        ),
    ],
)
def test_what_ends_a_sweep_is_raised_in_a_line(tmp_path, error, line):
    with pytest.raises(RunError, match=line):
        driven(tmp_path, lambda name, came: error)
