"""The constants of the theorems: their formulas written out, and no empirical value beyond its bound."""

from __future__ import annotations

import itertools
import json
import math
from fractions import Fraction

import numpy as np
import pytest

from swref.measures import Discrete, Gaussian, Uniform
from swref.networks import MLP
from swref.theory.assumptions.constants import ConstantReport, _largest_norm, k_F, k_f, k_w, theorem_constants
from tests.support import tol
from tests.theory.assumptions.support import NETS, SOURCE, TARGET

ROUNDING = 1e-9  # of a difference quotient at a relative step of 1e-3


@pytest.mark.parametrize("name", NETS)
@pytest.mark.parametrize("p", [2.0, 1.5])
def test_no_empirical_value_exceeds_its_bound(name, p):
    """Every search finds something, and never more than the bound."""
    net, source = NETS[name]
    found = theorem_constants(net, source, TARGET, batch=4, delta=1.6, p=p, tries=24)
    for key, report in vars(found).items():
        if not isinstance(report, ConstantReport):
            continue
        assert 0 < report.bound < math.inf, key
        assert report.empirical > 0, key
        assert report.empirical <= report.bound * (1 + ROUNDING), key
        assert report.ratio >= 1 - ROUNDING
    assert (found.alpha_0 is None) == (found.k_w_printed is None) == (p != 2)


def test_k_w_and_k_f_are_the_formulas():
    """Oracle: the formulas of the paper, and the sharp ones without n and of order p, written out."""
    assert k_w(8, 0.5, 1.5, 2.0, printed=True) == 2 * 8 * 4.0
    assert k_w(8, 0.5, 1.5, 2.0) == 8.0
    assert k_w(8, 0.5, 1.5, 2.0, p=1.0) == 1.0
    assert k_w(8, 0.5, 1.5, 2.0, p=3.0) == 48.0
    assert k_f(8, 3.0, 0.5, 1.5, 2.0, printed=True) == 2 * 8 * 3.0 * (1.5 + 1.5 + 2.0)
    assert k_f(8, 3.0, 0.5, 1.5, 2.0, p=3.0) == 3 * 3.0 * 25.0


@pytest.mark.parametrize("p", [2.0, 2.5])
def test_k_F_is_the_mean_of_k_f_over_all_batches(p):
    """Oracle: enumeration of all batches of two points, with their probabilities."""
    net = MLP((2, 2))
    u0 = net.init(0)
    source, target = Discrete(SOURCE.points[:3], [0.5, 0.2, 0.3]), Discrete(TARGET.points[:2])
    t = np.linalg.norm(net.forward(u0, source.points)[0], axis=1)
    y = np.linalg.norm(target.points, axis=1)
    expected = 0.0
    for i, j, k, l in np.ndindex(3, 3, 2, 2):
        probability = source.weights[i] * source.weights[j] / 4
        expected += probability * k_f(2, 1.3, 0.4, max(t[i], t[j]), max(y[k], y[l]), p=p)
    found = k_F(net, u0, source, target, 2, lip=1.3, delta=0.4, p=p)
    assert found == pytest.approx(expected, rel=tol(float, 36))
    if p == 2:
        assert k_F(net, u0, source, target, 2, lip=1.3, delta=0.4, printed=True) == pytest.approx(2 * expected)


@pytest.mark.parametrize("mass", [0.3, 1e-14, 1e-17])
@pytest.mark.parametrize("n", [1, 64])
def test_the_largest_norm_of_a_batch_counts_small_masses_far_out(n, mass):
    """Oracle: c^n of rational c; the far point is of probability 1 - c^n, which a difference of powers near 1 loses."""
    measure = Discrete([[1.0], [2.0], [1e9]], [0.5, 0.5 - mass, mass])
    below = [Fraction(float(v)) / sum(Fraction(float(v)) for v in measure.weights) for v in measure.weights]
    c = [sum(below[:j], Fraction(0)) ** n for j in range(4)]
    norms, probabilities = _largest_norm(measure, n)
    assert norms.tolist() == [1.0, 2.0, 1e9]
    exact = [float(high - low) for low, high in itertools.pairwise(c)]
    np.testing.assert_allclose(probabilities[2], exact[2], rtol=tol(np.float64, 4))
    np.testing.assert_allclose(probabilities, exact, atol=tol(np.float64, 8))


def test_k_f_asks_for_the_constant_in_u_alone():
    """Oracle: one particle of five at |u| <= r: f = (theta.(u_k - y))^2 has a slope of at most 2 (r + R_y) in u, as the
    indices, which are no parameters, do not count."""
    net, source = NETS["particles"]
    found = theorem_constants(net, source, TARGET, batch=4, delta=2.0, tries=8)
    assert found.k_f_sharp.bound == pytest.approx(2 * (2.0 + TARGET.support.radius))


def test_constants_are_seeded_and_around_any_centre():
    net = MLP((2, 4, 2))
    u0 = net.init(1)
    one, two = (theorem_constants(net, SOURCE, TARGET, batch=2, delta=0.1, u0=u0, tries=8, seed=3) for _ in range(2))
    assert one == two
    assert one.radius == pytest.approx(np.linalg.norm(u0) + 0.1)
    assert one.k_f_sharp.empirical <= one.k_f_sharp.bound
    assert (
        theorem_constants(net, SOURCE, TARGET, batch=2, delta=0.1, u0=u0, tries=8, seed=4).lip.empirical
        != one.lip.empirical
    )
    record = json.loads(json.dumps(one.to_dict(), allow_nan=False))
    assert record["lip"]["bound"] == one.lip.bound


def test_constants_of_measures_that_are_not_discrete():
    """No K_F, an expectation over batches; a Gaussian source leaves nothing finite, and no search."""
    net = MLP((2, 4, 2))
    found = theorem_constants(net, Uniform("ball", 2), TARGET, batch=2, delta=0.5, tries=4)
    assert found.k_F_sharp is None
    assert found.lip.ratio >= 1
    endless = theorem_constants(MLP((2, 2)), Gaussian([0, 0], np.eye(2)), TARGET, batch=2, delta=0.5, tries=4)
    assert endless.lip.bound == math.inf
    assert endless.lip.empirical is None
    assert endless.lip.to_dict() == {"bound": None, "empirical": None, "ratio": None}
    assert endless.alpha_0 is None
