"""What holds of a network: A1, A2, A4, A5 and A7 of Tanguy (TMLR 2023), each with the number that shows it.

A verdict is given only where there is an argument: a finite bound for "holds", a ray along which a quotient grows
without bound for "fails"; everything else is "unknown".
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from swref.measures import Discrete, Measure, support_of
from swref.messages import json_number
from swref.networks import MLP, CutOff, Network, Particles, SkipNet
from swref.theory.assumptions import rays
from swref.theory.assumptions.layerwise import NetworkBounds, network_bounds


@dataclass(frozen=True)
class Finding:
    """What was found about one assumption or theorem."""

    name: str
    verdict: str  # "holds", "fails", "unknown"; of a theorem "applies", "does not apply", "unknown", ...
    reason: str  # one sentence
    number: float | None = None  # the number that shows it, infinity included
    quantity: str = ""  # what that number is
    growth: rays.Growth = ()  # (scale t, quotient), where a ray shows it

    def to_dict(self) -> dict[str, Any]:
        """Plain types; an infinite number becomes None.

        >>> Finding("A6", "holds", "Both are discrete.", 2.0, "atoms").to_dict()["number"]
        2.0
        """
        return {
            "name": self.name,
            "verdict": self.verdict,
            "reason": self.reason,
            "number": json_number(self.number),
            "quantity": self.quantity,
            "growth": [[t, json_number(value)] for t, value in self.growth],
        }


@dataclass(frozen=True)
class Subject:
    """A network on the support of its source, as the functions below look at it."""

    net: Network
    source: Measure
    structure: SkipNet | Particles | None  # of the network inside, an MLP as a SkipNet; None where it is not known
    is_cut: bool
    bounds: NetworkBounds | None  # over all u, and x in the support; None for a network of an unknown kind
    input_radius: float | None  # R_x; None where unknown

    @classmethod
    def of(cls, net: Network, source: Measure) -> Subject:
        """Unwrap the cut-offs, and bound the network over all u.

        >>> from swref.measures import Uniform
        >>> Subject.of(MLP((2, 2)), Uniform("ball", 2)).bounds.M
        2.0
        """
        inside = net
        while isinstance(inside, CutOff):
            inside = inside.net
        structure = SkipNet.of_mlp(inside) if isinstance(inside, MLP) else inside
        support = support_of(source)
        R_x = None if support is None else support.radius
        return cls(
            net=net,
            source=source,
            structure=structure if isinstance(structure, (SkipNet, Particles)) else None,
            is_cut=isinstance(net, CutOff),
            bounds=network_bounds(net, math.inf, math.inf if R_x is None else R_x),
            input_radius=R_x,
        )

    @property
    def atoms(self) -> float | None:
        """How many distinct points the support of x has; None where unknown."""
        support = support_of(self.source)
        return None if support is None else support.atoms


# Graphs made of sums, products, exp and log: definable in the o-minimal structure R_exp (not known of gelu's erf).
DEFINABLE: Final = frozenset({"identity", "relu", "leaky_relu", "elu", "tanh", "sigmoid", "softplus", "silu"})
NO_RAY: Final = "No bound is finite, and no ray was found along which the shared blocks show a failure."
RAY_POINTS: Final = 16  # of the support, at which one is looked for
NO_STRUCTURE: Final = "The network is of a kind whose structure is not known."


def piecewise_smooth(subject: Subject) -> Finding:
    """A1: T(., x) is piecewise C^2, the boundaries of the pieces null sets.

    >>> from swref.measures import Uniform
    >>> piecewise_smooth(Subject.of(MLP((2, 3, 2), "elu"), Uniform("ball", 2))).verdict
    'holds'
    """
    return _by_family("A1", subject, "T(., x) is C^2", "T(., x) is piecewise C^2 with null boundaries")


def path_differentiable(subject: Subject) -> Finding:
    """A7: T(., x) is path differentiable.

    >>> from swref.measures import Uniform
    >>> path_differentiable(Subject.of(MLP((2, 3, 2), "relu"), Uniform("ball", 2))).verdict
    'holds'
    """
    claim = "T(., x) is path differentiable"
    return _by_family("A7", subject, claim, claim)


def _by_family(name: str, subject: Subject, smooth: str, tame: str) -> Finding:
    """All C^2, or all semi-algebraic (Appendix D), or all definable in R_exp, where mixtures and ELU belong.

    R_exp is model complete (Wilkie, J. AMS 9, 1996), hence by Khovanskii's finiteness theorem o-minimal, and what is
    definable is closed under composition; the cut-offs are definable in it, too. What is definable is C^2 on finitely
    many cells, whose boundaries are of lower dimension (van den Dries, Miller, Duke Math. J. 84, 1996); if it is also
    locally Lipschitz, it is path differentiable (Davis, Drusvyatskiy, Kakade, Lee, Found. Comput. Math. 20, 2020,
    section 5; Bolte, Pauwels, Math. Program. 188, 2021).
    """
    if isinstance(subject.structure, Particles):
        return Finding(name, "holds", f"T is linear in u, so that {smooth}.", 0, "activations outside the family")
    if subject.structure is None:
        return Finding(name, "unknown", NO_STRUCTURE)
    acts = subject.structure.activations
    rough, other = [a.name for a in acts if not a.c2], [a.name for a in acts if not a.semi_algebraic]
    quantity = "activations outside the family"
    if not rough:
        return Finding(name, "holds", f"All activations are C^2, so that {smooth}.", 0, quantity)
    if not other:
        reason = f"All activations are locally Lipschitz and semi-algebraic, so that {tame}."
        return Finding(name, "holds", reason, 0, quantity)
    mixed = f"{', '.join(dict.fromkeys(rough))} not C^2, {', '.join(dict.fromkeys(other))} not semi-algebraic"
    if DEFINABLE.issuperset(other):
        reason = f"Not of Appendix D ({mixed}), but all locally Lipschitz and definable in R_exp, so that {tame}."
        return Finding(name, "holds", reason, 0, "activations outside the structure")
    reason = f"Not covered by Appendix D: {mixed}, and not all known to be definable in R_exp."
    return Finding(name, "unknown", reason, min(len(rough), len(other)), quantity)


def lipschitz(subject: Subject) -> Finding:
    """A2: T is Lipschitz in (u, x) jointly, over all u and the support of the source.

    >>> from swref.measures import Uniform
    >>> found = lipschitz(Subject.of(MLP((2, 3, 2), "relu"), Uniform("ball", 2)))
    >>> found.verdict, round(found.growth[-1][1])
    ('fails', 1000)
    """
    bounds, quantity = subject.bounds, "Lipschitz constant (bound)"
    structure = subject.structure
    if bounds is None or structure is None:
        return Finding("A2", "unknown", NO_STRUCTURE)
    if math.isfinite(bounds.lip):
        reason = "T vanishes far out and is Lipschitz inside: the cut-offs bound every layer."
        if not subject.is_cut:
            reason = "A layerwise bound is finite."
        return Finding("A2", "holds", reason, bounds.lip, quantity)
    if subject.atoms == 1 and math.isfinite(bounds.lip_u):
        return Finding("A2", "holds", "x has one value, and in u T is Lipschitz.", bounds.lip_u, quantity)
    if isinstance(structure, Particles):
        growth = rays.particle_quotients(structure)
        return _grows("A2", growth, "Jointly it fails: two particles may be as far apart as one likes" + _alone(bounds))
    if structure.depth == 1:
        return _one_layer_lipschitz(structure, subject, bounds)
    ray = _ray(structure, subject.source)
    if ray is None:
        return Finding("A2", "unknown", NO_RAY)
    reason = "Two or more layers without cut-offs: along a ray the quotient |T(u) - T(u')| / |u - u'| grows with t."
    return _grows("A2", ray.quotients(), reason)


def _ray(net: SkipNet, source: Measure) -> rays.HiddenRay | rays.LevelRay | None:
    """One along which the first derivative in u grows; None where shared blocks may leave none."""
    return rays.HiddenRay.of(net) or rays.LevelRay.of(net, _some_points(source)[:RAY_POINTS])


def _one_layer_lipschitz(net: SkipNet, subject: Subject, bounds: NetworkBounds) -> Finding:
    source, atoms = subject.source, subject.atoms
    bounded = math.isfinite(net.activations[0].range(math.inf).value)
    if bounded and atoms is None:
        return Finding("A2", "unknown", "One bounded layer: it holds where x has finitely many values, and fails else.")
    if bounded and atoms is not None and math.isfinite(atoms) and math.isfinite(bounds.lip_u):
        reason = "One bounded layer on finitely many points: T is bounded, and two points are some distance apart."
        points = _atoms(source, int(atoms))
        if points is None:
            return Finding("A2", "holds", reason)
        apart = 2 * bounds.size / _smallest_gap(points)
        return Finding("A2", "holds", reason, math.hypot(bounds.lip_u, apart), "Lipschitz constant (bound)")
    x, other = _two_points(source)
    growth = rays.input_quotients(net, x, other, bounded)
    return _grows(
        "A2", growth, "Jointly it fails: in x the constant of one layer is that of its weights" + _alone(bounds)
    )


def _alone(bounds: NetworkBounds) -> str:
    return (
        f"; in u alone it is {bounds.lip_u:.4g}." if math.isfinite(bounds.lip_u) else "; nor is there one in u alone."
    )


def bounded_second_derivatives(subject: Subject) -> Finding:
    """A5: on the pieces, |d^2(T_a T_b)/du_k du_l| and |d^2 T/du_k du_l| are at most M, over all u and the support.

    >>> from swref.measures import Uniform
    >>> bounded_second_derivatives(Subject.of(MLP((2, 2)), Uniform("ball", 2, radius=3.0))).number
    18.0
    """
    bounds, quantity = subject.bounds, "M (bound)"
    structure = subject.structure
    if bounds is None or structure is None:
        return Finding("A5", "unknown", NO_STRUCTURE)
    if math.isfinite(bounds.M) or isinstance(structure, Particles):
        reason = "T is linear in u." if isinstance(structure, Particles) else "A layerwise bound is finite."
        if subject.is_cut:
            reason = "T vanishes far out, and inside every second derivative is bounded on the pieces."
        return Finding("A5", "holds", reason, bounds.M, quantity)
    if structure.depth > 1:
        ray = _ray(structure, subject.source)
        if ray is None:
            return Finding("A5", "unknown", NO_RAY)
        reason = "Two or more layers without cut-offs: along a ray d^2(T_a^2)/du_k^2 grows with t."
        return _grows("A5", ray.second_derivatives(), reason)
    return _one_layer_second_derivatives(structure, subject.input_radius)


def _one_layer_second_derivatives(net: SkipNet, R_x: float | None) -> Finding:
    act = net.activations[0]
    if R_x is None:
        return Finding("A5", "unknown", "The support of the source is not known, and the derivatives grow like |x|^2.")
    if math.isinf(R_x):
        return Finding("A5", "fails", "The derivatives grow like |x|^2, and x is not bounded.", math.inf, "R_x")
    if net.dim_out == 1:
        reach = act.range(math.inf)
        M = 2 * max(1.0, R_x) ** 2 * max(act.product + reach.slope**2, reach.curvature / 2)
        return Finding("A5", "holds", f"One layer of one unit: |{act.name} {act.name}''| is bounded.", M, "M (bound)")
    reason = "T_a is unbounded and T_b'' not zero: d^2(T_a T_b)/du_k^2 grows with T_a."
    return _grows("A5", rays.bias_curvatures(net), reason)


def growth_in_u(subject: Subject, p: float) -> Finding:
    """A4: |T(u, x)| <= g(x) (1 + |u|)^{1/(p-1)} with g integrable (exponent 1 for p = 2, none for p = 1).

    >>> from swref.measures import Uniform
    >>> growth_in_u(Subject.of(MLP((2, 3, 2), "tanh"), Uniform("ball", 2)), 2.0).verdict
    'holds'
    """
    structure = subject.structure
    if structure is None or subject.bounds is None:
        return Finding("A4", "unknown", NO_STRUCTURE)
    if math.isfinite(subject.bounds.size):
        return Finding("A4", "holds", "T is bounded.", subject.bounds.size, "sup |T| (bound)")
    exponent, quantity = math.inf if p == 1 else 1 / (p - 1), "power of |u| in the growth of |T|"
    power = 1 if isinstance(structure, Particles) else _power(structure)
    if power <= exponent:
        if subject.atoms is None and not isinstance(structure, Particles):
            return Finding(
                "A4", "unknown", "Whether the moments of the source are finite is not known.", power, quantity
            )
        return Finding("A4", "holds", f"|T| grows like |u|^{power}, at most {exponent:g}.", power, quantity)
    reason = f"|T| grows like |u|^{power} along a ray, faster than |u|^{exponent:g}."
    if isinstance(structure, Particles):
        return Finding("A4", "fails", reason, power, quantity)
    x = subject.source.sample(np.random.default_rng(0), 1)
    growth = rays.output_growth(structure, x, exponent)
    # The rate at which the quotient grows with t is |T|'s power along the ray, less the exponent.
    rate = math.log10(growth[-1][1] / growth[-2][1]) if 0 < growth[-2][1] <= growth[-1][1] < math.inf else 0.0
    if rate < min(0.3, (power - exponent) / 2) and growth[-1][1] < math.inf:
        return Finding(
            "A4", "unknown", "The layers allow too fast a growth; no ray was found that has it.", power, quantity
        )
    return _grows("A4", growth, reason)


def _power(net: SkipNet) -> int:
    """The largest power of |u| in the growth of |h_N|: a layer adds one, a bounded activation returns to 0."""
    powers = [0]
    for k, act in enumerate(net.activations, start=1):
        bounded = math.isfinite(act.range(math.inf).value)
        powers.append(0 if bounded else 1 + max(powers[i] for i in net.inputs(k)))
    return powers[-1]


def _grows(name: str, growth: rays.Growth, reason: str) -> Finding:
    t, value = growth[-1]
    return Finding(name, "fails", reason, value, f"quotient at t = {t:g}", growth)


def _atoms(measure: Measure, count: int) -> np.ndarray | None:
    """The `count` different points [count, d] of the support, from draws where the law does not list them; None where
    the draws miss some."""
    if isinstance(measure, Discrete):
        return np.unique(measure.atoms, axis=0)
    points = np.unique(measure.sample(np.random.default_rng(0), min(64 * count, 100_000)), axis=0)
    return points if len(points) == count else None


def _smallest_gap(points: np.ndarray) -> float:
    """The smallest distance of two of the different points[k, d]."""
    from scipy.spatial import cKDTree

    return float(np.asarray(cKDTree(points).query(points, k=2)[0])[:, 1].min())


def _two_points(measure: Measure) -> tuple[np.ndarray, np.ndarray]:
    """Two different points of the support."""
    points = _some_points(measure)
    return points[0], points[-1]


def _some_points(measure: Measure) -> np.ndarray:
    """Different points [k, d] of the support, in order."""
    points = measure.atoms if isinstance(measure, Discrete) else measure.sample(np.random.default_rng(0), 64)
    return np.unique(points, axis=0)
