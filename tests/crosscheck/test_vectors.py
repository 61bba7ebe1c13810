"""Golden vectors: the schema, uniqueness and tolerances, and readers in C, JavaScript and torch that know FORMAT.md."""

from __future__ import annotations

import json
import re
import shutil
import subprocess

import numpy as np
import pytest

from swref.crosscheck import cases, find
from swref.crosscheck.kinds.rules import RULES
from swref.crosscheck.outputs.export import DESCRIPTION, SCHEMA, export
from tests.support import ROOT

SOME = ("weights-x", "unequal-63-64", "duplicates-in-y", "order-1-8x2-float32", "half-equal-p1.5", "bfloat16-8x2-p2",
        "refuse-nan-in-x", "overflow-1e200-p2-float64", "trace-adam", "trace-momentum", "trace-particles")  # fmt: skip


@pytest.fixture(scope="module", params=[pytest.param(SOME, id="some"), pytest.param(None, marks=pytest.mark.slow)])
def vectors(request, tmp_path_factory):
    """A folder of golden vectors: of some cases, and of all."""
    folder = tmp_path_factory.mktemp("golden")
    known = {case.name: case for case in cases()}
    chosen = known.values() if request.param is None else [known[name] for name in request.param if name in known]
    export(folder, list(chosen))
    return folder / "1"


def manifest(vectors):
    return json.loads((vectors / "manifest.json").read_text())


def test_the_manifest_follows_its_schema(vectors):
    validator = pytest.importorskip("jsonschema").Draft202012Validator(json.loads(SCHEMA.read_text()))
    right = manifest(vectors)
    validator.validate(right)
    points, trace = right["cases"][0], right["cases"][-1]
    for wrong in (
        right | {"format": 2},
        right | {"cases": [points | {"kind": "line"}]},
        right | {"cases": [points | {"more": 1}]},
        right | {"cases": [{name: value for name, value in points.items() if name != "low"}]},
        right | {"cases": [trace | {"rule": "sgdm"}]},
    ):
        assert not validator.is_valid(wrong)


def test_every_array_is_described(vectors):
    text = DESCRIPTION.read_text()
    for entry in manifest(vectors)["cases"]:
        with np.load(vectors / entry["file"]) as file:
            assert [name for name in file.files if f"`{name}`" not in text] == []


@pytest.mark.skipif(shutil.which("node") is None, reason="no node")
def test_a_reader_in_javascript(vectors):
    """Its own loss, networks and rules; a gradient and a trace that are changed are wrong."""
    program = ["node", str(ROOT / "docs" / "vectors_example.js"), str(vectors)]
    done = subprocess.run(program, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    counts = json.loads(done.stdout)
    assert counts["points"] >= 6
    assert counts["trace"] >= 2
    damaged = vectors / "trace-adam.npz"
    whole = damaged.read_bytes()
    try:
        damaged.write_bytes(whole.replace(np.float64(0.01).tobytes(), np.float64(0.02).tobytes(), 1))  # alpha
        done = subprocess.run(program, capture_output=True, text=True, timeout=60, check=False)
        assert "trace-adam: checksum\ntrace-adam: leaves the trace at step 1" in done.stdout
    finally:
        damaged.write_bytes(whole)


@pytest.mark.skipif(shutil.which("cc") is None, reason="no C compiler")
def test_a_reader_in_c(vectors, tmp_path):
    program = tmp_path / "vectors"
    source = ROOT / "docs" / "vectors_example.c"
    subprocess.run(["cc", "-O2", "-o", str(program), str(source), "-lm"], check=True, timeout=60)
    taken = [e for e in manifest(vectors)["cases"] if e.get("expect") == "answer" and e["dtype"].startswith("float")]
    taken = [entry for entry in taken if entry["dtype"] != "float16"]
    by_gradient = [[str(vectors / e["file"]) for e in taken if e["unique_gradient"] is one] for one in (True, False)]
    line = [str(program), *by_gradient[0], "--value", *by_gradient[1]]
    done = subprocess.run(line, capture_output=True, text=True, timeout=60, check=False)
    assert done.stdout == f"{len(taken)} files, 0 wrong\n"


def test_rules_follow_torch():
    """Oracle: torch.optim with a given gradient."""
    torch = pytest.importorskip("torch")
    optimizers = {
        "sgd": lambda u: torch.optim.SGD([u], lr=0.1),
        "momentum": lambda u: torch.optim.SGD([u], lr=0.1, momentum=0.9),
        "adam": lambda u: torch.optim.Adam([u], lr=0.1),
    }
    assert optimizers.keys() == RULES.keys()
    for name, make in optimizers.items():
        u, rule = torch.zeros(3, dtype=torch.float64), RULES[name]()
        optimizer, mine = make(u), np.zeros(3)
        for phi in np.random.default_rng(0).standard_normal((5, 3)):
            u.grad = torch.from_numpy(phi)
            optimizer.step()
            mine = mine - 0.1 * rule(phi)
        np.testing.assert_allclose(mine, u.numpy(), rtol=1e-13)


def test_the_example_in_torch(tmp_path, monkeypatch):
    """The page's own code, stepped through a whole trace."""
    pytest.importorskip("torch")
    export(tmp_path / "vectors", [find("trace-adam")])
    monkeypatch.chdir(tmp_path)
    page = (ROOT / "docs" / "crosscheck.md").read_text()
    [code] = [block for block in re.findall(r"```python\n(.*?)```", page, re.DOTALL) if "trace-adam" in block]
    exec(compile(code, "crosscheck.md", "exec"), {})
    with pytest.raises(AssertionError):
        exec(compile(code.replace("lr=float(file", "lr=2 * float(file"), "crosscheck.md", "exec"), {})
