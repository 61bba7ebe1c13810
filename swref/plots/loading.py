"""matplotlib, imported when something is drawn."""

from __future__ import annotations

from typing import Any

from swref.errors import BackendError


def load_matplotlib() -> Any:
    """The matplotlib package with the submodules used here; BackendError where it is not installed."""
    try:
        import matplotlib
        import matplotlib.axes
        import matplotlib.colors
        import matplotlib.figure
        import matplotlib.font_manager
        import matplotlib.lines
        import matplotlib.patches
        import matplotlib.ticker
    except ImportError as error:
        raise BackendError('figures need matplotlib: pip install "matplotlib>=3.9"') from error
    return matplotlib
