"""The experiment `architecture`: its search against closed forms, its runs against proven limits, its record."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from swref.errors import InputError
from swref.experiments import load
from swref.experiments.architecture import Config, run_verdicts
from swref.experiments.architecture.growth import chains, quantities, search_radii
from swref.experiments.architecture.laws import law
from swref.experiments.architecture.nets import Architecture, Cut, proven, proven_powers
from swref.experiments.architecture.parts import search_far
from swref.experiments.architecture.runs import ARMS, farthest_reach, norms
from swref.experiments.frame.pool import Pool
from swref.experiments.frame.record import Record
from swref.experiments.frame.samples import Sample
from swref.experiments.problems.planar import closed_curve, sunflower
from tests.support import central_difference, tol

CUT = Cut(8.0, 3.0, 1.0)
X = np.array([[0.6, -0.8]])


def tiny(**changes: object) -> Config:
    """A config of a second."""
    small = {
        "points": 4,
        "report_activations": ("relu", "tanh"),
        "report_shapes": ("MLP 2",),
        "activations": ("relu", "tanh"),
        "shapes": ("MLP 2",),
        "radii": (8.0, 64.0),
        "starts": 4,
        "moves": 2,
        "typical": 1,
        "repeats": 2,
        "run_activations": ("tanh",),
        "alphas": (0.1, 5.0),
        "shown_alpha": 5.0,
        "law_alphas": (0.01,),
        "run_repeats": 2,
        "steps": 20,
        "draws": (10, 100),
        "draw_repeats": 2,
        "far_activations": ("relu",),
        "far_radii": (8.0, 64.0),
        "far_starts": 3,
        "far_moves": 1,
        "far_repeats": 2,
    }
    return Config(**{**small, **changes})


@pytest.mark.parametrize(
    ("activation", "powers"),
    [
        ("relu", lambda N: (N, N, 2 * N - 2)),
        ("tanh", lambda N: (1, N, 2 * N - 2)),
        ("gelu", lambda N: (N, N, 3 * N - 3)),
    ],
)
def test_proven_powers_are_those_of_the_chain_rule(activation, powers):
    """Oracle: |T| ~ R^N (R where bounded), dT ~ R^N, T d^2 T ~ R^(2N-2), or R^(3N-3) where both can be large."""
    for depth in (2, 3):
        for family in ("MLP", "skip"):
            assert proven_powers(Architecture(activation, depth, family, 4), 1.0) == powers(depth)
    assert proven_powers(Architecture(activation, 2, "MLP", 4, CUT), 1.0) == (0, 0, 0)


def test_one_affine_layer_has_closed_forms():
    """Oracle: max |T| = R sqrt(1 + |x|^2), Lip = sqrt(R^2 + |x|^2 + 1) at most, M = 2 in the bias."""
    found = search_radii(Architecture("identity", 1, "MLP", 4), (5.0, 50.0), 8, 60, 1, seed=3)[1]
    for radius, (size, slope, curvature) in zip((5.0, 50.0), found, strict=True):
        limits = radius * np.sqrt(2), np.sqrt(radius**2 + 2)
        assert 0.8 * limits[0] < size <= limits[0] * (1 + tol(np.float64, 10))
        assert 0.8 * limits[1] < slope <= limits[1] * (1 + 1e-6)  # difference quotients in x
        assert curvature == pytest.approx(2.0, rel=1e-6)


@pytest.mark.parametrize("net", [Architecture("tanh", 2, "MLP", 3), Architecture("gelu", 3, "skip", 3, CUT)])
def test_slope_is_the_norm_of_the_jacobian(net):
    """Oracle: the whole Jacobian in (u, x) by central differences."""
    u = np.random.default_rng(0).standard_normal(net.network.n_params)
    whole = np.concatenate((u, X[0]))
    rows = [
        central_difference(lambda v, a=a: float(net.network.forward(v[:-2], v[None, -2:])[0][0, a]), whole)
        for a in range(2)
    ]
    _, slope, _ = quantities(net, X, float(np.linalg.norm(u)))
    assert slope(u) == pytest.approx(np.linalg.norm(np.array(rows), 2), rel=1e-6)


def test_search_stays_below_the_proven_bounds():
    """Oracle: the layerwise bounds of the theory."""
    for net in (Architecture("tanh", 2, "MLP", 4, CUT), Architecture("relu", 3, "skip", 4)):
        found = search_radii(net, (4.0, 8.0), 6, 6, 2, seed=1)
        for k, radius in enumerate((4.0, 8.0)):
            assert (found[:, k] <= np.array(proven(net, radius, 1.0))).all()


def test_far_inputs_raise_the_derivatives_within_their_bounds():
    """Oracle: the layerwise bounds; dT/du of two relu layers is of the order R |x|, so a hundredfold x shows."""
    config = tiny(far_starts=6, far_moves=6)
    part = search_far(config, config.trained("relu", False), np.array([[1.0, 1e4, 1e6]]), seed=1)
    assert part["found"].shape == part["bound"].shape == (1, 3, 2, 2)
    assert (part["found"] <= part["bound"] * (1 + 1e-6)).all()  # difference quotients
    growth = np.log10(part["found"][0, 2] / part["found"][0, 1]) / 2  # the power of |x|, [R, (Lip, M)]
    np.testing.assert_allclose(growth, [[1, 2]] * 2, atol=0.35)  # what a search finds is within a factor of few


def test_nothing_is_left_beyond_a_cut_off():
    """Oracle: T = 0 for |u| >= R_u + eps."""
    assert not search_radii(Architecture("gelu", 2, "MLP", 4, CUT), (9.1, 100.0), 4, 4, 2, seed=0).any()


def test_starts_of_the_search_lie_on_the_sphere():
    rng = np.random.default_rng(0)
    for activation in ("relu", "tanh"):
        for _ in range(5):
            for size in (1.0, 1e5):
                u = chains(Architecture(activation, 3, "skip", 4), size * X[0], 30.0, rng)
                assert np.linalg.norm(u) == pytest.approx(30.0, rel=tol(np.float64, len(u)))


def test_runs_stay_within_proven_limits_or_diverge():
    """Oracle: the radius of the projection, the longest step from inside a cut-off, and the limit of divergence."""
    source, target = sunflower(6), closed_curve(6)
    settings = {"batch": 4, "steps": 40, "start_radius": 3.0, "limit": 1e6}
    for seed in range(3):
        free = norms(Architecture("tanh", 2, "MLP", 4), source, target, step=6.0, radius=np.inf, seed=seed, **settings)
        ball = norms(Architecture("tanh", 2, "MLP", 4), source, target, step=6.0, radius=7.0, seed=seed, **settings)
        cut_net = Architecture("tanh", 2, "MLP", 4, CUT)
        cut = norms(cut_net, source, target, step=6.0, radius=np.inf, seed=seed, **settings)
        assert np.isinf(free[-1])
        assert free[0] == ball[0] == cut[0] <= 3.0
        assert ball.max() <= 7.0
        R_y = float(np.linalg.norm(target.points, axis=1).max())
        assert cut.max() <= farthest_reach(cut_net, R_y, 1.0, 6.0)


@pytest.mark.parametrize(("name", "df"), [("Cauchy", 1.0), ("Student t", 2.0)])
def test_student_t_has_its_usual_scale(name, df):
    """Oracle: P(|x| > r) = (1 + r^2/df)^(-df/2) in the plane; the share above r is within 5 deviations."""
    x = law(name, 4, 2.0).measure.sample(np.random.default_rng(0), 40000)
    for r in (1.0, 5.0):
        p = (1 + r * r / df) ** (-df / 2)
        assert abs(np.mean(np.linalg.norm(x, axis=1) > r) - p) < 5 * np.sqrt(p * (1 - p) / len(x))
    assert law(name, 4, 2.0).mean_exists == (df > 1)


def test_verdicts_on_runs_look_at_the_pairs():
    """Oracle: counts by hand; runs that diverge on bounded inputs too do not speak for the tail."""
    config = tiny(run_repeats=4)
    neither = np.array([[0, 1], [0, 1], [0, 1], [0, 0]], dtype=bool)  # [R, B]
    cut = np.array([[1, 0], [0, 0], [0, 1], [0, 0]], dtype=bool)  # the first has no free run that diverged
    diverged = np.stack((neither, cut, np.zeros((4, 2), bool)), axis=1)[:, None]  # [R, 1, S, B]
    inputs = np.zeros((4, len(config.laws), 2, 1), dtype=bool)
    inputs[:, -1, 0, 0] = True
    inputs[:3, 0, 0, 0] = True
    axes = {"repeat": range(4), "activation": config.run_activations, "scheme": ARMS, "alpha": config.alphas}
    by_law = {"repeat": range(4), "law": config.laws, "scheme": ARMS[:2], "alpha": config.law_alphas}
    runs, of_laws = Sample(diverged, axes), Sample(inputs, by_law)
    free, held, alone = (verdict.estimate.value for verdict in run_verdicts(config, runs, of_laws)[0])
    assert (free, held, alone) == (3 / 4, 1 / 3, 1 / 4)
    nothing = run_verdicts(config, Sample(np.zeros_like(diverged), axes), of_laws)[0][1]
    assert np.isnan(nothing.estimate.value)
    assert nothing.outcome == "undecided"


def test_configs_are_checked():
    assert Config.of(Config.full()).run_repeats > Config().run_repeats
    for changes in (
        {"shapes": ("MLP 1",)},
        {"heavy_alpha": 0.5},
        {"laws": ("normall",)},
        {"fit_from": 100.0},
        {"far_repeats": 3},
    ):
        with pytest.raises(InputError):
            tiny(**changes)


def test_record_resumes_and_is_drawn_from_disk(tmp_path: Path):
    """Oracle: the same run without kept parts, and the verdicts of check_assumptions that the paper states."""
    config = tiny()
    with Pool(folder=tmp_path / "parts") as pool:
        first = load("architecture").run(config, pool)
    (tmp_path / "parts" / "runs-00001.npz").unlink()
    with Pool(folder=tmp_path / "parts") as pool:
        again = load("architecture").run(config, pool)
    first.write(tmp_path)
    record = Record.read(tmp_path)
    for name, table in again.tables.items():
        assert table.to_csv() == record.tables[name].to_csv()
    report = record.tables["networks"]
    for name in ("Theorem 1", "Theorem 2"):
        assert report.column(name).tolist() == ["fails"] * 2 + ["holds"] * 2
    assert report.column("A4").tolist() == ["fails", "holds", "holds", "holds"]
    assert record.samples["norms"].values.shape[:4] == (2, 1, 3, 2)
    assert len(record.tables["powers"]) == 15
    drawings = load("architecture").figures(record)
    assert [drawing.name for drawing in drawings] == ["verdicts", "growth", "powers", "runs", "shares", "draws"]
