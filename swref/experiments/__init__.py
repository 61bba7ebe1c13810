"""The theorems as experiments: each claim a command that measures it against the exact flow and the exact critical set.

A recipe is a module NAME.py here (or a package) with `TEXT`, `CONFIG` (its defaults are --quick), `FULL` (what --full
changes), `run(config, pool)` -> Record, and `figures(record)` -> drawings, which reads the record alone.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

from swref import checks

if TYPE_CHECKING:
    from swref.experiments.recipe import Recipe

# Here and not only in the modules: listing the experiments must not import them.
EXPERIMENTS = {
    "flow": "Theorem 1: SGD follows the gradient flow as its step goes to 0.",
    "ball": "The projected scheme stays in its ball, and what the radius costs.",
    "noise": "What the noise does at saddles and bad local minima.",
    "critical": "Theorem 2: the noised projected scheme ends near the critical set.",
    "architecture": "Which usual networks meet the assumptions, and what happens where they fail.",
    "measures": "Discrete inputs against continuous ones, and heavy tails.",
    "sensitivity": "Radius, noise, data and number of directions: what the result depends on.",
    "swflow": "The motion of a trained network's points against the sliced Wasserstein flow.",
    "practice": "What the theory's prescriptions cost or buy on penguins and digits.",
    "landscape": "The surfaces of the loss: critical points, cells, and Monte-Carlo error.",
}


def load(name: str) -> Recipe:
    """The recipe of this name, imported now. Raises InputError for an unknown name, with the nearest one.

    >>> load("flow").TEXT.title
    'SGD follows the gradient flow'
    """
    return importlib.import_module(f"swref.experiments.{checks.one_of('experiment', name, EXPERIMENTS)}")
