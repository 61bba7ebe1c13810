"""Which layer reads which: the arguments of a network with skip connections, checked."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from swref.checks import integer, one_of, shown
from swref.errors import InputError, InputTypeError
from swref.networks.activations import ACTIVATIONS

Pair = tuple[int, int]
Key = Pair | int


def activation_names(value: str | Sequence[str], depth: int) -> str | tuple[str, ...]:
    """The name for all hidden layers, or a tuple of one for each of the depth - 1; raises InputError, InputTypeError.

    >>> activation_names(["tanh", "relu"], 3)
    ('tanh', 'relu')
    """
    if isinstance(value, str):
        return one_of("activation", value, ACTIVATIONS)
    if not isinstance(value, Sequence):
        raise InputTypeError(f"activation must be a name or a sequence of names, got {shown(value)}")
    if len(value) != depth - 1:
        raise InputError(
            f"activation must be one name, or one for each of the {depth - 1} hidden layers, got {shown(value)}"
        )
    return tuple(one_of(f"activation[{k}]", name, ACTIVATIONS) for k, name in enumerate(value))


def check_connections(value: Iterable[Pair] | None, depth: int) -> tuple[Pair, ...]:
    """The pairs (k, i), sorted; by default all with i < k <= depth; raises InputError, InputTypeError.

    >>> check_connections(None, 2)
    ((1, 0), (2, 0), (2, 1))
    """
    if value is None:
        return tuple((k, i) for k in range(1, depth + 1) for i in range(k))
    if isinstance(value, (str, bytes)) or not isinstance(value, Iterable):
        raise InputTypeError(f"connections must be a sequence of pairs (k, i), got {shown(value)}")
    pairs = [_check_pair(f"connections[{c}]", pair, depth) for c, pair in enumerate(value)]
    for pair in pairs:
        if pairs.count(pair) > 1:
            raise InputError(f"connections must be distinct, got {pair} twice")
    for k in range(1, depth + 1):
        if all(layer != k for layer, _ in pairs):
            raise InputError(f"connections must lead into every layer, got none into layer {k}")
        if k < depth and all(i != k for _, i in pairs):
            raise InputError(f"connections must lead out of every hidden layer, got none out of layer {k}")
    return tuple(sorted(pairs))


def _check_pair(name: str, value: Any, depth: int) -> Pair:
    if isinstance(value, (str, bytes)) or not isinstance(value, (Sequence, np.ndarray)) or len(value) != 2:
        raise InputTypeError(f"{name} must be a pair (k, i), got {shown(value)}")
    k, i = integer(f"{name}[0]", value[0], minimum=1), integer(f"{name}[1]", value[1], minimum=0)
    if not i < k <= depth:
        raise InputError(f"{name} must be a pair (k, i) with i < k <= {depth}, got ({k}, {i})")
    return k, i
