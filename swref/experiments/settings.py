"""The configuration of an experiment: a flat record in which every choice stands, thresholds included."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

from swref.errors import InputError
from swref.runs.fields import merged, plain, to_toml, typed


@dataclass(frozen=True)
class Settings:
    """Base of the configs: dataclasses of ints, floats, strings and tuples of these, checked when they are made.

    Integers and floats are >= 0 (NaN is refused); a config that needs more checks it in its own __post_init__, after
    this one. Raises InputError or InputTypeError, naming the field.

    >>> Settings(seed=-1)
    Traceback (most recent call last):
    swref.errors.InputError: seed must be >= 0, got -1
    """

    seed: int = 0

    def __post_init__(self) -> None:
        for field in dataclasses.fields(self):
            value = typed(field.name, getattr(self, field.name), field.type)
            object.__setattr__(self, field.name, value)
            for entry in value if isinstance(value, tuple) else (value,):
                if not isinstance(entry, str) and entry < 0:
                    raise InputError(f"{field.name} must be >= 0, got {entry}")
            if value == ():
                raise InputError(f"{field.name} must hold at least one value, got none")

    @classmethod
    def of(cls, *layers: Mapping[str, Any]) -> Self:
        """The config of `layers`, later ones win, over the defaults. Raises InputError for an unknown field."""
        return cls(**merged([field.name for field in dataclasses.fields(cls)], *layers))

    def to_dict(self) -> dict[str, Any]:
        """The fields, tuples as lists."""
        return plain(self)

    def to_toml(self) -> str:
        """The whole config as TOML.

        >>> Settings(seed=3).to_toml()
        'seed = 3\\n'
        """
        return to_toml(self.to_dict())
