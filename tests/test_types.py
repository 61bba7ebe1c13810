"""Every annotation of a public name can be resolved: typing.get_type_hints, which reads what a caller would."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
import typing
from types import FunctionType, ModuleType

import pytest

import swref

OPTIONAL = ("swref.crosscheck.target.adapters.", "swref.torch", "swref.jax")  # each imports what may be missing
COMMANDS = "swref.commands."  # nobody calls them, and what they annotate with is imported when a command runs
KERNELS = ("swref.kernels.cuda.",)  # import numba.cuda's intrinsics, which a simulator replaces


def modules() -> list[str]:
    """Every module of swref that can be imported here."""
    found = [module.name for module in pkgutil.walk_packages(swref.__path__, "swref.")]
    skipped = (COMMANDS, *OPTIONAL, *KERNELS, "swref.crosscheck.test_conformance", "swref.crosscheck.conftest")
    return [name for name in found if not name.startswith(skipped)]


def annotated(module: ModuleType) -> list[object]:
    """The functions and classes that a module defines, and the methods of the classes."""
    own = [value for value in vars(module).values() if getattr(value, "__module__", None) == module.__name__]
    classes = [value for value in own if inspect.isclass(value)]
    methods = [value for kind in classes for value in vars(kind).values() if isinstance(value, FunctionType)]
    return [value for value in own if isinstance(value, FunctionType)] + classes + methods


@pytest.mark.parametrize("name", modules())
def test_annotations_resolve(name: str) -> None:
    """Oracle: typing itself, which raises NameError for a name that only a type checker sees."""
    for value in annotated(importlib.import_module(name)):
        if not getattr(value, "__qualname__", "").startswith("_"):
            typing.get_type_hints(value)
