"""The process in which a target runs: reads questions from stdin, writes observations to stdout.

    python -m swref.crosscheck.target.worker

The first message holds the target, each later one a question. The target's own prints go to stderr.
"""

from __future__ import annotations

import os
import sys
from dataclasses import asdict
from typing import BinaryIO

from swref.crosscheck.adapter import MissingLibrary
from swref.crosscheck.kinds import observe
from swref.crosscheck.observation import one_line
from swref.crosscheck.question import Question
from swref.crosscheck.target import Target, load
from swref.crosscheck.target.frames import read_frame, write_frame


def serve(requests: BinaryIO, answers: BinaryIO) -> None:
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
    write_frame(
        answers,
        {"status": "ready", "convention": adapter.convention.to_dict(), "has_gradient": adapter.has_gradient},
    )
    while True:
        try:
            question = Question.unpack(*read_frame(requests))
        except EOFError:
            return
        answer = asdict(observe(adapter, question))
        arrays = answer.pop("arrays")
        write_frame(answers, answer, arrays)


def main() -> None:
    """Keep the pipe to the parent for the answers alone: whatever is printed goes to stderr."""
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    serve(sys.stdin.buffer, answers)


if __name__ == "__main__":
    main()
