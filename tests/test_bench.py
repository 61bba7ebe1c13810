"""Comparing two results of the benchmark. Oracle: what was done to the figures."""

from __future__ import annotations

import copy
import json
import re
import subprocess
import sys
from importlib.util import find_spec

import pytest

from bench.check import WORKS, much_slower
from bench.compare import changes, read
from bench.contenders import numpy_vectorised
from tests.support import ROOT

TABLE = ROOT / "bench" / "results" / "table-xeon.json"


def test_a_result_against_itself_and_against_slower_ones():
    """All times twice as long is another machine, and no change; swref's alone is one."""
    old = read(TABLE)
    new, slow = copy.deepcopy(old), copy.deepcopy(old)
    for row in new["works"]:
        for timing in row["seconds"].values():
            timing.update({name: 2 * value for name, value in timing.items()})
    for row in slow["works"]:
        timing = row["seconds"]["swref cpu"]
        timing.update({name: 3 * value for name, value in timing.items()})
    assert {change.verdict for change in changes(old, new)} == {"same"}
    assert [change.ratio for change in changes(old, new)] == pytest.approx([1.0] * len(changes(old, new)))
    found = changes(old, slow)
    assert len(found) == len([row for row in old["works"] if {"NumPy", "swref cpu"} <= row["seconds"].keys()])
    assert all(change.ratio == pytest.approx(3.0) for change in found)
    assert {change.verdict for change in found} == {"slower"}
    assert {change.verdict for change in changes(slow, old)} == {"faster"}


def test_what_a_gpu_is_looked_at_with_is_there():
    """.ci/device: every file, module and command that it names. Oracle: the files, and the parser of bash."""
    script = (ROOT / ".ci" / "device").read_text()
    subprocess.run(["bash", "-n", ROOT / ".ci" / "device"], check=True)
    paths = set(re.findall(r"tests/[\w/]+\.py", script))
    modules = set(re.findall(r"-m ((?:bench|swref)[\w.]*)", script))
    assert (len(paths), len(modules)) == (4, 3)
    for path in paths:
        assert (ROOT / path).is_file()
    for module in modules:
        assert find_spec(module) is not None


def test_the_command(tmp_path):
    """Exit code 0 where nothing is slower, 2 and one line for what is no result."""
    (tmp_path / "no.json").write_text(json.dumps([1]))

    def asked(*arguments):
        command = [sys.executable, "-m", "bench", "compare", *map(str, arguments)]
        return subprocess.run(command, capture_output=True, text=True, cwd=ROOT, check=False)

    same = asked(TABLE, TABLE)
    assert same.returncode == 0
    assert "(1000, 2, 500)" in same.stdout
    wrong = asked(TABLE, tmp_path / "no.json")
    assert wrong.returncode == 2
    assert "expected the JSON of python -m bench, format 1" in wrong.stderr.splitlines()[-1]


def test_kernels_in_plain_numpy_are_found():
    """In every work of the check, over those that take a tenth of a second."""
    works = tuple(work for work in WORKS if work.n < 10_000)
    found, slow = much_slower(read(TABLE), works, turns=2, own=numpy_vectorised)
    assert [change.work for change in slow] == [change.work for change in found] == [work.name for work in works]
