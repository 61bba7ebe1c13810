"""`python -m swref` is the command `swref`, where its folder is not on the PATH."""

import sys


def main(prog_name: str | None = None) -> None:
    """The command line, imported here: Ctrl-C before it is there ends in one line, too."""
    try:
        from swref.commands import main as command
    except KeyboardInterrupt:
        print("Error: interrupted", file=sys.stderr)
        sys.exit(130)
    command(prog_name=prog_name)


if __name__ == "__main__":
    main("python -m swref")
