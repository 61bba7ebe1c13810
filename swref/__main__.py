"""`python -m swref` is the command `swref`, where its folder is not on the PATH."""

import os
import signal
from contextlib import suppress
from typing import NoReturn


def main(prog_name: str | None = None) -> None:
    """The command line, imported here. Ctrl-C meanwhile ends the process at once: a library that is being imported may
    lose it, or take it for a failure of its own."""
    usual = signal.getsignal(signal.SIGINT) is signal.default_int_handler
    if usual:
        signal.signal(signal.SIGINT, _end)
    from swref.commands import main as command

    if usual:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    command(prog_name=prog_name)


def _end(*_: object) -> NoReturn:
    with suppress(OSError):
        os.write(2, b"Error: interrupted\n")
    os._exit(130)


if __name__ == "__main__":
    main("python -m swref")
