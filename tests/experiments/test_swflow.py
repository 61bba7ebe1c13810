"""The experiment `swflow`: its measures against closed forms, its parts against the theory's functions, its record."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from swref.errors import InputError
from swref.experiments import load
from swref.experiments.frame.record import Record
from swref.experiments.swflow.paths import (
    Config,
    both_flows,
    cases,
    cosine,
    falls,
    law_distance,
    path_lengths,
    rms,
    started,
    tangent_kernel,
    time_of_energy,
)
from swref.measures import Discrete
from swref.networks import MLP, Particles
from swref.theory import gradient_flow, population_sw
from tests.support import resumed_record, tol

TINY = Config(points=4, batch=3, widths=(2, 3), gains=(2.0,), repeats=2, horizon=2.0, times=3, levels=5)


def test_tangent_kernel_is_the_gram_matrix_of_the_jvp() -> None:
    """Oracle: J column by column, from forward-mode derivatives."""
    net, x = MLP((2, 3, 2)), np.random.default_rng(0).standard_normal((4, 2))
    u = net.init(0)
    J = np.column_stack([net.jvp(u, x, e).ravel() for e in np.eye(net.n_params)])
    K = tangent_kernel(net, u, x)
    np.testing.assert_allclose(K, J @ J.T, rtol=0, atol=tol(np.float64, net.n_params) * K.max())


def test_particles_move_as_particles_do() -> None:
    """Oracle: for free points K is the identity, so that the cosine is 1."""
    cloud, y = Particles(5, 2), Discrete(np.random.default_rng(1).standard_normal((4, 2)))
    u = np.random.default_rng(2).standard_normal(10)
    assert cosine(cloud, u, Discrete(cloud.indices()), y, 3) == pytest.approx(1.0, rel=tol(np.float64, 10))


def test_time_of_energy_of_an_exponential_fall() -> None:
    """Oracle: F = |u|^2/2 falls like exp(-2 s)."""
    cloud = Particles(1, 2)
    flow = gradient_flow(cloud, [1.0, 0.0], Discrete(cloud.indices()), Discrete([[0.0, 0.0]]), None, horizon=3.0)
    assert time_of_energy(flow, 0.5 * np.exp(-2.0)) == pytest.approx(1.0, abs=1e-4)
    assert time_of_energy(flow, 0.6) == 0.0
    assert time_of_energy(flow, 0.0) == flow.horizon


def test_distances_of_known_clouds() -> None:
    """Oracles: a translation, a change of order, a straight path and a circle."""
    z = np.random.default_rng(3).standard_normal((6, 2))
    shift = np.array([3.0, 4.0])
    assert law_distance(z, z[::-1]) == pytest.approx(0.0, abs=1e-7)
    assert law_distance(z, z + shift) == pytest.approx(5.0, rel=tol(np.float64, 36))
    times = np.array([0.0, 0.5, 2.0])
    distances = rms(lambda s: z + s * shift, lambda s: z, times, times)
    np.testing.assert_allclose(distances, 5.0 * times, rtol=tol(np.float64, 6))
    np.testing.assert_allclose(path_lengths(lambda s: z + s * shift, times), 5.0 * times, rtol=tol(np.float64, 32))
    circle = path_lengths(lambda s: np.array([[np.cos(s), np.sin(s)]]), times, steps=200)
    np.testing.assert_allclose(circle, times, rtol=1e-5)


def test_both_flows_have_the_same_loss_at_every_level() -> None:
    """Oracle: the exact F of the points themselves."""
    part, y = both_flows(TINY, (3, 1.0), 0), started(TINY, (3, 1.0), 0)[3]
    first, network, particles = part["energies"]
    expected = first + falls(TINY) * (max(network, particles) - first)
    for name in ("network_points", "particle_points"):
        values = [population_sw(z, y.points, TINY.batch).value for z in part[name]]
        np.testing.assert_allclose(values, expected, atol=1e-4 * (first - particles))
    assert part["equal_F"][0] == 0.0
    assert np.all(part["equal_F_law"] <= part["equal_F"] + 1e-7)
    assert np.trace(
        tangent_kernel(*started(TINY, (3, 1.0), 0)[:2], started(TINY, (3, 1.0), 0)[2].points)
    ) == pytest.approx(float(part["eigenvalues"].sum() * TINY.points))


def test_gain_multiplies_the_first_layer_alone_from_the_same_draw() -> None:
    (net, plain, *_), (_, gained, *_) = started(TINY, (3, 1.0), 0), started(TINY, (3, 2.0), 0)
    assert cases(TINY) == [(2, 1.0), (3, 1.0), (3, 2.0)]
    inner = (2 + 1) * 3
    np.testing.assert_array_equal(gained[:inner], 2 * plain[:inner])
    np.testing.assert_array_equal(gained[inner:], plain[inner:])
    assert net.n_params == len(plain)


@pytest.mark.parametrize("wrong", [{"widths": (4,)}, {"widths": (0, 2)}, {"levels": 1}, {"level": 0.0}])
def test_config_refuses_what_it_cannot_measure(wrong: dict) -> None:
    with pytest.raises(InputError):
        Config.of(wrong)


@pytest.mark.slow
def test_record_is_whole_resumes_and_is_drawn_from_disk(tmp_path: Path) -> None:
    record = resumed_record(load("swflow").run, TINY, tmp_path / "parts")
    assert record.samples["relative"].values.shape == (3, 2, TINY.levels)
    assert len(record.verdicts) == 5
    record.write(tmp_path)
    drawings = load("swflow").figures(Record.read(tmp_path))
    assert [drawing.name for drawing in drawings] == ["paths", "distance", "width"]
    for drawing in drawings:
        drawing.figure.canvas.draw()
