"""The process in which a target runs: reads names of cases from stdin, writes observations to stdout.

    python -m swref.crosscheck.worker

The first message holds the target, each later one a case. The target's own prints go to stderr.
"""

from __future__ import annotations

import os
import sys
from typing import Any, BinaryIO

from swref.crosscheck import catalog
from swref.crosscheck.adapters import MissingLibrary, Target, load
from swref.crosscheck.observation import Observation, read_frame, write_frame
from swref.crosscheck.observe import observe, one_line


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
            header, _ = read_frame(requests)
        except EOFError:
            return
        case = catalog.find(header["case"])
        seen = observe(adapter, case, calls=header.get("calls", 1), first=header.get("first", 0))
        write_frame(answers, _header(seen), seen.arrays)


def _header(seen: Observation) -> dict[str, Any]:
    return {
        "status": seen.status,
        "detail": seen.detail,
        "notes": seen.notes,
        "seconds": seen.seconds,
        "compile_seconds": seen.compile_seconds,
    }


def main() -> None:
    """Keep the pipe to the parent for the answers alone: whatever is printed goes to stderr."""
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    serve(sys.stdin.buffer, answers)


if __name__ == "__main__":
    main()
