"""What is written: golden vectors, descriptions, the page, the command."""

from __future__ import annotations

import hashlib
import json
import sys
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest
from click.testing import CliRunner

import swref
from swref.commands.crosscheck import crosscheck as command
from swref.crosscheck import Case, Inputs, Judgement, Outcome, Report, cases, check, find
from swref.crosscheck.observation import Observation
from swref.crosscheck.outputs.export import export
from swref.crosscheck.outputs.junit import junit
from swref.errors import InputError
from tests.support import tol


def test_export_is_readable_and_checked(tmp_path):
    """Oracle: the answer of the specification, and hashlib."""
    names = ["cloud-8x2-float64", "weights-random", "refuse-nan-in-x", "trace-one-direction", "bfloat16-8x2-p2"]
    export(tmp_path / "golden", [find(name) for name in names])
    manifest = json.loads((tmp_path / "golden" / "1" / "manifest.json").read_text())
    assert [entry["name"] for entry in manifest["cases"]] == names
    for entry in manifest["cases"]:
        data = (tmp_path / "golden" / "1" / entry["file"]).read_bytes()
        assert hashlib.sha256(data).hexdigest() == entry["sha256"]
    with np.load(tmp_path / "golden" / "1" / "weights-random.npz") as file:
        want, (dx,) = swref.spec.sw_loss_and_grad(
            file["x"], file["y"], file["theta"], float(file["p"]), file["x_weights"], file["y_weights"]
        )
        assert float(file["value"]) == pytest.approx(want, rel=tol(np.float64, 64))
        np.testing.assert_allclose(file["dx"], dx, rtol=1e-12, atol=1e-16)
    with pytest.raises(InputError, match="new or empty folder"):
        export(tmp_path / "golden", [find(name) for name in names])


@pytest.mark.parametrize(
    "name", ["cloud-8x2-float64", "weights-zero", "parameters-skip-float64", "trace-one-direction"]
)
def test_snippets_run(name):
    exec(compile(find(name).describe()["snippet"], name, "exec"), {})  # the point is that it runs


def invoke(*arguments: str):
    return CliRunner().invoke(command, arguments)


def test_command_exit_codes_and_outputs(tmp_path, bad_targets):
    page = tmp_path / "report.html"
    good = invoke("numpy", "--tag", "closed-form", "--json", "--html", str(page))
    assert good.exit_code == 0
    assert json.loads(good.stdout)["reports"][0]["ok"] is True
    assert "http" not in page.read_text()
    assert page.read_text().startswith("<!doctype html>")
    nowhere = invoke("numpy", "--tag", "closed-form", "--html", str(tmp_path / "none" / "report.html"))
    assert isinstance(nowhere.exception, InputError)
    assert nowhere.stdout == ""  # said before any case is asked
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
        (("--list", "--returns", "root"), "returns must be one of"),
        (("--list", "--gradient", "trch"), "gradient must be one of"),
        (("numpy", "--only", "equl"), "--only must be"),
        (("numpy", "--tag", "tie"), "tag must be one of"),
    ):
        assert message in str(invoke(*arguments).exception)


def test_a_target_that_did_not_run_does_not_pass(monkeypatch):
    """Oracle: no library of that name; exit codes 3, 0 where that is allowed, 1 where another target is wrong."""
    absent = Report("torch", "missing", "torch is not installed: pip install torch")
    wrong = Report("jax", "unusable", "no such attribute")
    reports = {"torch": absent, "jax": wrong}
    monkeypatch.setattr(swref.crosscheck, "run", lambda target, *_, **__: reports[target.name])
    alone = invoke("torch")
    assert (alone.exit_code, absent.ok) == (3, False)
    assert "torch: missing: torch is not installed: pip install torch" in alone.stdout
    assert invoke("torch", "--allow-missing").exit_code == 0
    assert invoke("torch", "jax").exit_code == 1
    assert json.loads(invoke("torch", "--json").stdout)["reports"][0]["ok"] is False


