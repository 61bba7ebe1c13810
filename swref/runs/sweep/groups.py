"""What a sweep says: medians over seeds with intervals, and the best points, told apart from the lucky ones."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from swref import checks
from swref.errors import InputError
from swref.inference.statistics import Estimate, median
from swref.messages import json_number
from swref.runs.sweep.folder import DIVERGED, DONE
from swref.runs.sweep.table import METRICS, Row


@dataclass(frozen=True)
class Group:
    """The runs of a point, over its seeds. A run that diverged counts as infinite, one without a result not at all."""

    point: Mapping[str, Any]
    values: Mapping[int, float]  # by seed
    runs: int
    diverged: int

    @property
    def median(self) -> Estimate:
        """With its interval at the level 0.95, which takes six seeds."""
        return _median(list(self.values.values()))

    def to_dict(self) -> dict[str, Any]:
        """Plain values; null for infinite ones."""
        return {
            "point": {name: str(v) if isinstance(v, float) and math.isinf(v) else v for name, v in self.point.items()},
            "runs": self.runs,
            "results": len(self.values),
            "diverged": self.diverged,
            **numbers(self.median),
        }


@dataclass(frozen=True)
class Ranked:
    """A group beside the best one: the median of what it is worse by, seed by seed. `tied`: that may be nothing."""

    group: Group
    worse: Estimate

    @property
    def tied(self) -> bool:
        """Whether its difference to the best is not told from 0 at the level 0.95."""
        return not self.worse.low > 0

    def to_dict(self) -> dict[str, Any]:
        """Plain values."""
        return {**self.group.to_dict(), "worse": numbers(self.worse), "tied": self.tied}


@dataclass(frozen=True)
class Best:
    """Groups, the best first; and what choosing the best of them is worth on seeds that had no part in the choice."""

    metric: str
    ranked: Sequence[Ranked]
    chosen: Estimate

    def to_dict(self) -> dict[str, Any]:
        """Plain values."""
        return {
            "metric": self.metric,
            "best": [entry.to_dict() for entry in self.ranked],
            "chosen": numbers(self.chosen),
        }


def grouped(table: Sequence[Row], varied: Sequence[str], metric: str) -> list[Group]:
    """The groups of a table, in its order. Raises InputError for an unknown metric."""
    checks.one_of("metric", metric, METRICS)
    rows: dict[tuple[Any, ...], list[Row]] = {}
    for row in table:
        rows.setdefault(tuple(row[name] for name in varied), []).append(row)
    return [_group(dict(zip(varied, key, strict=True)), members, metric) for key, members in rows.items()]


def _group(point: Mapping[str, Any], rows: Sequence[Row], metric: str) -> Group:
    values = {row["seed"]: row[metric] for row in rows if row["outcome"] == DONE and row[metric] is not None}
    diverged = [row["seed"] for row in rows if row["outcome"] == DIVERGED]
    return Group(point, {**values, **dict.fromkeys(diverged, math.inf)}, len(rows), len(diverged))


def best(table: Sequence[Row], varied: Sequence[str], metric: str) -> Best:
    """The groups by their medians. Raises InputError for an unknown metric, and where no run has a value of it."""
    groups = [group for group in grouped(table, varied, metric) if group.values]
    if not groups:
        others = ", ".join(name for name in METRICS if name != metric)
        raise InputError(f"no run has a {metric} so far (small data have no ratio); other metrics are {others}")
    groups.sort(key=lambda group: group.median.value)
    ranked = [Ranked(group, _worse(group, groups[0])) for group in groups]
    return Best(metric, ranked, _chosen(groups))


def _worse(group: Group, first: Group) -> Estimate:
    """Of the seeds that both have; where both diverged there is no difference."""
    pairs = [(group.values[seed], first.values[seed]) for seed in group.values if seed in first.values]
    return _median([0.0 if a == b else a - b for a, b in pairs])


def _chosen(groups: Sequence[Group]) -> Estimate:
    """Every other seed chooses a group, and the rest judge it; and the other way round. The best of all is so in part
    by luck; what other seeds say of a choice is not."""
    seeds = sorted({seed for group in groups for seed in group.values})
    found: list[float] = []
    for choosing, judging in ((seeds[::2], seeds[1::2]), (seeds[1::2], seeds[::2])):
        medians = [(np.median(seen), k) for k, group in enumerate(groups) if (seen := _of(group, choosing))]
        if medians:
            found += _of(groups[min(medians)[1]], judging)
    return _median(found)


def _of(group: Group, seeds: Sequence[int]) -> list[float]:
    return [group.values[seed] for seed in seeds if seed in group.values]


def _median(values: Sequence[float]) -> Estimate:
    if len(values) < 2:
        return Estimate(values[0] if values else math.nan, -math.inf, math.inf, f"{len(values)} repeats")
    return median(values)


def numbers(estimate: Estimate) -> dict[str, Any]:
    """An estimate as JSON has it: null for what is infinite."""
    value, low, high = map(json_number, estimate.triple)
    return {"median": value, "low": low, "high": high}
