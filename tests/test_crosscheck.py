"""The conformance suite: its catalogue, the set of valid gradients, its verdicts, isolation, traces and files."""

from __future__ import annotations

import hashlib
import json
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

import swref
from swref.commands.crosscheck import crosscheck as command
from swref.crosscheck import Adapter, Case, Convention, Evaluation, Inputs, Target, cases, check, find, run
from swref.crosscheck import trace as traces
from swref.crosscheck.answer import Answer
from swref.crosscheck.case import MeanCase, NetworkCase, TraceCase
from swref.crosscheck.export import export
from swref.crosscheck.hull import GradientSet
from swref.crosscheck.show import describe, smooth_step
from swref.errors import DataError, InputError
from tests.support import central_difference, run_python, tol

ROOT = Path(__file__).resolve().parent.parent
POINTS = [case for case in cases() if isinstance(case, Case)]


def test_catalogue_is_large_named_and_documented():
    assert len(cases()) >= 80
    assert len({case.name for case in cases()}) == len(cases())
    assert all(case.why and case.tags and case.levels for case in cases())


def test_inputs_are_seeded_by_the_name():
    """Oracle: the same case made again; another name gives other numbers."""
    first, again = find("cloud-8x2-float64").inputs, find("cloud-8x2-float64").make(np.random.default_rng(0))
    assert first.x.shape == again.x.shape
    assert not np.array_equal(first.x, again.x)
    script = "from swref.crosscheck import find; print(find('cloud-8x2-float64').inputs.x[0, 0].hex())"
    assert run_python(script, timeout=60).stdout.strip() == first.x[0, 0].hex()


@pytest.mark.parametrize("case", [c for c in POINTS if c.closed_form is not None], ids=lambda c: c.name)
def test_closed_forms_hold_the_specification(case):
    """Oracle: the formula in the case."""
    assert Answer(case.inputs, Convention()).value.centre == pytest.approx(case.closed_form, rel=1e-14)


@pytest.mark.parametrize("name", ["order-3-8x2-float64", "unequal-5-7", "weights-random", "order-1.5-8x2-float64"])
def test_unique_gradients_agree_with_finite_differences_inside_the_cell(name):
    """Oracle: central differences of the specification with the step that the case calls smooth."""
    inputs = find(name).inputs
    step = smooth_step(inputs)

    def value(x):
        return Answer(replace(inputs, x=x), Convention()).losses.mean()

    got = Answer(inputs, Convention()).gradient.stable
    np.testing.assert_allclose(got, central_difference(value, inputs.x, min(step, 1e-5)), atol=3e-6)


@pytest.mark.parametrize("name", ["cloud-1000x2-float32", "lattice", "collapsed", "near-tie"])
def test_no_smooth_step_at_ties(name):
    assert smooth_step(find(name).inputs) is None


TIED = ["collapsed", "duplicates", "duplicates-p1", "duplicates-p3", "lattice-axes", "lattice", "duplicates-unequal"]


def another_matching(inputs: Inputs, seed: int) -> np.ndarray:
    """A valid gradient: the stable one of points in another order."""
    order = np.random.default_rng(seed).permutation(inputs.n)
    out = np.empty(inputs.x.shape)
    out[order] = Answer(replace(inputs, x=inputs.x[order]), Convention()).gradient.stable
    return out


@pytest.mark.parametrize("name", TIED)
def test_every_matching_and_every_average_is_accepted(name):
    inputs = find(name).inputs
    valid = Answer(inputs, Convention()).gradient
    gradients = [another_matching(inputs, seed) for seed in range(4)]
    assert [valid.distance(g) for g in (*gradients, np.mean(gradients, axis=0))] == [0.0] * 5


@pytest.mark.parametrize("name", TIED)
@pytest.mark.parametrize("seed", [0, 1])
def test_gradients_outside_the_hull_are_refused(name, seed):
    """Rows that lie in no tied group exchanged, or one row moved by 1 %."""
    inputs = find(name).inputs
    valid = Answer(inputs, Convention()).gradient
    gradient, rng = valid.stable, np.random.default_rng(seed)
    beyond = gradient + 0.05 * np.abs(gradient).max() * rng.standard_normal(gradient.shape)
    assert valid.distance(beyond) > 0
    assert valid.distance(1.01 * gradient) > 0
    assert valid.distance(-gradient) > 0


def test_the_sum_of_a_tied_group_is_not_free():
    """Two tied points, slots 1 and 3: (1, 3), (3, 1) and (2, 2) are valid, (1, 1) and (3, 3) are not."""
    valid = GradientSet(Inputs(np.zeros((2, 1)), np.array([[-1.0], [-3.0]]), np.ones((1, 1))), np.ones(1))
    assert [valid.distance(np.array([[a], [b]])) for a, b in ((1, 3), (3, 1), (2, 2))] == [0.0, 0.0, 0.0]
    assert all(valid.distance(np.array([[a], [b]], dtype=float)) > 0.5 for a, b in ((1, 1), (3, 3)))


