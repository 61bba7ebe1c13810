"""The theorems as experiments: each claim a command that measures it against the exact flow and the exact critical set.

An experiment is a recipe NAME.py here (a package only where the science needs several files) and its words NAME.md:
what stands in them is said in `frame.recipe` and `frame.words`. Adding one takes these two files and nothing else.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

from swref import checks
from swref.experiments.frame.recipe import Recipe, recipe

__all__ = ["EXPERIMENTS", "FOLDER", "ORDER", "Recipe", "load"]

FOLDER: Final = Path(__file__).resolve().parent

# The order in which the pages are read; an experiment that is not named here comes after these.
ORDER: Final = (
    "flow", "ball", "noise", "critical", "architecture", "measures", "sensitivity", "swflow", "practice", "landscape",
)  # fmt: skip


def _lines() -> dict[str, str]:
    """What each experiment is in a line: the second paragraph of its .md. No recipe is imported for it."""
    texts = {path.stem: path.read_text(encoding="utf-8") for path in FOLDER.glob("*.md")}
    found = {name: text.split("\n\n", 2)[1].replace("\n", " ") for name, text in texts.items()}
    return {name: found[name] for name in (*ORDER, *sorted(found.keys() - set(ORDER)))}


EXPERIMENTS: Final = _lines()  # name -> line


def load(name: str) -> Recipe:
    """The recipe of this name, imported now. Raises InputError for an unknown name, with the nearest one.

    >>> load("flow").words.title
    'SGD follows the gradient flow'
    """
    return recipe(checks.one_of("experiment", name, EXPERIMENTS), FOLDER)
