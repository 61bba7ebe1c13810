"""Grids of images: each image in its cell, read back from the artists."""

from __future__ import annotations

import numpy as np
import pytest
from matplotlib.figure import Figure

from swref import plots
from swref.errors import InputError
from tests.plots.support import FIGURES, rng


@pytest.fixture(params=FIGURES)
def figure(request: pytest.FixtureRequest) -> Figure:
    return FIGURES[request.param]()


def test_square_side_equals_a_search() -> None:
    expected = [next((s for s in range(4, 33) if s * s == d), None) for d in range(1, 1025)]
    assert [plots.square_side(d) for d in range(1, 1025)] == expected


def test_image_grids_show_each_image_in_its_cell_on_the_scale_of_the_target() -> None:
    target = rng().random((6, 16))
    generated = 3 * rng().random((20, 16)) - 1
    figure = plots.image_grid_figure(target, generated, 4, 4, count=10)
    grids = [axes.images[0] for axes in figure.axes]
    assert [axes.get_title() for axes in figure.axes] == ["data", "generated"]
    assert [grid.get_clim() for grid in grids] == [(target.min(), target.max())] * 2
    for grid, images in zip(grids, (target, generated[::2]), strict=True):
        mosaic = np.ma.filled(grid.get_array(), np.nan)
        assert mosaic.shape == (3 * 5 - 1, 4 * 5 - 1)  # 10 images in 3 rows of 4, one pixel between them
        assert np.isfinite(mosaic).sum() == images.size
        for k, image in enumerate(images):
            row, column = 5 * (k // 4), 5 * (k % 4)
            np.testing.assert_array_equal(mosaic[row : row + 4, column : column + 4], image.reshape(4, 4))


def test_images_that_are_not_square_keep_their_shape() -> None:
    images = rng().random((8, 24))
    figure = plots.image_grid_figure(images, images, 4, 6)
    mosaic = np.ma.filled(figure.axes[0].images[0].get_array(), np.nan)
    assert mosaic.shape == (3 * 5 - 1, 3 * 7 - 1)  # 8 images in 3 rows of 3
    for k, image in enumerate(images):
        row, column = 5 * (k // 3), 7 * (k % 3)
        np.testing.assert_array_equal(mosaic[row : row + 4, column : column + 6], image.reshape(4, 6))


def test_image_grid_refuses_images_of_another_size() -> None:
    with pytest.raises(InputError, match="generated must have 16 columns"):
        plots.image_grid_figure(np.zeros((2, 16)), np.zeros((2, 15)), 4, 4)
