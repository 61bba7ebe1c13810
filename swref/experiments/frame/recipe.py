"""A recipe: the words of NAME.md, and of the module NAME its `Config`, `run` and `figures`.

class Config(Settings)                  every choice; `quick(a, full=b)` where --full changes it
run(config, pool) -> Record             verdicts, tables, shown, samples, arrays and facts; what is missing in it
                                        (config, summary, notes) follows from the words
figures(record) -> {name: figure}       drawn from the record alone, a figure for every caption of the words
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, NamedTuple

from swref.errors import DataError
from swref.experiments.frame.pool import Pool
from swref.experiments.frame.record import Record
from swref.experiments.frame.settings import Settings
from swref.experiments.frame.verdict import Verdict
from swref.experiments.frame.words import Words, filled, read_words
from swref.plots import Figure


class Drawing(NamedTuple):
    """A figure, the name of its files and what a reader is to see in it."""

    name: str
    figure: Figure
    caption: str


@dataclass(frozen=True)
class Recipe:
    """An experiment, ready to run."""

    name: str
    words: Words
    config: type[Settings]  # its defaults are those of --quick
    measure: Callable[[Any, Pool], Record]
    draw: Callable[[Record], Mapping[str, Figure]]

    def settings(self, mode: str, *layers: Mapping[str, Any]) -> Settings:
        """The config under mode "quick" or "full", then the values of `layers`, later ones win."""
        return self.config.of(self.config.full() if mode == "full" else {}, *layers)

    def run(self, config: Settings, pool: Pool) -> Record:
        """Measure, and say it. Everything in the record follows from `config` alone, whatever the pool."""
        record = self.measure(config, pool)
        values = {**config.to_dict(), **record.facts}
        return replace(
            record,
            config=config.to_dict(),
            verdicts=self._said(record.verdicts, values),
            summary=filled(self.words.summary, values),
            notes=[filled(note, values) for note in self.words.notes],
        )

    def figures(self, record: Record) -> list[Drawing]:
        """The figures in the order of their captions. Raises DataError for one without the other."""
        figures, values = self.draw(record), {**record.config, **record.facts}
        self._same("captions", figures, self.words.captions)
        return [Drawing(name, figures[name], filled(text, values)) for name, text in self.words.captions.items()]

    def _said(self, verdicts: Sequence[Verdict], values: Mapping[str, Any]) -> list[Verdict]:
        """The verdicts with the words of their claims."""
        self._same("claims", [verdict.name for verdict in verdicts], self.words.claims)
        said = []
        for verdict in verdicts:
            found = {**values, "estimate": verdict.estimate, **verdict.facts}
            claim, statistic, seen = (filled(text, found) for text in self.words.claims[verdict.name])
            said.append(replace(verdict, claim=claim, statistic=statistic, seen=seen))
        return said

    def _same(self, what: str, measured: Collection[str], said: Collection[str]) -> None:
        """Raise DataError unless the words are those of what there is."""
        if set(measured) != set(said):
            raise DataError(f"{self.name}.md must have {what} named {[*dict.fromkeys(measured)]}, got {[*said]}")


def recipe(name: str, folder: Path) -> Recipe:
    """The recipe of the experiment `name`, whose words are in `folder`."""
    module = importlib.import_module(f"swref.experiments.{name}")
    return Recipe(name, read_words(folder / f"{name}.md"), module.Config, module.run, module.figures)
