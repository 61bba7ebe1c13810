"""The kinds of case: asked of adapters, of losses with their own directions, and made by a user."""

from __future__ import annotations

import numpy as np
import pytest

import swref
from swref.crosscheck import (
    Adapter,
    ArgumentsCase,
    Convention,
    Evaluation,
    MeanCase,
    RefusalCase,
    Target,
    cases,
    check,
    find,
    run,
)


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


def uniform(shape):
    theta = np.random.standard_normal(shape)  # noqa: NPY002  as such losses do
    return theta / np.linalg.norm(theta, axis=1, keepdims=True)


def cube(shape):
    theta = np.random.uniform(-1, 1, shape)  # noqa: NPY002
    return theta / np.linalg.norm(theta, axis=1, keepdims=True)


def half_sphere(shape):
    theta = uniform(shape)
    return theta * np.where(theta[:, :1] < 0, -1.0, 1.0)


DIRECTIONS = {
    "unnormalised": lambda shape: np.random.standard_normal(shape),  # noqa: NPY002
    "positive": lambda shape: np.abs(uniform(shape)),
    "first-axis": lambda shape: np.eye(*shape[1:])[np.zeros(shape[0], int)],
    "axes": lambda shape: np.eye(shape[1])[np.random.randint(shape[1], size=shape[0])],  # noqa: NPY002
    "cube": cube,
}


def own(draw=uniform, L=4):
    def loss(x, y, p=2.0):
        return swref.sw_loss_and_grad(x, y, draw((L, x.shape[1])), p=p)

    return loss


def rooted(loss):
    """SW_p and its gradient, by the chain rule."""

    def root(x, y, p=2.0):
        power, dx = loss(x, y, p)
        return power ** (1 / p), dx * power ** (1 / p - 1) / p

    return root


def own_value(loss):
    return lambda x, y: loss(x, y)[0]


def largest(x, y, p=2.0, L=4):
    """max-SW over the directions drawn."""
    return max(
        (swref.sw_loss_and_grad(x, y, row[None], p=p) for row in uniform((L, x.shape[1]))),
        key=lambda r: r[0],
    )


MEANS = [case for case in cases() if isinstance(case, MeanCase)]
SHORT = ("mean-pairs-d3", "mean-one-point", "mean-one-point-p1")
OWN = {"directions": "own", "gradient": "function"}


@pytest.mark.parametrize(
    "case",
    [case if case.name in SHORT else pytest.param(case, marks=pytest.mark.slow) for case in MEANS],
    ids=lambda case: case.name,
)
def test_unbiased_losses_pass_and_their_variance_is_told(case):
    outcome = check(own(), case, **OWN)
    assert outcome, outcome
    counted = float(outcome.judgements[0].detail.split("variance of ")[1].split()[0])
    assert counted == pytest.approx(4, rel=0.35)


@pytest.mark.parametrize("case", [find(name) for name in SHORT[::2]], ids=lambda c: c.name)
def test_the_means_of_powers_of_roots(case):
    """Oracle: E v^p = SW_p^p and E p v^(p-1) dv its gradient; W(theta) = W(-theta), so that a half sphere is right."""
    assert check(rooted(own(half_sphere)), case, returns="sw", **OWN)
    assert check(own(L=1), case, returns="mean", **OWN).skipped == (case.inputs.p > 1)


@pytest.mark.parametrize("name", DIRECTIONS)
def test_biased_directions_are_caught(name):
    """By the powers and by the roots, and where the function has no order and the gradient is not asked."""
    for loss, returns in ((own(DIRECTIONS[name]), "sw_pp"), (rooted(own(DIRECTIONS[name])), "sw")):
        assert not all(check(loss, find(case), returns=returns, **OWN) for case in SHORT)
        value = own_value(loss)
        assert not all(check(value, find(case), directions="own", returns=returns) for case in SHORT[:2])


def test_the_largest_over_directions_is_no_mean():
    for loss, returns in ((largest, "sw_pp"), (rooted(largest), "sw")):
        assert not any(check(loss, find(case), returns=returns, **OWN) for case in SHORT)


def test_one_number_at_every_call_is_called_that():
    case = find("mean-one-point")
    outcome = check(own(DIRECTIONS["first-axis"]), case, **OWN)
    assert "the value is the same number at every call: 0.25, not 2.75" in str(outcome)
    assert "returned -1 as a root" in str(check(lambda x, y: -1.0, case, directions="own", returns="sw"))


LINE = [case for case in cases("dimension-1") if {"unequal", "weights"} & set(case.tags)]


@pytest.mark.parametrize("case", LINE, ids=lambda c: c.name)
def test_unequal_sizes_and_weights_of_losses_with_their_own_directions(case):
    """Oracle: on the line no direction changes W; a loss that cuts the larger cloud, or takes no weights, fails."""

    def sw(x, y, p=2.0, x_weights=None, y_weights=None):
        theta = uniform((4, x.shape[1]))
        return swref.sw_loss_and_grad(x, y, theta, p=p, x_weights=x_weights, y_weights=y_weights)

    outcome = check(sw, case, **OWN)
    assert [judgement.status for judgement in outcome.judgements] == ["pass", "pass"], outcome
    k = min(case.inputs.n, case.inputs.m)
    assert not check(lambda x, y, p=2.0, x_weights=None, y_weights=None: sw(x[:k], y[:k], p)[0], case, directions="own")


def seeded(x, y, seed=None):
    theta = np.random.default_rng(seed).standard_normal((4, x.shape[1]))
    return swref.sw_loss(x, y, theta / np.linalg.norm(theta, axis=1, keepdims=True), backend="numpy")


def reseeds(x, y):
    np.random.seed(3)  # noqa: NPY002
    return own()(x, y)[0]


