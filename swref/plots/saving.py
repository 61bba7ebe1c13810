"""A figure as a file: whole or not at all, and the same bytes every time."""

from __future__ import annotations

import io
import os
from typing import Final

from swref import checks
from swref.errors import InputError
from swref.files import write_atomically
from swref.plots.style import Figure, load_matplotlib, style

DPI: Final = 200


def save_figure(figure: Figure, path: str | os.PathLike[str]) -> None:
    """Write `figure` to `path`, a .png at 200 dots an inch or an .svg: whole or not at all, the same bytes every time.

    The layout is fixed from then on, so that the figure can be saved again, to the other format too, and is the same.
    Raises InputError for another suffix and for a path that cannot be written.

    >>> from swref.plots import new_figure
    >>> figure, _ = new_figure()
    >>> save_figure(figure, "figure.bmp")
    Traceback (most recent call last):
    swref.errors.InputError: path must end in .png or .svg, got figure.bmp
    """
    checks.instance("figure", figure, load_matplotlib().figure.Figure, "a figure of matplotlib")
    destination = checks.path("path", path)
    kind = destination.suffix.lower()
    if kind not in (".png", ".svg"):
        raise InputError(f"path must end in .png or .svg, got {destination}")
    buffer = io.BytesIO()
    with style():
        # A version or a date in the file would change its bytes.
        metadata = {"Software": None} if kind == ".png" else {"Date": None, "Creator": None}
        figure.savefig(buffer, format=kind[1:], dpi=DPI, metadata=metadata)
        # The layout is iterated, and each drawing would move the axes by another hair.
        figure.set_layout_engine("none")
    write_atomically(destination, buffer.getvalue())
