"""Random streams keyed by (seed, stream, block): any step can be redrawn without replaying the ones before it."""

from __future__ import annotations

from typing import Final

import numpy as np

from swref.errors import InputError, InputTypeError

Seed = int | np.integer | np.random.SeedSequence | np.random.Generator

# One number a purpose. They are part of the file format: changing one changes every seeded result.
STREAMS: Final = {
    "init": 0,
    "source": 1,
    "target": 2,
    "directions": 3,
    "noise": 4,
    "split": 5,
    "evaluation": 6,
}


def stream(seed: int, purpose: str, block: int = 0) -> np.random.Generator:
    """The generator of one purpose and block under `seed`: independent of every other purpose and block.

    >>> bool(stream(0, "noise", 3).random() == stream(0, "noise", 3).random())
    True
    """
    return np.random.Generator(np.random.PCG64(np.random.SeedSequence(seed, spawn_key=(STREAMS[purpose], block))))


def generator(seed: Seed | None) -> np.random.Generator:
    """A NumPy Generator from an int >= 0, a SeedSequence, a Generator (used as it is) or None (fresh entropy).

    Raises InputError for a negative int and InputTypeError for anything else.
    """
    if isinstance(seed, np.random.Generator):
        return seed
    if isinstance(seed, (bool, np.bool_)) or not isinstance(
        seed, (int, np.integer, np.random.SeedSequence, type(None))
    ):
        raise InputTypeError(f"seed must be an int, a numpy Generator, a SeedSequence or None, got {seed!r}")
    if isinstance(seed, (int, np.integer)) and seed < 0:
        raise InputError(f"seed must be >= 0, got {seed}")
    return np.random.default_rng(seed)
