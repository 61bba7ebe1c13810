"""The drawing primitives that all figures share: one style, one column or two, read in colour or without.

Nothing is computed here beyond what the eye needs: smoothing, thinning and limits. Importing it loads no matplotlib.
"""

from swref.plots.columns import columns_figure
from swref.plots.formulas import formula_svg
from swref.plots.images import image_grid_figure, square_side
from swref.plots.loss import loss_figure, losses_figure
from swref.plots.panels import MARKERS, draw_band, draw_heat_map, draw_intervals, symlog_axis
from swref.plots.samples import FIRST_COORDINATES, MAX_PAIRS, SCATTER_POINTS, samples_figure
from swref.plots.saving import DPI, FORMATS, save_figure
from swref.plots.series import SMOOTHING_SHARE, TRACE_POINTS, running_mean, thin_extremes
from swref.plots.style import FONT_SIZE, GENERATED, PALETTE, TARGET, WIDTHS, Axes, Figure, new_figure, plain, style
from swref.plots.tracking import track_figure

__all__ = [
    "DPI",
    "FIRST_COORDINATES",
    "FONT_SIZE",
    "FORMATS",
    "GENERATED",
    "MARKERS",
    "MAX_PAIRS",
    "PALETTE",
    "SCATTER_POINTS",
    "SMOOTHING_SHARE",
    "TARGET",
    "TRACE_POINTS",
    "WIDTHS",
    "Axes",
    "Figure",
    "columns_figure",
    "draw_band",
    "draw_heat_map",
    "draw_intervals",
    "formula_svg",
    "image_grid_figure",
    "loss_figure",
    "losses_figure",
    "new_figure",
    "plain",
    "running_mean",
    "samples_figure",
    "save_figure",
    "square_side",
    "style",
    "symlog_axis",
    "thin_extremes",
    "track_figure",
]
