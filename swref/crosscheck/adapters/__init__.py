"""The adapters by name, and the loading of the user's own. A library is imported only with the adapter it is for."""

from __future__ import annotations

import importlib
import importlib.util
import sys
from dataclasses import asdict, dataclass
from pathlib import Path
from types import ModuleType
from typing import Any, Final

from swref.checks import unknown
from swref.crosscheck.adapters.base import Adapter, Evaluation
from swref.crosscheck.adapters.swref_backend import BACKENDS, SwrefAdapter
from swref.crosscheck.convention import Convention
from swref.errors import InputError

__all__ = ["ADAPTERS", "Adapter", "Evaluation", "MissingLibrary", "Target", "load"]

# name: (module, class, the library that must be there)
ADAPTERS: Final = {
    "torch": ("torch_autograd", "TorchAdapter", "torch"),
    "torch-compile": ("torch_compile", "TorchCompileAdapter", "torch"),
    "jax": ("jax_autodiff", "JaxAdapter", "jax"),
    "pot": ("pot_numpy", "PotAdapter", "ot"),
    "pot-torch": ("pot_torch", "PotTorchAdapter", "ot"),
    "pot-jax": ("pot_jax", "PotJaxAdapter", "ot"),
    "ott": ("ott_jax", "OttAdapter", "ott"),
}
COMMAND: Final = "command:"


class MissingLibrary(Exception):
    """The library of an adapter is not installed here: a line in the table, not an error."""


@dataclass(frozen=True)
class Target:
    """What is checked: an adapter's name, package.module:function (or file.py:function), or command:PROGRAM.

    The convention is that of the user's own function or program; an adapter, and an adapter class, state theirs.

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

    @property
    def convention(self) -> Convention:
        """The declared convention; raises InputError for an unknown name in it."""
        return Convention(self.returns, self.directions, self.points, self.slices, self.factor)

    def to_dict(self) -> dict[str, Any]:
        """In JSON's types."""
        return asdict(self)


def check_name(name: str) -> None:
    """Raise InputError for a target that is neither an adapter's name nor of the form module:function.

    >>> check_name("torhc")  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    swref.errors.InputError: TARGET must be one of numpy, cpu, ... got 'torhc'; did you mean 'torch'?
    """
    if name in BACKENDS or name in ADAPTERS or (":" in name and not name.endswith(":")):
        return
    raise InputError(unknown("TARGET", name, [*BACKENDS, *ADAPTERS]))


def load(target: Target) -> Adapter:
    """The adapter of a target. Raises MissingLibrary where its library is not installed; whatever the user's module
    raises passes through.

    >>> load(Target("numpy")).name
    'numpy'
    """
    check_name(target.name)
    if target.name == "cuda":
        from swref.kernels.cuda.device import problem

        if (reason := problem()) is not None:
            raise MissingLibrary(reason)
    if target.name in BACKENDS:
        return SwrefAdapter(target.name)
    if target.name in ADAPTERS:
        module, attribute, library = ADAPTERS[target.name]
        return getattr(_import_adapter(module, library), attribute)()
    if target.name.startswith(COMMAND):
        from swref.crosscheck.adapters.command import CommandAdapter

        return CommandAdapter(target.name.removeprefix(COMMAND), target.convention, target.gradient)
    return _load_user(target)


def _import_adapter(module: str, library: str) -> ModuleType:
    try:
        return importlib.import_module(f"swref.crosscheck.adapters.{module}")
    except ModuleNotFoundError as error:
        if error.name is None or error.name.partition(".")[0] == "swref":
            raise
        raise MissingLibrary(f"{error.name.partition('.')[0]} is not installed") from None


def _load_user(target: Target) -> Adapter:
    from swref.crosscheck.adapters.user import FunctionAdapter

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
    return FunctionAdapter(value, target.convention, target.gradient, target.name)


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
