"""The loop of a sweep: orders go out in batches, answers come back, and what is lost on the way goes out again.

No failure of a run or of a worker ends it; a scheduler that goes away does, and a disk that takes nothing any more:
then the same sweep goes on from what lies in its folder.
"""

from __future__ import annotations

import dataclasses
import math
import time
from collections import Counter, deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from queue import Empty, SimpleQueue
from typing import Any, Final

from swref.errors import RunError, SwrefError
from swref.files import read_regular
from swref.measures.files import split_key
from swref.messages import one_line
from swref.runs.executors import WorkerLostError, Workers
from swref.runs.sweep.folder import BEGUN, DIVERGED, DONE, FAILED, MISSING, State, SweepFolder
from swref.runs.sweep.members import Member
from swref.runs.sweep.work import (
    BUSY,
    PAUSED,
    UNSEEN,
    Answer,
    Circumstances,
    Order,
    compute,
    my_versions,
    read_files,
    write_files,
)

TASK_SECONDS: Final = 1.0  # of work in a call, at least: a call costs a millisecond
IN_FLIGHT: Final = 10_000  # calls
LOSSES: Final = 3  # of a run's workers, after which it is to blame
LOOK_SECONDS: Final = 1.0  # between two looks at the slots of a cluster, and at what is busy


@dataclass(frozen=True)
class Standing:
    """How far a sweep is: numbers of runs, and seconds that the rest will take, once that can be told."""

    total: int
    done: int
    diverged: int
    failed: int
    running: int
    seconds_left: float | None


class Drive:
    """Does what is missing of the members of a sweep, or, to `retry`, what has failed; `tell` hears of every change."""

    def __init__(
        self,
        folder: SweepFolder,
        members: Sequence[Member],
        token: str,
        tell: Callable[[Standing], None] | None = None,
        *,
        threads: int = 1,
        retry: bool = False,
    ):
        self.folder, self.members, self.tell = folder, members, tell
        self.circumstances = Circumstances(folder.path.resolve(), token, my_versions(), threads)
        states = [folder.state(member).kind for member in members]
        self.counts = Counter(states)
        wanted = (FAILED,) if retry else (BEGUN, MISSING)
        self.waiting = deque(m for m, kind in zip(members, states, strict=True) if kind in wanted)
        self.counts[FAILED] -= retry * len(self.waiting)
        self.running: dict[Future[list[Answer]], list[Member]] = {}
        self.ended: SimpleQueue[Future[list[Answer]]] = SimpleQueue()
        self.out = 0  # runs in them
        self.alone: set[str] = set()  # whose worker was lost: each goes out by itself
        self.losses: Counter[str] = Counter()
        self.seconds, self.answers = 0.0, 0  # of runs that ended here
        self.data: Sequence[Any] = ()
        self.busy: list[Member] = []  # held by a call that nobody waits for: asked again when nothing else waits

    def run(self, workers: Workers) -> None:
        """Until nothing is missing. Raises RunError where the scheduler or the disk is gone, or a worker has other
        versions."""
        slots, looked = workers.slots, time.monotonic()
        self._tell(slots)
        while self.waiting or self.running or self.busy:
            if time.monotonic() - looked > LOOK_SECONDS:
                slots, looked = workers.slots, time.monotonic()
            while self.waiting and len(self.running) < min(IN_FLIGHT, max(2, 2 * slots)):
                batch = self._batch(max(1, slots))
                orders = [self._order(member) for member in batch]
                future = workers.submit(compute, orders, self.circumstances, self.data)
                self.running[future] = batch
                self.out += len(batch)
                future.add_done_callback(self.ended.put)
            if self.running:
                self._settle_next(workers)
            else:
                time.sleep(LOOK_SECONDS)
                self.waiting.extend(self.busy)
                self.busy.clear()
            self._tell(slots)

    def _batch(self, slots: int) -> list[Member]:
        """As many as make a call of TASK_SECONDS, and no more than leave work for the others at the end."""
        first = self.waiting.popleft()
        if first.name in self.alone or not self.answers:
            return [first]
        wanted = math.ceil(TASK_SECONDS * self.answers / max(self.seconds, 1e-9))
        batch = [first]
        while len(batch) < min(wanted, math.ceil(len(self.waiting) / (2 * slots))):
            batch.append(self.waiting.popleft())
        return batch

    def _order(self, member: Member) -> Order:
        self.folder.forget_failure(member)
        return Order(member, read_files(self.folder.run(member)) if self.circumstances.data is not None else {})

    def _settle_next(self, workers: Workers) -> None:
        try:
            future = self.ended.get(timeout=LOOK_SECONDS)
        except Empty:
            return
        batch = self.running.pop(future)
        self.out -= len(batch)
        error = future.exception()
        if isinstance(error, WorkerLostError):
            self._lost(batch, error)
        elif isinstance(error, SwrefError):
            raise error
        elif error is not None:  # of the way there: what a worker has no module for, say
            raise RunError(f"a worker cannot do its work ({one_line(f'{type(error).__name__}: {error}')})")
        else:
            for member, answer in zip(batch, future.result(), strict=True):
                self._answered(member, answer, workers)

    def _lost(self, batch: Sequence[Member], error: WorkerLostError) -> None:
        """What it did before is done; the rest goes out again, one by one, and what loses LOSSES workers has failed."""
        for member in batch:
            state = self.folder.state(member)
            if state.kind == DONE:
                self._end(member, state)
                continue
            self.losses[member.name] += len(batch) == 1
            if self.losses[member.name] == LOSSES:
                self._end(member, State(FAILED, f"{error}, {LOSSES} times"))
            else:
                self.alone.add(member.name)
                self.waiting.append(member)

    def _answered(self, member: Member, answer: Answer, workers: Workers) -> None:
        if answer.files is not None:
            write_files(self.folder.run(member), answer.files)
        if answer.state.kind == UNSEEN:
            self._send_data(workers)
        if answer.state.kind in (UNSEEN, BUSY, PAUSED):
            (self.busy if answer.state.kind == BUSY else self.waiting).append(member)
            return
        self.seconds, self.answers = self.seconds + answer.seconds, self.answers + 1
        self._end(member, answer.state)

    def _send_data(self, workers: Workers) -> None:
        """From now on all that a run needs goes with its order."""
        if self.circumstances.data is None:
            places = dict.fromkeys(place for member in self.members for place in member.places.values())
            files = list(dict.fromkeys(split_key(place)[0] for place in places))
            self.circumstances = dataclasses.replace(self.circumstances, data=files)
            self.data = [workers.shared(read_regular(path)) for path in files]

    def _end(self, member: Member, state: State) -> None:
        if state.kind in (DIVERGED, FAILED):
            self.folder.write_failure(member, state)
        self.counts[state.kind] += 1

    def _tell(self, slots: int) -> None:
        if self.tell is None:
            return
        left = len(self.waiting) + len(self.busy) + self.out
        pace = self.seconds / self.answers if self.answers else None
        seconds = None if pace is None else pace * left / max(1, slots)
        kinds = (self.counts[DONE], self.counts[DIVERGED], self.counts[FAILED])
        self.tell(Standing(len(self.members), *kinds, min(self.out, slots), seconds))
