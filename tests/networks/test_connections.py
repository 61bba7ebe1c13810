"""Which layer reads which: every set of pairs of a network of depth 3 against the two conditions, by brute force."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from swref.errors import InputError, InputTypeError
from swref.networks.connections import activation_names, check_connections

EVERY = [(k, i) for k in range(1, 4) for i in range(k)]


def test_every_set_of_pairs_of_depth_three():
    """Oracle: a set is taken just if a matrix of who reads whom has no empty row, and no empty column inside."""
    taken = 0
    for size in range(len(EVERY) + 1):
        for pairs in itertools.combinations(EVERY, size):
            reads = np.zeros((4, 4), bool)
            for pair in pairs:
                reads[pair] = True
            fine = reads[1:].any(axis=1).all() and reads[:, 1:3].any(axis=0).all()
            taken += fine
            if fine:
                assert check_connections(reversed(pairs), 3) == tuple(sorted(pairs))
            else:
                with pytest.raises(InputError, match="connections must lead"):
                    check_connections(pairs, 3)
    assert 0 < taken < 2 ** len(EVERY)


def test_the_default_is_every_pair_and_arrays_will_do():
    assert check_connections(None, 3) == tuple(EVERY)
    assert check_connections(np.array(EVERY), 3) == tuple(EVERY)
    assert all(type(k) is int for pair in check_connections(np.array(EVERY), 3) for k in pair)


@pytest.mark.parametrize(
    ("value", "error", "message"),
    [
        ("10", InputTypeError, "connections must be a sequence of pairs"),
        (3, InputTypeError, "connections must be a sequence of pairs"),
        ([(1, 0), "21"], InputTypeError, r"connections\[1\] must be a pair \(k, i\), got '21'"),
        ([(1, 0, 0)], InputTypeError, r"connections\[0\] must be a pair"),
        ([(1, 0.0)], InputTypeError, r"connections\[0\]\[1\] must be an integer"),
        ([(0, 0)], InputError, r"connections\[0\]\[0\] must be >= 1"),
        ([(1, -1)], InputError, r"connections\[0\]\[1\] must be >= 0"),
        ([(1, 0), (2, 2)], InputError, r"with i < k <= 2, got \(2, 2\)"),
        ([(3, 0)], InputError, r"with i < k <= 2, got \(3, 0\)"),
        ([(1, 0), (2, 1), (1, 0)], InputError, r"must be distinct, got \(1, 0\) twice"),
    ],
)
def test_what_is_no_set_of_pairs_is_named(value, error, message):
    with pytest.raises(error, match=message):
        check_connections(value, 2)


def test_activations_are_one_name_or_one_a_hidden_layer():
    assert activation_names("tanh", 4) == "tanh"
    assert activation_names(("tanh", "relu", "elu"), 4) == ("tanh", "relu", "elu")
    for value, error, message in (
        (["tanh"], InputError, "one for each of the 2 hidden layers"),
        (["tanh", "rleu"], InputError, r"activation\[1\] must be one of .* got 'rleu'; did you mean"),
        (3, InputTypeError, "activation must be a name or a sequence of names, got 3"),
    ):
        with pytest.raises(error, match=message):
            activation_names(value, 3)
