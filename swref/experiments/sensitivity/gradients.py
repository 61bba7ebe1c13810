"""The variance of the sample gradient: over directions at a fixed batch, and over both at a fixed number of sorts."""

from __future__ import annotations

import numpy as np

from swref.directions import directions
from swref.experiments.frame.earlier import Verdict, below, within
from swref.experiments.frame.pool import Part
from swref.experiments.frame.seeds import derived_seed
from swref.experiments.frame.statistics import Estimate, geometric_mean, power_law
from swref.experiments.frame.tables import Table
from swref.experiments.sensitivity.config import SensitivityConfig
from swref.measures import Discrete
from swref.networks import MLP
from swref.sgd import sgd
from swref.sliced import sw_loss_and_grad

DIRECTION_STREAM, BUDGET_STREAM, WARM_STREAM = 1, 2, 3  # of the seeds of this study
SCHEMES = ("uniform", "orthogonal", "sobol")
PLANE = ("grid",)  # one more in the plane: equally spaced lines

Keyed = dict[tuple[int, int], np.ndarray]  # by (d, steps of SGD before)


class CloudProblem:
    """A tanh network from R^d to R^d between two clouds drawn once, and its parameters after some steps of SGD.

    The source is standard Gaussian; the target is shifted, and twice to half as wide along the axes in turn.
    """

    def __init__(self, config: SensitivityConfig, d: int, warm_steps: int):
        rng = np.random.default_rng([config.data_seed, d])
        self.net = MLP((d, config.width, d), "tanh")
        self.source = Discrete(rng.standard_normal((config.cloud_points, d)))
        scales = np.geomspace(2.0, 0.5, d)
        self.target = Discrete(0.5 + scales * rng.standard_normal((config.cloud_points, d)))
        seed = derived_seed(config.seed, WARM_STREAM, d)
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


def schemes_of(d: int) -> tuple[str, ...]:
    """The schemes of directions that exist in R^d, uniform first.

    >>> schemes_of(2)[-1], schemes_of(3)[-1]
    ('grid', 'sobol')
    """
    return SCHEMES + PLANE if d == 2 else SCHEMES


def total_variance(samples: np.ndarray) -> float:
    """The unbiased estimate of E |phi - E phi|^2 from independent samples [K, d_u].

    >>> total_variance(np.array([[0.0, 1.0], [2.0, 1.0]]))
    2.0
    """
    return float(samples.var(axis=0, ddof=1).sum())


def direction_part(config: SensitivityConfig, d: int, warm_steps: int, batch: int) -> dict[str, np.ndarray]:
    """One fixed batch: the variance of phi over directions alone, for every scheme and L, [schemes, counts]."""
    problem = CloudProblem(config, d, warm_steps)
    rng = np.random.default_rng(derived_seed(config.seed, DIRECTION_STREAM, d, warm_steps, batch))
    pair = problem.draw(rng, config.fixed_batch)
    variances = [
        [
            total_variance(np.array([problem.phi(pair, directions(rng, L, d, scheme)) for _ in range(config.draws)]))
            for L in config.counts
        ]
        for scheme in schemes_of(d)
    ]
    return {"variance": np.array(variances)}


