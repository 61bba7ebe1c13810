"""Cases of the user's own: every kind, made in a script, through check, run, the report, the page and the export."""

from __future__ import annotations

import importlib
import json

import numpy as np
import pytest

import swref
from swref.crosscheck import (
    ArgumentsCase,
    CallsCase,
    Case,
    DrawsCase,
    Evaluation,
    Inputs,
    MeanCase,
    NetworkCase,
    RefusalCase,
    RelationCase,
    Target,
    TraceCase,
    cases,
    check,
    find,
    run,
)
from swref.crosscheck.kinds import KINDS
from swref.crosscheck.outputs.export import export
from swref.crosscheck.outputs.html import page
from swref.errors import InputError, InputTypeError, SwrefError
from swref.networks import MLP, CutOff
from tests.support import run_python


def batch(rng: np.random.Generator, d: int = 2, n: int = 6) -> Inputs:
    return Inputs(rng.random((n, d)), rng.random((n, d)), np.eye(d))


class Doubled(MLP):
    """A network of the user's own, in a module that another process can import."""

    def to_dict(self):
        return {"name": "Doubled", "sizes": list(self.sizes)}


class Hidden(MLP):
    """One whose description leaves out what it is made of."""

    def to_dict(self):
        return {"name": "Hidden"}


def own_cases() -> list:
    """One of every kind; `make` may be a lambda, tags a list."""
    return [
        Case("mine", "to try", ["mine", "points"], lambda rng: batch(rng)),
        Case(
            "mine-refused",
            "a NaN",
            ("mine",),
            lambda rng: Inputs(np.full((2, 1), np.nan), np.ones((2, 1)), np.eye(1)),
            expect="refusal",
        ),
        RelationCase(
            "mine-doubled",
            "twice",
            ("mine",),
            lambda rng: (
                Inputs(np.eye(2), np.zeros((2, 2)), np.eye(2)),
                Inputs(2 * np.eye(2), np.zeros((2, 2)), np.eye(2)),
            ),
            factor=4.0,
        ),
        NetworkCase("mine-net", "a network", ("mine",), MLP((2, 3, 2)), batch),
        NetworkCase("mine-inner", "one in another", ("mine",), CutOff(MLP((2, 2)), 3.0, 2.0, 1.0), batch, noise=0.1),
        NetworkCase("mine-class", "a class of my own", ("mine",), Doubled((2, 3, 2)), batch),
        TraceCase("mine-trace", "a run", ("mine",), MLP((1, 2)), steps=3, batch=4, directions=2, noise=0.1, radius=5.0),
        MeanCase(
            "mine-mean",
            "n = 1: E f = |x - y|^2 / d",
            ("mine",),
            lambda rng: Inputs(np.ones((1, 2)), np.zeros((1, 2)), np.eye(2)),
            lambda i: 1.0,
            lambda i: i.x - i.y,
        ),
        CallsCase("mine-calls", "again and again", ("mine",), batch),
        ArgumentsCase("mine-arguments", "theta", ("mine",), batch),
        RefusalCase("mine-refusal", "no points", ("mine",), batch, "empty-y"),
        DrawsCase(
            "mine-draws", "seeds", ("mine",), lambda rng: Inputs(np.eye(2), np.ones((2, 2)), np.eye(2)), lambda i: 9.0
        ),
    ]


def test_every_kind_is_tried():
    assert {type(case) for case in own_cases()} == set(KINDS)


@pytest.mark.parametrize("name", ["numpy", "cpu"])
def test_run_takes_them(name):
    """Oracle: the specification, which the backends of swref agree with; the mean is for other losses."""
    chosen = own_cases()
    report = run(Target(name), chosen)
    assert {judgement.case: judgement.status for judgement in report.judgements} == {
        case.name: "skip" if isinstance(case, MeanCase | DrawsCase) else "pass" for case in chosen
    }
    assert report.by_tag()["points"] == {"pass": 2}
    assert report.by_tag()["mine"] == {"pass": 14, "skip": 2}
    assert len(json.loads(json.dumps(report.to_dict(), allow_nan=False))["verdicts"]) == 16
    assert all(case.name in page([report, report]) for case in chosen)


