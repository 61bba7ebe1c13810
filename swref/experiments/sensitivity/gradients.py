"""The variance of the sample gradient: over directions at a fixed batch, and over both at a fixed number of sorts."""

from __future__ import annotations

import numpy as np

from swref.directions import directions
from swref.experiments.frame.pool import Pool
from swref.experiments.frame.samples import Sample, estimated, sampled
from swref.experiments.frame.tables import Table, joined, table
from swref.experiments.frame.verdict import Verdict, below, within
from swref.experiments.sensitivity.config import SEEDS, Config
from swref.inference.statistics import Estimate, geometric_mean, power_law
from swref.measures import Discrete
from swref.networks import MLP
from swref.sgd import sgd
from swref.sliced import sw_loss_and_grad

KINDS = ("uniform", "orthogonal", "sobol")
PLANE = ("grid",)  # one more in the plane: equally spaced lines

ByDim = dict[int, Sample]  # by d: the kinds of directions depend on it


class CloudProblem:
    """A tanh network from R^d to R^d between two clouds drawn once, and its parameters after some steps of SGD.

    The source is standard Gaussian; the target is shifted, and twice to half as wide along the axes in turn.
    """

    def __init__(self, config: Config, d: int, warm_steps: int):
        rng = np.random.default_rng([config.data_seed, d])
        self.net = MLP((d, config.width, d), "tanh")
        self.source = Discrete(rng.standard_normal((config.cloud_points, d)))
        scales = np.geomspace(2.0, 0.5, d)
        self.target = Discrete(0.5 + scales * rng.standard_normal((config.cloud_points, d)))
        seed = SEEDS("warm", config.seed, d)
        self.u = self.net.init(seed)
        for iterate in sgd(
            self.net,
            self.source,
            self.target,
            self.u,
            step=config.warm_alpha,
            batch=config.fixed_batch,
            steps=warm_steps,
            directions=d,
            seed=seed,
            backend="cpu",
        ):
            self.u = iterate.u

    def phi(self, batch: tuple[np.ndarray, np.ndarray], theta: np.ndarray) -> np.ndarray:
        """phi(u, X, Y, theta) [d_u] for the mean over theta [L, d] and a batch (X, Y)."""
        out, cache = self.net.forward(self.u, batch[0])
        _, dout = sw_loss_and_grad(out, batch[1], theta, backend="cpu")
        return self.net.backward(cache, dout)

    def draw(self, rng: np.random.Generator, n: int) -> tuple[np.ndarray, np.ndarray]:
        """A fresh batch X, Y of n points each."""
        return self.source.sample(rng, n), self.target.sample(rng, n)


def kinds_of(d: int) -> tuple[str, ...]:
    """The kinds of directions that exist in R^d, uniform first.

    >>> kinds_of(2)[-1], kinds_of(3)[-1]
    ('grid', 'sobol')
    """
    return KINDS + PLANE if d == 2 else KINDS


def total_variance(samples: np.ndarray) -> float:
    """The unbiased estimate of E |phi - E phi|^2 from independent samples [K, d_u].

    >>> total_variance(np.array([[0.0, 1.0], [2.0, 1.0]]))
    2.0
    """
    return float(samples.var(axis=0, ddof=1).sum())


def direction_part(config: Config, d: int, warm_steps: int, batch: int) -> dict[str, np.ndarray]:
    """One fixed batch: the variance of phi over directions alone, for every scheme and L, [schemes, counts]."""
    problem = CloudProblem(config, d, warm_steps)
    rng = np.random.default_rng(SEEDS("directions", config.seed, d, warm_steps, batch))
    pair = problem.draw(rng, config.fixed_batch)
    variances = [
        [
            total_variance(np.array([problem.phi(pair, directions(rng, L, d, scheme)) for _ in range(config.draws)]))
            for L in config.counts
        ]
        for scheme in kinds_of(d)
    ]
    return {"variance": np.array(variances)}


