"""The sensitivity study: its parts against closed forms, and a tiny run from end to end."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from swref.errors import InputError
from swref.experiments import load
from swref.experiments.frame.pool import Pool
from swref.experiments.frame.record import Record
from swref.experiments.sensitivity import Config, gradients, grid
from tests.support import tol

TINY = Config(
    data=("curve", "moons"),
    points=5,
    hidden=2,
    batch=3,
    horizon=2.0,
    radii=(1.0, 4.0),
    noises=(0.0, 0.3),
    repeats=2,
    dims=(2, 3),
    cloud_points=12,
    width=2,
    warm_steps=(0, 3),
    fixed_batch=4,
    counts=(1, 2, 4),
    batches=2,
    draws=6,
    budget=8,
    budget_batches=(8, 4),
    budget_draws=6,
)


@pytest.fixture(scope="module")
def parts(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the parts of the tiny run."""
    return tmp_path_factory.mktemp("parts")


@pytest.fixture(scope="module")
def record(parts: Path) -> Record:
    """The tiny run."""
    with Pool(folder=parts) as pool:
        return load("sensitivity").run(TINY, pool)


def test_a_resumed_run_has_the_same_numbers(record: Record, parts: Path) -> None:
    """From parts on the disk, one of which is missing."""
    (parts / "grid-00001.npz").unlink()
    with Pool(folder=parts) as pool:
        again = load("sensitivity").run(TINY, pool)
    assert again.summary == record.summary
    assert all(again.tables[name].to_csv() == record.tables[name].to_csv() for name in record.tables)


def test_a_tiny_run_has_every_cell_and_draws_from_the_disk(record: Record, tmp_path: Path) -> None:
    """Shapes by counting."""
    assert record.samples["loss"].values.shape == (2, 2, 2, 2)
    assert len(record.tables["cells"]) == 2 * 2 * 2
    assert len(record.tables["variances"]) == 2 * 2 * 3 * (4 + 3)  # states, batches, counts, schemes in both dimensions
    assert len(record.tables["budget"]) == 2 * 2 * 2
    assert len(record.verdicts) == 5
    record.write(tmp_path)
    drawings = load("sensitivity").figures(Record.read(tmp_path))
    assert [drawing.name for drawing in drawings] == ["loss", "residual", "time", "effects", "directions", "budget"]


def with_times(record: Record, value: float) -> Record:
    """The record with this time in every run."""
    time = record.samples["time"].map(lambda values: np.full(values.shape, value))
    return replace(record, samples={**record.samples, "time": time})


def test_heat_maps_of_a_set_loss_that_no_run_reached_are_blank(record: Record) -> None:
    """No cell carries a number, in the panels of both data sets."""
    time = load("sensitivity").figures(with_times(record, np.inf))[2]
    assert time.name == "time"
    assert [len(axes.texts) for axes in time.figure.axes] == [0, 0]


def test_heat_maps_of_a_set_loss_that_every_start_has_say_0(record: Record) -> None:
    """Every cell carries a 0: there is no logarithm to colour it by."""
    time = load("sensitivity").figures(with_times(record, 0.0))[2]
    assert [{text.get_text() for text in axes.texts} for axes in time.figure.axes] == [{"0"}, {"0"}]


def test_the_summary_ranks_what_can_be_chosen(record: Record) -> None:
    """However much belongs to combinations and repeats, which nobody can choose."""
    table = record.tables["effects"]
    shares = dict(zip(grid.FACTORS, table.column("share of the variance"), strict=False))  # of the final loss
    most = max(grid.CHOICES, key=shares.__getitem__)
    assert f"depends most on the {most} ({shares[most]:.0%}" in record.summary
    assert "their combinations" not in record.summary


def test_balls_that_no_iterate_reaches_change_nothing() -> None:
    """The projection is the identity inside: two large radii give the same bits."""
    part = grid.grid_part(replace(TINY, radii=(50.0, 70.0), noises=(0.0, 0.3)), "moons", 0)
    for name in grid.OUTCOMES:
        assert (part[name][0] == part[name][1]).all()
    assert (part["on_sphere"] == 0).all()


def test_a_collapsed_generator_has_half_the_second_moment() -> None:
    """Oracle: for T = 0 every projection is 0, so that F = E |theta.y|^2 = E |y|^2 / d, whatever the batch."""
    for data in TINY.data:
        problem = grid.grid_problem(TINY, data)
        _, collapsed = grid.reference_losses(TINY, problem)
        expected = np.mean(np.sum(problem.target.points**2, axis=1)) / 2
        assert collapsed == pytest.approx(expected, rel=tol(np.float64, TINY.points))


def test_the_data_do_not_depend_on_the_seed_of_the_experiment() -> None:
    """And their furthest point has norm 1."""
    points = grid.grid_problem(TINY, "moons").target.points
    assert (points == grid.grid_problem(replace(TINY, seed=5), "moons").target.points).all()
    assert np.linalg.norm(points, axis=1).max() == pytest.approx(1.0, rel=tol(np.float64))


def test_variance_shares_of_an_additive_response() -> None:
    """Oracle: independent effects add their variances, here 2/3, 1/4 and 1 and a within-cell variance of 1/4."""
    data, radius, noise = np.array([0.0, 1.0, 2.0]), np.array([0.0, 1.0]), np.array([0.0, 2.0])
    repeats = np.array([-0.5, 0.5])
    response = data[:, None, None, None] + radius[:, None, None] + noise[:, None] + repeats
    expected = np.array([2 / 3, 1 / 4, 1.0, 0.0, 1 / 4])
    assert grid.variance_shares(response) == pytest.approx(expected / expected.sum(), abs=tol(np.float64, 24))


def test_on_the_line_directions_cause_no_variance() -> None:
    """theta and -theta give the same gradient: in dimension 1 all of the variance is the batch's."""
    part = gradients.budget_part(TINY, 1, 0, 0)
    assert (part["directions"] <= tol(np.float64, 8) * part["total"]).all()
    assert (part["total"] > 0).all()


def test_an_orthonormal_basis_has_no_variance_at_one_pair_of_points() -> None:
    """Oracle: phi = J^T (2/L) sum theta theta^T (x - y) for n = 1, and sum theta theta^T = I for a basis."""
    d = 3
    part = gradients.direction_part(replace(TINY, fixed_batch=1, counts=(d,)), d, 0, 0)
    uniform, orthogonal, _ = part["variance"][:, 0]
    assert orthogonal <= tol(np.float64, d) * uniform
    assert uniform > 0


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"data": ("moon",)}, "did you mean 'moons'"),
        ({"start_radius": 2.0}, "start_radius must be at most the least radius"),
        ({"noises": (0.1, 0.3)}, "noises must begin with 0"),
        ({"budget_batches": (4, 8)}, "budget_batches must divide budget"),
    ],
)
def test_a_config_that_cannot_be_run_is_refused(change, words) -> None:
    """One line, naming the field."""
    with pytest.raises(InputError, match=words):
        replace(TINY, **change)


def test_full_is_a_config() -> None:
    """What --full changes passes the checks."""
    assert Config.of(Config.full()).repeats == Config.full()["repeats"]