@pytest.mark.parametrize("case", own_cases(), ids=lambda case: case.name)
def test_check_takes_them(case):
    """Oracle: the specification."""
    if isinstance(case, MeanCase | DrawsCase):

        def loss(x, y):
            theta = np.random.standard_normal((1, 2))  # noqa: NPY002  as such losses do
            return swref.sw_loss(x, y, theta / np.linalg.norm(theta), backend="numpy")

        assert check(loss, case, directions="own")
        assert not check(lambda x, y: 2 * float(np.sum(x)), case, directions="own")
    else:

        def right(x, y, theta):
            value, grads = swref.sw_loss_and_grad(x, y, theta, wrt=("x", "y", "theta"), backend="numpy")
            return Evaluation(value, *grads)

        def wrong(x, y, theta):
            grads = (3 * part + 1 for part in right(np.nan_to_num(x), y if len(y) else x, theta)[:4])
            return Evaluation(*grads)

        outcome = check(right, case, gradient="function")
        assert outcome, outcome
        assert not outcome.skipped
        statuses = [judgement.status for judgement in check(wrong, case, gradient="function").judgements]
        assert set(statuses) & {"fail", "invalid", "error", "unchecked"}


def test_a_wrong_loss_is_diagnosed_on_them(tmp_path):
    """Oracle: the factor that was put in."""
    (tmp_path / "wrong.py").write_text("import swref\ndef sw(x, y, theta): return swref.sw_loss(x, y, theta) / 2\n")
    chosen = [Case(f"mine-{d}", "to fail", ("mine",), lambda rng, d=d: batch(rng, d)) for d in (1, 2, 3)]
    report = run(Target(f"{tmp_path / 'wrong.py'}:sw"), chosen)
    assert [judgement.status for judgement in report.judgements if judgement.level == "value"] == ["fail"] * 3
    assert report.diagnoses[0].name == "half"


def test_a_script_of_the_user(tmp_path):
    """Oracle: the value of one point, |3|^2 + |4|^2 over d; the case lives in __main__ alone."""
    script = """
import numpy as np
from swref.crosscheck import Case, Inputs, Target, check, run

mine = Case("mine", "one point", ("mine",), lambda rng: Inputs(np.array([[3.0, 4.0]]), np.zeros((1, 2)), np.eye(2)))
report = run(Target("numpy"), [mine])
print(report.ok, report.by_tag(), report.to_dict()["ok"], bool(check(lambda x, y, theta: 12.5, mine)))
"""
    assert run_python(script, timeout=60).stdout.strip() == "True {'mine': {'pass': 2}} True True"


def test_nothing_that_a_target_does_to_its_arguments_reaches_the_case():
    """Oracle: the inputs before."""

    def spoils(x, y, theta):
        x[:] = y[:] = 0.0
        return 0.0

    x = np.ones((3, 2))
    mine = Case("mine", "to keep", ("mine",), lambda rng: Inputs(x, 2 * x, np.eye(2)))
    assert "in place" not in str(check(lambda x, y, theta: 1.0, mine))
    check(spoils, mine)
    assert (mine.inputs.x == 1.0).all()
    assert (x == 1.0).all()


def test_they_are_exported(tmp_path):
    """Oracle: the manifest of the kinds that have golden vectors."""
    export(tmp_path / "golden", own_cases())
    manifest = json.loads((tmp_path / "golden" / "1" / "manifest.json").read_text())
    assert [entry["name"] for entry in manifest["cases"]] == ["mine", "mine-refused", "mine-trace"]


def test_they_are_described():
    assert all(case.describe()["name"] == case.name for case in own_cases())


