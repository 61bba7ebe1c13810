"""What is said of a failing loss. Oracle: the mistake that was made, or the convention in which the loss is right."""

from __future__ import annotations

import contextlib
from dataclasses import replace

import numpy as np
import pytest

from swref.crosscheck import Convention, Target, cases, check, find, run
from swref.crosscheck.diagnosis import diagnose
from swref.crosscheck.diagnosis.conventions import options
from swref.crosscheck.diagnosis.laws import OWN
from swref.crosscheck.diagnosis.mistake import right
from swref.crosscheck.diagnosis.tables import HYPOTHESES
from swref.spec import sw_loss_and_grad
from tests.crosscheck.mutants.loss import loss
from tests.crosscheck.mutants.measure import chosen
from tests.support import tol

FEW = [case for case in chosen(False) if case.inputs.n <= 8 or "unequal" in case.tags]


def outcomes(function, returns="sw_pp", these=FEW):
    return [check(function, case, returns=returns, gradient="function") for case in these]


def named(function, returns="sw_pp", these=FEW):
    return [d.name for d in diagnose(outcomes(function, returns, these), Convention(returns))]


@pytest.mark.parametrize("name", ["cloud-8x2-float64", "unequal-5-7", "weights-random-unequal", "order-3-8x2-float64"])
def test_the_right_answer_of_the_diagnosis_is_that_of_the_specification(name):
    i = find(name).inputs
    value, (dx, dy) = sw_loss_and_grad(i.x, i.y, i.theta, i.p, i.x_weights, i.y_weights, wrt=("x", "y"))
    for convention, scale in ((Convention(), 1.0), (Convention(points="sum"), i.n)):
        found = right(i, convention)
        np.testing.assert_allclose(found.value, scale * value, rtol=tol(np.float64, i.n * i.L))
        for got, wanted in ((found.dx, dx), (found.dy, dy)):
            np.testing.assert_allclose(
                got, scale * wanted, rtol=0, atol=tol(np.float64, i.n) * np.abs(scale * wanted).max()
            )


def test_names_of_mistakes_differ():
    for table in (HYPOTHESES, [h for h in OWN if h.name != "positive-directions"]):
        names = [h.name for h in table]
        assert len(set(names)) == len(names)


def test_nothing_is_said_of_a_right_loss_nor_of_noise():
    assert named(loss) == []
    rng = np.random.default_rng(0)
    assert named(lambda *a, **k: (rng.random(), rng.random(a[0].shape))) == []


def test_what_is_right_explains_no_failure():
    """The root is declared and taken: a failure of dy is none of the value."""

    def other_sign(x, y, theta, p=2.0, x_weights=None, y_weights=None):
        f, dx = loss(x, y, theta, p, x_weights, y_weights)
        return f, dx, loss(y, x, theta, p, y_weights, x_weights)[1] * -1

    assert named(other_sign)[:1] == ["dy-sign"]


def test_a_prediction_that_says_nothing_of_a_pass_does_not_speak_against_it():
    """The gradient that is not projected is predicted for p = 2 and equal sizes alone; the others pass."""

    def not_projected(x, y, theta, p=2.0):
        f, dx = loss(x, y, theta, p)
        if p == 2 and len(x) == len(y):
            dx = np.zeros(x.shape)
            for t in theta:
                s, r = np.argsort(x @ t), np.argsort(y @ t)
                dx[s] += 2 * (x[s] - y[r]) / (len(x) * len(theta))
        return f, dx

    assert named(not_projected)[:1] == ["gradient-not-projected"]


@pytest.mark.slow
def test_a_large_case_that_fails_alone_is_diagnosed():
    def halved_if_large(x, y, theta):
        f, dx = loss(x, y, theta)
        return (f * 0.5, dx * 0.5) if len(x) > 5000 else (f, dx)

    assert named(halved_if_large, these=[find("large-10000x3-float64")])[:1] == ["half"]


@pytest.mark.parametrize("convention", [Convention("sw"), Convention("sw", points="sum"), Convention(slices="sum")])
def test_the_convention_in_which_it_is_right_is_told_first(convention):
    def other(x, y, theta, p=2.0, x_weights=None, y_weights=None):
        losses = np.array([loss(x, y, t[None], p, x_weights, y_weights)[0] for t in theta])
        return convention.value(losses, p, len(x))

    seen = [check(other, case) for case in FEW]
    (first,) = diagnose(seen, Convention())
    assert first.sentence == f"right with {options(convention)}"
    assert first.explained == sum(not outcome.ok for outcome in seen)
    assert all(
        check(other, case, returns=convention.returns, points=convention.points, slices=convention.slices)
        for case in FEW
    )


LAYOUTS = """
import numpy as np

def dl(x, y, theta):
    D = np.sort(x @ theta, axis=0) - np.sort(y @ theta, axis=0)
    return np.mean(D**2) ** 0.5

def own(x, y):
    theta = np.random.standard_normal((6, x.shape[1]))
    return dl(x, y, theta.T / np.linalg.norm(theta, axis=1)) ** 2
"""


@pytest.mark.parametrize(
    ("name", "first"),
    [
        ("dl", "right with --returns sw --directions dl in"),
        pytest.param("own", "right with --directions own in", marks=pytest.mark.slow),
    ],
)
def test_another_layout_of_the_directions_is_found(tmp_path, name, first):
    (tmp_path / "layouts.py").write_text(LAYOUTS)
    few = cases("cloud") if name == "dl" else [*cases("cloud"), *cases("mean"), *cases("zero")]
    report = run(Target(f"{tmp_path / 'layouts.py'}:{name}"), [case for case in few if case.inputs.n <= 64])
    assert report.diagnoses[0].sentence.startswith(first)


def test_the_convention_of_a_declared_factor_is_kept():
    assert options(replace(Convention("mean"), directions="own")) == "--returns mean --directions own"
    assert options(Convention()) == "--returns sw_pp"


@pytest.mark.parametrize("name", ["permuted-copy-p1-float64", "unequal-repeated-float64", "one-point-p2"])
@np.errstate(all="ignore")
def test_no_hypothesis_raises_where_the_loss_is_zero_or_everything_is_small(name):
    """Python's own floats raise where NumPy's give inf or NaN: OverflowError and ZeroDivisionError are expected."""
    for convention in (Convention(), Convention("sw")):
        for hypothesis in HYPOTHESES:
            with contextlib.suppress(OverflowError, ZeroDivisionError):
                hypothesis.predict(find(name).inputs, convention)
