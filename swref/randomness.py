"""Random streams keyed by (seed, stream, block): any step can be redrawn without replaying the ones before it."""

from __future__ import annotations

from typing import Final

import numpy as np

from swref import checks
from swref.errors import InputTypeError

Seed = int | np.integer | np.random.SeedSequence | np.random.Generator

# The key of every purpose, here and nowhere else. They are part of the file format: changing one changes every seeded
# result. A purpose of one part is drawn in blocks, (part, block); the others have one generator.
STREAMS: Final[dict[str, tuple[int, ...]]] = {
    "init": (0, 0),
    "source": (1,),
    "target": (2,),
    "directions": (3,),
    "noise": (4,),
    "split": (5, 0),
    "evaluation: directions": (6, 0),
    "evaluation: generated points": (6, 1),
    "points of a run": (6, 2),
    "evaluation: halves": (6, 3),
    "drawn target points": (6, 4),
    "kept held-out points": (6, 5),
    "kept source points": (6, 6),
    "evaluation: resampled": (6, 7),
    "evaluation: fewer points": (6, 8),
    "reference points": (6, 9),
    "probe": (11, 0),
    "sweep": (12, 0),
    "comparison": (10,),
    "two samples: subsets": (8, 0),
    "two samples: halves": (8, 1),
    "two samples: permutations": (9,),
    "search: Lipschitz": (7, 0),
    "search: second derivatives": (7, 1),
    "search: K_w": (7, 2),
    "search: K_f": (7, 3),
    "search: K_F": (7, 4),
    "search: Hess f": (7, 5),
}


def stream(seed: int, purpose: str, block: int | None = None) -> np.random.Generator:
    """The generator of one purpose under `seed`, and of one block of it: independent of every other.

    >>> bool(stream(0, "noise", 3).random() == stream(0, "noise", 3).random())
    True
    """
    key = STREAMS[purpose]
    if len(key) == 1:
        key = (*key, block or 0)
    elif block is not None:
        raise ValueError(f"{purpose} has one generator, got block {block}")
    return np.random.Generator(np.random.PCG64(np.random.SeedSequence(seed, spawn_key=key)))


def generator(seed: Seed | None, name: str = "seed") -> np.random.Generator:
    """A NumPy Generator from an int >= 0, a SeedSequence, a Generator (used as it is) or None (fresh entropy).

    Raises InputError for an int below 0 or above 2^128 and InputTypeError for anything else, which call it `name`.
    """
    if isinstance(seed, np.random.Generator):
        return seed
    if isinstance(seed, (bool, np.bool_)) or not isinstance(
        seed, (int, np.integer, np.random.SeedSequence, type(None))
    ):
        came = checks.shown(seed)
        raise InputTypeError(f"{name} must be an int, a numpy Generator, a SeedSequence or None, got {came}")
    return np.random.default_rng(checks.int_seed(name, int(seed)) if isinstance(seed, (int, np.integer)) else seed)
