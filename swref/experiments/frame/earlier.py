"""The recipes whose words still stand in Python, until the last of them is converted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from swref.experiments.frame.pool import Pool
from swref.experiments.frame.recipe import Drawing, Recipe
from swref.experiments.frame.record import Record
from swref.experiments.frame.settings import Settings
from swref.experiments.frame.statistics import Estimate
from swref.experiments.frame.verdict import AGREE, DISAGREE, UNDECIDED
from swref.experiments.frame.verdict import Verdict as Verdict
from swref.experiments.frame.words import Formula, Words


@dataclass(frozen=True)
class Text:
    """The words of a page, as they stood in Python."""

    title: str
    question: Sequence[str]
    formulas: Sequence[Formula]
    method: Sequence[str]
    source: str


class Earlier(Recipe):
    """A recipe of a module with TEXT, CONFIG, FULL, run and figures."""

    module: Any

    def settings(self, mode: str, *layers: Any) -> Settings:
        return self.config.of(self.module.FULL if mode == "full" else {}, *layers)

    def run(self, config: Settings, pool: Pool) -> Record:
        return self.measure(config, pool)

    def figures(self, record: Record) -> list[Drawing]:
        return self.module.figures(record)


def earlier_recipe(name: str, module: Any) -> Recipe:
    """The recipe of such a module."""
    t = module.TEXT
    words = Words(t.title, "", t.question, t.formulas, t.method, {}, {}, "", (), t.source)
    found = Earlier(name, words, module.CONFIG, module.run, module.figures)
    object.__setattr__(found, "module", module)
    return found


def above(claim: str, statistic: str, estimate: Estimate, threshold: float, seen: str) -> Verdict:
    outcome = AGREE if estimate.low > threshold else DISAGREE if estimate.high < threshold else UNDECIDED
    return Verdict("", estimate, f"the interval lies above {threshold:g}", outcome, {}, claim, statistic, seen)


def below(
    claim: str, statistic: str, estimate: Estimate, threshold: float, seen: str, *, upper_bound: bool = False
) -> Verdict:
    refuted = estimate.low > threshold and not upper_bound
    outcome = AGREE if estimate.high < threshold else DISAGREE if refuted else UNDECIDED
    return Verdict("", estimate, f"the interval lies below {threshold:g}", outcome, {}, claim, statistic, seen)


def within(claim: str, statistic: str, estimate: Estimate, low: float, high: float, seen: str) -> Verdict:
    inside = low <= estimate.low and estimate.high <= high
    outcome = AGREE if inside else DISAGREE if estimate.high < low or estimate.low > high else UNDECIDED
    return Verdict("", estimate, f"the interval lies in [{low:g}, {high:g}]", outcome, {}, claim, statistic, seen)
