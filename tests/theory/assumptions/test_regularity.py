"""A1, A2, A4, A5 and A7 of networks of every kind: the verdicts of Appendix D, and the rates of growth along rays."""

from __future__ import annotations

import math

import numpy as np
import pytest

from swref.measures import Discrete, Uniform
from swref.measures.standardize import Standardize, Standardized
from swref.networks import MLP, CutOff, Particles, SkipNet
from swref.networks.activations import ACTIVATIONS
from swref.theory.assumptions.regularity import Subject, bounded_second_derivatives, growth_in_u, lipschitz
from swref.theory.assumptions.report import check_assumptions
from tests.support import tol
from tests.theory.assumptions.verdicts import BALL, NOISED, NORMAL, OTHERS, POINTS, Unheard, cut, verdicts


def test_bounded_activations_keep_a4_in_deep_networks():
    """Math of Appendix D: A4 fails for unbounded activations, growth |u|^N, and holds for bounded ones."""
    for name in ACTIVATIONS:
        expected = "holds" if math.isfinite(ACTIVATIONS[name].range(math.inf).value) else "fails"
        assert check_assumptions(MLP((2, 4, 2), name), POINTS, OTHERS)["A4"].verdict == expected, name
        assert check_assumptions(MLP((2, 4, 2), name, "sigmoid"), POINTS, OTHERS)["A4"].verdict == "holds"
        assert check_assumptions(MLP((2, 2), "tanh", name), POINTS, OTHERS)["A4"].verdict == "holds"


@pytest.mark.parametrize("name", ACTIVATIONS)
@pytest.mark.parametrize("output", ACTIVATIONS)
def test_every_deep_network_without_cut_offs_fails_a2_and_a5(name, output):
    """Appendix D; the quotients along the ray grow like t, and the second derivatives like t^2."""
    for net in (MLP((2, 3, 4, 2), name, output), SkipNet((2, 3, 2), name, output)):
        report = check_assumptions(net, POINTS, OTHERS)
        assert report["A2"].verdict == report["A5"].verdict == "fails"
        for finding, power in ((report["A2"], 1.0), (report["A5"], 2.0)):
            (t, before), (s, after) = finding.growth[-2:]
            assert math.log(after / before) / math.log(s / t) == pytest.approx(power, abs=0.15)


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_every_activation_alone_is_covered(name):
    """Oracle: all belong to a family of Appendix D, but for ELU, which is locally Lipschitz and definable in R_exp."""
    report = check_assumptions(cut(MLP((2, 3, 2), name)), POINTS, OTHERS, **NOISED)
    assert verdicts(report) == "+++++++"
    assert ("R_exp" in report["A7"].reason) == (name == "elu")


@pytest.mark.parametrize(
    ("name", "dim_out", "expected"),
    [
        ("tanh", 2, "+"),  # bounded with all derivatives
        ("sigmoid", 2, "+"),
        ("relu", 2, "+"),  # T T'' = 0 on the pieces
        ("softplus", 1, "+"),  # T T'' decays
        ("silu", 1, "+"),
        ("softplus", 2, "-"),  # T_a T_b'' with T_a as large as one likes
        ("gelu", 2, "-"),
        ("elu", 3, "-"),
    ],
)
def test_single_layers_have_their_own_a5(name, dim_out, expected):
    target = Discrete(np.ones((1, dim_out)))
    report = check_assumptions(MLP((2, dim_out), "tanh", name), POINTS, target)
    assert verdicts(report)[4] == expected
    if expected == "-":
        assert report["A5"].growth[-1][1] > 50 * report["A5"].growth[0][1]


def test_a_bounded_single_layer_is_lipschitz_on_finitely_many_points_only():
    """T = tanh(x W + b) is bounded, and two of m points are some distance apart; nearby points have no such limit."""
    net = MLP((2, 2), "tanh", "tanh")
    finite, continuous = check_assumptions(net, POINTS, OTHERS), check_assumptions(net, BALL, OTHERS)
    assert (finite["A2"].verdict, continuous["A2"].verdict) == ("holds", "fails")
    assert continuous["A2"].growth[-1][1] > 100 * continuous["A2"].growth[0][1]
    rng = np.random.default_rng(0)
    for _ in range(200):  # the constant is one: random pairs, far and near
        u, v = rng.standard_normal((2, net.n_params)) * 10 ** rng.uniform(-2, 2)
        a, b = POINTS.sample(rng, 2)
        gap = np.linalg.norm(net.forward(u, a[None])[0] - net.forward(v, b[None])[0])
        assert gap <= finite["A2"].number * math.hypot(np.linalg.norm(u - v), np.linalg.norm(a - b)) * (1 + tol(float))


def test_a2_goes_by_the_support_and_not_by_the_class_of_the_law():
    """Oracle: the sphere of R^1 is the two points of a Discrete; a law that does not tell its support may be either."""
    net = MLP((1, 2), output_activation="sigmoid")
    sphere = lipschitz(Subject.of(net, Uniform("sphere", 1)))
    points = lipschitz(Subject.of(net, Discrete([[-1.0], [1.0]])))
    assert (sphere.verdict, sphere.number) == ("holds", points.number)
    assert lipschitz(Subject.of(net, Standardized(Uniform("sphere", 1), Standardize([1.0], [2.0])))).verdict == "holds"
    assert lipschitz(Subject.of(net, Uniform("cube", 1))).verdict == "fails"

    class Unsaid:
        dim = 1

        def sample(self, rng, n):
            return rng.standard_normal((n, 1))

        def to_dict(self):
            return {"kind": "unsaid"}

    assert lipschitz(Subject.of(net, Unsaid())).verdict == "unknown"
    assert lipschitz(Subject.of(MLP((1, 2)), Unsaid())).verdict == "fails"  # unbounded: for any two points


