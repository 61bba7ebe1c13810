"""The reference of the book: every public name from its docstring, every command from its --help, made when it builds.

Docstrings are plain text: paragraphs, indented equations, examples. Here they become reStructuredText.
"""

from __future__ import annotations

import inspect
import re
import textwrap
from collections.abc import Iterator
from typing import Any

import click
from docutils import nodes
from docutils.statemachine import StringList
from pygments.lexers.special import TextLexer
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

import swref
from swref.commands import main


def paragraphs(lines: list[str]) -> Iterator[list[str]]:
    """The runs of lines that are not blank."""
    block: list[str] = []
    for line in [*lines, ""]:
        if line.strip():
            block.append(line)
        elif block:
            yield block
            block = []


def escaped(text: str) -> str:
    """A line of prose: what is between backquotes is code, and nothing else is markup.

    >>> escaped("`wrt` of |D|^p, 2*x_")
    '``wrt`` of \\\\|D\\\\|^p, 2\\\\*x\\\\_'
    """
    parts = re.split(r"`+([^`]*)`+", text)
    return "".join(f"``{part}``" if k % 2 else re.sub(r"([\\*|_])", r"\\\1", part) for k, part in enumerate(parts))


def as_rst(lines: list[str]) -> list[str]:
    """A docstring's lines: what is indented stays as it is, examples too, and the rest is prose."""
    found: list[str] = []
    for block in paragraphs(lines):
        if block[0].startswith(">>>"):
            found += ["", *block]
        elif all(line.startswith("    ") for line in block):
            found += ["", "::", "", *("    " + line for line in textwrap.dedent("\n".join(block)).splitlines())]
        else:
            found += ["", *(escaped(line.strip()) for line in block)]
    return [*found, ""]


def process_docstring(app: Sphinx, what: str, name: str, value: Any, options: Any, lines: list[str]) -> None:
    """What autodoc calls with every docstring; `lines` is changed in place."""
    lines[:] = as_rst(lines)


class PublicNames(SphinxDirective):
    """`{public-names}`: every public name of swref, room by room."""

    def run(self) -> list[nodes.Node]:
        text = ["```{eval-rst}"]  # the page is MyST's
        for room, names in swref._NAMES.items():
            text += ["", f".. rubric:: {room}", ""]
            for name in names:
                kind = "class" if inspect.isclass(getattr(swref, name)) else "function"
                text += [f".. auto{kind}:: swref.{name}", *(["   :members:"] if kind == "class" else []), ""]
        return self.parse_text_to_nodes(StringList([*text, "```"], "public names"))


def commands(command: click.Command, path: tuple[str, ...] = ("swref",)) -> Iterator[tuple[str, str]]:
    """(name, help) of a command and of all below it."""
    context = click.Context(command, info_name=" ".join(path), terminal_width=88, max_content_width=88)
    yield " ".join(path), command.get_help(context)
    if isinstance(command, click.Group):
        for name in command.list_commands(context):
            below = command.get_command(context, name)
            if below is not None and not below.hidden:
                yield from commands(below, (*path, name))


class Commands(SphinxDirective):
    """`{commands}`: every command with its help."""

    def run(self) -> list[nodes.Node]:
        found: list[nodes.Node] = []
        for name, text in commands(main):
            section = nodes.section(ids=[nodes.make_id(name)], names=[name])
            section += nodes.title(name, name)
            section += nodes.literal_block(text, text, language="text")
            found.append(section)
        return found


def setup(app: Sphinx) -> dict[str, bool]:
    """Add both directives, and the highlighting of tables."""
    app.add_directive("public-names", PublicNames)
    app.add_directive("commands", Commands)
    app.connect("autodoc-process-docstring", process_docstring)
    app.add_lexer("csv", TextLexer)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
