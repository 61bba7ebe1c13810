"""The kinds of case: asked of adapters, of losses with their own directions, and made by a user."""

from __future__ import annotations

import numpy as np
import pytest

import swref
from swref.crosscheck import Adapter, Convention, Evaluation, MeanCase, Target, cases, check, find, run


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


class WrongStep(Adapter):
    """A step twice as long: phi is right."""

    def evaluate(self, inputs, gradient):
        return Evaluation(*swref.sw_loss_and_grad(inputs.x, inputs.y, inputs.theta, p=inputs.p, backend="numpy"))

    def step(self, net, u, inputs, alpha, noise=0.0, xi=None, radius=float("inf")):
        return super().step(net, u, inputs, 2 * alpha, noise, xi, radius)


def test_a_wrong_step_is_caught_by_step_and_trace():
    assert [v.status for v in check(WrongStep(), find("parameters-mlp-tanh-float64")).judgements] == ["pass", "fail"]
    [judgement] = check(WrongStep(), find("trace-mlp-tanh")).judgements
    assert judgement.detail == "leaves the trace at step 1 of 50"


def own(normalise=True, positive=False, L=4):
    def loss(x, y, p=2.0):
        theta = np.random.standard_normal((L, x.shape[1]))  # noqa: NPY002  as such losses do
        theta = np.abs(theta) if positive else theta
        theta = theta / np.linalg.norm(theta, axis=1, keepdims=True) if normalise else theta
        return swref.sw_loss_and_grad(x, y, theta, p=p)

    return loss


MEANS = [case for case in cases() if isinstance(case, MeanCase)]


@pytest.mark.parametrize("case", MEANS, ids=lambda c: c.name)
def test_unbiased_losses_pass_and_their_variance_is_told(case):
    outcome = check(own(), case, directions="own", gradient="function")
    assert outcome, outcome
    counted = float(outcome.judgements[0].detail.split("variance of ")[1].split()[0])
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
    assert [v.status for v in report.judgements] == ["fail"] * len(MEANS)
    assert report.diagnoses[0].name == "unnormalised-directions"
    assert report.diagnoses[0].explained == len(MEANS)


def test_relations_hold_a_loss_with_its_own_directions_to_something():
    asked = [case for case in cases("relation") if case.same_directions]
    assert len(asked) >= 10
    assert all(check(own(), case, directions="own", gradient="function") for case in asked)
    skewed = find("relation-translated-p2")
    assert not check(lambda x, y, p=2.0: float(np.mean(x**2)), skewed, directions="own")
