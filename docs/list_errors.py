"""Write docs/errors.md: what bad input is told, from tests/bad_input.toml, whose rows the tests run.

python docs/list_errors.py
"""

from __future__ import annotations

import json
import tomllib
from pathlib import Path
from typing import Any, Final

ROOT: Final = Path(__file__).resolve().parent.parent
HEAD: Final = """# What bad input is told

Made by `python docs/list_errors.py` from `tests/bad_input.toml`: the tests run every row, and want this very line. An
error names what is wrong, what was expected and what came. … stands for a list of names that another row shows whole,
or for the words of a library.

## From Python

Every error is a `swref.SwrefError`; InputError is a ValueError too, InputTypeError a TypeError. The arguments that are
not shown are right ones, `$name` is an object of `tests/test_bad_input.py`: a law in three dimensions, a schedule that
returns text.
"""
COMMANDS: Final = """
## From the command line

The line stands on stderr after `Error: `, with nothing on stdout and no file made or changed. `run` is the folder
of a finished run; files that a row needs stand below its command.
"""


def shown(value: Any) -> str:
    """A value of TOML as Python writes it; a named object by its name."""
    return value if isinstance(value, str) and value.startswith("$") else repr(value)


def cell(text: str, code: bool = True) -> str:
    """`text` in a cell of a table."""
    text = text.replace("|", "\\|")
    return (
        f"`{text}`" if code else text.replace("<", "&lt;").replace("*", "\\*").replace("[", "\\[").replace("_", "\\_")
    )


def page() -> str:
    """The page."""
    table = tomllib.loads((ROOT / "tests" / "bad_input.toml").read_text(encoding="utf-8"))
    lines = [HEAD]
    for name, rows in table["python"].items():
        lines += [f"### {name}\n", "| with | error | line |", "|---|---|---|"]
        for changes, error, line in rows:
            arguments = ", ".join(f"{key}={shown(value)}" for key, value in changes.items())
            lines.append(f"| {cell(arguments)} | {error} | {cell(line, code=False)} |")
        lines.append("")
    lines.append(COMMANDS)
    for name, rows in table["commands"].items():
        command = "swref" if name == "swref" else f"swref {name}"
        lines += [f"### {command}\n", "| command | exit | line |", "|---|---|---|"]
        for arguments, code, line, *files in rows:
            given = "".join(
                f"<br>{file}: {cell(json.dumps(text))}" for file, text in (files[0] if files else {}).items()
            )
            lines.append(f"| {cell(f'{command} {arguments}'.strip())}{given} | {code} | {cell(line, code=False)} |")
        lines.append("")
    return "\n".join(lines)


if __name__ == "__main__":
    (ROOT / "docs" / "errors.md").write_text(page(), encoding="utf-8")
