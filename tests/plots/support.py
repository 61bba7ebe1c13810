"""What the tests of figures share: data, and one figure of every kind."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from matplotlib.figure import Figure

from swref import plots

SEED = 20240


def rng() -> np.random.Generator:
    return np.random.default_rng(SEED)


def clusters(n: int, d: int) -> np.ndarray:
    """Points [n, d] around three centres, columns on scales from 1 to 1000, like measured tables."""
    centres = rng().normal(size=(3, d))[rng().integers(0, 3, n)]
    return (centres + 0.3 * np.random.default_rng(SEED + n).normal(size=(n, d))) * np.logspace(0, 3, d)


def loss_run(T: int) -> np.ndarray:
    return (np.exp(-8 * np.arange(T) / T) + 0.003) * rng().gamma(1.0, size=T)


FIGURES = {
    "loss": lambda: plots.loss_figure(np.arange(300), loss_run(300), floor=0.002, floor_label="floor", title="Loss"),
    "loss one step": lambda: plots.loss_figure([0], [0.5]),
    "histogram": lambda: plots.samples_figure(clusters(60, 1), clusters(50, 1), ["mass"]),
    "scatter": lambda: plots.samples_figure(clusters(60, 2), clusters(50, 2)),
    "pairs": lambda: plots.samples_figure(clusters(60, 4), clusters(50, 4), ["a", "b_c", "d", "cost_$"]),
    "columns": lambda: plots.columns_figure(clusters(60, 3), clusters(50, 3), ["a", "b_c", "cost_$"]),
    "images": lambda: plots.image_grid_figure(rng().random((20, 16)), rng().random((5, 16)), 4, 4, count=16),
    "images not square": lambda: plots.image_grid_figure(rng().random((20, 24)), rng().random((5, 24)), 4, 6),
}


@pytest.fixture(params=FIGURES)
def figure(request: pytest.FixtureRequest) -> Figure:
    return FIGURES[request.param]()


def line(figure: Figure, label: str) -> Any:
    (found,) = [line for line in figure.axes[0].get_lines() if line.get_label() == label]
    return found