def budget_part(config: SensitivityConfig, d: int, warm_steps: int, repeat: int) -> dict[str, np.ndarray]:
    """Fresh batches of n and L = budget/n uniform directions: the variance of phi, and the part due to directions.

    Two independent sets of directions a batch give that part: E |phi_1 - phi_2|^2 / 2 = E Var(phi | X, Y).
    """
    problem = CloudProblem(config, d, warm_steps)
    rng = np.random.default_rng(derived_seed(config.seed, BUDGET_STREAM, d, warm_steps, repeat))
    totals, parts = [], []
    for n in config.budget_batches:
        samples = np.empty((2, config.budget_draws, problem.net.n_params))
        for k in range(config.budget_draws):
            pair = problem.draw(rng, n)
            samples[:, k] = [problem.phi(pair, directions(rng, config.budget // n, d)) for _ in range(2)]
        totals.append((total_variance(samples[0]) + total_variance(samples[1])) / 2)
        parts.append(float(np.mean(np.sum((samples[0] - samples[1]) ** 2, axis=1)) / 2))
    return {"total": np.array(totals), "directions": np.array(parts)}


def cases(config: SensitivityConfig) -> list[tuple[int, int]]:
    """(d, steps of SGD before), every combination."""
    return [(d, warm) for d in config.dims for warm in config.warm_steps]


def arguments(config: SensitivityConfig) -> list[tuple[SensitivityConfig, int, int, int]]:
    """Of the parts of either study: every case, `batches` times."""
    return [(config, d, warm, k) for d, warm in cases(config) for k in range(config.batches)]


def by_case(config: SensitivityConfig, parts: list[Part], name: str) -> Keyed:
    """The values `name` of parts in the order of `arguments`, stacked [batches, ...] by case."""
    B = config.batches
    return {key: np.array([part[name] for part in parts[i * B : (i + 1) * B]]) for i, key in enumerate(cases(config))}


def exponent(config: SensitivityConfig, variances: Keyed, scheme: str, d: int | None = None) -> Estimate:
    """The exponent of the variance in L, over both states and the batches of dimension d (None: all dimensions).

    Every batch counts alike: its variances are divided by their geometric mean, which leaves the exponent as it is.
    """
    rows = [values[:, schemes_of(k).index(scheme)] for (k, _), values in variances.items() if d in (None, k)]
    samples = np.concatenate(rows)  # [rows, counts]
    scaled = samples / np.exp(np.log(samples).mean(axis=1, keepdims=True))
    return power_law(config.counts, scaled, config.seed)


def ratio_to_uniform(config: SensitivityConfig, variances: Keyed, scheme: str, key: tuple[int, int]) -> np.ndarray:
    """log of the variance over that of uniform directions [batches, counts with L > 1]."""
    values = variances[key][:, :, np.array(config.counts) > 1]
    return np.log(values[:, schemes_of(key[0]).index(scheme)] / values[:, 0])


def direction_table(config: SensitivityConfig, variances: Keyed) -> Table:
    """Every scheme and dimension: the exponent, and the variance against uniform directions at the most directions."""
    rows = []
    for d in config.dims:
        for scheme in schemes_of(d):
            fit = exponent(config, variances, scheme, d)
            last = np.concatenate(
                [ratio_to_uniform(config, variances, scheme, (d, w))[:, -1] for w in config.warm_steps]
            )
            gain = geometric_mean(last)
            rows.append((d, scheme, *fit.triple, *gain.triple))
    names = ("exponent", "low", "high", "variance over uniform's", "from", "to")
    title = f"Variance over directions: exponent in L, and against uniform directions at L = {config.counts[-1]}"
    return Table.of_rows(title, {"d": "1", "scheme": "", **dict.fromkeys(names, "1")}, rows)


def variance_table(config: SensitivityConfig, variances: Keyed) -> Table:
    """Every batch: the variance, and the variance times its cost L."""
    rows = [
        (d, warm, scheme, batch, L, values[batch, s, j], L * values[batch, s, j])
        for (d, warm), values in variances.items()
        for s, scheme in enumerate(schemes_of(d))
        for batch in range(len(values))
        for j, L in enumerate(config.counts)
    ]
    units = {"d": "1", "steps before": "1", "scheme": "", "batch": "1", "L": "1", "variance": "1", "L variance": "1"}
    return Table.of_rows("Variance of the gradient over directions, every batch", units, rows)


def budget_table(config: SensitivityConfig, totals: Keyed, parts: Keyed) -> Table:
    """At n L fixed: the variance against that of L = 1, and the share of it that directions cause."""
    rows = []
    for (d, warm), values in totals.items():
        for j, n in enumerate(config.budget_batches):
            ratio = geometric_mean(np.log(values[:, j] / values[:, 0]))
            share = parts[d, warm][:, j].mean() / values[:, j].mean()
            rows.append((d, warm, n, config.budget // n, values[:, j].mean(), *ratio.triple, share))
    names = ("n", "L", "variance", "over L = 1", "low", "high", "share by directions")
    title = f"All of the gradient's variance at n L = {config.budget}"
    return Table.of_rows(title, {"d": "1", "steps before": "1", **dict.fromkeys(names, "1")}, rows)


def direction_verdicts(config: SensitivityConfig, variances: Keyed) -> list[Verdict]:
    """On uniform, orthogonal and Sobol' directions."""
    uniform = exponent(config, variances, "uniform")
    pooled = [ratio_to_uniform(config, variances, "orthogonal", key).mean(axis=1) for key in cases(config)]
    orthogonal = geometric_mean(np.mean(pooled, axis=0))
    d = min(config.dims)
    sobol = exponent(config, variances, "sobol", d)
    margin = config.exponent_margin
    return [
        within(
            "the variance of the gradient over uniform directions goes like 1/L (exact by independence: a check)",
            "exponent of the variance in L, all dimensions",
            uniform,
            -1 - margin,
            -1 + margin,
            f"It went like L^{uniform.value:.3f}.",
        ),
        below(
            "orthogonal directions have less variance than uniform ones on average over L and d",
            "variance over that of uniform directions, geometric mean over L > 1 and dimensions",
            orthogonal,
            1.0,
            f"Orthogonal directions had {orthogonal.value:.2f} times the variance of uniform ones, on geometric "
            "average over L > 1 and d.",
        ),
        below(
            f"in few dimensions the variance with Sobol' directions falls faster than 1/L over the L tried (d = {d})",
            "exponent of the variance in L",
            sobol,
            -1.0,
            f"With Sobol' directions it went like L^{sobol.value:.2f}.",
        ),
    ]
