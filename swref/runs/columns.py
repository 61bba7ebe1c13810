"""Where a generator is wrong: the law of each column and the correlations of all, beside those of the held-out data."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from typing import Any

import numpy as np

from swref.measures import Discrete
from swref.runs.problem import Problem
from swref.runs.ties import names_of
from swref.sliced import sw_losses

LEVELS = (0.05, 0.25, 0.5, 0.75, 0.95)
MOST = 100  # columns that are told of

Pair = tuple[Discrete, Discrete]


@dataclass(frozen=True)
class Column:
    """One column: W_p from generated to held-out values over that from resampled ones, and quantiles at LEVELS."""

    index: int  # among the data's
    name: str
    ratio: float | None  # None where the resampled values are the held-out ones
    held_out: tuple[float, ...]  # in the data's units
    generated: tuple[float, ...]


@dataclass(frozen=True)
class Columns:
    """The columns, worst first, at most MOST of them, and how far the correlations of these are off."""

    worst: tuple[Column, ...]
    correlation_error: float  # root mean square over the pairs of columns, generated against held out; 0 without pairs
    correlation_error_halves: float  # the same of two halves of the data

    @classmethod
    def of(cls, pairs: Mapping[str, Sequence[Pair]], problem: Problem) -> Columns:
        """Of pairs of points, in the network's units: generated, resampled (to held-out ones) and halves."""
        distances = {name: _along_columns(pairs[name], problem) for name in ("generated", "resampled")}  # [d] each
        known = distances["resampled"] > 0
        ratios = np.divide(distances["generated"], distances["resampled"], where=known, out=np.full(len(known), -1.0))
        order = np.argsort(-ratios, kind="stable")[:MOST]  # [k]
        made = Discrete(np.concatenate([a.points for a, _ in pairs["generated"]]))
        held_out = pairs["generated"][0][1]
        quantiles = [_quantiles(data, problem)[:, order].T.tolist() for data in (held_out, made)]
        index = order.tolist()
        worst = tuple(
            Column(j, name, float(ratio) if ratio >= 0 else None, tuple(real), tuple(generated))
            for j, name, ratio, real, generated in zip(
                index, names_of(index, problem.names), ratios[order], *quantiles, strict=True
            )
        )
        return cls(worst, *(_correlation_error(pairs[name], order) for name in ("generated", "halves")))

    def to_dict(self) -> dict[str, Any]:
        """Plain values."""
        return {
            "levels": list(LEVELS),
            "worst": [asdict(c) | {"held_out": list(c.held_out), "generated": list(c.generated)} for c in self.worst],
            "correlation_error": self.correlation_error,
            "correlation_error_halves": self.correlation_error_halves,
        }


def _along_columns(pairs: Sequence[Pair], problem: Problem) -> np.ndarray:
    """The mean W_p [d] of each column: the axes are the directions."""
    p, axes = problem.config.p, np.eye(problem.net.dim_out)
    losses = partial(sw_losses, theta=axes, p=p, backend=problem.config.backend)
    roots = [losses(a.points, b.points, x_weights=a.weights, y_weights=b.weights) ** (1 / p) for a, b in pairs]
    return np.asarray(np.mean(roots, axis=0))


def _quantiles(data: Discrete, problem: Problem) -> np.ndarray:
    """[levels, d], in the data's units, each a value that is there."""
    points = problem.units.invert(data.points)
    weights = None if data.weights is None else np.broadcast_to(data.weights[:, None], points.shape)
    return np.asarray(np.quantile(points, LEVELS, axis=0, weights=weights, method="inverted_cdf"))


def _correlation_error(pairs: Sequence[Pair], columns: np.ndarray) -> float:
    """The mean over pairs of the root mean square, over pairs of columns, of the difference of the correlations."""
    k = len(columns)
    if k < 2:
        return 0.0
    upper = np.triu_indices(k, 1)
    gaps = [(correlations(a, columns) - correlations(b, columns))[upper] for a, b in pairs]
    return float(np.mean([np.sqrt(np.mean(gap**2)) for gap in gaps]))


def correlations(data: Discrete, columns: np.ndarray) -> np.ndarray:
    """Of the columns [k] of weighted points, [k, k]; 0 with a constant column.

    >>> correlations(Discrete([[0.0, 0.0, 5.0], [1.0, -2.0, 5.0]]), np.arange(3)).tolist()
    [[1.0, -1.0, 0.0], [-1.0, 1.0, 0.0], [0.0, 0.0, 0.0]]
    """
    x = data.points[:, columns]
    weights = np.full(data.m, 1 / data.m) if data.weights is None else data.weights  # [m]
    centred = x - weights @ x
    scale = np.sqrt(weights @ centred**2)  # [k]
    z = centred / np.where(np.ptp(x, axis=0) > 0, scale, np.inf)
    return np.asarray(z.T @ (weights[:, None] * z))
