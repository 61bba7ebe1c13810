"""The landscape experiment: closed forms against the library, the topology of E_L, and a tiny run from end to end."""

from __future__ import annotations

import numpy as np
import pytest

from swref import directions, experiments, sw_loss
from swref.errors import InputError
from swref.experiments.frame.pool import Pool
from swref.experiments.frame.record import Record
from swref.experiments.frame.samples import Sample
from swref.experiments.landscape import Config, race_of, sorts_of, times_as_many
from swref.experiments.landscape.spiral import (
    WholeCloud,
    by_blocks,
    by_sgd,
    follow_blocks,
    follow_sgd,
    methods_of,
    spiral_cloud,
    transport_cost,
)
from swref.experiments.landscape.two_points import SADDLE_AT, TARGET, energy, largest_error, mean_energy, saddles
from swref.plots import save_figure
from swref.theory import block_coordinate_descent, population_sw, stable_cells
from tests.support import tol

RECIPE = experiments.load("landscape")
TINY = {
    "grid": 21,
    "uniform_directions": (10, 40),
    "uniform_repeats": 3,
    "angles": 256,
    "minima_directions": (3, 8),
    "minima_repeats": 3,
    "counted": (6,),
    "spiral_points": 6,
    "descent_directions": (3, 40),
    "descent_repeats": 3,
    "few": 3,
    "enough": 40,
    "sgd_steps": (1.0, 3.0),
    "sgd_iterations": 150,
}


@pytest.fixture(scope="module")
def tiny(tmp_path_factory):
    """A tiny record, and the folder that keeps its parts."""
    folder = tmp_path_factory.mktemp("parts")
    with Pool(folder=folder) as pool:
        return RECIPE.run(Config(**TINY), pool), folder


def test_energies_of_two_points():
    """Oracle: the exact E of population_sw, and sw_loss along the given directions."""
    theta = directions(3, 5, 2)
    for y in np.random.default_rng(0).normal(size=(20, 2)):
        cloud = np.stack((y, -y))
        assert energy(y) == pytest.approx(population_sw(cloud, TARGET, None).value, abs=tol(np.float64, 8))
        assert mean_energy(y, theta) == pytest.approx(float(sw_loss(cloud, TARGET, theta)), abs=tol(np.float64, 8))


@pytest.mark.parametrize("L", [2, 3, 4, 10, 25])
def test_as_many_saddles_as_minima(L):
    """Oracle: the plane's Euler characteristic. Minima - saddles + the peak at 0 = 1, so minima and saddles pair up."""
    for seed in range(8):
        theta = directions(100 * L + seed, L, 2)
        points, residuals = saddles(theta)
        assert 2 * len(points) == len(stable_cells(theta, TARGET))
        assert residuals.max() < tol(np.float64, L)


@pytest.mark.parametrize("L", [2, 7, 60])
def test_largest_error_brackets_a_dense_grid(L):
    """Oracle: |E_L - E| at many points of the disc: none beyond the bound, and one near it."""
    theta = directions(L, L, 2)
    found, missed = largest_error(theta, 1.5, 1 << 12)
    axis = np.linspace(-1.5, 1.5, 301)
    y = np.stack(np.meshgrid(axis, axis), axis=-1).reshape(-1, 2)
    y = y[np.hypot(y[:, 0], y[:, 1]) <= 1.5]
    seen = np.abs(mean_energy(y, theta) - energy(y)).max()
    assert seen <= found + missed
    assert seen == pytest.approx(found, abs=4 * 1.5 * 0.01)  # 2 max(|y|, 1) bounds either gradient; the grid's pitch


def test_largest_error_of_two_axes():
    """Closed form: E_2(1, 0) = 1 and E(1, 0) = 1 - 2/pi; a direction whose kink is at phi = 0 is no exception."""
    found, missed = largest_error(np.eye(2), 1.0, 1 << 12)
    assert found <= 2 / np.pi <= found + missed


def test_descent_is_block_coordinate_descent():
    """Oracle: one call of block_coordinate_descent from the same start, for the end point and the number of updates."""
    z = spiral_cloud(9, 2)
    theta = directions(0, 12, 2)
    y = np.random.default_rng(1).normal(size=z.shape)
    whole = block_coordinate_descent(y, z, theta)
    end, costs = follow_blocks(y, z, theta, 1e-5, 300)
    np.testing.assert_array_equal(end, whole.points)
    assert len(costs) - 1 == whole.iterations
    assert costs[-1] == transport_cost(end, z)


def test_sgd_step_of_half_n_matches_its_direction():
    """By theory: with alpha = n/2 a step makes the projections on its direction equal, so that in R^1 one step ends."""
    y, z = np.array([[0.3], [-2.0], [1.0]]), np.array([[5.0], [4.0], [0.0]])
    _, costs = follow_sgd(y, z, 1.5, 1, seed=0)
    assert costs[0] > 1.0
    assert costs[1] < tol(np.float64, 9)


