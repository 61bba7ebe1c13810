"""What a finished run is worth: distances to held-out data beside two yardsticks, and a verdict on its losses."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from functools import partial
from typing import Any

import numpy as np

from swref.directions import directions
from swref.distance import points_distance
from swref.draws import Draws
from swref.measures import Discrete
from swref.randomness import stream
from swref.runs.columns import Columns
from swref.runs.effort import Effort
from swref.runs.problem import Problem
from swref.runs.ranks import Ranks
from swref.runs.ties import names_of
from swref.sliced import sw_loss

DIRECTIONS = 1000  # for every distance here
REPEATS = 20  # independent draws behind each mean
RANK_REPEATS = 5
LEAST_ROWS = 20  # of data that have a ratio
BASELINE_DRAWS = 200  # batches for the two reference losses


@dataclass(frozen=True)
class HeldOutDistances:
    """SW_p distances (with the root) in the network's units, all over the same directions, with standard errors.

    The errors are those of REPEATS draws, 19 degrees of freedom: 2.09 of them cover 0.95. They are of drawing generated
    points, of splitting the data in halves and of resampling; that the data are a sample, and the directions fixed, is
    not in them.
    """

    generated: float  # from as many generated points as there are training points to the held-out data
    generated_standard_error: float
    halves: float  # between two halves of the real data, split at random: what sampling alone leaves
    halves_standard_error: float
    resampled: float  # from training points drawn with replacement to the held-out data: what a perfect memory reaches
    resampled_standard_error: float
    untrained: float  # from the points that u0 generates to the held-out data
    rank_generated: float  # the same three with each value replaced by its rank in the data: no outlier decides them
    rank_halves: float
    rank_resampled: float
    directions: int
    rows: int  # the data
    points: int  # of each half, at most, in a distance; fewer than there are where the evaluation samples
    images: bool  # whether a point is one
    heavy: tuple[str, ...]  # columns whose largest value decides: see heavy_tails; none of pixels in one unit
    rank_mapped: float | None  # rank_generated if tied columns were mapped, where there are some and they are not
    columns: Columns

    def _ratio(self, one: float, other: float) -> float | None:
        return one / other if other > 0 and self.rows >= LEAST_ROWS else None

    @property
    def ratio_to_halves(self) -> float | None:
        """generated / halves: near 1, the generator is as good as fresh data.

        None where the halves are equal or there are fewer than LEAST_ROWS rows.
        """
        return self._ratio(self.generated, self.halves)

    @property
    def ratio_to_resampled(self) -> float | None:
        """generated / resampled: near 1, the generator is as good as the training points themselves. None as above."""
        return self._ratio(self.generated, self.resampled)

    @property
    def rank_ratio(self) -> float | None:
        """The same of ranks. None as above."""
        return self._ratio(self.rank_generated, self.rank_resampled)

    @property
    def sampled(self) -> bool:
        """Whether the distances are of a part of the data."""
        return 2 * self.points < self.rows

    def to_dict(self) -> dict[str, Any]:
        """Plain values, with the ratios."""
        ratios = {name: getattr(self, name) for name in ("ratio_to_halves", "ratio_to_resampled", "rank_ratio")}
        return {**asdict(self), "heavy": list(self.heavy), **ratios, "columns": self.columns.to_dict()}


class HeldOut:
    """SW_p (with the root, in the network's units) to the held-out half of a problem's data, over fixed directions.

    Generated points come from the same inputs at every u: differences between them carry less noise.
    """

    def __init__(self, problem: Problem, L: int, backend: str | None = None):
        seed, self.problem, self.backend = problem.config.seed, problem, backend or problem.config.backend
        self.theta = directions(stream(seed, "evaluation: directions"), L, problem.net.dim_out)  # [L, d]

    def distance(self, a: Discrete, b: Discrete) -> float:
        """SW_p of two sets of points."""
        return points_distance(a, b, self.theta, p=self.problem.config.p, backend=self.backend)

    def generated(self, u: np.ndarray, draws: int = REPEATS) -> np.ndarray:
        """Distances [draws] of as many generated points, at u [d_u], as there are training points."""
        problem = self.problem
        rng = stream(problem.config.seed, "evaluation: generated points")
        sets = problem.generate(u, rng, problem.train.m, draws)
        return np.array([self.distance(Discrete(points), problem.held_out) for points in sets])

    def halves(self, splits: int = REPEATS) -> np.ndarray:
        """Distances [splits] of two random halves of all the data: what sampling alone leaves."""
        problem = self.problem
        rng, share = stream(problem.config.seed, "evaluation: halves"), 1 - problem.config.holdout
        return np.array([self.distance(*problem.whole.split(share, rng)) for _ in range(splits)])


def evaluate(problem: Problem, u: np.ndarray) -> HeldOutDistances:
    """The distances of a problem's generator at u [d_u], each a mean over REPEATS draws (RANK_REPEATS, those of ranks).

    Of large data and short runs a part is taken, at random: see Effort.
    """
    config, seed, effort = problem.config, problem.config.seed, Effort.of(problem, DIRECTIONS)
    thin = partial(_part, most=effort.points, rng=stream(seed, "evaluation: fewer points"))
    train, rest = thin(problem.train), thin(problem.held_out)
    part = replace(problem, train=train, held_out=rest)
    held_out, ranks = HeldOut(part, effort.directions), Ranks.of(problem.whole)
    rng, share = stream(seed, "evaluation: halves"), 1 - config.holdout

    def made(by: Problem, sets: int) -> Iterator[tuple[Discrete, Discrete]]:
        drawn = stream(seed, "evaluation: generated points")
        return ((Discrete(points), rest) for points in by.generate(u, drawn, train.m, sets))

    again = stream(seed, "evaluation: resampled")
    splits = (problem.whole.split(share, rng) for _ in range(REPEATS))
    pairs: dict[str, list[tuple[Discrete, Discrete]]] = {
        "generated": list(made(part, REPEATS)),
        "halves": [(thin(one), thin(other)) for one, other in splits],
        "resampled": [(Discrete(train.sample(again, train.m)), rest) for _ in range(REPEATS)],
    }
    found: dict[str, float] = {}
    for name, sets in pairs.items():
        values = np.array([held_out.distance(a, b) for a, b in sets])
        found[name], found[f"{name}_standard_error"] = float(values.mean()), float(values.std(ddof=1) / REPEATS**0.5)
        in_ranks = [held_out.distance(ranks(a), ranks(b)) for a, b in sets[:RANK_REPEATS]]
        found[f"rank_{name}"] = float(np.mean(in_ranks))
    in_one_unit = problem.picture is not None and config.standardize != "column"  # dark pixels then decide nothing
    mapped = None
    if config.ties != "map" and problem.tied.columns:
        sets = list(made(replace(part, config=replace(config, ties="map")), RANK_REPEATS))
        mapped = float(np.mean([held_out.distance(ranks(a), ranks(b)) for a, b in sets]))
    return HeldOutDistances(
        **found,
        untrained=float(held_out.generated(problem.initial(), RANK_REPEATS).mean()),
        directions=effort.directions,
        rows=problem.whole.m,
        points=min(effort.points, max(train.m, rest.m)),
        images=problem.picture is not None,
        heavy=() if in_one_unit else tuple(names_of(heavy_tails(problem.whole), problem.names)),
        rank_mapped=mapped,
        columns=Columns.of({name: sets[:RANK_REPEATS] for name, sets in pairs.items()}, problem),
    )


def _part(data: Discrete, most: int, rng: np.random.Generator) -> Discrete:
    """At most so many points of data, at random; weighted ones by their weights."""
    if data.m <= most:
        return data
    if data.weights is not None:
        return Discrete(data.sample(rng, most))
    return Discrete(data.points[np.sort(rng.choice(data.m, most, replace=False))])


def heavy_tails(data: Discrete) -> tuple[int, ...]:
    """Columns whose variance is to a tenth or more that of one point, and to four times what it is of a normal law.

    One of m normal points has about 2 log(m)/m of it. Of such a column one value decides the distance.

    >>> heavy_tails(Discrete([[0.1 * k, 1000.0 * (k == 7)] for k in range(200)]))
    (1,)
    """
    weights = np.full(data.m, 1 / data.m) if data.weights is None else data.weights
    squares = weights[:, None] * (data.points - weights @ data.points) ** 2  # [m, d]
    total = squares.sum(axis=0)
    shares = squares.max(axis=0) / np.where(total > 0, total, 1.0)
    bound = max(0.1, 8 * np.log(max(data.m, 2)) / data.m)
    return tuple(int(j) for j in np.flatnonzero(shares > bound))


@dataclass(frozen=True)
class LossReference:
    """Two batch losses to read a record by: `floor`, of the target with itself, and `collapsed`, of a single point."""

    floor: float
    collapsed: float

    @classmethod
    def of(cls, problem: Problem) -> LossReference:
        """Means over BASELINE_DRAWS batches: two of the target, and one with all of it at the target's mean."""
        config = problem.config
        draws = Draws(
            problem.target, problem.target, config.batch, config.directions, config.seed, scheme=config.scheme
        )
        mean = np.average(problem.train.points, axis=0, weights=problem.train.weights)
        point = np.broadcast_to(mean, (config.batch, problem.net.dim_out))
        loss = partial(sw_loss, p=config.p, backend=config.backend)
        steps = [draws(t) for t in range(BASELINE_DRAWS)]
        return cls(
            floor=float(np.mean([loss(x, y, theta) for x, y, theta, _ in steps])),
            collapsed=float(np.mean([loss(point, y, theta) for _, y, theta, _ in steps])),
        )


def warnings_of(losses: np.ndarray, reference: LossReference, noise: float = 0.0) -> list[str]:
    """What is wrong with a record of losses [T], by two tests of at most the 1 % level; empty when neither finds it.

    The mean over the last tenth (at least 20 steps) is compared with that over the first twentieth (20 to 200 steps)
    by Welch's statistic, with the degrees of freedom of the shorter, and with the middle between the loss that sampling
    leaves and that of a generator collapsed to one point. noise: the run's own level a, for the advice.

    >>> reference = LossReference(floor=0.1, collapsed=1.0)
    >>> rng = np.random.default_rng(0)
    >>> [w[:22] for w in warnings_of(1 + 0.1 * rng.random(400), reference)]
    ['the loss did not go do', 'the loss is stuck high']
    """
    if len(losses) < 40:
        return []
    first, last = losses[: min(200, max(20, len(losses) // 20))], losses[-max(20, len(losses) // 10) :]
    error = np.sqrt(first.var(ddof=1) / len(first) + last.var(ddof=1) / len(last))
    significant, found = _quantile_99(min(len(first), len(last)) - 1) * error, []
    if first.mean() - last.mean() <= significant:
        rose = last.mean() - first.mean() > significant
        change, advice = ("but up", "a smaller") if rose else ("beyond the noise of the batches", "another")
        found.append(
            f"the loss did not go down {change}: mean {first.mean():.4g} over the first {len(first)} steps, "
            f"{last.mean():.4g} over the last {len(last)}; try {advice} step, more directions or more steps"
        )
    middle = (reference.floor + reference.collapsed) / 2
    # A target that is one point leaves no room between the two.
    bound = last.mean() - _quantile_99(len(last) - 1) * last.std(ddof=1) / np.sqrt(len(last))
    if reference.floor < reference.collapsed and bound > middle:
        found.append(
            f"the loss is stuck high: mean {last.mean():.4g} over the last {len(last)} steps, where "
            f"{reference.floor:.4g} is what sampling leaves and {reference.collapsed:.4g} a collapsed "
            f"generator; try more directions, a smaller step, {'less noise' if noise else 'noise'}, or a larger radius "
            "where there is one"
        )
    return found


def _quantile_99(freedom: int) -> float:
    """Student's, one-sided: the normal one, 2.33, is passed by 1.6 % of 20 draws."""
    from scipy.special import stdtrit

    return float(stdtrit(freedom, 0.99))