def test_any_slope_is_valid_at_a_kink_for_p_1():
    valid = GradientSet(Inputs(np.zeros((1, 1)), np.zeros((1, 1)), np.ones((1, 1)), 1.0), np.ones(1))
    assert [valid.distance(np.array([[g]])) == 0.0 for g in (-1.0, 0.0, 0.3, 1.0, 1.1)] == [True] * 4 + [False]


@pytest.mark.parametrize("returns", ["sw_pp", "sw", "mean"])
@pytest.mark.parametrize("points", ["mean", "sum"])
@pytest.mark.parametrize("slices", ["mean", "sum"])
def test_convention_slopes_are_its_derivative(returns, points, slices):
    """Oracle: central differences of Convention.value."""
    convention, losses = Convention(returns, "ld", points, slices, 0.5), np.array([0.5, 1.0, 2.0])
    want = central_difference(lambda a: convention.value(a, 3.0, 7), losses)
    np.testing.assert_allclose(convention.slopes(losses, 3.0, 7), want, rtol=1e-8)
    if returns != "mean":
        gradient = convention.slopes(losses, 3.0, 7)
        back = convention.gradient_of_power(convention.value(losses, 3.0, 7), gradient, 3.0, 7, 3)
        np.testing.assert_allclose(back, np.full(3, 1 / 3), rtol=tol(np.float64))


def test_backends_of_swref_pass_in_a_process_of_their_own():
    """The numpy backend is the specification behind the public checks: all must pass, none may be given up."""
    report = run(Target("numpy"), [case for case in cases() if "large" not in case.tags])
    assert [str(v) for v in report.verdicts if not v.ok] == []
    assert report.ok
    assert report.counts["pass"] > 300
    assert report.diagnoses == ()


@pytest.mark.slow
@pytest.mark.parametrize("name", ["numpy", "cpu", "torch", "pot"])
def test_a_full_run_takes_less_than_a_minute(name):
    report = run(Target(name), seconds=60)
    if report.status == "missing":
        pytest.skip(report.detail)
    assert report.ok
    assert report.seconds < 60


def test_every_optional_library_may_be_missing():
    """With nothing importable but NumPy, an adapter is a line, not an error."""
    script = "\n".join(
        [
            "import sys",
            "for name in ('torch', 'jax', 'ot', 'ott'): sys.modules[name] = None",
            "from swref.crosscheck.adapters import ADAPTERS, MissingLibrary, Target, load",
            "for name in ADAPTERS:",
            "    try: load(Target(name))",
            "    except MissingLibrary as error: print(error)",
        ]
    )
    lines = run_python(script, timeout=60).stdout.splitlines()
    assert len(lines) == 7
    assert all(line.endswith("is not installed") for line in lines)


def test_importing_the_suite_imports_no_optional_library():
    script = (
        "import sys, swref.crosscheck\n"
        "print(sorted({'torch', 'jax', 'ot', 'ott', 'click', 'numba'} & set(sys.modules)))"
    )
    assert run_python(script, timeout=60).stdout.strip() == "[]"


BAD_TARGETS = """
import os, sys, time
import numpy as np

def raises(x, y, theta):
    raise RuntimeError("no such thing")

def hangs(x, y, theta):
    time.sleep(60)

def dies(x, y, theta):
    os._exit(7)

def prints(x, y, theta):
    print("to stdout")
    sys.stdout.flush()
    return np.mean((np.sort(x @ theta.T, axis=0) - np.sort(y @ theta.T, axis=0)) ** 2)

def wrong_shape(x, y, theta):
    return np.ones(3)

def wrong_type(x, y, theta):
    return "12"

def is_complex(x, y, theta):
    return 1j

def nan(x, y, theta):
    return float("nan")

def transposed_gradient(x, y, theta):
    return prints(x, y, theta), x.T

def half_gradient(x, y, theta):
    return prints(x, y, theta), x.astype(np.float32)

def no_pair(x, y, theta):
    return prints(x, y, theta)
"""


@pytest.fixture
def bad_targets(tmp_path):
    path = tmp_path / "bad_targets.py"
    path.write_text(BAD_TARGETS)
    return path


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
    found = [v for v in report.verdicts if v.level == level]
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
    statuses = [v.status for v in report.verdicts if v.level == "value"]
    assert statuses[:3] == ["timeout"] * 3
    assert "timeout" not in statuses[3:]
    assert not report.ok


