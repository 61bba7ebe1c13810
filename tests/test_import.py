"""The public names and what importing them costs."""

from __future__ import annotations

import importlib
import importlib.util
import itertools
import json
import re
from pathlib import Path

import pytest

import swref
from tests.support import run_python, slowness

MODULES = sorted(set(swref._HOME.values()))


def test_import_loads_no_heavy_library():
    """Oracle: sys.modules of a fresh interpreter."""
    script = "import json, sys, swref; print(json.dumps(sorted(sys.modules)))"
    result = run_python(script, timeout=60)
    assert result.returncode == 0, result.stderr
    loaded = {name.partition(".")[0] for name in json.loads(result.stdout)}
    assert "swref" in loaded
    assert loaded.isdisjoint({"numpy", "numba", "scipy", "click", "matplotlib", "PIL", "torch", "jax", "ot"})


def test_plain_backend_loads_no_numba():
    """A user without a working numba still has the "numpy" backend."""
    script = (
        "import sys; from swref import sw_loss\n"
        "print(sw_loss([[1.0, 2.0]], [[0.0, 0.0]], [[1.0, 0.0]], backend='numpy'), 'numba' in sys.modules)"
    )
    result = run_python(script, timeout=60)
    assert result.stdout.split() == ["1.0", "False"], result.stderr


@pytest.mark.slow
def test_import_is_quick():
    """Importing swref takes under 0.05 s, timed inside the interpreter; the best of three, the machine being shared."""
    script = "import time; start = time.perf_counter(); import swref; print(time.perf_counter() - start)"
    assert min(float(run_python(script, timeout=60).stdout) for _ in range(3)) < 0.05 * slowness()


@pytest.mark.parametrize("name", swref.__all__)
def test_every_public_name_resolves(name):
    value = getattr(swref, name)
    if name == "__version__":
        assert value.count(".") == 2
    else:
        assert callable(value)
        assert value is getattr(importlib.import_module(swref._HOME.get(name, f"swref.{name}")), name)


def test_public_names_survive_any_import_order():
    """Importing a submodule sets an attribute of the package: it must not take the place of a function's name."""
    script = "\n".join(
        [
            "import importlib, json, types, swref",
            f"for module in {MODULES!r}: importlib.import_module(module)",
            "print(json.dumps([n for n in swref.__all__ if isinstance(getattr(swref, n), types.ModuleType)]))",
        ]
    )
    result = run_python(script, timeout=120)
    assert result.returncode == 0, result.stderr
    assert json.loads(result.stdout) == []


@pytest.mark.parametrize(("first", "second"), [*itertools.permutations(("directions", "sw_loss", "sgd"), 2)])
def test_two_public_names_in_either_order(first, second):
    result = run_python(
        f"from swref import {first}, {second}; print(callable({first}), callable({second}))", timeout=60
    )
    assert result.stdout.split() == ["True", "True"], result.stdout + result.stderr


def test_dir_and_all_agree():
    assert dir(swref) == sorted(swref.__all__)
    assert len(set(swref.__all__)) == len(swref.__all__)


def test_unknown_name():
    with pytest.raises(AttributeError, match=r"module 'swref' has no attribute 'sw_los'"):
        swref.sw_los  # noqa: B018
    with pytest.raises(ImportError):
        from swref import nothing_of_the_kind  # noqa: F401


def test_type_checkers_see_the_names_that_load_lazily():
    """The TYPE_CHECKING block lists the very names that __getattr__ serves, from the same modules."""
    spec = importlib.util.find_spec("swref")
    with open(spec.origin, encoding="utf-8") as file:
        lines = [line.split() for line in file if line.startswith("    from swref.")]
    assert {line[-1]: line[1] for line in lines} == swref._HOME


def test_links_of_the_documentation_lead_somewhere():
    """Every relative link and picture of the Markdown files."""
    root = Path(__file__).resolve().parent.parent
    for page in (*root.glob("*.md"), *root.glob("docs/*.md")):
        for link in re.findall(r"\]\(([^)#\s]+)", page.read_text(encoding="utf-8")):
            assert link.startswith("http") or (page.parent / link).exists(), f"{page.name}: {link}"
