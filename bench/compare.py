"""`python -m bench compare OLD NEW`: what became slower, as ratios to a contender of the same run."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

OWN, MARGIN = "swref cpu", 1.05  # a change below that is none


@dataclass(frozen=True)
class Change:
    """How much longer swref takes than before, measured by a reference: the ratio, and the least and most it may be."""

    work: str
    ratio: float
    low: float
    high: float

    @property
    def verdict(self) -> str:
        """Slower or faster where noise does not explain it.

        >>> [Change("", 1.2, low, 1.3).verdict for low in (1.1, 0.9)], Change("", 0.8, 0.7, 0.9).verdict
        (['slower', 'same'], 'faster')
        """
        if self.low > MARGIN:
            return "slower"
        return "faster" if self.high < 1 / MARGIN else "same"


def changes(old: dict[str, Any], new: dict[str, Any], reference: str = "NumPy") -> list[Change]:
    """A change for every work of both results in which swref and the reference ran."""
    before = {row["work"]: row["seconds"] for row in old["works"]}
    found = []
    for row in new["works"]:
        one, other = before.get(row["work"], {}), row["seconds"]
        if not all({OWN, reference} <= seconds.keys() for seconds in (one, other)):
            continue
        (ratio, low, high), (was, was_low, was_high) = (_share(each, reference) for each in (other, one))
        found.append(Change(row["work"], ratio / was, low / was_high, high / was_low))
    return found


def _share(seconds: dict[str, dict[str, float]], reference: str) -> tuple[float, float, float]:
    """swref's time over the reference's: of the medians, and the least and the most of the rounds."""
    own, other = seconds[OWN], seconds[reference]
    return own["median"] / other["median"], own["low"] / other["high"], own["high"] / other["low"]


def read(path: Path) -> dict[str, Any]:
    """The figures of `python -m bench`; ValueError for another file."""
    figures = json.loads(path.read_text(encoding="utf-8"))
    if not isinstance(figures, dict) or figures.get("format") != 1 or "works" not in figures:
        raise ValueError(f"{path}: expected the JSON of python -m bench, format 1")
    return figures


def table(found: list[Change]) -> str:
    """A line a work."""
    lines = [f"{'work':<32}{'new / old':>10}{'from':>8}{'to':>8}"]
    lines += [f"{c.work:<32}{c.ratio:>10.2f}{c.low:>8.2f}{c.high:>8.2f}  {c.verdict}" for c in found]
    return "\n".join(lines)