def quick_sw(x, y, theta, p=2.0):
    return np.mean(np.abs(np.sort(x @ theta.T, axis=0) - np.sort(y @ theta.T, axis=0)) ** p)


@pytest.mark.parametrize("case", [c for c in cases("cloud") if "float64" in c.tags], ids=lambda c: c.name)
def test_check_in_pytest(case):
    """The example of the documentation."""
    outcome = check(quick_sw, case)
    assert outcome, outcome


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
    assert [v.status for v in outcome.verdicts] == ["pass", "pass"]
    assert not check(lambda x, y, theta: 2 * same_in_torch_and_jax(x, y, theta), find(name), gradient=library)


class Mine(Adapter):
    """Ten lines of a user's own adapter."""

    convention = Convention("sw", "dl")

    def evaluate(self, inputs, gradient):
        value, dx = swref.sw_loss_and_grad(inputs.x, inputs.y, inputs.theta, p=inputs.p)
        root = value ** (1 / inputs.p)
        return Evaluation(root, dx * root / (inputs.p * value) if value else dx)


@pytest.mark.parametrize("name", ["cloud-8x2-float64", "parameters-mlp-tanh-float64", "trace-mlp-tanh"])
def test_adapter_class_of_the_user(name):
    """The root's gradient is converted back to that of SW_p^p for parameters, steps and runs."""
    outcome = check(Mine(), find(name))
    assert outcome, outcome
    assert not outcome.skipped


def test_networks_of_the_catalogue_are_the_package_s():
    names = {type(case.net).__name__ for case in cases() if isinstance(case, NetworkCase)}
    assert {"MLP", "SkipNet", "CutOff", "Particles"} <= names


class WrongStep(Adapter):
    """A step twice as long: phi is right."""

    def evaluate(self, inputs, gradient):
        return Evaluation(*swref.sw_loss_and_grad(inputs.x, inputs.y, inputs.theta, p=inputs.p, backend="numpy"))

    def step(self, net, u, inputs, alpha, noise=0.0, xi=None, radius=float("inf")):
        return super().step(net, u, inputs, 2 * alpha, noise, xi, radius)


def test_a_wrong_step_is_caught_by_step_and_trace():
    assert [v.status for v in check(WrongStep(), find("parameters-mlp-tanh-float64")).verdicts] == ["pass", "fail"]
    [verdict] = check(WrongStep(), find("trace-mlp-tanh")).verdicts
    assert verdict.detail == "leaves the trace at step 1 of 50"


def test_trace_replays(tmp_path):
    """Oracle: u^{t+1} = pi_r(u^t - alpha phi^t + alpha a xi^t) from the file's own arrays, and the sorting orders."""
    case = find("trace-noised-projected")
    path = tmp_path / "trace.npz"
    traces.save(path, traces.record(case))
    file = traces.load(path)
    for t in range(case.steps):
        moved = file["u"][t] - file["alpha"] * file["phi"][t] + file["alpha"] * file["noise"] * file["xi"][t]
        moved *= min(1.0, float(file["radius"]) / np.linalg.norm(moved))
        np.testing.assert_allclose(file["u"][t + 1], moved, rtol=1e-14)
    projected = np.take_along_axis(file["theta"][3] @ file["out"][3].T, file["order_x"][3], axis=1)
    assert (np.diff(projected, axis=1) >= 0).all()
    assert (file["tolerance"] < 1e-9).all()
    (tmp_path / "other.npz").write_bytes(b"not a zip")
    with pytest.raises(DataError, match="must be a trace"):
        traces.load(tmp_path / "other.npz")


def own(normalise=True, positive=False, L=4):
    def loss(x, y, p=2.0):
        theta = np.random.standard_normal((L, x.shape[1]))  # noqa: NPY002  as such losses do
        theta = np.abs(theta) if positive else theta
        theta = theta / np.linalg.norm(theta, axis=1, keepdims=True) if normalise else theta
        value, (dx,) = swref.spec.sw_loss_and_grad(x, y, theta, p)
        return value, dx

    return loss


MEANS = [case for case in cases() if isinstance(case, MeanCase)]


@pytest.mark.parametrize("case", MEANS, ids=lambda c: c.name)
def test_unbiased_losses_pass_and_their_variance_is_told(case):
    outcome = check(own(), case, directions="own", gradient="function")
    assert outcome, outcome
    counted = float(outcome.verdicts[0].detail.split("variance of ")[1].split()[0])
    assert counted == pytest.approx(4, rel=0.35)


@pytest.mark.parametrize("mistake", [{"normalise": False}, {"positive": True}])
def test_biased_directions_are_caught(mistake):
    failed = [case.name for case in MEANS if not check(own(**mistake), case, directions="own", gradient="function")]
    assert len(failed) >= 2