def reseeds_with_its_argument(x, y, seed=None):
    np.random.seed(seed)  # noqa: NPY002
    return own()(x, y)[0]


@pytest.mark.parametrize(
    ("loss", "status", "detail"),
    [
        (lambda x, y: own()(x, y)[0], "pass", ""),
        (seeded, "pass", ""),
        (lambda x, y: seeded(x, y), "skip", "two calls under one seed differ"),
        (lambda x, y: 2.75, "skip", "it returns the mean itself"),
        (lambda x, y: seeded(x, y, 3), "fail", "two calls without a seed return the same number"),
        (lambda x, y, seed=None: seeded(x, y), "fail", "two calls under one seed differ"),
        (lambda x, y, seed=3: seeded(x, y, seed), "fail", "two calls without a seed return the same number"),
        (reseeds, "fail", "it seeds NumPy's global generator itself"),
        (reseeds_with_its_argument, "fail", "given a seed, it changes the state of NumPy's global generator"),
    ],
    ids=range(9),
)
def test_seeds_and_global_generators(loss, status, detail):
    [judgement] = check(loss, find("draws-seeds"), directions="own").judgements
    assert (judgement.status, judgement.detail[: len(detail)]) == (status, detail)


@pytest.mark.slow
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


ARGUMENTS = [case for case in cases() if isinstance(case, ArgumentsCase)]


def with_arguments(change=lambda grads, theta: grads):
    """A loss that returns all gradients, by their names."""

    def loss(x, y, theta, p=2.0, x_weights=None, y_weights=None):
        wrt = ("x", "y", "theta", "x_weights", "y_weights")
        value, grads = swref.sw_loss_and_grad(x, y, theta, p=p, x_weights=x_weights, y_weights=y_weights, wrt=wrt)
        return Evaluation(value, *change(grads, theta))

    return loss


def test_gradients_in_theta_and_the_weights():
    """Oracle: what a loss that normalises its directions, and weights of sum 1, leave free; then mistakes."""

    def along_the_sphere(grads, theta):
        dtheta = grads[2] - np.sum(grads[2] * theta, axis=1, keepdims=True) * theta
        return (*grads[:2], dtheta, grads[3] + 7.0, grads[4] - 3.0)

    for change in (lambda grads, theta: grads, along_the_sphere):
        outcomes = [check(with_arguments(change), case, gradient="function") for case in ARGUMENTS]
        assert all(outcomes), [str(outcome) for outcome in outcomes if not outcome]
        assert not any(outcome.skipped for outcome in outcomes)
    wrong = with_arguments(lambda grads, theta: (*grads[:2], grads[2] * (1 + 1e-6), grads[3] * (1 + 1e-6), grads[4]))
    for case in ARGUMENTS:
        if case.inputs.dtype == "float64":
            [theta, *weights] = check(wrong, case, gradient="function").judgements
            assert (theta.status, theta.detail[:7]) == ("fail", "dtheta,")
            assert [each.detail[:11] for each in weights] == ["dx_weights,"] * len(weights)
    transposed = with_arguments(lambda grads, theta: (*grads[:2], grads[2].T, *grads[3:]))
    assert "dtheta has shape (3, 16)" in str(check(transposed, ARGUMENTS[0], gradient="function"))
    assert check(
        lambda x, y, theta: swref.sw_loss_and_grad(x, y, theta), find("arguments-theta-p2"), gradient="function"
    ).skipped


REFUSALS = [case for case in cases() if isinstance(case, RefusalCase)]


def test_arguments_that_are_none_are_refused_or_unchecked():
    """Oracle: swref refuses all; a loss that checks nothing is told so, and does not fail."""

    def checked(x, y, theta, p=2.0, x_weights=None, y_weights=None):
        return swref.sw_loss(x, y, theta, p=p, x_weights=x_weights, y_weights=y_weights)

    def normalises(x, y, theta, p=2.0, x_weights=None, y_weights=None):
        return checked(x, y, theta, p, *(w if w is None else w / w.sum() for w in (x_weights, y_weights)))

    statuses = {case.fault: check(checked, case).judgements[0].status for case in REFUSALS}
    assert set(statuses.values()) == {"pass"}
    assert len(statuses) == 16
    for fault in ("of-sum-2", "of-other-sums"):
        assert check(normalises, find(f"refuse-weights-{fault}")).judgements[0].detail == "the weights are normalised"
    for case in REFUSALS:
        outcome = check(lambda x, y, theta, p=2.0, x_weights=None, y_weights=None: 1.0, case)
        assert (outcome.ok, outcome.judgements[0].status) == (True, "unchecked")
        assert "returned 1 where " in outcome.judgements[0].detail
        assert (
            check(lambda x, y, theta, p=2.0, x_weights=None, y_weights=None: float("nan"), case).judgements[0].status
            == "pass"
        )


def test_a_process_that_dies_of_a_wrong_argument_is_no_failure(tmp_path):
    (tmp_path / "dies.py").write_text(
        "import os\ndef sw(x, y, theta):\n    os._exit(6) if 0 in x.shape else None\n    return 0.0\n"
    )
    report = run(Target(f"{tmp_path / 'dies.py'}:sw"), [find("refuse-empty-x")])
    assert report.ok
    assert [judgement.status for judgement in report.judgements] == ["unchecked"]
    assert report.judgements[0].detail.endswith("where x has no points")


def test_a_gradient_in_more_bits_than_the_points_is_told():
    case = find("cloud-8x2-float32")

    def wide(x, y, theta):
        value, dx = swref.sw_loss_and_grad(x, y, theta)
        return value, dx.astype(np.float64)

    [_, judgement] = check(wide, case, gradient="function").judgements
    assert (judgement.status, judgement.detail) == ("other dtype", "dx came as float64 for float32 points")
    assert judgement.ok
