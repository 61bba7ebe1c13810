"""A figure as a file: whole or not at all, and the same bytes every time."""

from __future__ import annotations

import io
import os
from pathlib import Path
from typing import Final

from swref import checks
from swref.errors import InputError
from swref.files import write_output
from swref.plots.loading import load_matplotlib
from swref.plots.style import Figure, style

DPI: Final = 200
FORMATS: Final = ("png", "svg", "pdf")
# A version or a date in the file would change its bytes.
_UNSAID: Final = {"png": ("Software",), "svg": ("Date", "Creator"), "pdf": ("CreationDate", "Creator", "Producer")}


def format_of(name: str, path: Path) -> str:
    """The format of FORMATS that the suffix of `path` names; InputError for another suffix.

    >>> format_of("path", Path("a.PNG"))
    'png'
    """
    kind = path.suffix.lower()[1:]
    if kind not in FORMATS:
        raise InputError(f"{name} must end in .png, .svg or .pdf, got {path}")
    return kind


def save_figure(figure: Figure, path: str | os.PathLike[str]) -> None:
    """Write `figure` to `path`, a .png at 200 dots an inch, an .svg or a .pdf: whole or not at all, and the same bytes
    every time.

    The layout is fixed from then on, so that the figure can be saved again, in another format too, and is the same.
    Text of a .pdf stays text, its fonts are in it. Raises InputError for another suffix and a path that cannot be
    written.

    >>> from swref.plots import new_figure
    >>> figure, _ = new_figure()
    >>> save_figure(figure, "figure.bmp")
    Traceback (most recent call last):
    swref.errors.InputError: path must end in .png, .svg or .pdf, got figure.bmp
    """
    checks.instance("figure", figure, load_matplotlib().figure.Figure, "a figure of matplotlib")
    destination = checks.path("path", path)
    kind = format_of("path", destination)
    buffer = io.BytesIO()
    with style():
        figure.savefig(buffer, format=kind, dpi=DPI, metadata=dict.fromkeys(_UNSAID[kind]))
        # The layout is iterated, and each drawing would move the axes by another hair.
        figure.set_layout_engine("none")
    write_output(destination, buffer.getvalue())