def test_unnormalised_directions_are_diagnosed(tmp_path):
    """Oracle: the mistake that was made; E |g|^p for a Gaussian vector g."""
    (tmp_path / "gaussian.py").write_text(
        "import numpy as np, swref.spec\n"
        "def sw(x, y, p=2.0):\n"
        "    theta = np.random.standard_normal((4, x.shape[1]))\n"
        "    return swref.spec.sw_loss_and_grad(x, y, theta, p)[0]\n"
    )
    report = run(Target(f"{tmp_path / 'gaussian.py'}:sw", directions="own"), MEANS)
    assert [v.status for v in report.verdicts] == ["fail"] * len(MEANS)
    assert report.diagnoses[0].name == "unnormalised-directions"
    assert report.diagnoses[0].explained == len(MEANS)


def test_relations_hold_a_loss_with_its_own_directions_to_something():
    asked = [case for case in cases("relation") if case.same_directions]
    assert len(asked) >= 10
    assert all(check(own(), case, directions="own", gradient="function") for case in asked)
    skewed = find("relation-translated-p2")
    assert not check(lambda x, y, p=2.0: float(np.mean(x**2)), skewed, directions="own")


@pytest.mark.skipif(shutil.which("cc") is None, reason="no C compiler")
def test_program_in_c(tmp_path):
    """The worked example of the documentation: compiled, and right on every case that it takes."""
    program = tmp_path / "sw"
    source = ROOT / "docs" / "crosscheck_example.c"
    subprocess.run(["cc", "-O2", "-o", str(program), str(source), "-lm"], check=True, timeout=60)
    chosen = [c for c in POINTS if not {"large", "half"} & set(c.tags)]
    report = run(Target(f"command:{program}", gradient="function"), chosen)
    assert [str(v) for v in report.verdicts if not v.ok] == []
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
    assert detail in report.verdicts[0].detail


def test_export_is_readable_and_checked(tmp_path):
    """Oracle: the answer of the specification, and hashlib."""
    names = ["cloud-8x2-float64", "weights-random", "refuse-nan-in-x", "trace-one-direction", "bfloat16-8x2-p2"]
    export(tmp_path / "golden", names)
    manifest = json.loads((tmp_path / "golden" / "manifest.json").read_text())
    assert [entry["name"] for entry in manifest["cases"]] == names
    for entry in manifest["cases"]:
        data = (tmp_path / "golden" / entry["file"]).read_bytes()
        assert hashlib.sha256(data).hexdigest() == entry["sha256"]
    with np.load(tmp_path / "golden" / "weights-random.npz") as file:
        want, (dx,) = swref.spec.sw_loss_and_grad(
            file["x"], file["y"], file["theta"], float(file["p"]), file["x_weights"], file["y_weights"]
        )
        assert float(file["value"]) == pytest.approx(want, rel=tol(np.float64, 64))
        np.testing.assert_allclose(file["dx"], dx, rtol=1e-12, atol=1e-16)
    with pytest.raises(InputError, match="new or empty folder"):
        export(tmp_path / "golden", names)


@pytest.mark.parametrize(
    "name", ["cloud-8x2-float64", "weights-zero", "parameters-skip-float64", "trace-one-direction"]
)
def test_snippets_run(name):
    exec(compile(describe(find(name))["snippet"], name, "exec"), {})  # the point is that it runs


def invoke(*arguments: str):
    return CliRunner().invoke(command, arguments)


def test_command_exit_codes_and_outputs(tmp_path, bad_targets):
    page = tmp_path / "report.html"
    good = invoke("numpy", "--tag", "closed-form", "--json", "--html", str(page))
    assert good.exit_code == 0
    assert json.loads(good.stdout)["reports"][0]["ok"] is True
    assert "http" not in page.read_text()
    assert page.read_text().startswith("<!doctype html>")
    wrong = invoke("--target", f"{bad_targets}:nan", "--case", "one-point-p2")
    assert wrong.exit_code == 1
    assert "returned nan" in wrong.stdout


def test_command_on_one_case_and_bad_input():
    shown = invoke("--case", "one-point-p2")
    assert shown.exit_code == 0
    assert "value                   12.5" in shown.stdout
    assert len(invoke("--list").stdout.splitlines()) == len(cases())
    for arguments, message in (
        (("--case", "one-point"), "did you mean"),
        (("numpi",), "did you mean 'numpy'"),
        (("a:b", "--returns", "root"), "returns must be one of"),
        (("numpy", "--tag", "tie"), "tag must be one of"),
    ):
        assert message in str(invoke(*arguments).exception)


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


def test_trace_cases_cover_noise_and_one_direction():
    found = [case for case in cases() if isinstance(case, TraceCase)]
    assert any(case.noise for case in found)
    assert any(case.directions == 1 for case in found)
