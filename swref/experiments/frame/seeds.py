"""Where the randomness of an experiment comes from: seeds that follow from the name of what they are for."""

from __future__ import annotations

import zlib
from itertools import combinations
from typing import Any

import numpy as np

from swref.errors import InputError


def derived_seed(seed: int, *key: int) -> int:
    """A seed for one part of an experiment, independent of every other key's, of whatever length.

    >>> derived_seed(0, 1, 2) == derived_seed(0, 1, 2), derived_seed(0, 1, 2) == derived_seed(0, 1, 2, 0)
    (True, False)
    """
    return int(np.random.SeedSequence(seed, spawn_key=key).generate_state(1, np.uint64)[0] >> 1)


def named_seed(seed: int, name: str, *labels: Any) -> int:
    """A seed that follows from what it is for, and from the labels of the place: named_seed(seed, "start", repeat).

    >>> named_seed(0, "start", 1) == named_seed(0, "start", 1), named_seed(0, "start", 1) == named_seed(0, "run", 1)
    (True, False)
    """
    return derived_seed(seed, zlib.crc32("|".join(map(str, (name, *labels))).encode()))


class SeedTable:
    """A line for every purpose: its key, of numbers and of the names of what counts there (repeat, step, ...).

    It is for recipes whose draws were once numbered and have to stay; others use `named_seed`. Raises InputError where
    two purposes could have the same key.

    >>> SEEDS = SeedTable(start=("repeat", 0), run=("repeat", 1))
    >>> SEEDS("run", 7, 3) == derived_seed(7, 3, 1)
    True
    >>> SeedTable(start=("repeat", 0), run=("k", "repeat"))
    Traceback (most recent call last):
    swref.errors.InputError: the seeds of start and run can be the same: ('repeat', 0) and ('k', 'repeat')
    """

    def __init__(self, **keys: tuple[int | str, ...]):
        for (one, a), (other, b) in combinations(keys.items(), 2):
            differ = (x != y for x, y in zip(a, b, strict=False) if isinstance(x, int) and isinstance(y, int))
            if len(a) == len(b) and not any(differ):
                raise InputError(f"the seeds of {one} and {other} can be the same: {a} and {b}")
        self.keys = keys

    def __call__(self, purpose: str, seed: int, *counts: int) -> int:
        """The seed of a purpose at `counts`, one for every name in its key, in their order."""
        key, rest = self.keys[purpose], iter(counts)
        if len(counts) != sum(isinstance(entry, str) for entry in key):
            raise InputError(f"the seed of {purpose} has the key {key}, got {counts}")
        return derived_seed(seed, *(next(rest) if isinstance(entry, str) else entry for entry in key))
