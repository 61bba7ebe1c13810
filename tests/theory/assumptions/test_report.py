"""The regularity report: verdicts written down from the paper's text before the code, and the numbers behind them."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest

from swref.errors import InputError
from swref.networks import MLP, CutOff, SkipNet
from swref.theory.assumptions.layerwise import network_bounds
from swref.theory.assumptions.report import check_assumptions
from tests.theory.assumptions.verdicts import BALL, NOISED, NORMAL, OTHERS, POINTS, Unheard, cut, verdicts


def test_set_up_1_deep_relu_mlp_without_cut_off():
    """Appendix D: without cut-offs and with two or more layers A2 and A5 fail; A4 fails for unbounded activations, of
    growth |u|^N. ReLU is semi-algebraic: A1 and A7 hold. Discrete data: A3 and A6 hold. So neither theorem applies.
    """
    report = check_assumptions(MLP((2, 16, 2), "relu"), POINTS, OTHERS)
    assert verdicts(report) == "+-+--++"
    assert report.theorem == "neither"
    for name, power in (("A2", 1), ("A4", 1), ("A5", 2)):
        scales, values = zip(*report[name].growth, strict=True)
        rates = np.diff(np.log(values)) / np.diff(np.log(scales))
        assert rates[-1] == pytest.approx(power, abs=0.05)
        assert report[name].number == values[-1]
    assert report["A2"].number > 100
    assert report.alpha_0 is None


def test_set_up_2_tanh_with_cut_offs_and_the_noised_projected_scheme_on_discrete_data():
    """Appendix D: C^2 activations with cut-offs satisfy A1, A2, A4, A5, A7; data are discrete: A3 and A6. The noised
    projected scheme is that of both theorems.
    """
    report = check_assumptions(cut(MLP((2, 8, 2))), POINTS, OTHERS, **NOISED)
    assert verdicts(report) == "+++++++"
    assert report.theorem == "Theorems 1 and 2"
    assert report.notes == ()


def test_set_up_3_tanh_mixed_with_relu():
    """Appendix D covers networks all C^2 or all semi-algebraic, not a mixture. Tanh and ReLU are definable in R_exp,
    which is o-minimal: A1 and A7 hold. GELU's erf is not known to be: with ReLU they are unknown. What the cut-offs
    give, A2, A4 and A5, does not depend on the family.
    """
    tame = check_assumptions(cut(SkipNet((2, 4, 4, 2), ("tanh", "relu"))), POINTS, OTHERS, **NOISED)
    assert verdicts(tame) == "+++++++"
    assert "R_exp" in tame["A1"].reason
    report = check_assumptions(cut(SkipNet((2, 4, 4, 2), ("gelu", "relu"))), POINTS, OTHERS, **NOISED)
    assert verdicts(report) == "?+++++?"
    assert report.theorem == "unknown"
    assert "Not covered" in report["A1"].reason


def test_set_up_4_gaussian_source():
    """A Gaussian has no compact support: A3 fails. It is not discrete: A6 fails. Neither theorem, cut-offs or not."""
    report = check_assumptions(cut(MLP((2, 8, 2), "relu")), NORMAL, OTHERS, **NOISED)
    assert verdicts(report) == "++-++-+"
    assert report.theorem == "neither"
    assert report["A3"].number == math.inf


def test_set_up_5_continuous_compact_source_under_algorithm_1():
    """The uniform law on a ball is compact, not discrete: A3 holds and A6 fails. Theorem 1 asks A1-A5 and covers
    Algorithm 1, without noise or projection; Theorem 2 asks A6, noise and projection.
    """
    report = check_assumptions(cut(MLP((2, 8, 2), "leaky_relu")), BALL, OTHERS, step=1e-3)
    assert verdicts(report) == "+++++-+"
    assert report.theorem == "Theorem 1"
    assert report.step_ratio == pytest.approx((1e-3 / report.alpha_0.printed, 1e-3 / report.alpha_0.sharp))
    assert report.step_ratio.printed > 1
    assert "A6" in report.theorem_2.reason
    assert "noise" in report.theorem_2.reason


def test_set_up_6_single_affine_layer():
    """T = x W + b is linear in u: |T| <= sqrt(1 + |x|^2) |u| (A4), d^2 T = 0 and |d^2 (T_a T_b)| <= 2 max(1, R_x)^2
    (A5). In x its Lipschitz constant is |W|, unbounded in u: jointly A2 fails, though in u alone it is sqrt(1 + R_x^2).
    """
    report = check_assumptions(MLP((2, 2)), POINTS, OTHERS, **NOISED)
    assert verdicts(report) == "+-+++++"
    assert report.theorem == "neither"
    R_x = float(np.linalg.norm(POINTS.points, axis=1).max())
    assert report["A5"].number == pytest.approx(2 * max(1.0, R_x) ** 2)
    assert f"{math.hypot(1, R_x):.4g}" in report["A2"].reason
    assert dict(report["A2"].growth)[1000.0] == pytest.approx(1000.0)  # |T(x) - T(x')| = t |x - x'|


@pytest.mark.parametrize(
    ("options", "first", "second"),
    [
        ({}, "applies", "does not apply"),
        ({"noise": 0.1}, "does not apply", "does not apply"),
        ({"radius": 4.0}, "does not apply", "does not apply"),
        ({**NOISED, "schedule": lambda t: 1 / (1 + t)}, "does not apply", "does not apply"),
        ({**NOISED, "schedule": "linear"}, "does not apply", "does not apply"),
        ({**NOISED, "p": 3.0}, "sketched", "conjectured"),
        ({**NOISED, "p": 1.0}, "sketched", "conjectured"),
        (NOISED, "applies", "applies"),
    ],
)
def test_the_scheme_decides_which_theorem_applies(options, first, second):
    """Theorem 1: Algorithm 1 or the noised projected scheme, constant step; Theorem 2: noise and projection, p = 2."""
    report = check_assumptions(cut(MLP((2, 8, 2))), POINTS, OTHERS, **options)
    assert (report.theorem_1.verdict, report.theorem_2.verdict) == (first, second)
    assert (report.alpha_0 is None) == (options.get("p", 2.0) != 2)


def test_cut_offs_that_bite_are_noted():
    tight = CutOff(MLP((2, 8, 2)), r_u=2.0, r_x=1.0, eps=0.5)
    notes = check_assumptions(tight, POINTS, OTHERS, noise=0.1, radius=3.0).notes
    assert any("R_x - eps = 0.5" in note for note in notes)
    assert any("R_u - eps = 1.5" in note for note in notes)


def test_a5_number_is_the_bound_and_alpha_0_follows():
    """Oracle: 1/((d^2 + 2 R_y) d_u M) with M the bound over the zone where T does not vanish."""
    net = cut(MLP((2, 8, 2)))
    report = check_assumptions(net, POINTS, OTHERS, **NOISED)
    R_x, R_y = POINTS.support.radius, OTHERS.support.radius
    assert report["A5"].number == network_bounds(net, math.inf, R_x).M
    assert report.alpha_0.printed == pytest.approx(1 / ((4 + 2 * R_y) * net.n_params * report["A5"].number))


class Custom:
    """A network of the user's, of which nothing is known; and a measure likewise."""

    n_params, dim_in, dim_out, dim = 3, 2, 2, 2

    def __getattr__(self, name: str):
        if name in ("init", "forward", "backward", "jvp", "to_dict", "sample"):
            return lambda *args, **kwargs: None
        raise AttributeError(name)


def test_what_is_not_known_is_unknown():
    assert verdicts(check_assumptions(Custom(), POINTS, OTHERS)) == "??+??+?"
    assert check_assumptions(CutOff(Custom(), 5.0, 3.0, 0.5), POINTS, OTHERS)["A2"].verdict == "unknown"
    report = check_assumptions(cut(MLP((2, 2))), Unheard(), OTHERS)
    assert (report["A3"].verdict, report["A6"].verdict) == ("unknown", "unknown")


def test_the_report_is_json_and_its_numbers_finite():
    for net, source in ((MLP((2, 4, 2), "relu"), POINTS), (cut(MLP((2, 4, 2))), NORMAL)):
        record = json.loads(json.dumps(check_assumptions(net, source, OTHERS, step=0.1).to_dict(), allow_nan=False))
        assert [finding["name"] for finding in record["assumptions"]] == [f"A{k}" for k in range(1, 8)]
        assert all(finding["reason"].endswith(".") for finding in record["assumptions"])


def test_unknown_assumption_is_refused_with_the_names():
    with pytest.raises(InputError, match="name must be one of A1, A2"):
        check_assumptions(MLP((2, 2)), POINTS, OTHERS)["A8"]
