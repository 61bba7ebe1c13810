"""What is right: intervals, the set of valid gradients, conventions, the replayed trace."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from swref.crosscheck import Case, Convention, Inputs, Judgement, cases, check, find
from swref.crosscheck.answer.arguments import argument_gradients
from swref.crosscheck.answer.expected import Answer
from swref.crosscheck.answer.hull import GradientSet
from swref.crosscheck.answer.judge import judge_value, judge_vector
from swref.crosscheck.kinds.trace import FORMAT
from swref.crosscheck.outputs.export import export
from tests.support import central_difference, tol


@pytest.mark.parametrize("name", ["order-3-8x2-float64", "unequal-5-7", "weights-random", "order-1.5-8x2-float64"])
def test_unique_gradients_agree_with_finite_differences_inside_the_cell(name):
    """Oracle: central differences of the specification with the step that the case calls smooth."""
    inputs = find(name).inputs
    step = inputs.smooth_step()

    def value(x):
        return Answer(replace(inputs, x=x), Convention()).losses.mean()

    got = Answer(inputs, Convention()).gradient.stable
    np.testing.assert_allclose(got, central_difference(value, inputs.x, min(step, 1e-5)), atol=3e-6)


@pytest.mark.parametrize("name", ["cloud-1000x2-float32", "lattice", "collapsed", "near-tie"])
def test_no_smooth_step_at_ties(name):
    assert find(name).inputs.smooth_step() is None


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


def test_trace_replays(tmp_path):
    """Oracle: u^{t+1} = pi_r(u^t - alpha phi^t + alpha a xi^t) from the file's own arrays, and the sorting orders."""
    case = find("trace-noised-projected")
    export(tmp_path / "golden", [case])
    with np.load(tmp_path / "golden" / "1" / f"{case.name}.npz", allow_pickle=False) as members:
        file = {name: members[name] for name in members.files}
    assert int(file["format"]) == FORMAT
    for t in range(case.steps):
        moved = file["u"][t] - file["alpha"] * file["phi"][t] + file["alpha"] * file["noise"] * file["xi"][t]
        moved *= min(1.0, float(file["radius"]) / np.linalg.norm(moved))
        np.testing.assert_allclose(file["u"][t + 1], moved, rtol=1e-14)
    projected = np.take_along_axis(file["theta"][3] @ file["out"][3].T, file["order_x"][3], axis=1)
    assert (np.diff(projected, axis=1) >= 0).all()
    assert (file["tolerance"] < 1e-9).all()


def test_judgements_of_numbers_and_vectors():
    """Oracle: |3|^2 + |4|^2 over d = 2, and the vectors themselves."""
    answer = Answer(Inputs(np.array([[3.0, 4.0]]), np.zeros((1, 2)), np.eye(2)))
    assert [judge_value("demo", number, answer).status for number in (12.5, 12.6, np.nan)] == [
        "pass",
        "fail",
        "invalid",
    ]
    wanted = np.array([1.0, 2.0])
    judged = [judge_vector("demo", "step", got, wanted, 1e-9, 2.0**-52) for got in (wanted, np.array([1.0, 2.5]))]
    assert [(each.status, each.detail) for each in judged] == [("pass", ""), ("fail", "entry 1 is 2.5, expected 2")]
    assert judge_vector("demo", "step", wanted[:1], wanted, 1e-9, 2.0**-52).status == "invalid"
    assert Judgement("demo", "value", "fail", np.inf).to_dict()["relative"] is None


@pytest.mark.parametrize("case", cases("overflow"), ids=lambda case: case.name)
def test_beyond_the_range_inf_an_error_and_the_right_root_pass(case):
    """Oracle: the root, computed from points that were scaled first; half of it is wrong."""
    exact = case.inputs.in_float64()
    scale = float(np.abs(exact.x).max())
    root = scale * Answer(replace(exact, x=exact.x / scale, y=exact.y / scale), Convention("sw")).value.centre
    assert check(lambda x, y, theta, p: np.inf, case, returns="sw")
    assert check(lambda x, y, theta, p: root, case, returns="sw")
    assert not check(lambda x, y, theta, p: root / 2, case, returns="sw")


def cumulated(x, y, theta, error=1.0):
    """Equal sizes, the masses differences of cumulated weights, or `error` times as far off."""
    n, L = len(x), len(theta)
    mass = np.full(n, 1 / n, x.dtype)
    levels = np.cumsum(mass)
    mass = mass + x.dtype.type(error) * (np.diff(levels, prepend=x.dtype.type(0)) - mass)
    value, dx = np.float64(0), np.zeros_like(x)
    for row in theta:
        order = np.argsort(x @ row, kind="stable")
        D = (x @ row)[order] - np.sort(y @ row)
        value += np.sum(mass * D**2, dtype=np.float64) / L
        dx[order] += (2 * mass * D / L)[:, None] * row
    return float(value), dx


def test_masses_from_cumulated_weights_lose_digits_and_do_not_fail():
    """Oracle: n eps, 1.2e-3 for 10,000 points in float32; forty times the error that such sums make is beyond it."""
    case = find("large-10000x3-float32")
    outcome = check(cumulated, case, gradient="function")
    assert outcome.ok
    assert outcome.judgements[1].status == "loses digits"
    assert outcome.judgements[1].relative < 1e4 * 2.0**-23
    assert "expected" in outcome.judgements[1].detail
    assert not check(lambda *given: cumulated(*given, error=40.0), case, gradient="function")
    assert not check(lambda *given: np.float64(cumulated(*given)[0] * 1.002), case)


def test_levels_that_miss_each_other_lose_digits():
    """Oracle: every point twice, so that W = 0; a mass of n eps at another point costs at most its range squared."""
    x = np.arange(8.0)[:, None]
    mine = Case("mine", "twice", (), lambda rng: Inputs(x, np.repeat(x, 2, axis=0), np.ones((1, 1))))
    for value, status in ((0.0, "pass"), (1e-15, "loses digits"), (1e-12, "fail"), (-1e-12, "fail")):
        assert check(lambda x, y, theta, value=value: value, mine).judgements[0].status == status
    equal = Case("mine", "equal sizes", (), lambda rng: Inputs(x, x + 0.0, np.ones((1, 1))))
    assert check(lambda x, y, theta: 1e-15, equal).judgements[0].status == "fail"


CONVENTIONS = [Convention(), Convention("sw"), Convention("mean", slices="sum"), Convention("sw_pp", "dl", "sum")]


@pytest.mark.parametrize("convention", CONVENTIONS, ids=lambda c: f"{c.returns}-{c.slices}-{c.points}")
@pytest.mark.parametrize("name", ["arguments-theta-p3", "arguments-potential-p1.5", "arguments-potential-unequal"])
def test_gradients_in_theta_and_weights_agree_with_finite_differences(name, convention):
    """Oracle: central differences of the value, mass moved from one point to another."""
    inputs = find(name).inputs
    right, rng = argument_gradients(inputs, convention), np.random.default_rng(0)

    def slope(change, V, h=1e-6):
        ends = [Answer(replace(inputs, **{change: getattr(inputs, change) + side * V}), convention) for side in (h, -h)]
        return (ends[0].value.centre - ends[1].value.centre) / (2 * h)

    for what in ("theta", "x_weights", "y_weights"):
        if getattr(inputs, what) is not None:
            V = rng.standard_normal(getattr(inputs, what).shape)
            V = V if what == "theta" else 1e-3 * (V - V.mean())
            exact = np.sum(right[f"d{what}"] * V)
            assert slope(what, V) == pytest.approx(exact, rel=1e-4), what
