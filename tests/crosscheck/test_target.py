"""Targets: functions, programs, libraries, and the process that shields the suite from them."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import swref
from swref.crosscheck import Case, Target, cases, check, find, run
from swref.errors import InputError
from tests.support import run_python

ROOT = Path(__file__).resolve().parent.parent.parent

POINTS = [case for case in cases() if isinstance(case, Case)]


def test_every_optional_library_may_be_missing():
    """With nothing importable but NumPy, an adapter is a line, not an error."""
    script = "\n".join(
        [
            "import sys",
            "for name in ('torch', 'jax', 'ot', 'ott'): sys.modules[name] = None",
            "from swref.crosscheck.adapter import MissingLibrary",
            "from swref.crosscheck.target import BACKENDS, Target, load, names",
            "for name in names()[len(BACKENDS):]:",
            "    try: load(Target(name))",
            "    except MissingLibrary as error: print(error)",
        ]
    )
    lines = run_python(script, timeout=60).stdout.splitlines()
    assert len(lines) == 7
    assert all(line.endswith("is not installed") for line in lines)


@pytest.mark.parametrize(
    ("name", "gradient", "status", "detail"),
    [
        ("raises", "none", "error", "RuntimeError: no such thing"),
        ("hangs", "none", "timeout", "no answer within 1 s"),
        ("dies", "none", "crash", "exit code 7"),
        ("prints", "none", "pass", ""),
        ("wrong_shape", "none", "invalid", "one number, got shape (3,)"),
        ("wrong_type", "none", "invalid", "got str"),
        ("is_complex", "none", "invalid", "dtype complex128"),
        ("nan", "none", "invalid", "returned nan"),
        ("transposed_gradient", "function", "invalid", "dx must have shape (8, 2), got (2, 8)"),
        ("half_gradient", "function", "invalid", "dx came as float32"),
        ("no_pair", "function", "invalid", "must return (value, dx)"),
    ],
)
def test_bad_targets_are_reported_as_what_they_are(bad_targets, name, gradient, status, detail):
    """Two cases each: the suite goes on after the first."""
    chosen = [find("cloud-8x2-float64"), find("cloud-64x3-float64")]
    report = run(Target(f"{bad_targets}:{name}", gradient=gradient), chosen, seconds=1.0)
    assert report.status == "ran"
    level = "gradient" if gradient == "function" else "value"
    found = [v for v in report.judgements if v.level == level]
    assert [v.status for v in found] == [status, status]
    assert detail in next(v.detail for v in found if v.case == "cloud-8x2-float64")


def test_a_target_that_cannot_be_loaded(bad_targets, tmp_path):
    assert "bad_targets.py must be one of" in run(Target(f"{bad_targets}:raise")).detail
    (tmp_path / "broken.py").write_text("1 / 0")
    report = run(Target(f"{tmp_path / 'broken.py'}:f"))
    assert (report.status, report.ok) == ("unusable", False)
    assert report.detail.startswith("ZeroDivisionError")
    assert "No module named" in run(Target("no_such_module_anywhere:f")).detail


def test_a_target_that_keeps_hanging_is_given_up(bad_targets):
    chosen = [case for case in POINTS if "closed-form" in case.tags and case.inputs.p == 2]
    report = run(Target(f"{bad_targets}:hangs"), chosen, seconds=0.2)
    statuses = [v.status for v in report.judgements if v.level == "value"]
    assert statuses[:3] == ["timeout"] * 3
    assert "timeout" not in statuses[3:]
    assert not report.ok


def quick_sw(x, y, theta, p=2.0):
    return np.mean(np.abs(np.sort(x @ theta.T, axis=0) - np.sort(y @ theta.T, axis=0)) ** p)


def test_conventions_of_a_users_function():
    case = find("order-3-8x2-float64")
    n, L = case.inputs.n, case.inputs.L
    assert check(lambda x, y, theta, p: quick_sw(x, y, theta, p) ** (1 / p), case, returns="sw")
    assert check(lambda x, y, theta, p: quick_sw(x, y, theta.T, p), case, directions="dl")
    assert check(lambda x, y, theta, p: n * quick_sw(x, y, theta, p), case, points="sum")
    assert check(lambda x, y, theta, p: L * quick_sw(x, y, theta, p), case, slices="sum")
    assert not check(lambda x, y, theta, p: quick_sw(x, y, theta, p) ** (1 / p), case)
    roots = [quick_sw(case.inputs.x, case.inputs.y, row[None], 3.0) ** (1 / 3) for row in case.inputs.theta]
    assert check(lambda x, y, theta, p: np.mean(roots), case, returns="mean")
    with pytest.raises(InputError, match=r"returns must be one of sw_pp, sw, mean, got 'root'"):
        check(quick_sw, case, returns="root")


def test_what_a_signature_lacks_is_skipped():
    assert check(lambda x, y, theta: 0.0, find("order-3-8x2-float64")).skipped
    assert check(quick_sw, find("weights-random")).skipped
    assert check(swref.sw_loss, find("weights-random"))


def same_in_torch_and_jax(x, y, theta, p=2.0):
    """Methods and operators that both libraries have."""
    px, py = theta @ x.T, theta @ y.T
    if hasattr(px, "detach"):
        px, py = px.sort(dim=1).values, py.sort(dim=1).values
    else:
        px, py = px.sort(axis=1), py.sort(axis=1)
    return (abs(px - py) ** p).mean()


@pytest.mark.parametrize("library", ["torch", "jax"])
@pytest.mark.parametrize("name", ["cloud-8x2-float64", "cloud-8x2-float32", "duplicates", "layout-reversed"])
def test_differentiated_functions(library, name):
    pytest.importorskip(library)
    outcome = check(same_in_torch_and_jax, find(name), gradient=library)
    assert outcome, outcome
    assert [v.status for v in outcome.judgements] == ["pass", "pass"]
    assert not check(lambda x, y, theta: 2 * same_in_torch_and_jax(x, y, theta), find(name), gradient=library)


@pytest.mark.skipif(shutil.which("cc") is None, reason="no C compiler")
def test_program_in_c(tmp_path):
    """The worked example of the documentation: compiled, and right on every case that it takes."""
    program = tmp_path / "sw"
    source = ROOT / "docs" / "crosscheck_example.c"
    subprocess.run(["cc", "-O2", "-o", str(program), str(source), "-lm"], check=True, timeout=60)
    chosen = [c for c in POINTS if not {"large", "half"} & set(c.tags)]
    report = run(Target(f"command:{program}", gradient="function"), chosen)
    assert [str(v) for v in report.judgements if not v.ok] == []
    assert report.counts["pass"] > 200


@pytest.mark.parametrize(
    ("script", "detail"),
    [
        ("import sys; sys.exit('broken')", "exit code 1: broken"),
        ("print()", "the program must write an .npz"),
        ("import sys, numpy; numpy.savez(sys.argv[2], v=1)", "must write the array value, got v"),
    ],
)
def test_program_that_fails(tmp_path, script, detail):
    path = tmp_path / "program.py"
    path.write_text(script)
    report = run(Target(f"command:{sys.executable} {path}", gradient="none"), [find("cloud-8x2-float64")])
    assert detail in report.judgements[0].detail
