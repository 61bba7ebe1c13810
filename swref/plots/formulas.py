"""A displayed formula as a small SVG: it needs no font, script or network where it is shown."""

from __future__ import annotations

import io

from swref import checks
from swref.errors import InputError
from swref.messages import one_line
from swref.plots.loading import load_matplotlib
from swref.plots.style import style

SIZE = 12.0  # points
LONGEST = 1000  # characters


def formula_svg(tex: str, size: float = SIZE) -> bytes:
    """`tex`, in matplotlib's dialect of TeX and without dollars, as an SVG of its own size; the same bytes every time.

    Raises InputError for what that dialect does not know and a size that is no number from 1 to 1000, BackendError
    without matplotlib.

    >>> formula_svg("x^2")[:5]
    b'<?xml'
    """
    if len(checks.text("tex", tex)) > LONGEST:
        raise InputError(f"tex must have at most {LONGEST} characters, got {len(tex)}")
    size = checks.number("size", size, minimum=1.0, maximum=1000.0)
    matplotlib = load_matplotlib()
    from matplotlib.mathtext import MathTextParser

    with style():
        matplotlib.rcParams["mathtext.fontset"] = "stix"
        font = matplotlib.font_manager.FontProperties(size=size)
        try:
            width, height, depth, *_ = MathTextParser("path").parse(f"${tex}$", dpi=72, prop=font)
        except ValueError as error:
            why = one_line(str(error))
            raise InputError(f"tex must be a formula, got {checks.shown(tex)} ({why})") from None
        figure = matplotlib.figure.Figure(figsize=((width + 2) / 72, (height + 2) / 72))
        figure.text(1 / (width + 2), (depth + 1) / (height + 2), f"${tex}$", fontproperties=font)
        buffer = io.BytesIO()
        figure.savefig(buffer, format="svg", transparent=True, metadata={"Date": None, "Creator": None})
    return buffer.getvalue()
