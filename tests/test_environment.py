"""What is installed: the packages' own metadata, and what is said of what is not there."""

from __future__ import annotations

import importlib.util
import json
import platform
import re
import sys
import tomllib
from importlib import metadata

import numpy as np
import pytest
from threadpoolctl import threadpool_info

import swref
from swref import environment
from swref.environment import EXTRAS, REQUIRED, describe
from swref.kernels.threads import get_num_threads
from tests.support import ROOT


@pytest.mark.compiled
def test_the_description_is_what_the_packages_say_of_themselves():
    facts = json.loads(json.dumps(describe()))
    assert facts["swref"] == swref.__version__
    assert facts["python"] == platform.python_version()
    assert facts["versions"] == {name: metadata.version(name) for name in REQUIRED}
    assert facts["versions"]["numpy"] == np.__version__
    assert facts["threads"] == get_num_threads()
    blas = [library for library in threadpool_info() if library["user_api"] == "blas"]
    assert [library["version"] for library in facts["blas"]] == [library["version"] for library in blas]
    assert facts["backends"]["cpu"] == facts["backends"]["numpy"] == "available"
    assert "swref-numba-" in facts["kernel_cache"]["folder"]
    assert facts["kernel_cache"]["state"].endswith("writable")


def test_what_is_missing_is_said_with_what_to_install(monkeypatch):
    """Oracle: an interpreter made to find none of it."""
    find = importlib.util.find_spec
    monkeypatch.setattr(environment, "find_spec", lambda name: None if name in ("PIL", "numba_cuda") else find(name))
    monkeypatch.setitem(sys.modules, "numba", None)
    facts = describe()
    assert facts["extras"]["pillow"] == f'missing: pip install "{EXTRAS["pillow"]}"'
    assert facts["extras"]["numba-cuda"].startswith("missing: pip install")
    assert facts["extras"]["matplotlib"] == metadata.version("matplotlib")
    assert facts["backends"]["cpu"].startswith("missing: ")
    assert facts["kernel_cache"] is None
    monkeypatch.setattr(metadata, "version", lambda name: (_ for _ in ()).throw(metadata.PackageNotFoundError(name)))
    assert describe()["versions"]["scipy"] is None
    assert describe()["extras"]["matplotlib"] == "installed"


def test_the_extras_are_those_of_the_project():
    """Oracle: pyproject.toml; and the messages of what is missing, which name them."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    asked = {entry for entries in project["optional-dependencies"].values() for entry in entries}
    assert set(EXTRAS.values()) <= asked
    for module in ("plots/loading.py", "measures/image.py", "measures/arrow.py", "runs/executors/dask.py"):
        (named,) = re.findall(r'pip install "([^"]+)"', (ROOT / "swref" / module).read_text(encoding="utf-8"))
        assert named in EXTRAS.values(), module