def test_the_diagnosis_comes_first_and_the_smallest_case_before_others(tmp_path):
    (tmp_path / "halved.py").write_text("import swref\n\ndef sw(x, y, theta): return swref.sw_loss(x, y, theta) / 2\n")
    target, page = f"{tmp_path / 'halved.py'}:sw", tmp_path / "page.html"
    ran = invoke(target, "--tag", "cloud", "--html", str(page))
    assert ran.exit_code == 1
    _, first, *lines = ran.stdout.splitlines()
    assert first.startswith("  fits: a factor 1/2")
    failing = [line.split()[0] for line in lines if " fail " in line]
    sizes = [find(name).numbers for name in failing]
    assert len(sizes) == 12
    assert sizes == sorted(sizes)
    assert page.read_text().index("a factor 1/2") < page.read_text().index("<table")


def test_numbers_that_print_the_same_show_where_they_differ():
    case = find("cloud-8x2-float64")
    outcome = check(lambda x, y, theta: swref.sw_loss(x, y, theta) * (1 + 1e-12), case)
    came, wanted = outcome.judgements[0].detail.removeprefix("returned ").split(", expected ")
    assert came != wanted
    assert abs(float(came) - float(wanted)) < 2e-12


def test_only_clouds_of_equal_sizes():
    """Oracle: the sizes and weights of the cases; a loss that takes no others passes them."""
    shown = {line.split()[0] for line in invoke("--list", "--only", "equal").stdout.splitlines()}
    assert {"cloud-8x2-float64", "trace-one-direction", "relation-scaled-p2"} <= shown
    assert not shown & {"unequal-5-7", "weights-random", "dirac-target", "calls-unequal"}
    assert len(shown) > 100


def test_losing_digits_fails_where_that_is_asked(monkeypatch):
    case = find("one-point-p2")
    judged = (Judgement(case.name, "value", "loses digits"),)
    report = Report("numpy", "ran", cases=(case,), outcomes=(Outcome(case, Observation(), judged),))
    monkeypatch.setattr(swref.crosscheck, "run", lambda *_, **__: report)
    assert invoke("numpy").exit_code == 0
    assert "1 loses digits" in invoke("numpy").stdout
    assert invoke("numpy", "--strict").exit_code == 1


def test_a_program_of_values_alone(tmp_path):
    """--gradient none holds for programs too; without it a gradient is asked."""
    (tmp_path / "sw.py").write_text(
        "import sys, numpy as np\n"
        "given = np.load(sys.argv[1])\n"
        "x, y = (np.sort(given[k] @ given['theta'].T, axis=0) for k in 'xy')\n"
        "np.savez(sys.argv[2], value=np.mean((x - y) ** 2))\n"
    )
    line = ("--command", f"{sys.executable} {tmp_path / 'sw.py'}", "--case", "cloud-8x2-float64")
    assert invoke(*line, "--gradient", "none").exit_code == 0
    without = invoke(*line)
    assert without.exit_code == 1
    assert "no gradient in x came" in without.stdout


def test_unique_gradients_and_their_tolerances(tmp_path):
    """Oracle: ties in y alone, and x = y at p = 1, leave several gradients; the specification lies in the tolerance."""
    x, y = np.array([[0.0], [1.0]]), np.array([[3.0], [3.0]])
    made = {"ties-in-y": (x, y, 2.0), "equal-p1": (x, x, 1.0), "equal-p2": (x, x, 2.0), "apart-p1": (x, x + 3, 1.0)}
    own = [Case(name, "", (), lambda rng, g=g: Inputs(g[0], g[1], np.eye(1), g[2])) for name, g in made.items()]
    export(tmp_path / "golden", own)
    manifest = json.loads((tmp_path / "golden" / "1" / "manifest.json").read_text())
    unique = {entry["name"]: entry["unique_gradient"] for entry in manifest["cases"]}
    assert unique == {"ties-in-y": False, "equal-p1": False, "equal-p2": True, "apart-p1": True}
    with np.load(tmp_path / "golden" / "1" / "apart-p1.npz") as file:
        assert (np.abs(file["dx"] + 0.5) <= file["dx_tolerance"]).all()
        assert (file["dy_tolerance"] < 1e-13).all()


