"""A displayed formula as a small SVG: it needs no font, script or network where it is shown."""

from __future__ import annotations

import io

from swref.plots.style import load_matplotlib, style

SIZE = 12.0  # points


def formula_svg(tex: str, size: float = SIZE) -> bytes:
    """`tex`, in matplotlib's dialect of TeX and without dollars, as an SVG of its own size; the same bytes every time.

    Raises ValueError for what that dialect does not know, BackendError without matplotlib.

    >>> formula_svg("x^2")[:5]
    b'<?xml'
    """
    matplotlib = load_matplotlib()
    from matplotlib.mathtext import MathTextParser

    with style():
        matplotlib.rcParams["mathtext.fontset"] = "stix"
        font = matplotlib.font_manager.FontProperties(size=size)
        width, height, depth, *_ = MathTextParser("path").parse(f"${tex}$", dpi=72, prop=font)
        figure = matplotlib.figure.Figure(figsize=((width + 2) / 72, (height + 2) / 72))
        figure.text(1 / (width + 2), (depth + 1) / (height + 2), f"${tex}$", fontproperties=font)
        buffer = io.BytesIO()
        figure.savefig(buffer, format="svg", transparent=True, metadata={"Date": None, "Creator": None})
    return buffer.getvalue()
