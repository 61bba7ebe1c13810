"""Whole runs: in Python, under pytest, in a backend's own tests."""

from __future__ import annotations

import json

import numpy as np
import pytest

from swref.crosscheck import Target, cases, check, run
from swref.crosscheck.test_conformance import seconds_of
from swref.errors import InputError
from tests.support import run_python, slowness


@pytest.mark.slow
@pytest.mark.parametrize("name", ["numpy", "cpu", "torch", "pot", "swref-torch"])
def test_a_full_run_is_right_and_takes_less_than_a_minute(name):
    """The numpy backend is the specification behind the public checks: all must pass, none may be given up."""
    report = run(Target(name), seconds=60)
    if report.status == "missing":
        pytest.skip(report.detail)
    assert [str(v) for v in report.judgements if not v.ok] == []
    assert report.counts["pass"] > (150 if name == "pot" else 300)
    assert report.diagnoses == ()
    assert report.seconds < 60 * slowness()


def test_importing_the_suite_imports_no_optional_library():
    script = (
        "import sys, swref.crosscheck\n"
        "print(sorted({'torch', 'jax', 'ot', 'ott', 'click', 'numba'} & set(sys.modules)))"
    )
    assert run_python(script, timeout=60).stdout.strip() == "[]"


def quick_sw(x, y, theta, p=2.0):
    return np.mean(np.abs(np.sort(x @ theta.T, axis=0) - np.sort(y @ theta.T, axis=0)) ** p)


@pytest.mark.parametrize("case", [c for c in cases("cloud") if "float64" in c.tags], ids=lambda c: c.name)
def test_check_in_pytest(case):
    """The example of the documentation."""
    outcome = check(quick_sw, case)
    assert outcome, outcome


@pytest.mark.slow
def test_inside_the_tests_of_a_backend(tmp_path):
    """pytest --pyargs swref.crosscheck on a wrong loss: one expected failure that it has, one that it has not."""
    (tmp_path / "losses.py").write_text(
        "import swref\n"
        "def sw(x, y, theta, p=2.0):\n"
        "    return swref.sw_loss(x, y, theta, p=p, backend='numpy') if len(x) == len(y) else 0.0\n"
    )
    (tmp_path / "xfail.txt").write_text("unequal-5-7 equal sizes only\ncloud-8x2-float64 not so\n# a comment\n")
    chosen = "unequal-5-7 or unequal-7-5 or cloud-8x2-float64 or order-3-8x2"
    arguments = ["--pyargs", "swref.crosscheck", "-q", "-p", "no:cacheprovider", "-c", "/dev/null", "-k", chosen]
    script = f"import pytest, sys; sys.exit(pytest.main({arguments!r}))"
    result = run_python(
        script,
        timeout=200,
        SWREF_TARGET=f"{tmp_path / 'losses.py'}:sw",
        SWREF_XFAIL=str(tmp_path / "xfail.txt"),
        SWREF_REPORT=str(tmp_path / "report.json"),
    )
    assert "1 xfailed" in result.stdout
    assert "2 failed" in result.stdout, result.stdout
    assert "take it out of the file" in result.stdout
    report = json.loads((tmp_path / "report.json").read_text())
    assert report["xfail"]["unequal-5-7"] == "equal sizes only"


@pytest.mark.parametrize("text", ["", "soon", "0", "-1", "nan"])
def test_a_time_limit_that_is_none_is_one_line(text):
    with pytest.raises(InputError, match="SWREF_TIMEOUT must be"):
        seconds_of(text)
