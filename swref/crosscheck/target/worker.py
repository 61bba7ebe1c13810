"""The process in which a target runs: reads questions from stdin, writes observations to stdout.

    python -m swref.crosscheck.target.worker

The first message holds the target, each later one a question. The target's own prints go to stderr.
"""

from __future__ import annotations

import io
import json
import os
import struct
import sys
import threading
import time
from dataclasses import asdict
from pathlib import Path
from typing import IO, Any, Final

import numpy as np

from swref.crosscheck.adapter import MissingLibrary
from swref.crosscheck.kinds import observe
from swref.crosscheck.observation import Observation, one_line
from swref.crosscheck.question import Question
from swref.crosscheck.target import Target, load
from swref.decoding import decoding, npz_arrays
from swref.errors import DataError

Frame = tuple[dict[str, Any], dict[str, np.ndarray]]
LONGEST: Final = 1 << 34
FULL: Final = 86  # the exit code of a worker that took too much memory


def write_frame(stream: IO[bytes], header: dict[str, Any], arrays: dict[str, np.ndarray] | None = None) -> None:
    """One message: two little-endian 64-bit lengths, a JSON header, an .npz of the arrays (no pickle)."""
    buffer = io.BytesIO()
    if arrays:
        np.savez(buffer, **arrays)  # type: ignore[arg-type]  # before NumPy 2.1 allow_pickle would be one of the arrays
    text, payload = json.dumps(header).encode(), buffer.getvalue()
    stream.write(struct.pack("<QQ", len(text), len(payload)) + text + payload)
    stream.flush()


def read_frame(stream: IO[bytes]) -> Frame:
    """The next message; raises EOFError where the stream ends, DataError for one that is cut short or damaged.

    >>> stream = io.BytesIO()
    >>> write_frame(stream, {"case": "a"}, {"x": np.ones(2)})
    >>> _ = stream.seek(0)
    >>> read_frame(stream)
    ({'case': 'a'}, {'x': array([1., 1.])})
    """
    lengths = stream.read(16)
    if not lengths:
        raise EOFError("the stream ended")
    if len(lengths) < 16:
        raise DataError("the message must have 16 bytes of lengths")
    text_length, payload_length = struct.unpack("<QQ", lengths)
    if text_length + payload_length > LONGEST:
        raise DataError(f"the message must have at most {LONGEST} bytes, got {text_length + payload_length}")
    text, payload = stream.read(text_length), stream.read(payload_length)
    if len(text) < text_length or len(payload) < payload_length:
        raise DataError("the message is cut short")
    with decoding(Path("the message"), DataError):
        return json.loads(text), npz_arrays(payload) if payload else {}


def serve(requests: IO[bytes], answers: IO[bytes]) -> None:
    """Load the target that the first message names, then answer one message after the other until they end."""
    header, _ = read_frame(requests)
    try:
        adapter = load(Target(**header))
    except MissingLibrary as error:
        write_frame(answers, {"status": "missing", "detail": str(error)})
        return
    except BaseException as error:
        write_frame(answers, {"status": "unusable", "detail": one_line(error)})
        return
    ready = {"status": "ready", "convention": adapter.convention.to_dict(), "has_gradient": adapter.has_gradient}
    write_frame(answers, ready)
    while True:
        try:
            question = Question.unpack(*read_frame(requests))
            answer = asdict(observe(adapter, question))
        except EOFError:
            return
        except Exception as error:  # a network whose module is not found here
            answer = asdict(Observation(status="error", detail=one_line(error)))
        arrays = answer.pop("arrays")
        write_frame(answers, answer, arrays)


def _watch(parent: int, memory: float) -> None:
    """End this process, which may hang in the target, where that of the suite is gone (killed, nobody else would), or
    where it takes more than `memory` bytes: looked at ten times a second."""
    while os.getppid() == parent:
        if resident() > memory:
            os._exit(FULL)
        time.sleep(0.1)
    os._exit(1)


def resident() -> int:
    """The bytes of memory that this process holds; where the system does not say, 0.

    >>> 0 <= resident() < 2**50
    True
    """
    try:
        return int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except OSError:
        return 0


def main() -> None:
    """Keep the pipe to the parent for the answers alone: whatever is printed goes to stderr."""
    memory = float(os.environ.get("SWREF_WORKER_MEMORY", "inf"))
    threading.Thread(target=_watch, args=(os.getppid(), memory), daemon=True).start()
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    serve(sys.stdin.buffer, answers)


if __name__ == "__main__":
    main()
