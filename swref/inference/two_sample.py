"""Are two samples of one law? The permutation test of the sliced Wasserstein loss, exact for any law and any size."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from swref import checks
from swref.directions import directions as drawn_directions
from swref.distance import sampled_pair
from swref.errors import InputError
from swref.inference.sampling import Sampling
from swref.kernels.threads import get_num_threads, run_parallel
from swref.measures import Measure
from swref.measures.given import as_measure
from swref.randomness import stream
from swref.reprs import Shown

WORK = 10**9  # points x directions x permutations where the number of directions is left open: 1 s of one core
MOST_DIRECTIONS, LEAST_DIRECTIONS = 100, 10
BLOCK = 64  # permutations that share a generator
TIE = 1e-10  # what is so close to the observed loss, relatively, may be equal to it


@dataclass(frozen=True, repr=False)
class TwoSampleTest(Shown):
    """A test of the hypothesis that two samples are of one law. P(p_value <= a) <= a under it, for every a.

    Distances are SW_p over the test's directions. The standard error of p_value is that of the permutations drawn, as
    an estimate of the p-value of all of them.
    """

    distance: float  # SW_p, with the root, between the samples
    p_value: float
    p_value_standard_error: float
    null_median: float  # of SW_p between two samples of these sizes, if the law is one
    null_95: float  # what it exceeds then in 5 of 100 cases
    value: float  # SW_p^p
    sampling: (
        Sampling | None
    )  # what it adds that only samples are seen; None for a single point, or dependent directions
    n: int  # points of x in the test
    m: int
    dim: int
    p: float
    directions: int
    permutations: int
    seed: int

    def to_dict(self) -> dict[str, Any]:
        """Plain values; an infinite number becomes None."""
        return _plain(asdict(self))


def two_sample_test(
    x: Measure | ArrayLike,
    y: Measure | ArrayLike,
    *,
    directions: int | None = None,
    p: float = 2.0,
    permutations: int = 999,
    n: int = 1000,
    standardize: str = "none",
    scheme: str = "uniform",
    seed: int = 0,
) -> TwoSampleTest:
    """The permutation test of SW_p^p between two samples x [n, d] and y [m, d], or measures; laws give n points.

        p_value = (1 + #{b: T_b >= T}) / (1 + B),    T = SW_p^p(x, y) over L directions, T_b with the labels permuted

    The two samples have to be independent, and their points independent and of equal weight. B is `permutations`, L
    `directions`: 100 where none are given, or fewer, at least 10, for 1e9 points x directions x permutations, one or
    two seconds; from 50,000 points each on (at 999 permutations) a random part of the points is taken, too, which
    changes the power, not the level. `standardize` scales both by their pooled columns first (see Standardize).

    Raises InputError for samples of different dimensions or with weights, and as sw_loss does.
    Source: Lehmann and Romano, Testing Statistical Hypotheses, section 17.2.

    >>> rng = np.random.default_rng(0)
    >>> x, y = rng.standard_normal((50, 2)), rng.standard_normal((60, 2)) + 1
    >>> two_sample_test(x, y).p_value
    0.001
    """
    p, B, seed = checks.order(p), checks.count("permutations", permutations), checks.int_seed("seed", seed)
    x, y = as_measure("x", x), as_measure("y", y)
    a, b = sampled_pair(x, y, n=n, seed=seed, standardize=standardize, names="x and y")
    for name, measure in (("x", a), ("y", b)):
        if measure.weights is not None:
            raise InputError(
                f"{name} must have points of equal weight: labels of unequal ones cannot be exchanged; give counted "
                "points as often as they count, np.repeat(points, counts, axis=0), or draws from a known law, "
                f"{name}.sample(rng, n)"
            )
    L = _directions(a.m + b.m, B) if directions is None else checks.count("directions", directions)
    theta = drawn_directions(stream(seed, "directions"), L, a.dim, scheme)  # [L', d]
    points = [a.points, b.points]
    if directions is None:
        points = _subsets(points, WORK / (len(theta) * B), seed)
    # All that follows but distances is free of scale, and those are homogeneous: in units of a power of two near the
    # largest coordinate no power leaves the range of floats.
    k = int(np.frexp(max(np.abs(z).max() for z in points))[1])
    u, v = (np.ldexp(z, -k) for z in points)
    losses = permutation_losses(u, v, theta, p, B, seed)  # [1 + B]
    reached = int((losses[1:] >= losses[0] * (1 - TIE)).sum())
    p_value = (1 + reached) / (1 + B)
    roots = np.ldexp(losses ** (1 / p), k)
    return TwoSampleTest(
        distance=float(roots[0]),
        p_value=p_value,
        p_value_standard_error=math.sqrt(p_value * (1 - p_value) / (1 + B)),
        null_median=float(np.quantile(roots, 0.5)),
        null_95=float(np.quantile(roots, 0.95)),
        value=_power(roots[0], p),
        sampling=_sampling(u, v, theta, p, k, seed),
        n=len(u),
        m=len(v),
        dim=a.dim,
        p=p,
        directions=len(theta),
        permutations=B,
        seed=seed,
    )


def permutation_losses(x: np.ndarray, y: np.ndarray, theta: np.ndarray, p: float, B: int, seed: int) -> np.ndarray:
    """SW_p^p [1 + B] over theta [L, d]: of x [n, d] and y [m, d], then of B random splits of their points.

    The same bits for any number of threads: a block of splits has a generator of its own.
    """
    from swref.kernels.cpu.permuted import Pooled  # Numba takes half a second to import

    pooled, N = Pooled(np.concatenate((x, y)), theta), len(x) + len(y)
    observed = np.arange(N) < len(x)
    losses = np.empty(1 + B)
    losses[:1] = pooled.losses(observed[None], p)

    def splits(start: int, stop: int) -> None:
        for block in range(start, stop):
            rng = stream(seed, "two samples: permutations", block)
            for b in range(1 + block * BLOCK, min(1 + (block + 1) * BLOCK, 1 + B)):
                losses[b : b + 1] = pooled.losses(rng.permutation(observed)[None], p)

    run_parallel(splits, -(-B // BLOCK), get_num_threads())
    return losses


def _directions(N: int, B: int) -> int:
    return int(np.clip(WORK // (N * B), LEAST_DIRECTIONS, MOST_DIRECTIONS))


def _subsets(points: list[np.ndarray], most: float, seed: int) -> list[np.ndarray]:
    """As many points of both samples, at random and in proportion, as make `most` together."""
    share = most / sum(map(len, points))
    if share >= 1:
        return points
    rng = stream(seed, "two samples: subsets")
    sizes = [max(2, int(share * len(z))) for z in points]
    return [
        z[np.sort(rng.choice(len(z), min(size, len(z)), replace=False))] for z, size in zip(points, sizes, strict=True)
    ]


def _sampling(u: np.ndarray, v: np.ndarray, theta: np.ndarray, p: float, k: int, seed: int) -> Sampling | None:
    """What sampling adds, for points that are 2^k u and 2^k v."""
    if min(len(u), len(v)) < 2:
        return None
    found = Sampling.of(u, v, theta, p, stream(seed, "two samples: halves"))
    return Sampling(
        standard_error=_power(np.ldexp(found.standard_error ** (1 / p), k), p),
        bias=None if found.bias is None else _power(np.ldexp(found.bias ** (1 / p), k), p),
        halves=(float(np.ldexp(found.halves[0], k)), float(np.ldexp(found.halves[1], k))),
    )


def _power(distance: float, p: float) -> float:
    with np.errstate(over="ignore"):
        return float(np.float64(distance) ** p)


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _plain(entry) for key, entry in value.items()}
    return None if isinstance(value, float) and math.isinf(value) else value
