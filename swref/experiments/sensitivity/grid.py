"""The grid over data set, radius, noise and repeat: final loss, natural residual, time to a set loss, all exact."""

from __future__ import annotations

import math

import numpy as np

from swref.experiments.frame.earlier import Verdict, above, below
from swref.experiments.frame.pool import Part
from swref.experiments.frame.seeds import derived_seed
from swref.experiments.frame.statistics import Estimate, geometric_mean, jackknife
from swref.experiments.frame.tables import Table
from swref.experiments.problems.planar import PlanarProblem, in_ball, natural_residual_of, planar_problem
from swref.experiments.sensitivity.config import CURVE, SensitivityConfig
from swref.measures import Discrete, Shape
from swref.theory.population.exact_loss import on_sphere

GRID_STREAM = 0  # of the seeds of this study
OUTCOMES = ("loss", "residual", "time", "on_sphere")
CHOICES = ("data set", "radius", "noise")
FACTORS = (*CHOICES, "their combinations", "repeats")


def grid_problem(config: SensitivityConfig, data: int) -> PlanarProblem:
    """The planar problem with the target of this index: points of a shape, scaled so that the furthest has norm 1."""
    problem = planar_problem(config.points, config.hidden)
    if config.data[data] == CURVE:
        return problem
    rng = np.random.default_rng([config.data_seed, data])
    points = Shape(config.data[data]).sample(rng, config.points)
    return PlanarProblem(problem.net, problem.source, Discrete(points / np.linalg.norm(points, axis=1).max()))


def reference_losses(config: SensitivityConfig, problem: PlanarProblem) -> tuple[float, float]:
    """F of a perfect generator, T#x = y, and of one that sends everything to 0.

    Both are minibatch losses, so the first is positive, and a generator can have less (one that shrinks a little).
    """
    from swref.theory.population.loss import population_sw

    points = problem.target.points
    return (
        population_sw(points, points, config.batch).value,
        population_sw(np.zeros((1, problem.net.dim_out)), points, config.batch).value,
    )


def grid_part(config: SensitivityConfig, data: int, repeat: int) -> dict[str, np.ndarray]:
    """Every radius and noise level from one start with one sequence of draws: each outcome [R, A]."""
    problem = grid_problem(config, data)
    seed = derived_seed(config.seed, GRID_STREAM, data, repeat)
    u0 = in_ball(np.zeros(problem.net.n_params), config.start_radius, seed)
    perfect, collapsed = reference_losses(config, problem)
    level = perfect + config.level_share * (collapsed - perfect)
    cells = [
        [_cell(config, problem, u0, seed, radius, noise, level) for noise in config.noises] for radius in config.radii
    ]
    return {name: np.array([[cell[k] for cell in row] for row in cells]) for k, name in enumerate(OUTCOMES)}


def _cell(
    config: SensitivityConfig,
    problem: PlanarProblem,
    u0: np.ndarray,
    seed: int,
    radius: float,
    noise: float,
    level: float,
) -> tuple[float, float, float, float]:
    """One run: loss and residual over its tail, first recorded time with F <= level (inf: never), share on sphere."""
    iterates = problem.sgd(
        u0,
        step=config.alpha,
        batch=config.batch,
        steps=config.steps,
        noise=noise,
        radius=radius,
        seed=seed,
    )
    kept = [u0, *(iterate.u for iterate in iterates if iterate.t % config.record_every == 0)]
    F = problem.loss(config.batch)
    losses = np.array([F(u)[0] for u in kept])
    tail = max(1, round(config.tail_share * len(kept)))
    residuals = [natural_residual_of(F, u, radius) for u in kept[-tail:]]
    reached = np.flatnonzero(losses <= level)
    time = float(reached[0]) * config.record_every * config.alpha if len(reached) else math.inf
    touching = np.mean([on_sphere(u, radius) for u in kept[-tail:]])
    return float(losses[-tail:].mean()), float(np.mean(residuals)), time, float(touching)


def outcomes(config: SensitivityConfig, parts: list[Part]) -> dict[str, np.ndarray]:
    """The parts as arrays [D, R, A, S] over data set, radius, noise and repeat."""
    shape = len(config.data), config.repeats, len(config.radii), len(config.noises)
    return {name: np.array([part[name] for part in parts]).reshape(shape).transpose(0, 2, 3, 1) for name in OUTCOMES}


def variance_shares(response: np.ndarray) -> np.ndarray:
    """The shares [5] of the variance of response [D, R, A, S] that belong to each of FACTORS; their sum is 1.

    The variance of the means over all but one factor, for each factor; what the cells' means vary beyond that; and the
    variance inside cells, between repeats.

    >>> variance_shares(np.arange(3.0)[:, None, None, None] + np.zeros((3, 2, 2, 2))).tolist()
    [1.0, 0.0, 0.0, 0.0, 0.0]
    """
    cells = response.mean(axis=3)
    single = [cells.mean(axis=axes).var() for axes in ((1, 2), (0, 2), (0, 1))]
    parts = np.array([*single, cells.var() - sum(single), response.var(axis=3).mean()])
    return parts / response.var()


