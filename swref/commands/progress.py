"""Progress lines on a terminal's stderr: of training by steps, of an experiment by parts, of a sweep by runs."""

from __future__ import annotations

import shutil
import sys
import time
from collections.abc import Iterator
from typing import TYPE_CHECKING, Self, TextIO

from swref.sgd import Iterate

if TYPE_CHECKING:
    from swref.runs.sweep.drive import Standing

REDRAW_SECONDS = 0.1
SMOOTHING = 0.02  # weight of the newest loss in the mean that is shown


class ProgressBar:
    """A line beside the iterates; it goes when its `with` ends, and never shows where stderr is no terminal."""

    def __init__(self, stream: TextIO | None = None):
        self.total = 0
        self.stream = sys.stderr if stream is None else stream
        self.shown = self.stream.isatty()
        self.first: tuple[int, float] | None = None  # a step and its time
        self.drawn = float("-inf")
        self.loss = 0.0

    def __call__(self, iterates: Iterator[Iterate], total: int) -> Iterator[Iterate]:
        """Give the `total` iterates on, of a run or of the rest of one."""
        self.first = None
        for iterate in iterates:
            if self.first is None:
                self.total = iterate.t - 1 + total
            if self.shown:
                self._note(iterate.t, iterate.loss)
            yield iterate

    def _note(self, t: int, loss: float) -> None:
        """At most every REDRAW_SECONDS, draw."""
        now = time.perf_counter()
        if self.first is None:  # the first step may have compiled: the speed is that of those after it
            self.first, self.loss = (t, now), loss
        self.loss += SMOOTHING * (loss - self.loss)
        if now - self.drawn >= REDRAW_SECONDS or t == self.total:
            self.drawn = now
            self._draw(self._line(t, now))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self.first is not None:
            self._draw("")

    def _line(self, t: int, now: float) -> str:
        numbers = f"step {t}/{self.total}  loss {self.loss:.4g}"
        start, since = self.first or (t, now)
        if t > start:
            speed = (t - start) / (now - since)
            numbers += f"  {speed:.0f} steps/s  {duration((self.total - t) / speed)} left"
        width = shutil.get_terminal_size().columns - 1
        bar = max(0, min(30, width - len(numbers) - 4))
        if bar < 5:
            return numbers[:width]
        full = bar * t // self.total
        return f"[{'=' * full}{' ' * (bar - full)}]  {numbers}"

    def _draw(self, line: str) -> None:
        self.shown = draw(self.stream, line)


class PartsBar:
    """The progress line of an experiment: stage, parts done, time left in the stage; only on a terminal."""

    def __init__(self, name: str, stream: TextIO | None = None):
        self.name = name
        self.stream = sys.stderr if stream is None else stream
        self.shown = self.stream.isatty()
        self.stage = ""
        self.first = (0, 0.0)  # parts that were there when the stage began, and its time

    def __call__(self, stage: str, done: int, total: int) -> None:
        """Note that `done` of the `total` parts of a stage are done, and draw."""
        if not self.shown:
            return
        now = time.perf_counter()
        if stage != self.stage:
            self.stage, self.first = stage, (done, now)
        line = f"{self.name}: {stage} {done}/{total}"
        start, since = self.first
        if done > start:
            line += f"  {duration((total - done) * (now - since) / (done - start))} left"
        width = shutil.get_terminal_size().columns - 1
        self.shown = draw(self.stream, line[:width])

    def clear(self) -> None:
        """Take the line away."""
        if self.shown:
            self.shown = draw(self.stream, "")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.clear()


class SweepBar:
    """The progress line of a sweep: how many runs have which end, how many go on, time left; only on a terminal."""

    def __init__(self, stream: TextIO | None = None):
        self.stream = sys.stderr if stream is None else stream
        self.shown = self.stream.isatty()
        self.drawn = float("-inf")

    def __call__(self, standing: Standing) -> None:
        """At most every REDRAW_SECONDS, draw."""
        now = time.perf_counter()
        if not self.shown or now - self.drawn < REDRAW_SECONDS:
            return
        self.drawn = now
        line = f"{standing.done} of {standing.total} done"
        for word in ("diverged", "failed", "running"):
            number = getattr(standing, word)
            line += f", {number} {word}" if number else ""
        if standing.seconds_left is not None:
            line += f"  {duration(standing.seconds_left)} left"
        self.shown = draw(self.stream, line[: shutil.get_terminal_size().columns - 1])

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self.shown:
            self.shown = draw(self.stream, "")


def draw(stream: TextIO, line: str) -> bool:
    """Put `line` in place of the terminal's last one; whether there still is a terminal to see it."""
    try:
        stream.write(f"\r{line}\x1b[K")
        stream.flush()
    except OSError:  # a closed terminal ends no work
        return False
    return True


def duration(seconds: float) -> str:
    """Seconds as m:ss, or h:mm:ss from an hour on.

    >>> duration(75.2), duration(3661)
    ('1:15', '1:01:01')
    """
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest:02d}" if hours else f"{minutes}:{rest:02d}"
