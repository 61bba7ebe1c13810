"""The grid over data set, radius, noise and repeat: final loss, natural residual, time to a set loss, all exact."""

from __future__ import annotations

import math

import numpy as np

from swref.experiments.frame.pool import Pool
from swref.experiments.frame.samples import Sample, sampled
from swref.experiments.frame.tables import Table, table
from swref.experiments.frame.verdict import Verdict, above, below
from swref.experiments.problems.planar import PlanarProblem, in_ball, natural_residual_of, planar_problem
from swref.experiments.sensitivity.config import CURVE, SEEDS, Config
from swref.inference.statistics import Estimate, geometric_mean, jackknife, mean
from swref.measures import Discrete, Shape
from swref.theory import population_sw
from swref.theory.population.exact_loss import on_sphere

OUTCOMES = ("loss", "residual", "time", "on_sphere")
CHOICES = ("data set", "radius", "noise")
FACTORS = (*CHOICES, "their combinations", "repeats")


def grid_problem(config: Config, data: str) -> PlanarProblem:
    """The planar problem with this target: the curve, or points of a shape, the furthest scaled to norm 1."""
    problem = planar_problem(config.points, config.hidden)
    if data == CURVE:
        return problem
    rng = np.random.default_rng([config.data_seed, config.data.index(data)])
    points = Shape(data).sample(rng, config.points)
    return PlanarProblem(problem.net, problem.source, Discrete(points / np.linalg.norm(points, axis=1).max()))


def reference_losses(config: Config, problem: PlanarProblem) -> tuple[float, float]:
    """F of a perfect generator, T#x = y, and of one that sends everything to 0.

    Both are minibatch losses, so the first is positive, and a generator can have less (one that shrinks a little).
    """
    points = problem.target.points
    return (
        population_sw(points, points, config.batch).value,
        population_sw(np.zeros((1, problem.net.dim_out)), points, config.batch).value,
    )


def grid_part(config: Config, data: str, repeat: int) -> dict[str, np.ndarray]:
    """Every radius and noise level from one start with one sequence of draws: each outcome [R, A]."""
    problem = grid_problem(config, data)
    seed = SEEDS("grid", config.seed, config.data.index(data), repeat)
    u0 = in_ball(np.zeros(problem.net.n_params), config.start_radius, seed)
    perfect, collapsed = reference_losses(config, problem)
    level = perfect + config.level_share * (collapsed - perfect)
    cells = [
        [_cell(config, problem, u0, seed, radius, noise, level) for noise in config.noises] for radius in config.radii
    ]
    return {name: np.array([[cell[k] for cell in row] for row in cells]) for k, name in enumerate(OUTCOMES)}


def _cell(
    config: Config,
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


def measured(config: Config, pool: Pool) -> dict[str, Sample]:
    """Every outcome over data set, radius, noise and repeat."""
    outer = {"data": config.data, "repeat": range(config.repeats)}
    inner = {"radius": config.radii, "noise": config.noises}
    of = sampled(pool, "grid", grid_part, config, outer, {" ".join(OUTCOMES): "radius noise"}, inner)
    order = ("data", "radius", "noise", "repeat")
    return {name: Sample(s.rows(*order), {axis: s.axes[axis] for axis in order}) for name, s in of.items()}


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


def relative_losses(config: Config, found: dict[str, Sample]) -> np.ndarray:
    """The final losses [D, R, A, S] over that of a perfect generator on the same data."""
    perfect = [reference_losses(config, grid_problem(config, data))[0] for data in config.data]
    return found["loss"].values / np.array(perfect)[:, None, None, None]


def effect_table(config: Config, found: dict[str, Sample]) -> Table:
    """How much of the variation of log loss and log residual belongs to what."""
    responses = {
        "log of the final loss over a perfect generator's": np.log(relative_losses(config, found)),
        "log of the natural residual": np.log(found["residual"].values),
    }
    rows = []
    for outcome, response in responses.items():
        by_repeat = np.moveaxis(response, 3, 0)
        for k, factor in enumerate(FACTORS):

            def share_of(rows: np.ndarray, k: int = k) -> float:
                return float(variance_shares(np.moveaxis(rows, 0, 3))[k])

            share = jackknife(by_repeat, share_of)
            rows.append((outcome, factor, *share.triple))
    units = {"outcome": "", "belongs to": "", "share of the variance": "1", "low": "1", "high": "1"}
    return Table.of_rows("What the final loss and the residual depend on", units, rows)


def cell_table(found: dict[str, Sample]) -> Table:
    """Medians over the repeats of every cell; an infinite time: most runs never reached the set loss."""
    columns = {name: found[name].over("repeat", np.median) for name in ("loss", "residual", "time")}
    columns["share that reached"] = found["time"].map(np.isfinite).over("repeat", np.mean)
    columns["share on the sphere"] = found["on_sphere"].over("repeat", np.mean)
    return table("Every cell: medians over the repeats", columns, {"time": "time units"})


def noise_costs(config: Config, found: dict[str, Sample]) -> list[Estimate]:
    """For each a > 0, in the largest ball: the rise of the final loss over a = 0, over alpha a^2 d_u/4, its cost in a
    bowl to leading order in alpha."""
    d_u = grid_problem(config, config.data[0]).net.n_params
    loss = found["loss"].at(radius=max(config.radii)).values  # [D, A, S]
    rises = np.moveaxis(loss[:, 1:] - loss[:, :1], 2, 0)  # [S, D, A - 1]
    scales = [config.alpha * a**2 * d_u / 4 for a in config.noises[1:]]
    return [mean(rises[:, :, k] / scale) for k, scale in enumerate(scales)]


def noise_table(config: Config, found: dict[str, Sample]) -> Table:
    """The cost of every noise level beside that in a bowl."""
    d_u = grid_problem(config, config.data[0]).net.n_params
    rows = [
        (a, config.alpha * a**2 * d_u / 4, *cost.triple)
        for a, cost in zip(config.noises[1:], noise_costs(config, found), strict=True)
    ]
    names = ("noise", "alpha a^2 d_u / 4", "measured rise over it", "low", "high")
    return Table.of_rows("What noise costs in the largest ball", dict.fromkeys(names, "1"), rows)


def grid_verdicts(config: Config, found: dict[str, Sample]) -> list[Verdict]:
    """What the radius and the noise cost."""
    small, large = (found["loss"].at(radius=r(config.radii), noise=0.0).values for r in (min, max))  # [D, S]
    cost = noise_costs(config, found)[config.noises[1:].index(config.bowl_noise)]
    return [
        above("radius", geometric_mean(np.log(small / large).T), 1.0),
        below("noise", cost, config.bowl_ratio),
    ]