def relative_losses(config: SensitivityConfig, found: dict[str, np.ndarray]) -> np.ndarray:
    """The final losses [D, R, A, S] over that of a perfect generator on the same data."""
    perfect = [reference_losses(config, grid_problem(config, data))[0] for data in range(len(config.data))]
    return found["loss"] / np.array(perfect)[:, None, None, None]


def effect_table(config: SensitivityConfig, found: dict[str, np.ndarray]) -> Table:
    """How much of the variation of log loss and log residual belongs to what."""
    responses = {
        "log of the final loss over a perfect generator's": np.log(relative_losses(config, found)),
        "log of the natural residual": np.log(found["residual"]),
    }
    rows = []
    for outcome, response in responses.items():
        by_repeat = np.moveaxis(response, 3, 0)
        for k, factor in enumerate(FACTORS):
            share = jackknife(by_repeat, lambda rows, k=k: variance_shares(np.moveaxis(rows, 0, 3))[k])
            rows.append((outcome, factor, *share.triple))
    units = {"outcome": "", "belongs to": "", "share of the variance": "1", "low": "1", "high": "1"}
    return Table.of_rows("What the final loss and the residual depend on", units, rows)


def cell_table(config: SensitivityConfig, found: dict[str, np.ndarray]) -> Table:
    """Medians over the repeats of every cell; an infinite time: most runs never reached the set loss."""
    rows = []
    for d, r, a in np.ndindex(found["loss"].shape[:3]):
        cell = {name: values[d, r, a] for name, values in found.items()}
        medians = [float(np.median(cell[name])) for name in ("loss", "residual", "time")]
        reached, touching = float(np.isfinite(cell["time"]).mean()), float(cell["on_sphere"].mean())
        rows.append((config.data[d], config.radii[r], config.noises[a], *medians, reached, touching))
    names = ("radius", "noise", "loss", "residual", "time", "share that reached", "share on the sphere")
    return Table.of_rows(
        "Every cell: medians over the repeats",
        {"data": "", **dict.fromkeys(names, "1"), "time": "time units"},
        rows,
    )


def noise_costs(config: SensitivityConfig, found: dict[str, np.ndarray]) -> list[Estimate]:
    """For each a > 0, in the largest ball: the rise of the final loss over a = 0, over alpha a^2 d_u/4."""
    d_u = grid_problem(config, 0).net.n_params
    loss = found["loss"][:, int(np.argmax(config.radii))]  # [D, A, S]
    rises = np.moveaxis(loss[:, 1:] - loss[:, :1], 2, 0)  # [S, D, A - 1]
    scales = [config.alpha * a**2 * d_u / 4 for a in config.noises[1:]]
    return [jackknife(rises[:, :, k] / scale) for k, scale in enumerate(scales)]


def noise_table(config: SensitivityConfig, found: dict[str, np.ndarray]) -> Table:
    """The cost of every noise level beside that in a bowl."""
    d_u = grid_problem(config, 0).net.n_params
    rows = [
        (a, config.alpha * a**2 * d_u / 4, *cost.triple)
        for a, cost in zip(config.noises[1:], noise_costs(config, found), strict=True)
    ]
    names = ("noise", "alpha a^2 d_u / 4", "measured rise over it", "low", "high")
    return Table.of_rows("What noise costs in the largest ball", dict.fromkeys(names, "1"), rows)


def grid_verdicts(config: SensitivityConfig, found: dict[str, np.ndarray]) -> list[Verdict]:
    """What the radius and the noise cost."""
    small, large = int(np.argmin(config.radii)), int(np.argmax(config.radii))
    ratio = geometric_mean(np.log(found["loss"][:, small, 0] / found["loss"][:, large, 0]).T)  # of [S, D]
    cost = noise_costs(config, found)[config.noises[1:].index(config.bowl_noise)]
    return [
        above(
            "a ball too small for a good generator costs: SGD ends at a higher loss in the smallest ball than in the "
            "largest",
            f"final loss at r = {config.radii[small]:g} over that at r = {config.radii[large]:g}, without noise, "
            "geometric mean",
            ratio,
            1.0,
            f"The smallest ball ended at {ratio.value:.2f} times the loss of the largest.",
        ),
        below(
            "noise costs at most what it costs in a bowl, alpha a^2 d_u / 4",
            f"rise of the final loss with a = {config.bowl_noise:g} over that number, largest ball",
            cost,
            config.bowl_ratio,
            f"Noise of a = {config.bowl_noise:g} changed the final loss by {cost.value:+.2f} times alpha a^2 d_u / 4.",
        ),
    ]