@pytest.mark.parametrize(
    ("case", "error", "message"),
    [
        (Case("mine", "", (), lambda rng: 1), InputTypeError, "make of case 'mine' must return Inputs, got int"),
        (NetworkCase("mine", "", (), Hidden((2, 2)), batch), InputError, r"network of case 'mine' .* got Hidden"),
        (
            NetworkCase("mine", "", (), CutOff(Doubled((2, 2)), 3.0, 2.0, 1.0), batch),
            InputError,
            "network of case 'mine'",
        ),
        (TraceCase("mine", "", (), Hidden((2, 2))), InputError, "network of case 'mine'"),
        (NetworkCase("mine", "", (), MLP((3, 2)), batch), InputError, "x of case 'mine' must have 3 columns, got 2"),
        ("cloud-8x2-float64", InputTypeError, "cases must be of the kinds Case, .*, got str"),
    ],
    ids=str,
)
def test_what_cannot_be_asked_is_one_line_before_the_target_starts(case, error, message):
    """The target would not even load: that the case is what is complained of shows that it came first."""
    with pytest.raises(error, match=message) as caught:
        run(Target("no_such_module_anywhere:f"), [case])
    assert "\n" not in str(caught.value)


def test_a_class_of_a_script_cannot_travel():
    script = """
from swref.crosscheck import NetworkCase, Target, run, find
from swref.networks import MLP

class Mine(MLP):
    pass

run(Target("numpy"), [NetworkCase("mine", "", (), Mine((2, 2)), find("cloud-8x2-float64").make)])
"""
    last = run_python(script, timeout=60).stderr.strip().splitlines()[-1]
    assert "the network of case 'mine' must be of swref.networks" in last
    assert "got Mine (its class is defined in a script)" in last


def test_a_class_that_the_other_process_does_not_find(tmp_path, monkeypatch):
    """Its module is known here alone: the case is an error, and the next one is asked."""
    (tmp_path / "known_here.py").write_text("from swref.networks import MLP\nclass Mine(MLP): pass\n")
    monkeypatch.syspath_prepend(tmp_path)
    mine = NetworkCase("mine", "", (), importlib.import_module("known_here").Mine((2, 2)), batch)
    monkeypatch.undo()
    report = run(Target("numpy"), [mine, Case("next", "", (), batch)])
    assert [(judgement.case, judgement.status) for judgement in report.judgements] == [
        ("mine", "error"),
        ("mine", "error"),
        ("next", "pass"),
        ("next", "pass"),
    ]
    assert "No module named 'known_here'" in report.judgements[0].detail


def test_names_are_their_own():
    twice = [find("one-point-p2"), Case("one-point-p2", "", (), batch)]
    with pytest.raises(InputError, match="cases must have names of their own, got 'one-point-p2' twice"):
        run(Target("numpy"), twice)
    assert run(Target("numpy"), twice[1:]).ok


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"x": np.zeros(3)}, r"x must be an array \[rows, columns\] of float64 .*got float64 \(3,\)"),
        ({"x": [[1.0]]}, "x must be an array .*got list"),
        ({"x": np.zeros((3, 2), np.float32)}, r"got float32 \(3, 2\)"),
        ({"x": np.zeros((0, 2))}, r"got float64 \(0, 2\)"),
        ({"theta": np.zeros((1, 3))}, "y must have 3 columns, as theta has, got 2"),
        ({"x_weights": np.ones(2)}, r"x_weights must be an array \[3\] of floats, got float64 \(2,\)"),
        ({"dtype": "float46"}, "did you mean"),
        ({"p": 0.5}, "p must be >= 1"),
    ],
)
def test_inputs_are_checked(arguments, message):
    plain = {"x": np.zeros((3, 2)), "y": np.zeros((4, 2)), "theta": np.eye(2)}
    with pytest.raises(SwrefError, match=message):
        Inputs(**(plain | arguments))


def test_unknown_expectations_are_refused():
    with pytest.raises(InputError, match="expect must be one of answer, refusal, overflow, got 'anwer'"):
        Case("mine", "", (), batch, expect="anwer")


@pytest.mark.parametrize("case", cases("layout"), ids=lambda case: case.name)
def test_questions_keep_the_layout_of_their_arrays(case):
    """Oracle: numbers, strides and flags of the case's own arrays, and of the memory between them."""
    question = case.question()
    for copy in (question.fresh(), type(question).unpack(*question.pack())):
        for name, array in case.inputs.arrays().items():
            got = copy.inputs[0].arrays()[name]
            np.testing.assert_array_equal(got, array)
            assert (got.strides, got.dtype) == (array.strides, array.dtype)
            assert got.flags.writeable == array.flags.writeable
            assert got.flags.aligned == array.flags.aligned
            assert not np.shares_memory(got, array)
