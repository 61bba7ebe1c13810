"""swref info: versions, backends and extras as they are installed."""

from __future__ import annotations

import json

import numpy as np

from tests.commands.support import succeed


def test_info_names_versions_backends_and_extras():
    facts = json.loads(succeed("info", "--json"))
    assert facts["versions"]["numpy"] == np.__version__
    assert facts["backends"]["cuda"].startswith(("missing: ", "available: "))
    assert set(facts["extras"]) == {"matplotlib", "pillow", "numba-cuda"}
    assert facts["threads"] >= 1
    text = succeed("info")
    for word in ("numba", "BLAS", "cuda        ", "kernel cache"):
        assert word in text