def test_whole_cloud_refuses_parts_of_itself():
    with pytest.raises(InputError, match="n must be a multiple of 3"):
        WholeCloud(np.zeros((3, 2))).sample(np.random.default_rng(0), 4)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"few": 16}, "few must be one of descent_directions, got 16"),
        ({"minima_directions": (1, 5)}, "minima_directions must hold numbers of directions >= 2, got 1"),
        ({"shown": (1, 3)}, "shown must hold 3 numbers"),
        ({"descent_repeats": 1}, "descent_repeats must be >= 2, got 1"),
    ],
)
def test_config_is_checked(change, message):
    with pytest.raises(InputError, match=message):
        Config.of(change)


def test_full_is_a_config():
    assert Config.of(Config.full()).descent_repeats > Config().descent_repeats


def test_tiny_run(tiny):
    """Facts that hold whatever the draws: E's saddle, E_L's minima of value 0, exact ends of SGD, shapes."""
    record, _ = tiny
    assert [v.outcome for v in record.verdicts].count("agree") <= len(record.verdicts) == 5
    critical = record.tables["critical"]
    saddle = (critical.column("energy") == "E") & (critical.column("kind") == "saddle")
    assert critical.column("y_1")[saddle] == SADDLE_AT
    assert critical.column("value")[critical.column("kind") == "global minimum"].max() < tol(np.float64, 10)
    assert record.arrays["surfaces"].shape == (4, 21, 21)
    assert record.samples["error"].values.shape == (3, 2)
    assert record.samples["final"].values.shape == (3, 4)
    assert record.samples["final"].at(method=by_sgd(3.0)).values.max() < 1e-20  # alpha = n/2: contracts to the target
    cells = record.tables["cells"]
    assert cells.column("cells counted") == cells.column("formula")


def test_effort_is_compared_by_medians():
    """By hand: of three starts one descent is stuck, and the better SGD is never exact from one of them."""
    config = Config(**{**TINY, "descent_repeats": 3})
    first = np.array([[9.0, 4.0, 90.0, 30.0], [9.0, np.inf, 90.0, 10.0], [9.0, 6.0, 90.0, np.inf]])
    axes = {"repeat": range(3), "method": methods_of(config)}
    race = race_of(config, Sample(first, axes))
    assert race.axes["method"] == (by_blocks(40), by_sgd(1.0), by_sgd(3.0))
    assert race.at(method=by_sgd(3.0)).values.tolist() == [30.0, 10.0, 150.0]
    assert times_as_many(race).value == 30 / 5
    sorts = sorts_of(config, race)
    assert sorts.at(repeat=0).values.tolist() == [40 * 5.0, 180.0, 60.0]  # L for Z once; 2 an iteration of SGD
    assert times_as_many(sorts).value == 60 / ((40 * 5 + 40 * 7) / 2)


def test_typical_ends_are_those_of_the_median(tiny):
    """Oracle: np.median of an odd number of costs, and W_2^2 of the end points."""
    record, _ = tiny
    z = record.arrays["target"]
    for end, cost, method in zip(
        record.arrays["typical"], record.arrays["typical_cost"], (by_blocks(3), by_blocks(40), by_sgd(3.0)), strict=True
    ):
        assert cost == np.median(record.samples["final"].at(method=method).values) == transport_cost(end, z)


def test_same_numbers_again(tiny):
    """Oracle: the first run. All parts are read back but one, which is computed anew."""
    record, folder = tiny
    (folder / "descents-00001.npz").unlink()
    with Pool(folder=folder) as pool:
        again = RECIPE.run(Config(**TINY), pool)
    assert [str(v.to_dict()) for v in again.verdicts] == [str(v.to_dict()) for v in record.verdicts]  # NaN as text
    for name, sample in record.samples.items():
        np.testing.assert_array_equal(again.samples[name].values, sample.values)
    for name, array in record.arrays.items():
        np.testing.assert_array_equal(again.arrays[name], array)


@pytest.mark.slow
def test_figures_from_the_disk(tiny, tmp_path):
    """Oracle: the names; every figure is drawn from what was read back, and can be written."""
    record, _ = tiny
    record.write(tmp_path)
    drawings = RECIPE.figures(Record.read(tmp_path))
    assert [drawing.name for drawing in drawings] == ["surfaces", "limits", "ends", "courses", "spiral"]
    for drawing in drawings:
        save_figure(drawing.figure, tmp_path / f"{drawing.name}.svg")
        assert all(axes.get_xlabel() or axes.get_ylabel() or axes.get_title() for axes in drawing.figure.axes)
