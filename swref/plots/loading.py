"""matplotlib, imported when something is drawn."""

from __future__ import annotations

from typing import Any

from swref.errors import BackendError
from swref.messages import one_line


def load_matplotlib() -> Any:
    """The matplotlib package with the submodules used here; BackendError where it is not installed or cannot start."""
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
    except (ValueError, OSError) as error:  # MPLBACKEND or MATPLOTLIBRC names what is not there
        raise BackendError(f"figures need matplotlib, which does not start: {one_line(str(error))}") from error
    return matplotlib
