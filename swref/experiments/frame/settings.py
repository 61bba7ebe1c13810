"""The configuration of an experiment: a flat record in which every choice stands, thresholds included."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self, TypeVar

from swref import checks
from swref.errors import InputError
from swref.runs.fields import field_types, merged, plain, to_toml, typed

T = TypeVar("T")


def quick(value: T, *, full: T) -> T:
    """The default of a field of Settings: `value` under --quick, `full` under --full.

    >>> @dataclass(frozen=True)
    ... class Config(Settings):
    ...     steps: int = quick(10, full=1000)
    >>> Config().steps, Config.full()
    (10, {'steps': 1000})
    """
    return dataclasses.field(default=value, metadata={"full": full})


def require(holds: bool, message: str) -> None:
    """Raise InputError with `message`, which names the setting, what was expected and what came, unless `holds`."""
    if not holds:
        raise InputError(message)


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
        for name, kind in field_types(type(self)).items():
            value = typed(name, getattr(self, name), kind)
            object.__setattr__(self, name, value)
            for entry in value if isinstance(value, tuple) else (value,):
                require(isinstance(entry, str) or entry >= 0, f"{name} must be >= 0, got {entry}")
            require(value != (), f"{name} must hold at least one value, got none")

    def at_least(self, least: int, *names: str) -> None:
        """Raise InputError unless each of the named integers is at least `least`."""
        for name in names:
            checks.integer(name, getattr(self, name), minimum=least)

    @classmethod
    def of(cls, *layers: Mapping[str, Any]) -> Self:
        """The config of `layers`, later ones win, over the defaults. Raises InputError for an unknown field."""
        return cls(**merged([field.name for field in dataclasses.fields(cls)], *layers))

    @classmethod
    def full(cls) -> dict[str, Any]:
        """What --full changes: the fields whose default was made by `quick`."""
        return {field.name: field.metadata["full"] for field in dataclasses.fields(cls) if "full" in field.metadata}

    def to_dict(self) -> dict[str, Any]:
        """The fields, tuples as lists."""
        return plain(self)

    def to_toml(self) -> str:
        """The whole config as TOML.

        >>> Settings(seed=3).to_toml()
        'seed = 3\\n'
        """
        return to_toml(self.to_dict())
