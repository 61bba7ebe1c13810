"""Where the runs start: at saddles and bad local minima that a search finds, and at random."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from swref.experiments.frame.pool import Part, Pool
from swref.experiments.noise.config import SEEDS, Config
from swref.experiments.problems.planar import in_ball, natural_residual_of, planar_problem
from swref.measures import Discrete
from swref.networks import Particles
from swref.sgd import sgd
from swref.theory.criticality.search import descend, hessian, solve
from swref.theory.population.exact_loss import ExactLoss, normal_multiplier, on_sphere

GROUPS = ("two points", "saddles", "silent saddles", "bad minima", "random starts")
SADDLES = GROUPS[:3]
DRAWS = 64  # sample gradients from which their deviation along a direction is estimated


@dataclass(frozen=True, eq=False)
class Start:
    """A point u [d_u] of group `group` to start from, its loss, and the loss below which it counts as left.

    lowest, negatives: the least eigenvalue of the Hessian (on the sphere: of the Lagrangian's, along the sphere), and
    how many are negative. noise: the standard deviation of SGD's gradient along the eigenvector of the least one.
    """

    group: str
    u: np.ndarray
    value: float
    goal: float
    lowest: float = np.nan
    negatives: float = np.nan
    noise: float = np.nan


def problem_of(config: Config, group: str) -> tuple[ExactLoss, float]:
    """F and the radius r of the ball for a group of starts: those of two free points, or of the network."""
    if group == "two points":
        points = Particles(2, 2)
        target = Discrete([[0.0, 1.0], [0.0, -1.0]])
        return ExactLoss(points, Discrete(points.indices()), target, config.batch), config.pair_radius
    return planar_problem(config.points, config.hidden).loss(config.batch), config.radius


def agreement(n: int) -> float:
    """kappa_n = 1 - 2 C(2n, n)/4^n: how far two batches of n fair coins agree when both are sorted.

    With K and L heads, 1 - 2 E|K - L|/n; it is 0 for n = 1 and tends to 1.

    >>> agreement(1), agreement(2)
    (0.0, 0.25)
    """
    term = 1.0
    for k in range(1, n + 1):
        term *= (2 * k - 1) / (2 * k)
    return 1 - 2 * term


def pair_saddle(n: int) -> tuple[np.ndarray, float]:
    """The saddle u [4] of two points against +-(0, 1) for batches of n, and its loss.

        u = +-(2 kappa/pi, 0),    F(u) = 1/2 - 2 kappa^2/pi^2,    kappa = kappa_n

    For n -> infinity, kappa = 1: the saddle +-(2/pi, 0) of E. (derived)

    >>> u, value = pair_saddle(2)
    >>> u.round(4).tolist(), round(value, 6)
    ([0.1592, 0.0, -0.1592, 0.0], 0.487335)
    """
    half = 2 * agreement(n) / np.pi
    return np.array([half, 0.0, -half, 0.0]), 0.5 - half**2 / 2


def curvature(F: ExactLoss, u: np.ndarray, r: float) -> tuple[np.ndarray, np.ndarray]:
    """The eigenvalues, ascending, of F's Hessian at u [d_u], and the eigenvector [d_u] of the least.

    On the sphere, those of H + s* I along it, the Hessian of the Lagrangian F + s* (|u|^2 - r^2)/2: for s* > 0 positive
    ones make u a strict local minimum in the ball.
    """
    H = hessian(F, u)
    if not on_sphere(u, r):
        values, vectors = np.linalg.eigh(H)
        return values, vectors[:, 0]
    tangent = np.linalg.qr(np.column_stack([u, np.eye(len(u))]))[0][:, 1:]  # [d_u, d_u - 1]
    s = normal_multiplier(u, F(u)[1], r)
    values, vectors = np.linalg.eigh(tangent.T @ (H + s * np.eye(len(u))) @ tangent)
    return values, tangent @ vectors[:, 0]


def gradient_noise(F: ExactLoss, u: np.ndarray, direction: np.ndarray, seed: int) -> float:
    """The standard deviation of <phi(u, X, Y, theta), direction>, from DRAWS independent draws."""
    assert F.batch is not None  # here F is always that of minibatches
    slopes = [
        next(sgd(F.net, F.source, F.target, u, step=1.0, batch=F.batch, steps=1, seed=seed + k)).phi @ direction
        for k in range(DRAWS)
    ]
    return float(np.std(slopes))


def search(config: Config, k: int) -> dict[str, np.ndarray]:
    """What is found from the k-th random point: by solving for criticality at once (first), and after descent (second).

    u [2, d_u], and for each residual, value, lowest, negatives and noise [2], as in `Start`.
    """
    F, r = problem_of(config, "saddles")
    u0 = in_ball(np.zeros(F.net.n_params), r, SEEDS("point", config.seed, k))
    rows = []
    for u in (solve(F, u0, r), solve(F, descend(F, u0, r), r)):
        rows.append({"u": u, **_described(config, F, u, r, SEEDS("deviation", config.seed, k))})
    return {name: np.array([row[name] for row in rows]) for name in rows[0]}


def narrower(config: Config, k: int) -> dict[str, np.ndarray]:
    """A local minimum of the network of one hidden unit, found by descent, as parameters of the wider one: as `search`.

    The other units idle: all their weights are 0. Then so is every sample gradient in these weights, since a unit
    whose output is tanh(0) = 0 and is not read neither learns to be read nor to speak.
    """
    narrow, (F, r) = planar_problem(config.points, 1).loss(config.batch), problem_of(config, "saddles")
    u0 = in_ball(np.zeros(narrow.net.n_params), r, SEEDS("narrow_point", config.seed, k))
    u = embedded(solve(narrow, descend(narrow, u0, r), r), config.hidden)
    described = _described(config, F, u, r, SEEDS("narrow_deviation", config.seed, k))
    return {name: np.array([value]) for name, value in {"u": u, **described}.items()}


def embedded(u: np.ndarray, hidden: int) -> np.ndarray:
    """The parameters [7] of a 2-1-2 network as those of a 2-`hidden`-2 network of the same function.

    >>> embedded(np.arange(1.0, 8.0), 2).tolist()
    [1.0, 0.0, 2.0, 0.0, 3.0, 0.0, 4.0, 5.0, 0.0, 0.0, 6.0, 7.0]
    """
    first, out = np.zeros((3, hidden)), np.zeros((hidden + 1, 2))
    first[:, 0], out[0], out[-1] = u[:3], u[3:5], u[5:]
    return np.concatenate([first.ravel(), out.ravel()])


def _described(config: Config, F: ExactLoss, u: np.ndarray, r: float, seed: int) -> dict[str, float]:
    values, direction = curvature(F, u, r)
    return {
        "residual": natural_residual_of(F, u, r),
        "value": F(u)[0],
        "lowest": float(values[0]),
        "negatives": float(np.sum(values < -config.curvature)),
        "noise": gradient_noise(F, u, direction, seed),
    }


def all_starts(config: Config, pool: Pool) -> tuple[list[Start], float, dict[str, int]]:
    """The starts of every group, the least loss found, and how many points of each kind the searches gave."""
    found = _joined(pool.map("search", search, [(config, k) for k in range(config.searches)]))
    narrow = _joined(pool.map("narrower", narrower, [(config, k) for k in range(config.searches)]))
    critical = found["residual"] <= config.residual
    best = float(found["value"][critical].min()) if critical.any() else np.nan
    saddle = critical & (found["lowest"] < -config.curvature)
    minimum = critical & (found["lowest"] > config.curvature)
    loud = saddle & (found["noise"] > config.silent)
    bad = minimum & (found["value"] >= best + config.bad)
    silent = (narrow["residual"] <= config.residual) & (narrow["lowest"] < -config.curvature)
    silent &= narrow["value"] == narrow["value"][silent].min(initial=np.inf)
    counts = {
        "points_searched": len(critical),
        "critical": int(critical.sum()),
        "found_saddles": int(saddle.sum()),
        "found_minima": int(minimum.sum()),
        "bad_minima": int(bad.sum()),
    }
    starts = [
        _two_points(config),
        *_highest(config, "saddles", found, loud, config.saddles),
        *_highest(config, "silent saddles", narrow, silent, 1),
        _constant(config),
        *_highest(config, "bad minima", found, bad, config.minima),
        *_random(config, best),
    ]
    return starts, best, counts


def _joined(parts: list[Part]) -> dict[str, np.ndarray]:
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}


def _highest(config: Config, group: str, points: dict[str, np.ndarray], chosen: np.ndarray, count: int) -> list[Start]:
    """The `count` chosen points of highest loss, no loss twice: symmetric copies of a point have equal ones."""
    losses = points["value"].round(6)
    _, first = np.unique(np.where(chosen, -losses, np.inf), return_index=True)
    return [
        Start(
            group,
            points["u"][i],
            float(points["value"][i]),
            float(points["value"][i]) - config.margin,
            *(float(points[name][i]) for name in ("lowest", "negatives", "noise")),
        )
        for i in first[:count]
        if chosen[i]
    ]


def _two_points(config: Config) -> Start:
    F, r = problem_of(config, "two points")
    u, value = pair_saddle(config.batch)
    described = _described(config, F, u, r, SEEDS("pair_deviation", config.seed))
    names = ("lowest", "negatives", "noise")
    return Start("two points", u, value, value - config.margin, *(described[name] for name in names))


def _constant(config: Config) -> Start:
    """All units idle, the output the mean of the target, ybar: F has a gradient there, 0, but no Hessian.

    T(u + delta, x) = ybar + delta b_2 + O(|delta|^2): to first order all images move as one. The images spread in
    proportion to s t where the first layer moves by s and the second by t, and F falls with their spread, like |s t|.
    (derived)
    """
    F, _ = problem_of(config, "silent saddles")
    u = np.zeros(F.net.n_params)
    u[-2:] = F.target.points.mean(axis=0)
    value = F(u)[0]
    return Start("silent saddles", u, value, value - config.margin)


def _random(config: Config, best: float) -> list[Start]:
    (F, r), starts = problem_of(config, "random starts"), []
    for k in range(config.random_starts):
        u = in_ball(np.zeros(F.net.n_params), r, SEEDS("start", config.seed, k))
        starts.append(Start("random starts", u, F(u)[0], best + config.near))
    return starts
