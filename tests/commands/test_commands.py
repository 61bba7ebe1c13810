"""The command line: every example of every help text runs, and bad input ends in one line with exit code 2."""

from __future__ import annotations

import json
import re
import shlex
import subprocess
import sys
from pathlib import Path

import click
import numpy as np
import pytest
from click.shell_completion import BashComplete

import swref
from swref.commands import COMMANDS, main
from tests.commands.support import CLI, commands, refuse, succeed, with_subcommands, write
from tests.support import ROOT, run_python


def examples(command: click.Command) -> list[str]:
    """The lines below `Example:` in a command's help."""
    text = command.get_help(click.Context(command, info_name=command.name))
    return re.findall(r"^\s+(swref .+)$", text.partition("Example:")[2], flags=re.MULTILINE)


def test_every_command_has_an_example():
    assert all(examples(command) for command in (main, *with_subcommands()))


@pytest.mark.slow
def test_every_example_of_every_help_text_runs():
    """In the order of the help, in one folder, as they stand, in a real process each."""
    for command in (*with_subcommands(), main):
        for line in examples(command):
            if command is main and line.startswith("swref train"):
                continue  # the first example of train, which made the run that the next line draws
            if line.startswith("swref experiment") and line != "swref experiment list":
                continue  # a minute each: the slow test of all experiments runs them
            result = subprocess.run([*CLI, *shlex.split(line)[1:]], capture_output=True, text=True, timeout=120)
            assert result.returncode == 0, f"{line}: {result.stderr}"
            assert result.stdout
            if "--json" in line:
                json.loads(result.stdout)
    assert Path("runs/moons-001/figures/loss.png").stat().st_size > 0
    assert Path("figures/samples.pdf").stat().st_size > 0


def test_group_help_lists_the_help_of_the_commands():
    text = succeed("--help")
    for name, command in commands().items():
        assert re.search(rf"^  {name} +{re.escape(COMMANDS[name])}$", text, flags=re.MULTILINE)
        assert command.short_help == COMMANDS[name]
        assert command.help.startswith(COMMANDS[name])
    assert "_SWREF_COMPLETE" in text


def test_version():
    assert succeed("--version") == f"swref, version {swref.__version__}\n"


@pytest.mark.parametrize("arguments", [["--help"], ["--version"], ["train", "--help"], ["distance", "--help"]])
def test_help_loads_no_heavy_library(arguments):
    """Oracle: sys.modules of a fresh interpreter after the command."""
    script = (
        "import sys\nfrom swref.commands import main\n"
        f"main({arguments!r}, standalone_mode=False)\n"
        "print([m for m in ('numba', 'scipy', 'matplotlib') if m in sys.modules])"
    )
    result = run_python(script, timeout=60)
    assert result.stdout.endswith("[]\n"), result.stdout + result.stderr


def test_python_m_swref_is_the_command():
    """Oracle: what the command prints."""
    words = "experiment", "list"
    result = subprocess.run([sys.executable, "-m", "swref", *words], capture_output=True, text=True, cwd=ROOT)
    assert (result.stdout, result.stderr) == (succeed(*words), "")


@pytest.mark.parametrize(
    ("words", "expected"),
    [("tr", "train"), ("train --act", "--activation"), ("train --init gl", "glorot"), ("train --missing a", "any")],
)
def test_shell_completion_offers_commands_options_and_names(words, expected):
    *arguments, incomplete = words.split()
    complete = BashComplete(main, {}, "swref", "_SWREF_COMPLETE")
    assert expected in [item.value for item in complete.get_completions(arguments, incomplete)]


@pytest.mark.parametrize(
    "arguments",
    [
        ["train", "moons", "--steps"],
        ["train", "moons", "--seed"],
        ["train", "moons", "--step"],
        ["train", "moons", "--hidden"],
        ["train", "--unknown"],
        ["distance", "moons", "circles", "--directions"],
        ["experiment", "flow", "--workers"],
        ["sample", "runs", "-n"],
        ["plot"],
        [],
    ],
)
@pytest.mark.parametrize("number", ["9" * 5000, "x" * 5000])
def test_arguments_of_thousands_of_letters_end_in_a_line_that_can_be_read(arguments, number):
    words = [*arguments[:-1], arguments[-1] + number] if arguments == ["train", "--unknown"] else [*arguments, number]
    assert len(refuse(*words)) < 600


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("ragged.csv", "a,b\n1,2\n3\n", "line 3"),
        ("word.csv", "a,b\n" + 20 * "1,2\n" + "3,x\n", "line 22"),
        ("control.csv", "a,b\n1,2\n3,\x1c4\n", "line 3"),
        ("nan.csv", "a,b\nnan,nan\nnan,nan\n", "no values"),
        ("text.csv", "a,b\nx,y\nu,v\n", "no column of numbers"),
        ("empty.csv", "", "empty"),
        ("header.csv", "a,b\n", "header"),
        ("cut.npy", b"\x93NUMPY\x01\x00", "cut.npy"),
        ("cut.npz", b"PK\x03\x04", "cut.npz"),
        ("odd.xyz", "1", "odd.xyz"),
    ],
)
def test_bad_files_end_in_one_line_that_names_them(name, content, message):
    write(name, content)
    for arguments in (["train", name], ["distance", name, "moons"], ["distance", "moons", name]):
        line = refuse(*arguments)
        assert message in line
        assert name in line


def save_pickle(path: str) -> None:
    np.save(path, np.array([{"a": 1}], dtype=object), allow_pickle=True)


@pytest.mark.parametrize(
    ("name", "save"),
    [
        ("pickled.npy", save_pickle),
        ("nan.npy", lambda path: np.save(path, np.array([[0.0, np.nan]]))),
        ("empty.npy", lambda path: np.save(path, np.empty((0, 2)))),
        ("three.npz", lambda path: np.savez(path, a=np.eye(2), b=np.eye(3))),
    ],
)
def test_bad_arrays_end_in_one_line(name, save):
    save(name)
    assert name in refuse("train", name)
    assert name in refuse("distance", name, "moons")


def test_damaged_checkpoints_end_in_one_line(run):
    for name in ("config.toml", "history.csv", "checkpoint.npz"):
        write(name, (run / name).read_bytes())
    write("checkpoint.npz", (run / "checkpoint.npz").read_bytes()[:-50])
    for arguments in (["train", "--resume", "."], ["sample", ".", "-n", "1"], ["plot", "."]):
        assert "damaged or cut short" in refuse(*arguments)
    write("checkpoint.npz", (run / "checkpoint.npz").read_bytes())
    write("config.toml", (run / "config.toml").read_text().replace("seed = 0", "seed = 1"))
    for arguments in (["train", "--resume", "."], ["sample", ".", "-n", "1"], ["plot", "."]):
        assert "belongs to another configuration" in refuse(*arguments)
