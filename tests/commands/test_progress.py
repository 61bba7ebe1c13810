"""Progress lines on a clock of the test's own: ten frames a second, the time left, nothing but on a terminal."""

from __future__ import annotations

import io
import re
import time
from collections.abc import Iterable, Iterator

import numpy as np
import pytest

from swref.commands import progress
from swref.commands.progress import PartsBar, ProgressBar, SweepBar, duration
from swref.runs.sweep.drive import Standing
from swref.sgd import Iterate
from tests.support import slowness

CLEARED = "\x1b[K"  # ends every frame


def iterates(losses: Iterable[float], start: int = 0) -> Iterator[Iterate]:
    """Of steps start + 1, ..., with these losses."""
    u = np.zeros(1)
    return (Iterate(t, u, loss, u) for t, loss in enumerate(losses, start + 1))


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True

    def frames(self) -> list[str]:
        return [frame.removesuffix(CLEARED) for frame in self.getvalue().split("\r")[1:]]


@pytest.fixture
def clock(monkeypatch):
    """A clock that the test sets: seconds = clock[0]; and a terminal of 80 columns."""
    now = [100.0]
    monkeypatch.setattr(progress.time, "perf_counter", lambda: now[0])
    monkeypatch.setenv("COLUMNS", "80")
    return now


def test_a_bar_is_drawn_at_most_ten_times_a_second_and_goes(clock):
    """Oracle: 2000 steps of 2 ms are 4 seconds: a frame at the first step, one each 0.1 s, the last, and none."""
    stream = Terminal()
    with ProgressBar(stream) as bar:
        for one in bar(iterates([1.0] * 2000), total=2000):
            clock[0] = 100 + 0.002 * (one.t + 1)
    frames = stream.frames()
    assert 40 <= len(frames) - 1 <= 41
    assert frames[-1] == ""
    assert re.search(r"^\[=+\]  step 2000/2000  loss 1  500 steps/s  0:00 left$", frames[-2])
    assert max(map(len, frames)) <= 79
    half = next(frame for frame in frames if int(re.search(r"step (\d+)/", frame)[1]) >= 1000)
    assert "500 steps/s  0:02 left" in half
    assert abs(half.count("=") - half.count(" ", 0, half.index("]"))) <= 3


def test_the_loss_that_is_shown_is_smoothed(clock):
    """Oracle: the recursion m += (loss - m)/50 by hand."""
    stream, mean = Terminal(), 3.0
    for one in ProgressBar(stream)(iterates([3.0, 5.0, 1.0, 9.0]), total=50):
        clock[0] += 1
        mean += 0.02 * (one.loss - mean)
        assert f"loss {mean:.4g}" in stream.frames()[-1]


def test_a_run_that_goes_on_counts_from_its_start(clock):
    """Oracle: by hand: after 30 of 50 steps, 20 are left."""
    stream = Terminal()
    for _ in ProgressBar(stream)(iterates([1.0, 1.0], start=30), total=20):
        clock[0] += 1
    assert [re.search(r"step \S+", frame)[0] for frame in stream.frames()] == ["step 31/50", "step 32/50"]


def test_a_narrow_terminal_gets_numbers_alone(clock, monkeypatch):
    monkeypatch.setenv("COLUMNS", "20")
    stream = Terminal()
    next(ProgressBar(stream)(iterates([1.0]), total=1000))
    assert stream.frames() == ["step 1/1000  loss 1"]


def test_nothing_is_shown_where_stderr_is_no_terminal():
    stream = io.StringIO()
    with ProgressBar(stream) as bar:
        assert [one.t for one in bar(iterates([1.0] * 3), total=3)] == [1, 2, 3]
    with PartsBar("ball", stream) as parts:
        parts("runs", 1, 3)
    assert stream.getvalue() == ""


def test_a_terminal_that_is_closed_ends_no_work(clock):
    class Closed(Terminal):
        def write(self, text: str) -> int:
            raise OSError(5, "Input/output error")

    bar, parts = ProgressBar(Closed()), PartsBar("ball", Closed())
    assert len(list(bar(iterates([1.0] * 3), total=3))) == 3
    for done in (1, 2):
        parts("runs", done, 3)
    assert not bar.shown
    assert not parts.shown


def test_parts_tell_the_time_left_in_their_stage(clock):
    """Oracle: by hand: 2 of 6 parts were there, 1 more took 10 s, so that 3 more take 30."""
    stream = Terminal()
    with PartsBar("ball", stream) as bar:
        bar("runs", 2, 6)
        clock[0] += 10
        bar("runs", 3, 6)
        bar("figures", 0, 1)
    assert stream.frames() == ["ball: runs 2/6", "ball: runs 3/6  0:30 left", "ball: figures 0/1", ""]


@pytest.mark.parametrize(("seconds", "text"), [(0, "0:00"), (59.6, "1:00"), (3599, "59:59"), (3600, "1:00:00")])
def test_durations(seconds, text):
    assert duration(seconds) == text


@pytest.mark.slow
def test_progress_costs_little():
    """A step takes some 500 microseconds; the best of three, the machine being shared."""
    seconds = []
    for _ in range(3):
        start = time.perf_counter()
        with ProgressBar(Terminal()) as bar:
            for _ in bar(iterates(1 / t for t in range(1, 20_001)), total=20_000):
                pass
        seconds.append(time.perf_counter() - start)
    assert min(seconds) / 20_000 < 10e-6 * slowness()


def test_a_sweep_says_what_has_which_end(clock):
    stream = Terminal()
    with SweepBar(stream) as bar:
        bar(Standing(200, 120, 3, 0, 2, 72.4))
        bar(Standing(200, 121, 3, 0, 2, 72.4))  # too soon
        clock[0] += 1
        bar(Standing(200, 121, 3, 1, 2, None))
    assert stream.frames() == [
        "120 of 200 done, 3 diverged, 2 running  1:12 left",
        "121 of 200 done, 3 diverged, 1 failed, 2 running",
        "",
    ]