def test_particles_fail_a2_jointly_and_satisfy_the_rest_and_a_cut_off_repairs_them():
    """T(u, k) = u_k is linear in u; between two indices it moves by |u_k - u_l|, as large as one likes."""
    source = Discrete(np.arange(3.0)[:, None])
    report = check_assumptions(Particles(3, 2), source, OTHERS, **NOISED)
    assert verdicts(report) == "+-+++++"
    assert report["A5"].number == 2.0
    repaired = check_assumptions(CutOff(Particles(3, 2), 5.0, 3.0, 0.5), source, OTHERS, **NOISED)
    assert repaired.theorem == "Theorems 1 and 2"


def test_order_p_asks_a4_with_the_exponent_1_over_p_minus_1():
    """One affine layer grows like |u|: too fast for every p > 2 (exponent below 1), not for p = 3/2 (exponent 2)."""
    for p in (2.001, 2.1, 2.5, 3.0, 9.0):
        assert check_assumptions(MLP((2, 2)), POINTS, OTHERS, p=p)["A4"].verdict == "fails"
    assert check_assumptions(MLP((2, 2)), POINTS, OTHERS, p=2.0)["A4"].verdict == "holds"
    assert check_assumptions(MLP((2, 2)), POINTS, OTHERS, p=1.5)["A4"].verdict == "holds"
    assert check_assumptions(MLP((2, 4, 2), "relu"), POINTS, OTHERS, p=1.5)["A4"].verdict == "holds"


@pytest.mark.parametrize("shared", [[((2, 1), (3, 2))], [(1, 2)], [((1, 0), (2, 1), (3, 2)), (1, 2, 3)]])
def test_shared_blocks_fail_along_a_ray_of_their_own(shared):
    """Oracle: with W = t v w^T, w orthogonal to x - act(z), and b = z - W act(z) every pre-activation is z."""
    net = SkipNet((2, 2, 2, 2), "tanh", connections=[(1, 0), (2, 1), (3, 2)], shared=shared)
    subject = Subject.of(net, POINTS)
    for finding in (lipschitz(subject), bounded_second_derivatives(subject)):
        assert finding.verdict == "fails"
        assert finding.growth[-1][1] > 10 * finding.growth[-2][1]


def test_one_shared_unit_is_decided_where_its_activation_reaches_x():
    """Oracle: tanh(a tanh(a x + b) + b) has dT/db = act'(s)(1 + a act'(s)) at b = s - a x, tanh s = x; for |x| > 1 one
    of a x + b and a tanh(a x + b) + b is of the size of a."""
    net = SkipNet((1, 1, 1), "tanh", "tanh", connections=[(1, 0), (2, 1)], shared=[((1, 0), (2, 1)), (1, 2)])
    for found in (lipschitz, bounded_second_derivatives):
        assert found(Subject.of(net, Discrete([[0.3], [2.0]]))).verdict == "fails"
        beyond = found(Subject.of(net, Discrete([[-2.0], [2.0]])))
        assert beyond.verdict == "unknown"
        assert "no ray was found" in beyond.reason


def test_a_source_of_one_value_asks_for_u_alone():
    """Oracle: T = x W + b is Lipschitz in u with sqrt(1 + |x|^2); in x there is nothing to compare."""
    finding = lipschitz(Subject.of(MLP((2, 2)), Discrete([[3.0, 4.0], [3.0, 4.0]])))
    assert (finding.verdict, finding.number) == ("holds", pytest.approx(math.sqrt(26)))


def test_a_support_that_is_not_known_leaves_what_depends_on_it_open():
    """Oracle: the second derivatives of one layer grow like |x|^2, and nothing is known of |x|."""
    subject = Subject.of(MLP((2, 2), "tanh", "softplus"), Unheard())
    assert bounded_second_derivatives(subject).verdict == "unknown"
    assert growth_in_u(subject, 2.0).verdict == "unknown"
    endless = bounded_second_derivatives(Subject.of(MLP((2, 2), "tanh", "softplus"), NORMAL))
    assert (endless.verdict, endless.number) == ("fails", math.inf)


def test_layers_that_grow_and_cancel_are_not_called_failures():
    """Oracle: particles grow like |u|: too fast for p = 3, along every ray; and identity layers like a product."""
    particles = growth_in_u(Subject.of(Particles(3, 2), Discrete(np.arange(3.0)[:, None])), 3.0)
    assert (particles.verdict, particles.number) == ("fails", 1)
    deep = growth_in_u(Subject.of(MLP((2, 3, 2), "identity"), POINTS), 2.0)
    assert (deep.verdict, len(deep.growth)) == ("fails", 4)
    assert growth_in_u(Subject.of(MLP((2, 3, 2), "identity"), POINTS), 1.0).verdict == "holds"
