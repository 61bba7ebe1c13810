"""The experiment `critical`: Theorem 2 in numbers that are known otherwise."""

from __future__ import annotations

import math

import numpy as np
import pytest

from swref import experiments
from swref.errors import InputError, SwrefError
from swref.experiments.critical import Config, catalogue_of, distances_to, late_looks, three_points
from swref.experiments.frame.pool import Pool
from swref.experiments.frame.record import Record
from swref.sgd import sgd
from swref.theory.criticality.search import hessian

SMALL = Config(alphas=(0.1, 0.03), repeats=6, late=2)


@pytest.fixture(scope="module")
def record() -> Record:
    return experiments.load("critical").run(SMALL, Pool())


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"radii": (5.0,)}, r"radii must be two numbers in \]0, 7.5\]"),
        ({"radii": (5.0, 9.0)}, r"radii must be two numbers in \]0, 7.5\]"),
        ({"late": 0}, "late must be >= 1"),
        ({"tolerance": 0.0}, "tolerance must be > 0"),
        ({"horizon": 0.5}, "horizon must be >= 12"),
        ({"horizon": math.inf}, "horizon must be finite"),
    ],
)
def test_configs_that_do_not_fit_together_are_refused(values, words):
    with pytest.raises(InputError, match=words):
        Config(**values)


def test_what_is_found_is_critical(record: Record) -> None:
    """Oracle: the definition of C_r, with the exact gradient: 0 inside the ball, along -u on its sphere."""
    F = three_points().loss(SMALL.batch)
    assert record.facts["inside_failed"] == record.facts["sphere_failed"] == 0.0
    assert 0 < record.facts["error"] < 1e-9
    for u in record.arrays["inside_critical"]:
        assert np.linalg.norm(u) < SMALL.radii[0]
        assert np.linalg.norm(F(u)[1]) <= SMALL.tolerance
    for u in record.arrays["sphere_critical"]:
        g = F(u)[1]
        assert np.linalg.norm(u) == pytest.approx(SMALL.radii[1], rel=1e-12)
        assert -g @ u / (np.linalg.norm(g) * np.linalg.norm(u)) == pytest.approx(1.0, abs=1e-9)


def test_inside_the_ball_the_distance_is_that_of_the_linearised_scheme(record: Record) -> None:
    """Oracle: near a minimum u* SGD is u - u* -> (I - alpha H)(u - u*) + alpha zeta, whose stationary law has, for
    small alpha, E|u - u*|^2 = alpha/2 tr(H^-1 Q), H the Hessian of F and Q the covariance of zeta: of the sample
    gradient at u* and of the added noise, a^2 I. To 25 %, for 6 runs with 10 looks each and alpha = 0.03."""
    problem = three_points()
    u = record.arrays["inside_critical"][0]
    H = hessian(problem.loss(SMALL.batch), u)
    assert np.linalg.eigvalsh(H)[0] > 0.1
    net, source, target = problem.net, problem.source, problem.target
    draws = [
        next(sgd(net, source, target, u, step=1.0, batch=SMALL.batch, steps=1, seed=k, backend="cpu")).phi
        for k in range(1000)
    ]
    Q = np.cov(np.array(draws).T) + SMALL.noise**2 * np.eye(len(u))
    expected = math.sqrt(0.03 / 2 * np.trace(np.linalg.solve(H, Q)))
    late = record.samples["inside_distances"].at(alpha=0.03).where(look=range(30, 40)).values
    assert math.sqrt(np.mean(late**2)) == pytest.approx(expected, rel=0.25)


def test_smaller_steps_end_nearer(record: Record) -> None:
    """Oracle: Theorem 2, inside the ball and on its sphere; the exponent 1/2 of the linearised scheme, to 0.35."""
    for key in ("inside", "sphere"):
        distances = record.samples[f"{key}_distances"].where(look=range(30, 40))
        far, near = (distances.at(alpha=alpha).values.mean() for alpha in SMALL.alphas)
        assert near < far
        assert math.log(far / near) / math.log(0.1 / 0.03) == pytest.approx(0.5, abs=0.35)
    assert record.arrays["sphere_on_sphere"][1] > 0.3


def test_shares_count_runs_that_are_ever_further(record: Record) -> None:
    """Oracle: counting over the distances of the record."""
    late = late_looks(SMALL)
    for key, scheme in (("inside", "minimisers inside the ball"), ("sphere", "minimisers outside the ball")):
        for alpha in SMALL.alphas:
            D = record.samples[f"{key}_distances"].at(alpha=alpha).values[:, late]
            for eta in SMALL.etas:
                found = record.tables["exceedance"].where(scheme=scheme, alpha=alpha, eta=eta).column("share above")
                assert found.tolist() == [np.mean((eta < D).any(axis=1))]


def test_distances_are_to_the_nearest_and_points_are_listed_once() -> None:
    """Oracle: by hand."""
    near = np.array([[[0.0, 0.0], [3.0, 4.0]], [[0.0, 1e-9], [9.0, 9.0]]])
    catalogue = catalogue_of(near, np.array([[1e-12, 1e-12], [1e-9, np.inf]]))
    assert catalogue.round(6).tolist() == [[0.0, 0.0], [3.0, 4.0]]
    assert distances_to(np.array([[3.0, 3.0], [0.0, 2.0]]), catalogue).tolist() == [1.0, 2.0]
    with pytest.raises(SwrefError, match="no critical point was certified"):
        catalogue_of(near, np.full((2, 2), np.inf))


def test_figures_are_drawn_from_what_was_written(record: Record, tmp_path) -> None:
    record.write(tmp_path)
    drawings = experiments.load("critical").figures(Record.read(tmp_path))
    assert [drawing.name for drawing in drawings] == ["distance", "exceedance", "course"]
