"""The tests mirror the package: every module that computes is named by a test module that says its oracle."""

from __future__ import annotations

import ast
import tomllib
from functools import cache
from pathlib import Path

import pytest

from tests.support import ROOT

PACKAGE, TESTS = ROOT / "swref", ROOT / "tests"
BY_FOLDER = ("experiments", "crosscheck")  # rooms whose test modules are of a recipe, a case or a folder as a whole

# Modules with functions or classes that need no test module of their own, and why.
EXCEPTIONS = {
    "errors.py": "exceptions: nothing is computed",
    "kernels/cuda/coupled.py": "needs numba-cuda: run in its simulator by cuda/test_backend, compiled by cuda/test_ptx",
    "kernels/cuda/elements.py": "the same",
    "kernels/cuda/equal.py": "the same",
    "kernels/cuda/job.py": "the same",
    "kernels/cuda/network.py": "the same, by cuda/test_descent",
    "kernels/cuda/origin.py": "the same, by cuda/test_backend",
    "kernels/cuda/policy.py": "needs numba-cuda: run in its simulator by cuda/test_backend; kept by cuda/test_device",
    "kernels/cuda/rows.py": "the same",
    "kernels/cuda/tiles.py": "the same",
    "__main__.py": "what every test of a process starts",
    "commands/experiment.py": "a command of the experiments, tested with them",
    "commands/crosscheck.py": "a command of the crosscheck, tested with it",
}
# Test modules that are of no single module, and what they are of.
OF_THE_WHOLE = {
    "test_layout.py": "this rule",
    "test_bench.py": "what bench makes of its results",
    "test_import.py": "the public names",
    "test_wrong_objects.py": "the arguments of all public functions",
    "test_bad_input.py": "the refusals of all public functions and commands",
    "test_fuzz.py": "what holds of every reader and decoder",
    "test_types.py": "the annotations of all modules",
    "commands/test_commands.py": "what holds of all commands",
    "commands/test_places.py": "what holds of all commands, wherever they run",
    "runs/test_faults.py": "what holds of every file of a run",
    "runs/sweep/test_faults.py": "what holds of a sweep whatever is killed",
    "runs/test_long.py": "the memory and the rows of long runs",
    "runs/test_hostile_folder.py": "what holds of every file of a run",
    "measures/test_budgets.py": "what holds of every reader",
    "sliced/test_invariance.py": "what holds of every backend",
    "theory/population/test_small_masses.py": "what holds of every order and batch size",
    "kernels/cuda/test_ptx.py": "the compilation of every CUDA kernel",
}


def room(path: Path, root: Path) -> str:
    return path.relative_to(root).parts[0]


@cache
def modules() -> list[str]:
    """The modules with a function or a class, as paths from the package."""
    found = []
    for path in sorted(PACKAGE.rglob("*.py")):
        if path.name == "__init__.py" or room(path, PACKAGE) in BY_FOLDER:
            continue
        body = ast.parse(path.read_text(encoding="utf-8")).body
        if any(isinstance(node, (ast.FunctionDef, ast.ClassDef)) for node in body):
            found.append(path.relative_to(PACKAGE).as_posix())
    return found


def test_modules() -> list[str]:
    """The test modules, as paths from the folder of the tests."""
    paths = (path.relative_to(TESTS).as_posix() for path in sorted(TESTS.rglob("test_*.py")))
    return [path for path in paths if not path.startswith((*(f"{name}/" for name in BY_FOLDER), "docs/"))]


test_modules.__test__ = False


def mirrored(module: str) -> str:
    """Where the test module of a module is.

    >>> mirrored("kernels/cpu/rows.py")
    'kernels/cpu/test_rows.py'
    """
    folder, _, name = module.rpartition("/")
    return f"{folder}/test_{name}" if folder else f"test_{name}"


@pytest.mark.parametrize("module", [module for module in modules() if module not in EXCEPTIONS])
def test_every_module_that_computes_is_named_by_a_test_module(module):
    assert (TESTS / mirrored(module)).is_file(), f"swref/{module} has no tests/{mirrored(module)}"


@pytest.mark.parametrize("path", test_modules())
def test_every_test_module_is_of_a_module_and_says_its_oracle(path):
    """In its docstring; and it imports its module, or something of its room."""
    document = ast.get_docstring(ast.parse((TESTS / path).read_text(encoding="utf-8")))
    assert document is not None
    assert len(document) > 20
    assert path in OF_THE_WHOLE or path in {mirrored(module) for module in modules()}


def test_exceptions_are_needed():
    """An exception for a module that is gone, or that has a test module by now, is to go."""
    for module, reason in EXCEPTIONS.items():
        assert (PACKAGE / module).is_file(), module
        assert not (TESTS / mirrored(module)).exists(), module
        assert reason
    for path in OF_THE_WHOLE:
        assert (TESTS / path).is_file(), path


def test_the_oldest_versions_are_the_bounds():
    """Oracle: pyproject.toml, read by the standard library."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = project["optional-dependencies"]
    bounds = dict(
        entry.split(">=")
        for entry in [*project["dependencies"], *extras["plot"], *extras["image"], *extras["table"], *extras["test"]]
        if not entry.startswith(("swref", "ruff", "import-linter", "mypy", "scipy-stubs", "coverage"))
    )
    lines = (ROOT / ".ci" / "oldest.txt").read_text().split("#")[1].splitlines()[1:]
    oldest = dict(line.split("==") for line in lines)
    assert oldest.keys() == bounds.keys()
    for name, version in oldest.items():
        assert (version + ".").startswith(bounds[name] + "."), name
