"""The progress bar: ten frames a second, nothing where stderr is no terminal."""

from __future__ import annotations

import io
import re
import time

from swref.commands.progress import ProgressBar


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_progress_is_drawn_at_most_ten_times_a_second_and_goes():
    stream = Terminal()
    start = time.perf_counter()
    with ProgressBar(20_000, stream) as bar:
        for t in range(1, 20_001):
            bar(t, 1 / t)
    seconds = time.perf_counter() - start
    frames = stream.getvalue().split("\r")[1:]
    assert 2 <= len(frames) <= 3 + seconds / 0.1
    assert re.search(r"step 20000/20000  loss \S+  \d+ steps/s  0:00 left\x1b\[K$", frames[-2])
    assert frames[-1] == "\x1b[K"
    assert max(map(len, frames)) <= 80 + len("\x1b[K")
    assert seconds / 20_000 < 10e-6  # of a step that takes some 500 microseconds


def test_progress_is_silent_where_stderr_is_no_terminal():
    stream = io.StringIO()
    with ProgressBar(3, stream) as bar:
        bar(1, 1.0)
    assert stream.getvalue() == ""
