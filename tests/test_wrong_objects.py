"""Every public function, given every kind of wrong object in every argument, says so in one line or answers.

Oracle: the table below. A function without a valid call here fails, as does an answer to what is no legal value, and an
error other than InputError or InputTypeError.
"""

from __future__ import annotations

import importlib
import inspect
import math
import re
from collections.abc import Callable
from fractions import Fraction
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import scipy.sparse

import swref
from swref.errors import InputError, InputTypeError, SwrefError
from tests.wrong_calls import ALWAYS, CALLABLE, FLAG, FUNCTIONS, LEGAL, NONE, UNCHECKED, VALID, Call

ROOMS = (
    "swref",
    "swref.sliced",
    "swref.networks",
    "swref.measures",
    "swref.theory",
    "swref.theory.population",
    "swref.theory.flow",
    "swref.theory.criticality",
    "swref.theory.assumptions",
    "swref.theory.clouds",
    "swref.runs",
    "swref.distributed",
    "swref.crosscheck",
    "swref.experiments",
    "swref.plots",
)


class Refuses:
    """An array of another library that NumPy is not to have, as a tensor that requires grad."""

    shape, ndim, dtype = (2, 2), 2, np.dtype(np.float64)

    def __array__(self, dtype=None, copy=None):
        raise RuntimeError("detach me first,\nor read\nthis")

    def __len__(self):
        raise RuntimeError("no length")

    def __float__(self):
        raise RuntimeError("no float")

    __index__ = __int__ = __bool__ = __float__

    def __repr__(self):
        raise RuntimeError("no repr")


class Raises(int):
    """An integer by its class, and by nothing else."""

    def __index__(self):
        raise RuntimeError("no index")

    __float__ = __index__


WRONG: dict[str, Callable[[], Any]] = {
    "None": lambda: None,
    "True": lambda: True,
    "10^30": lambda: 10**30,
    "-10^30": lambda: -(10**30),
    "10^5000": lambda: 10**5000,
    "-10^5000": lambda: -(10**5000),
    "2^63": lambda: 2**63,
    "-1": lambda: -1,
    "nan": lambda: math.nan,
    "inf": lambda: math.inf,
    "-inf": lambda: -math.inf,
    "complex": lambda: 1j,
    "fraction": lambda: Fraction(1, 3),
    "Fraction of 10^5000": lambda: Fraction(10**5000),
    "text": lambda: "no",
    "empty text": lambda: "",
    "5000 digits": lambda: "9" * 5000,
    "text with NUL": lambda: "a\0b",
    "bytes": lambda: b"no",
    "object": object,
    "set": lambda: {1, 2},
    "dict": lambda: {"a": 1},
    "empty list": list,
    "list of None": lambda: [None],
    "list of 10^5000": lambda: [10**5000],
    "ragged": lambda: [[1.0], [1.0, 2.0]],
    "list of a mask": lambda: [np.ma.masked_array([1.0, 999.0], [False, True])] * 2,
    "mask": lambda: np.ma.masked_array([[1.0, 999.0]] * 2, [[False, True]] * 2),
    "masked vector": lambda: np.ma.masked_array([0.5, 0.5], [False, True]),
    "sparse": lambda: scipy.sparse.eye_array(2).tocsr(),
    "refuses": Refuses,
    "refuses in a list": lambda: [Refuses()],
    "raises": lambda: Raises(3),
    "lambda": lambda: lambda: None,
    "class": lambda: dict,
    "array class": lambda: np.ndarray,
    "network class": lambda: swref.Particles,
    "measure class": lambda: swref.Discrete,
    "module": lambda: math,
    "generator": lambda: (k for k in range(3)),
    "namespace": lambda: SimpleNamespace(n_params=1, dim=1, dim_in=None),
    "numpy string": lambda: np.str_("no"),
    "date": lambda: np.datetime64("2020-01-01"),
    "complex64": lambda: np.complex64(1j),
    "numpy bool": lambda: np.bool_(True),
    "record": lambda: np.zeros(2, [("a", float)]),
    "objects": lambda: np.array([[None, 1.0]] * 2),
    "complex array": lambda: np.ones((2, 2), complex),
    "nan array": lambda: np.full((2, 2), math.nan),
    "no points": lambda: np.zeros((0, 2)),
    "five axes": lambda: np.zeros((1, 1, 1, 1, 1)),
    "float16": lambda: np.ones((2, 2), np.float16),
}


def public() -> dict[str, Any]:
    """Every public function and class, by the first room that has it."""
    found: dict[str, Any] = {}
    for room in ROOMS:
        module = importlib.import_module(room)
        for name in getattr(module, "__all__", [name for name in vars(module) if not name.startswith("_")]):
            value = getattr(module, name)
            if callable(value) and getattr(value, "__module__", "").startswith("swref") and value not in found.values():
                found[f"{room}.{name}"] = value
    return found


def test_every_public_function_has_a_valid_call():
    """Or stands among the unchecked ones, with the reason."""
    names = public().keys()
    missing = sorted(names - VALID.keys() - UNCHECKED.keys())
    assert not missing, f"{missing}: give each a valid call in tests/wrong_calls.py, or say there why it has none"
    assert UNCHECKED.keys() <= names
    assert not UNCHECKED.keys() & VALID.keys()


@pytest.mark.parametrize("name", VALID)
def test_the_valid_call_names_every_argument_and_works(name, tmp_path):
    call = VALID[name](tmp_path)
    function = call.function
    parameters = inspect.signature(function).parameters
    named = {key for key, parameter in parameters.items() if parameter.kind is not parameter.VAR_KEYWORD}
    assert call.arguments.keys() - named == set() or len(named) < len(parameters)
    assert named - call.arguments.keys() == set()
    call.made()


def legal_kinds(call: Call, argument: str) -> frozenset[str]:
    """Those of the tables; None and flags where the annotation has them."""
    parameter = inspect.signature(call.function).parameters.get(argument)
    annotation = "" if parameter is None else str(parameter.annotation)
    legal = ALWAYS | LEGAL.get(argument, ALWAYS) | call.legal.get(argument, ALWAYS)
    optional = "None" in annotation or (parameter is not None and parameter.default is None)
    return legal | (NONE if optional else ALWAYS) | (FLAG if "bool" in annotation else ALWAYS)


def outcome(call: Call, argument: str, wrong: Any) -> str | None:
    """What is wrong about what the function makes of it; None for nothing."""
    try:
        call.made(**{argument: wrong})
    except (InputError, InputTypeError) as error:
        message = str(error)
        said = call.called.get(argument, argument)
        if "\n" in message or len(message) > 1200:
            return f"a message of {len(message)} characters: {message[:200]!r}"
        return None if re.search(said, message) else f"a message that does not name it: {message!r}"
    except SwrefError:  # a file that is not there, a flow that takes too long
        return "an answer"
    except Exception as error:
        return f"{type(error).__name__}: {str(error)[:200]}"
    return "an answer"


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("name", VALID)
def test_wrong_objects_are_refused_in_one_line(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    call, failures = VALID[name](tmp_path), []
    for argument in call.arguments.keys() - call.own:
        legal = legal_kinds(call, argument)
        for kind, make in WRONG.items():
            if argument in FUNCTIONS and kind in CALLABLE:
                continue
            found = outcome(call, argument, make())
            if found is not None and not (found == "an answer" and kind in legal):
                failures.append(f"{argument} = {kind}: {found}")
    assert not failures, "\n".join(failures)
