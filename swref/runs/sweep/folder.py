"""The folder of a sweep: its plan, who works on it, and a folder for each run, named by the digest of its config.

sweep.toml       the plan, and what was chosen
holder.json      who works on it at the moment
DIGEST/          a run (swref.runs.folder); failure.json in it says why there is no result
results.csv      the table, written when a sweep ends
"""

from __future__ import annotations

import json
import os
import platform
import uuid
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from swref.decoding import decoding, read_json
from swref.errors import InUseError, RunError, SwrefError
from swref.files import leftovers, refuse_link, refused_as, write_atomically
from swref.messages import one_line
from swref.runs.folder import RunFolder
from swref.runs.sweep.members import Member
from swref.runs.sweep.plan import Plan

FORMAT: Final = 1
DONE, DIVERGED, FAILED, BEGUN, MISSING = "done", "diverged", "failed", "begun", "missing"
RESULTS: Final = (DONE, DIVERGED)  # a run that diverges says something of its config
STATES: Final = (DONE, DIVERGED, FAILED, BEGUN, MISSING)


@dataclass(frozen=True)
class State:
    """How far a run is: one of STATES, and of a diverged or failed one the reason."""

    kind: str
    reason: str = ""


@dataclass(frozen=True)
class SweepFolder:
    """Reads and writes what is in the folder of a sweep beside the runs' own files."""

    path: Path

    @property
    def plan_path(self) -> Path:
        """sweep.toml."""
        return self.path / "sweep.toml"

    @property
    def holder_path(self) -> Path:
        """holder.json."""
        return self.path / "holder.json"

    @property
    def results_path(self) -> Path:
        """results.csv."""
        return self.path / "results.csv"

    def run(self, member: Member) -> RunFolder:
        """The folder of a run, there or not."""
        return RunFolder(self.path / member.name)

    def plan(self) -> Plan:
        """The plan. Raises RunError where there is no sweep, DataError or InputError for a bad file."""
        if not self.plan_path.is_file():
            raise RunError(f"{self.path} is no folder of a sweep: it has no sweep.toml")
        return Plan.read(self.plan_path)

    def check(self) -> None:
        """Raise RunError unless the folder is new, empty or of a sweep; nothing is changed."""
        with refused_as(RunError, self.path):
            if self.path.exists() and not self.plan_path.exists() and set(self.path.iterdir()) - set(self._ours()):
                raise RunError(f"{self.path} must be new or empty, or the folder of a sweep")

    def write_plan(self, plan: Plan) -> None:
        """Replace sweep.toml."""
        write_atomically(self.plan_path, plan.to_toml().encode(), RunError)

    @contextmanager
    def held(self) -> Iterator[str]:
        """Hold the folder for this process alone, the lock being that of a run's folder; yields a word that only this
        holder writes into holder.json. Raises InUseError, which says who holds it."""
        RunFolder(self.path).make()
        with ExitStack() as stack:
            try:
                stack.enter_context(RunFolder(self.path).locked())
            except InUseError:
                raise InUseError(f"{self.path} is in use by another sweep{self.holder()}") from None
            for path in leftovers(self.path):
                path.unlink(missing_ok=True)
            who = {"host": platform.node(), "process": os.getpid(), "since": f"{datetime.now():%Y-%m-%d %H:%M:%S}"}
            token = uuid.uuid4().hex
            write_atomically(self.holder_path, _json({"format": FORMAT, **who, "token": token}), RunError)
            stack.callback(self.holder_path.unlink, missing_ok=True)
            yield token

    def held_by(self) -> str:
        """Who works on it now; nothing where nobody does."""
        try:
            with RunFolder(self.path).locked():
                return ""
        except InUseError:
            return self.holder().removeprefix(": ") or "another process"

    def holder(self) -> str:
        """Who holds it, as the end of a line; nothing where nobody says so."""
        with suppress(SwrefError, FileNotFoundError, KeyError):
            who = read_json(self.holder_path, RunError)
            return f": process {who['process']} of {one_line(str(who['host']))}, since {one_line(str(who['since']))}"
        return ""

    def token(self) -> str:
        """The word of its holder; none where there is no holder, or no such folder on this machine."""
        with suppress(SwrefError, FileNotFoundError, KeyError):
            return str(read_json(self.holder_path, RunError)["token"])
        return ""

    def state(self, member: Member) -> State:
        """How far a run is, by the files in its folder. Raises RunError for a link in its place, which would lead out
        of the sweep, and for a damaged failure.json."""
        folder = self.run(member)
        refuse_link(folder.path)
        if folder.summary_path.exists():
            return State(DONE)
        path = _failure(folder)
        if path.exists():
            with decoding(path, RunError):
                values = read_json(path, RunError)
                return State(DIVERGED if values["kind"] == DIVERGED else FAILED, str(values["reason"]))
        return State(BEGUN if folder.config_path.exists() else MISSING)

    def write_failure(self, member: Member, state: State) -> None:
        """Note why a run has no result, or that it diverged."""
        folder = self.run(member)
        folder.make()
        values = {"format": FORMAT, "kind": state.kind, "reason": state.reason}
        write_atomically(_failure(folder), _json(values), RunError)

    def forget_failure(self, member: Member) -> None:
        """Let the run be tried again."""
        path = _failure(self.run(member))
        with refused_as(RunError, path):
            path.unlink(missing_ok=True)

    def _ours(self) -> list[Path]:
        return [*leftovers(self.path), self.holder_path]


def _failure(folder: RunFolder) -> Path:
    return folder.path / "failure.json"


def _json(values: dict[str, Any]) -> bytes:
    return (json.dumps(values, indent=2) + "\n").encode()
