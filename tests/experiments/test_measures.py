"""The experiment `measures`: its laws against SciPy's, its parts against the theory's functions, its record."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from scipy import stats

from swref.errors import InputError
from swref.experiments import load
from swref.experiments.frame.record import Record
from swref.experiments.measures.config import BOTH, HEAVY, SETTINGS, Config, continuous, even, loss, network, start
from swref.experiments.measures.runs import mean_residual, second_half
from swref.experiments.measures.tails import SHARES, tail_index, thrown
from swref.experiments.measures.trajectories import flows
from swref.experiments.problems.isotropic import Isotropic
from swref.theory import natural_residual
from tests.support import resumed_record, tol

TINY = Config(
    hidden=2,
    target_points=3,
    batch=2,
    supports=(2, 3),
    finer=2,
    repeats=2,
    draws=1,
    checked=1,
    k_max=1,
    alphas=(0.3, 0.1),
    horizon=1.0,
    looks=2,
    tail_repeats=2,
    tail_steps=40,
    free_steps=10,
    free_repeats=2,
)
Q = np.array([0.01, 0.3, 0.5, 0.9, 0.999])


@pytest.mark.parametrize(
    ("law", "squared"),
    [
        (Isotropic("disc", 0.5), stats.uniform()),  # |x|^2 is uniform
        (Isotropic("gaussian", 0.5), stats.chi2(2)),
        (Isotropic("student", 0.5, 1.5), stats.f(2, 1.5)),
        (Isotropic("student", 0.5, 3.0), stats.f(2, 3.0)),
    ],
)
def test_radius_has_the_quantiles_of_scipys_laws(law: Isotropic, squared: stats.rv_continuous) -> None:
    expected = 0.5 * np.sqrt(squared.ppf(Q) / squared.ppf(0.5))
    np.testing.assert_allclose(law.radius(Q), expected, rtol=1e-9)


def test_samples_and_lattices_have_the_law_s_radii() -> None:
    """Oracles: the binomial law of how many radii lie within a quantile, and the lattice's definition."""
    law = Isotropic("student", 0.7, 1.5)
    x = law.sample(np.random.default_rng(0), 4000)
    within = np.sum(np.linalg.norm(x, axis=1) < law.radius(np.array([0.9])))
    assert stats.binomtest(int(within), 4000, 0.9).pvalue > 1e-4
    radii = np.sort(np.linalg.norm(law.lattice(7, turn=1.0).points, axis=1))
    np.testing.assert_allclose(radii, law.radius((np.arange(7) + 0.5) / 7), rtol=tol(np.float64, 2))


@pytest.mark.parametrize("law", [("disk", 1.0, 1.0), ("disc", 0.0, 1.0), ("student", 1.0, -1.0)])
def test_laws_refuse_what_they_cannot_be(law: tuple[str, float, float]) -> None:
    with pytest.raises(InputError):
        Isotropic(*law)


def test_config_refuses_single_values_and_no_refinement() -> None:
    with pytest.raises(InputError, match="finer must be at least 2"):
        Config(finer=1)
    with pytest.raises(InputError, match="supports and alphas"):
        Config(supports=(4,))
    with pytest.raises(InputError, match="checked must be at most repeats"):
        Config(repeats=2, checked=3)


def test_flows_are_compared_for_every_m_and_looked_at_again_where_asked() -> None:
    parts = [flows(TINY, HEAVY, repeat) for repeat in range(2)]
    assert parts[0]["d_c"].shape == parts[0]["residual"].shape == (2, 2)
    assert np.all(parts[0]["d_c"] > 0)
    assert np.all(parts[0]["d_c"] <= 0.5)  # cut at k = 1
    assert np.all(np.isfinite(parts[0]["change"]))
    assert np.all(np.isnan(parts[1]["change"]))


def test_the_heavy_setting_differs_from_its_control_in_the_target_alone() -> None:
    (x, y), (x_heavy, y_heavy) = continuous(TINY, BOTH), continuous(TINY, HEAVY)
    assert x == x_heavy
    assert (y.kind, y_heavy.kind, y.median) == ("gaussian", "student", y_heavy.median)
    np.testing.assert_array_equal(even(TINY, BOTH, 3, seed=1)[0].points, even(TINY, HEAVY, 3, seed=1)[0].points)


def test_mean_residual_is_the_theory_s_natural_residual() -> None:
    x, y = even(TINY, BOTH, 3, seed=1)
    iterates = second_half(TINY, start(TINY, 0), *continuous(TINY, BOTH), 1, seed=2)
    assert len(iterates) == 2
    expected = np.mean([natural_residual(network(TINY), u, x, y, TINY.batch, TINY.radius) for u in iterates])
    assert mean_residual(TINY, loss(TINY, x, y), iterates) == pytest.approx(expected, rel=tol(np.float64, 10))


def test_a_run_beyond_the_cut_off_is_thrown_and_never_moves_again() -> None:
    """Oracle: T = 0 there, hence phi = 0."""
    config = Config.of(TINY.to_dict(), {"start_norm": 9.0, "start_radius": 0.01})
    u0 = start(config, 1)
    assert thrown(config, "Student, nu = 3", 1) == {
        "thrown": 1.0,
        "norm": pytest.approx(np.linalg.norm(u0), rel=0, abs=0),
    }
    assert thrown(TINY, "Gaussian", 1)["thrown"] == 0.0


def test_tail_index_of_a_power_law() -> None:
    """Oracle: P(V > v) = v^-a; Hill's estimate has a relative standard error of 1/sqrt(k)."""
    values = np.random.default_rng(0).random(20000) ** (-1 / 1.5)
    assert tail_index(values, 0.05) == pytest.approx(1.5, rel=4 / np.sqrt(1000))


@pytest.mark.slow
def test_record_is_whole_resumes_and_is_drawn_from_disk(tmp_path: Path) -> None:
    record = resumed_record(load("measures").run, TINY, tmp_path / "parts")
    assert record.samples["d_c"].values.shape == (len(SETTINGS), 2, 2, 2)
    assert record.samples["quantiles"].values.shape == (3, 2, len(SHARES))
    assert len(record.verdicts) == 5
    intervals = record.arrays["residual_intervals"]  # [K, 3, A, (value, low, high)]
    np.testing.assert_allclose(
        intervals[..., 0], record.samples["residual"].values.mean(axis=1), rtol=tol(np.float64, 10)
    )
    assert np.all(intervals[..., 1] <= intervals[..., 2])
    record.write(tmp_path)
    drawings = load("measures").figures(Record.read(tmp_path))
    assert [drawing.name for drawing in drawings] == ["flows", "runs", "tails"]
    for drawing in drawings:
        drawing.figure.canvas.draw()