def schema_of_reports():
    path = Path(swref.crosscheck.__file__).parent / "outputs" / "report.schema.json"
    return pytest.importorskip("jsonschema").Draft202012Validator(json.loads(path.read_text()))


def test_json_keeps_to_its_schema():
    """Oracle: the schema, closed: a field that it does not name is refused."""
    validator = schema_of_reports()
    values = json.loads(
        invoke("numpy", "torhc.py:f", "--tag", "ties", "--tag", "mean", "--json", "--allow-missing").stdout
    )
    own = json.loads(invoke("numpy", "--tag", "n1", "--json").stdout)
    for each in (values, own):
        assert list(validator.iter_errors(each)) == []
    own["reports"][0]["verdicts"][0]["more"] = 1
    assert len(list(validator.iter_errors(own))) == 1


def test_junit_counts_what_is_wrong(tmp_path, bad_targets):
    """Oracle: the report of the same command."""
    path, chosen = tmp_path / "sw.xml", ("--tag", "closed-form", "--tag", "n1")
    ran = invoke(f"{bad_targets}:nan", "no/such.py:f", *chosen, "--junit", str(path), "--json")
    nan, unusable = json.loads(ran.stdout)["reports"]
    document = ElementTree.fromstring(path.read_bytes())
    first, second = document.findall("testsuite")
    counts = nan["counts"]
    assert (first.get("tests"), first.get("failures")) == (str(sum(counts.values())), str(counts["invalid"]))
    assert first.get("skipped") == str(counts.get("skip", 0))
    assert {f"{case.get('name')}" for case in first} == {f"{v['case']} {v['level']}" for v in nan["verdicts"]}
    assert second.find("testcase/error").get("message") == unusable["detail"]
    noted = (Judgement("a", "value", "unchecked", detail="bell \a"),)
    report = Report("x", "ran", outcomes=(Outcome(find("one-point-p2"), Observation(), noted),))
    assert b"<failure" not in junit([report])
    assert ElementTree.fromstring(junit([report], strict=True)).find(".//failure").get("message") == "bell \ufffd"


def test_tags_left_out_and_levels():
    shown = {
        line.split()[0]
        for line in invoke("--list", "--not", "ties", "--not", "large", "--level", "value").stdout.splitlines()
    }
    assert shown == {case.name for case in cases() if "value" in case.levels and not {"ties", "large"} & set(case.tags)}
    ran = json.loads(invoke("numpy", "--tag", "order", "--level", "gradient", "--json").stdout)["reports"][0]
    assert {verdict["level"] for verdict in ran["verdicts"]} == {"gradient"}
    assert "--level must be one of value, gradient" in str(invoke("--list", "--level", "velue").exception)
    assert "tag must be one of" in str(invoke("--list", "--not", "tie").exception)


@pytest.mark.slow
def test_a_loss_of_float32_alone(tmp_path):
    """Oracle: it says itself what it is given; every case of float64 whose numbers float32 holds is asked of it."""
    (tmp_path / "narrow.py").write_text(
        "import numpy as np, swref\n"
        "def sw(x, y, theta, p=2.0, a=None, b=None):\n"
        "    assert {v.dtype.name for v in (x, y, theta)} == {'float32'}\n"
        "    return swref.sw_loss(x, y, theta, p=p, x_weights=a, y_weights=b, backend='numpy')\n"
    )
    line = (f"{tmp_path / 'narrow.py'}:sw", "--level", "value", "--not", "half", "--not", "large")
    report = json.loads(invoke(*line, "--dtypes", "float32", "--json").stdout)["reports"][0]
    assert report["ok"]
    skipped = {v["case"] for v in report["verdicts"] if v["status"] == "skip"}
    assert report["counts"]["pass"] > 120
    assert all(name.startswith(("scale-", "denormal", "underflow", "overflow")) for name in skipped), skipped
    assert not json.loads(invoke(*line, "--json").stdout)["reports"][0]["ok"]
    assert "dtypes must be one of float64" in str(invoke("numpy", "--dtypes", "float8").exception)
