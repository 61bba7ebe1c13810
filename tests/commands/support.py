"""What the tests of commands share: how one is called, and what success and refusal look like."""

from __future__ import annotations

import importlib
import re
import sys
from pathlib import Path

import click
from click.testing import CliRunner

from swref.commands import COMMANDS, main
from tests.support import ROOT

CLI = [sys.executable, str(ROOT / "cli.py")]
TINY = ["--as-in-paper", "--hidden", "8", "--batch", "16", "--steps", "60", "--no-figures"]


def invoke(*arguments: str):
    return CliRunner().invoke(main, [str(argument) for argument in arguments], prog_name="swref")


def succeed(*arguments: str) -> str:
    result = invoke(*arguments)
    assert result.exit_code == 0, result.output
    return result.stdout


def refuse(*arguments: str, code: int = 2) -> str:
    """The one line on stderr that a refused command ends with; nothing on stdout, no file made or changed."""
    before = {path: path.stat().st_mtime_ns for path in Path().rglob("*")}
    result = invoke(*arguments)
    assert result.exit_code == code, result.output
    assert result.stdout == ""
    assert re.fullmatch(r"Error: [^\n]+\n", result.stderr), result.stderr
    assert "Traceback" not in result.stderr
    assert {path: path.stat().st_mtime_ns for path in Path().rglob("*")} == before
    return result.stderr


def commands() -> dict[str, click.Command]:
    return {name: getattr(importlib.import_module(f"swref.commands.{name}"), name) for name in COMMANDS}


def with_subcommands() -> list[click.Command]:
    """Every command, and behind a group its own."""
    found: list[click.Command] = []
    for command in commands().values():
        found += [command, *(command.commands.values() if isinstance(command, click.Group) else ())]
    return found


def write(name: str, content: str | bytes) -> str:
    Path(name).write_bytes(content.encode() if isinstance(content, str) else content)
    return name
