"""The words of an experiment, read from its NAME.md.

    # Title

    What it is, in a line: `swref experiment list` shows it.

    ## Question          paragraphs: what is asked, and what the theory says
    ## Formulas          $$ ... $$ in matplotlib's dialect of TeX, then a paragraph: what the letters mean; or nothing
    ## Method            paragraphs: what is computed, how, and how its uncertainty is known
    ## Claims            ### NAME of each, and under it three paragraphs: what is claimed ("The data agree that ..."),
                         what was measured, and what was seen
    ## Figures           ### NAME of each, in the order of the page, and under it the caption
    ## Summary           the outcome in a sentence or two
    ## Notes             paragraphs: what a reader must know to trust the numbers
    ## Changed           paragraphs: what was changed after a full run, and why; or nothing
    ## Source            where the claim stands

Plain text, a blank line between paragraphs. In claims, captions, summary and notes {name} stands for a setting or a
fact of the record, with Python's format: {alpha:g}, {slope.value:.2f}. In claims it may also be {estimate} or a fact of
the verdict.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, NamedTuple

from swref.errors import DataError

SECTIONS: Final = ("Question", "Formulas", "Method", "Claims", "Figures", "Summary", "Notes", "Changed", "Source")
OPTIONAL: Final = ("Formulas", "Changed")


class Formula(NamedTuple):
    """A displayed formula in matplotlib's dialect of TeX (without the dollars), and what its letters mean."""

    tex: str
    words: str


class Claim(NamedTuple):
    """What the words say of a verdict."""

    claim: str
    statistic: str
    seen: str


@dataclass(frozen=True)
class Words:
    """The words of a page, for a reader who has not read the paper; plain text, a list entry a paragraph."""

    title: str
    line: str  # of `swref experiment list`
    question: Sequence[str]
    formulas: Sequence[Formula]
    method: Sequence[str]
    claims: Mapping[str, Claim]
    captions: Mapping[str, str]  # figure -> caption, in the order of the page
    summary: str
    notes: Sequence[str]
    changed: Sequence[str]
    source: str


def read_words(path: Path) -> Words:
    """The words in a file as described above. Raises DataError, naming what is missing or not known."""
    paragraphs = [" ".join(p.split()) for p in path.read_text(encoding="utf-8").split("\n\n") if p.strip()]
    if not paragraphs or not paragraphs[0].startswith("# "):
        raise DataError(f"{path}: must begin with '# ' and a title")
    sections: dict[str, list[str]] = {}
    head: list[str] = []
    here = head
    for paragraph in paragraphs[1:]:
        if paragraph.startswith("## "):
            section = paragraph.removeprefix("## ")
            if section not in SECTIONS or section in sections:
                raise DataError(f"{path}: must have the sections {', '.join(SECTIONS)}, once each, got {section!r}")
            here = sections[section] = []
        else:
            here.append(paragraph)
    missing = [section for section in SECTIONS if section not in OPTIONAL and not sections.get(section)]
    if missing or not head:
        what = f"a section '## {missing[0]}' that is not empty" if missing else "a line under its title"
        raise DataError(f"{path}: must have {what}")
    return Words(
        title=paragraphs[0].removeprefix("# "),
        line=" ".join(head),
        question=sections["Question"],
        formulas=_formulas(path, sections.get("Formulas", [])),
        method=sections["Method"],
        claims={name: Claim(*of) for name, of in _named(path, "Claims", sections["Claims"], 3).items()},
        captions={name: of for name, (of,) in _named(path, "Figures", sections["Figures"], 1).items()},
        summary=" ".join(sections["Summary"]),
        notes=sections["Notes"],
        changed=sections.get("Changed", []),
        source=" ".join(sections["Source"]),
    )


def filled(text: str, values: Mapping[str, Any]) -> str:
    """`text` with its {names} replaced. Raises DataError for one that is neither a setting nor a fact.

    >>> filled("at alpha = {alpha:g}", {"alpha": 0.10})
    'at alpha = 0.1'
    """
    try:
        return text.format_map(values)
    except (KeyError, IndexError, AttributeError, ValueError, TypeError) as error:
        raise DataError(f"cannot fill in {text!r}: {type(error).__name__}: {error}") from None


def _formulas(path: Path, paragraphs: Sequence[str]) -> list[Formula]:
    pairs = list(zip(paragraphs[::2], paragraphs[1::2], strict=False))
    if len(paragraphs) % 2 or not all(tex.startswith("$$") and tex.endswith("$$") for tex, _ in pairs):
        raise DataError(f"{path}: Formulas must be $$ ... $$, each with a paragraph of words after it")
    return [Formula(tex.strip("$ "), words) for tex, words in pairs]


def _named(path: Path, section: str, paragraphs: Sequence[str], each: int) -> dict[str, list[str]]:
    """What stands under each ### NAME: `each` paragraphs."""
    found: dict[str, list[str]] = {}
    name = ""
    for paragraph in paragraphs:
        if paragraph.startswith("### "):
            name = paragraph.removeprefix("### ")
            found[name] = []
        else:
            found.setdefault(name, []).append(paragraph)
    for name, under in found.items():
        if not name or len(under) != each:
            what = f"{each} paragraph(s) under each '### NAME', got {len(under)} under {name!r}"
            raise DataError(f"{path}: {section} must have {what}")
    return found