def budget_part(config: Config, d: int, warm_steps: int, repeat: int) -> dict[str, np.ndarray]:
    """Fresh batches of n and L = budget/n uniform directions: the variance of phi, and the part due to directions.

    Two independent sets of directions a batch give that part: E |phi_1 - phi_2|^2 / 2 = E Var(phi | X, Y).
    """
    problem = CloudProblem(config, d, warm_steps)
    rng = np.random.default_rng(SEEDS("budget", config.seed, d, warm_steps, repeat))
    totals, parts = [], []
    for n in config.budget_batches:
        samples = np.empty((2, config.budget_draws, problem.net.n_params))
        for k in range(config.budget_draws):
            pair = problem.draw(rng, n)
            samples[:, k] = [problem.phi(pair, directions(rng, config.budget // n, d)) for _ in range(2)]
        totals.append((total_variance(samples[0]) + total_variance(samples[1])) / 2)
        parts.append(float(np.mean(np.sum((samples[0] - samples[1]) ** 2, axis=1)) / 2))
    return {"total": np.array(totals), "directions": np.array(parts)}


def measured(config: Config, pool: Pool) -> tuple[ByDim, dict[str, Sample]]:
    """The variance over directions, by d; and, at a fixed budget, the whole variance and the part due to directions."""
    outer = {"steps before": config.warm_steps, "batch": range(config.batches)}
    variances, sizes = {}, [(n, config.budget // n) for n in config.budget_batches]
    for d in config.dims:
        inner = {"scheme": kinds_of(d), "L": config.counts}
        of = sampled(
            pool, f"directions-{d}", direction_part, config, {"d": (d,), **outer}, {"variance": "scheme L"}, inner
        )
        variances[d] = of["variance"]
    budget = {"d": config.dims, **outer}
    return variances, sampled(
        pool, "budget", budget_part, config, budget, {"total directions": "size"}, {"size": sizes}
    )


def exponent(config: Config, variances: ByDim, kind: str, *dims: int) -> Estimate:
    """The exponent of the variance in L, over both states and the batches of the dimensions (none given: of all).

    Every batch counts alike: its variances are divided by their geometric mean, which leaves the exponent as it is.
    """
    rows = [variances[d].at(d=d, scheme=kind).values.reshape(-1, len(config.counts)) for d in dims or config.dims]
    samples = np.concatenate(rows)  # [rows, counts]
    scaled = samples / np.exp(np.log(samples).mean(axis=1, keepdims=True))
    return power_law(config.counts, scaled)


def ratio_to_uniform(config: Config, variances: Sample, kind: str) -> np.ndarray:
    """log of the variance over that of uniform directions [states, batches, counts with L > 1]."""
    more = variances.where(L=lambda L: L > 1)
    return np.log((more.at(scheme=kind) / more.at(scheme="uniform")).values[0])


def direction_table(config: Config, variances: ByDim) -> Table:
    """Every kind and dimension: the exponent, and the variance against uniform directions at the most directions."""
    parts = []
    for d in config.dims:
        fits = [exponent(config, variances, kind, d) for kind in kinds_of(d)]
        gains = [geometric_mean(ratio_to_uniform(config, variances[d], kind)[..., -1].ravel()) for kind in kinds_of(d)]
        axes = {"d": (d,), "scheme": kinds_of(d)}
        columns = {"exponent": fits, "variance over uniform's": gains}
        parts.append({name: Sample(np.array([values], dtype=object), axes) for name, values in columns.items()})
    title = f"Variance over directions: exponent in L, and against uniform directions at L = {config.counts[-1]}"
    return joined([table(title, part) for part in parts])


def variance_table(config: Config, variances: ByDim) -> Table:
    """Every batch: the variance, and the variance times its cost L."""
    cost = Sample(np.array(config.counts), {"L": config.counts})
    order, title = (
        ("d", "steps before", "scheme", "batch", "L"),
        "Variance of the gradient over directions, every batch",
    )
    return joined([table(title, {"variance": v, "L variance": v * cost}, order=order) for v in variances.values()])


def budget_table(config: Config, of: dict[str, Sample]) -> Table:
    """At n L fixed: the variance against that of L = 1, and the share of it that directions cause."""
    total = of["total"]
    mean = total.over("batch", np.mean)
    ratio = (total / total.at(size=(config.budget, 1))).map(np.log)
    columns = {
        "variance": mean,
        "over L = 1": estimated(ratio, geometric_mean, over="batch"),
        "share by directions": of["directions"].over("batch", np.mean) / mean,
    }
    return table(f"All of the gradient's variance at n L = {config.budget}", columns, split={"size": "n L"})


def direction_verdicts(config: Config, variances: ByDim) -> list[Verdict]:
    """On uniform, orthogonal and Sobol' directions."""
    ratios = [
        ratio_to_uniform(config, variances[d], "orthogonal").mean(axis=2) for d in config.dims
    ]  # [states, batches]
    pooled = np.mean(np.concatenate(ratios), axis=0)
    margin, d = config.exponent_margin, min(config.dims)
    return [
        within("uniform", exponent(config, variances, "uniform"), -1 - margin, -1 + margin),
        below("orthogonal", geometric_mean(pooled), 1.0),
        below("sobol", exponent(config, variances, "sobol", d), -1.0),
    ]
