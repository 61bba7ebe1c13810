"""Bad input as a table: each row of bad_input.toml, over the public functions and the commands, gets its one line.

Oracle: the table.
"""

from __future__ import annotations

import math
import re
import shlex
import shutil
import tomllib
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import swref
from swref.commands import COMMANDS
from swref.errors import SwrefError
from swref.runs import evaluation
from tests.commands.support import TINY, refuse, succeed
from tests.support import ROOT
from tests.wrong_calls import UNCHECKED, VALID

TABLE = tomllib.loads((ROOT / "tests" / "bad_input.toml").read_text(encoding="utf-8"))
PYTHON, LINES = TABLE["python"], TABLE["commands"]
OBJECTS = {  # arguments that are no values of TOML
    "$None": None,
    "$law2": swref.Uniform("ball", 2),
    "$law3": swref.Gaussian([0.0, 0.0, 0.0], np.eye(3)),
    "$dots3": swref.Discrete([[0.0, 0.0, 1.0]]),
    "$weighted": swref.Discrete([[0.0, 1.0], [2.0, 3.0]], [0.25, 0.75]),
    "$plane_curve": swref.Trajectory([0.0, 1.0], [[0.0, 0.0], [1.0, 0.0]]),
    "$text_schedule": lambda t: "small",
    "$nan_schedule": lambda t: math.nan,
}


def same(line: str, expected: str) -> bool:
    """Whether `line` is the one of the table, whose … is any text."""
    return re.fullmatch(".+".join(map(re.escape, expected.split("…"))), line) is not None


def test_every_function_and_every_command_has_a_row():
    """Those whose arguments are looked at; and 250 rows in all."""
    functions = {name for name in swref.__all__ if callable(getattr(swref, name)) and f"swref.{name}" not in UNCHECKED}
    assert functions - PYTHON.keys() == {"get_num_threads"}  # it has no arguments
    assert LINES.keys() == {"swref", *COMMANDS}
    assert sum(map(len, (*PYTHON.values(), *LINES.values()))) >= 250


@pytest.mark.parametrize("name", PYTHON)
def test_functions_refuse_in_the_line_of_the_table(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    call, failures = VALID[f"swref.{name}"](tmp_path), []
    for row, error, line in PYTHON[name]:
        changes = {key: value_of(value) for key, value in row.items()}
        try:
            call.made(**changes)
        except SwrefError as raised:
            if type(raised).__name__ != error or not same(str(raised), line):
                failures.append(f"{row}: {type(raised).__name__}: {raised}")
        else:
            failures.append(f"{row}: no error")
    assert not failures, "\n".join(failures)


def value_of(value: Any) -> Any:
    """A named object, or the value itself."""
    return OBJECTS[value] if isinstance(value, str) and value.startswith("$") else value


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Where a finished run is; a row leaves it as it was."""
    path = tmp_path_factory.mktemp("bad_input")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(path)
        patch.setattr(evaluation, "DIRECTIONS", 20)
        succeed("train", "penguins", *TINY, "--out", "run")
    return path


@pytest.mark.parametrize("name", LINES)
def test_commands_refuse_in_the_line_of_the_table(name, folder, monkeypatch):
    monkeypatch.chdir(folder)
    failures = []
    for arguments, code, line, *files in LINES[name]:
        for file, content in files[0].items() if files else ():
            Path(file).parent.mkdir(exist_ok=True)
            Path(file).write_text(content, encoding="utf-8")
        words = shlex.split(arguments)
        came = refuse(*(words if name == "swref" else [name, *words]), code=code)
        if not same(came.removeprefix("Error: ").removesuffix("\n"), line):
            failures.append(f"{arguments}: {came}")
        for path in Path().iterdir():
            if path.name != "run":
                shutil.rmtree(path) if path.is_dir() else path.unlink()
    assert not failures, "\n".join(failures)
