"""The command line `swref`: parse, make one library call, show what came. Every error ends in one line."""

from __future__ import annotations

import errno
import io
import os
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from importlib import import_module
from typing import Any, NoReturn, TextIO

import click

from swref import __version__
from swref.checks import MEANT, unknown
from swref.commands.lines import show
from swref.errors import CacheWarning, DivergenceError, SwrefError
from swref.messages import cut_words

BAD_INPUT, FAILED, INTERRUPTED = 2, 1, 130
BAD_PATH = (errno.ENAMETOOLONG, errno.ELOOP, errno.ENOENT, errno.ENOTDIR, errno.EISDIR, errno.EACCES)
SPENT = (errno.EAGAIN, errno.EMFILE, errno.ENFILE, errno.ENOMEM)  # no more processes, files, memory to be had

# Here and not only in the modules: listing the commands must not import them.
COMMANDS = {
    "train": "Train a generator on data.",
    "sample": "Draw samples from a trained generator.",
    "sweep": "Train many runs over settings and seeds.",
    "runs": "List the runs below a folder.",
    "compare": "Compare runs on the same held-out data.",
    "distance": "Measure the sliced Wasserstein distance of two data sets.",
    "plot": "Draw the figures of a run.",
    "crosscheck": "Check sliced Wasserstein losses against the specification.",
    "assumptions": "Check the assumptions of the convergence theorems.",
    "experiment": "Run the theorems as experiments.",
    "info": "Show versions, threads, backends and extras.",
}


class LazyGroup(click.Group):
    """A group that imports the module of a command when that command is asked for, and ends errors in one line."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The names of the commands."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command of this name, imported now."""
        if cmd_name in COMMANDS:
            return getattr(import_module(f"swref.commands.{cmd_name}"), cmd_name)
        if ctx.resilient_parsing:  # the shell completes a half-written name
            return None
        raise click.UsageError(unknown("command", cmd_name, COMMANDS), ctx)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The list of the commands for --help."""
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """The arguments of the group itself; those of a command are parsed when it is invoked."""
        try:
            return super().parse_args(ctx, args)
        except click.exceptions.NoArgsIsHelpError:
            raise
        except click.UsageError as error:
            _end_usage(error, ctx)

    def main(self, *arguments: Any, **more: Any) -> Any:
        """Run the program. What the system refuses, or Python cannot do, ends in one line here."""
        shows = _open_standard_streams()
        try:
            return super().main(*arguments, **more)
        except SystemExit as end:
            if not shows and not end.code:
                _say("standard output is closed: what came could not be shown")
                raise SystemExit(FAILED) from None
            raise
        except OSError as error:
            bad = error.errno in BAD_PATH
            subject = "the working directory" if bad else "the output"
            if error.filename or error.errno in SPENT:
                subject = repr(error.filename) if error.filename else "the system"
            _say(f"{subject} cannot be used ({error.strerror or error})")
            _drop(sys.stdout)
            raise SystemExit(BAD_INPUT if bad else FAILED) from None
        except (UnicodeError, OverflowError, RecursionError, MemoryError) as error:
            _say(f"{type(error).__name__}: {error}")
            raise SystemExit(FAILED) from None
        finally:
            try:
                sys.stderr.flush()
            except OSError:  # full; nothing but remarks goes there
                _drop(sys.stderr)

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command that was asked for."""
        try:
            with _warnings_in_one_line():
                return super().invoke(ctx)
        except click.UsageError as error:
            _end_usage(error, ctx)
        except DivergenceError as error:
            _end(str(error), FAILED)
        except SwrefError as error:
            _end(str(error), BAD_INPUT)
        except MemoryError as error:
            _end(f"not enough memory: {error}", FAILED)
        except KeyboardInterrupt:
            _end("interrupted", INTERRUPTED)


@contextmanager
def _warnings_in_one_line() -> Iterator[None]:
    """What is said of the kernels' cache is for the user, without the place in the code."""
    with warnings.catch_warnings():
        usual = warnings.showwarning

        def shown(message: Warning | str, category: type[Warning], *place: Any, **more: Any) -> None:
            if issubclass(category, CacheWarning):
                show(f"Warning: {' '.join(str(message).split())}", err=True)
            else:
                usual(message, category, *place, **more)

        warnings.showwarning = shown
        yield


def _line(error: click.UsageError) -> str:
    """What is wrong; a flag that is called something else elsewhere is told its name here: --lr is --step."""
    if isinstance(error, click.NoSuchOption) and error.ctx is not None:
        flags = [flag for parameter in error.ctx.command.params for flag in parameter.opts]
        meant = MEANT.get(error.option_name.strip("-").replace("-", "_").lower(), "").replace("_", "-")
        if f"--{meant}" in flags:
            return f"No such option: {error.option_name}; did you mean --{meant}?"
    return error.format_message()


def _end_usage(error: click.UsageError, ctx: click.Context) -> NoReturn:
    _end(f"{_line(error)} (see {(error.ctx or ctx).command_path} --help)", BAD_INPUT)


def _end(message: str, code: int) -> NoReturn:
    _say(message)
    raise click.exceptions.Exit(code)


def _say(message: str) -> None:
    show(f"Error: {cut_words(message)}", err=True)


def _open_standard_streams() -> bool:
    """Make stdin, stdout and stderr fit to be used; return whether there is a stdout.

    A descriptor that is closed is opened on nothing: the next file would get its number, and whatever a library
    prints. Letters that the encoding of a stream lacks are shown escaped.
    """
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # the lowest number that is free
    shows = sys.stdout is not None
    for number, name in ((1, "stdout"), (2, "stderr")):
        if getattr(sys, name) is None:
            setattr(sys, name, os.fdopen(number, "w", errors="backslashreplace", closefd=False))
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper) and stream.errors == "strict":
            stream.reconfigure(errors="backslashreplace")
    return shows


def _drop(stream: TextIO) -> None:
    """Let what a stream still holds go nowhere, or Python tries to write it again when it ends: with code 120."""
    with suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, prog_name="swref")
def main() -> None:
    """Train neural networks with the sliced Wasserstein loss, every gradient explicit.

    \b
    Example:
      swref train moons --steps 500
      swref plot runs/moons-001

    \b
    Completion of commands, options, data names, runs and experiments in the shell (bash; zsh and fish alike):
      eval "$(_SWREF_COMPLETE=bash_source swref)"
    """
