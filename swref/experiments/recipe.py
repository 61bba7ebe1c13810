"""What a recipe consists of, and the words that its page is made of."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

if TYPE_CHECKING:
    from swref.experiments.pool import Pool
    from swref.experiments.record import Record
    from swref.experiments.settings import Settings
    from swref.plots.style import Figure


class Formula(NamedTuple):
    """A displayed formula in matplotlib's dialect of TeX (without the dollars), and what its letters mean."""

    tex: str
    words: str


@dataclass(frozen=True)
class Text:
    """The words of a page, for a reader who has not read the paper; plain text, a list entry a paragraph."""

    title: str
    question: Sequence[str]  # what is asked, and what the theory says
    formulas: Sequence[Formula]
    method: Sequence[str]  # what is computed, how, and how its uncertainty is known
    source: str  # where the claim stands


class Drawing(NamedTuple):
    """A figure, the name of its files and what a reader is to see in it."""

    name: str
    figure: Figure
    caption: str


class Recipe(Protocol):
    """A module of an experiment."""

    TEXT: Text
    CONFIG: type[Settings]  # its defaults are those of --quick
    FULL: Mapping[str, Any]  # the fields that --full changes

    def run(self, config: Any, pool: Pool) -> Record:
        """Measure. Everything in the record follows from `config` alone, whatever the pool."""
        ...

    def figures(self, record: Record) -> list[Drawing]:
        """Draw what the record holds; computes nothing that the record could hold."""
        ...
