"""Seeds that follow from names."""

from __future__ import annotations

import itertools

import pytest

from swref.errors import InputError
from swref.experiments.frame.seeds import SeedTable, derived_seed, named_seed


def test_derived_seeds_differ():
    keys = [key for k in range(4) for key in itertools.product(range(5), repeat=k)]
    seeds = {derived_seed(s, *key) for s in (0, 1, 2**32) for key in keys}
    assert len(seeds) == 3 * len(keys)


def test_named_seeds_differ_by_name_and_labels():
    """Oracle: counting."""
    names = [("F",), ("F", 0), ("F", 0.0), ("F", 0, 1), ("F", 1, 0), ("G", 0), ("F", "none")]
    assert len({named_seed(s, *name) for s in (0, 1) for name in names}) == 2 * len(names)


def test_a_table_of_seeds_gives_the_seeds_of_its_keys():
    """Oracle: derived_seed of the key, written out."""
    seeds = SeedTable(start=(6, "repeat"), run=(7, "start", "repeat"), pilot=(5,))
    assert seeds("start", 3, 8) == derived_seed(3, 6, 8)
    assert seeds("run", 3, 8, 9) == derived_seed(3, 7, 8, 9)
    assert seeds("pilot", 3) == derived_seed(3, 5)
    with pytest.raises(InputError, match=r"the seed of run has the key .*, got \(8,\)"):
        seeds("run", 3, 8)


@pytest.mark.parametrize(
    ("a", "b", "same"),
    [
        (("k", "repeat"), ("repeat", "k"), True),
        (("k", 0), (1, "k"), True),
        ((1, "k"), (1, "k", "j"), False),
        ((1, "k"), (2, "k"), False),
        (("k", 0), ("k", 1), False),
    ],
)
def test_seeds_that_can_be_the_same_are_refused(a, b, same):
    """Oracle: by hand: keys of one length that no number tells apart."""
    if same:
        with pytest.raises(InputError, match="the seeds of a and b can be the same"):
            SeedTable(a=a, b=b)
    else:
        SeedTable(a=a, b=b)
