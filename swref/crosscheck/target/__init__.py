"""What is checked: the targets by name, the user's own, and the processes in which they run.

A library is imported only with the adapter it is for.
"""

from __future__ import annotations

import importlib
import importlib.util
import pkgutil
import sys
from dataclasses import asdict, dataclass
from pathlib import Path
from types import ModuleType
from typing import Any, Final

from swref.checks import one_of, text, texts, unknown
from swref.crosscheck.adapter import Adapter, MissingLibrary
from swref.crosscheck.answer.convention import Convention
from swref.crosscheck.inputs import EPS
from swref.crosscheck.target import adapters
from swref.crosscheck.target.backend import NAMES, SwrefAdapter
from swref.crosscheck.target.command import CommandAdapter
from swref.crosscheck.target.function import GRADIENTS, FunctionAdapter
from swref.errors import InputError

__all__ = ["Target", "load", "names"]

COMMAND: Final = "command:"
PACKAGES: Final = {"ot": "POT", "ott": "ott-jax"}  # on the package index, where the module has another name


@dataclass(frozen=True)
class Target:
    """What is checked: an adapter's name, package.module:function (or file.py:function), or command:PROGRAM.

    The convention and the dtypes are those of the user's own function or program; an adapter, and an adapter class,
    state theirs. Raises InputError for an unknown name in it.

    >>> Target("numpy").to_dict()["returns"]
    'sw_pp'
    """

    name: str
    returns: str = "sw_pp"
    directions: str = "ld"
    gradient: str = "none"
    points: str = "mean"
    slices: str = "mean"
    factor: float = 1.0
    dtypes: tuple[str, ...] = ("float64", "float32")

    def __post_init__(self) -> None:
        text("name", self.name)
        object.__setattr__(self, "dtypes", texts("dtypes", self.dtypes))
        if not self.dtypes:
            raise InputError(f"dtypes must name at least one of {', '.join(EPS)}, got none")
        for dtype in self.dtypes:
            one_of("dtypes", dtype, EPS)
        one_of("gradient", self.gradient, GRADIENTS)
        object.__setattr__(self, "factor", self.convention.factor)

    @property
    def convention(self) -> Convention:
        """The declared convention."""
        return Convention(self.returns, self.directions, self.points, self.slices, self.factor)

    def to_dict(self) -> dict[str, Any]:
        """In JSON's types."""
        return asdict(self)


def names() -> list[str]:
    """The targets that have a name of their own: the backends of swref, and the libraries with an adapter.

    >>> names()[:2], "pot-torch" in names()
    (['numpy', 'cpu'], True)
    """
    return [*NAMES, *(file.name.replace("_", "-") for file in pkgutil.iter_modules(adapters.__path__))]


def check_name(name: str) -> None:
    """Raise InputError for a target that is neither of `names` nor of the form module:function.

    >>> check_name("torhc")  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    swref.errors.InputError: TARGET must be one of numpy, cpu, ... got 'torhc'; did you mean 'torch'?
    """
    if text("TARGET", name) not in names() and (":" not in name or name.endswith(":")):
        raise InputError(unknown("TARGET", name, names()))


def load(target: Target) -> Adapter:
    """The adapter of a target. Raises MissingLibrary where its library is not installed; whatever the user's module
    raises passes through.

    >>> load(Target("numpy")).name
    'numpy'
    """
    check_name(target.name)
    if target.name in NAMES:
        return SwrefAdapter(target.name)
    if target.name in names():
        return _load_adapter(target.name)
    if target.name.startswith(COMMAND):
        program = CommandAdapter(target.name.removeprefix(COMMAND), target.convention, target.gradient)
        program.dtypes = target.dtypes
        return program
    return _load_user(target)


def _load_adapter(name: str) -> Adapter:
    try:
        module = importlib.import_module(f"{adapters.__name__}.{name.replace('-', '_')}")
    except ModuleNotFoundError as error:
        if error.name is None or error.name.partition(".")[0] == "swref":
            raise
        library = error.name.partition(".")[0]
        raise MissingLibrary(f"{library} is not installed: pip install {PACKAGES.get(library, library)}") from None
    own = (value for value in vars(module).values() if getattr(value, "__module__", "") == module.__name__)
    adapter: Adapter = next(value for value in own if isinstance(value, type) and issubclass(value, Adapter))()
    adapter.name = name
    return adapter


def _load_user(target: Target) -> Adapter:
    place, _, attribute = target.name.rpartition(":")
    value: Any = _import_user(place)
    for part in attribute.split("."):
        if not hasattr(value, part):
            names = [name for name in dir(value) if not name.startswith("_")]
            raise InputError(unknown(f"the function in {place}", part, names))
        value = getattr(value, part)
    if isinstance(value, type) and issubclass(value, Adapter):
        value = value()
    if isinstance(value, Adapter):
        value.name = target.name
        return value
    adapter = FunctionAdapter(value, target.convention, target.gradient, target.name)
    adapter.dtypes = target.dtypes
    return adapter


def _import_user(place: str) -> ModuleType:
    if not place.endswith(".py"):
        if "" not in sys.path:
            sys.path.insert(0, "")  # modules beside the caller, as `python -m` finds them
        return importlib.import_module(place)
    path = Path(place)
    spec = importlib.util.spec_from_file_location(path.stem, path)
    if spec is None or spec.loader is None or not path.is_file():
        raise InputError(f"TARGET must name a module or a file that exists, got {place}")
    module = importlib.util.module_from_spec(spec)
    sys.modules[path.stem] = module
    spec.loader.exec_module(module)
    return module
