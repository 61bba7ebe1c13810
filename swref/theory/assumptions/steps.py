"""alpha_0, the step below which Theorem 1 holds: as printed, sharp, and beside both the largest |Hess f| found.

What the proof asks of a step is that I - alpha Hess f be invertible wherever f is smooth, so that null sets stay null:
alpha |Hess f| < 1. For p = 2, with J_k = dT/du(u, x_k) and y the matched points,

    Hess f = (2/n) sum_k [J_k^T theta theta^T J_k + theta.(T_k - y_k) d^2(theta.T_k)/du^2]

a mean over pairs, so that its norm over all batches is largest where all pairs are one: n does not enter.
Source: Tanguy (TMLR 2023), Theorem 1; what is named sharp is derived.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import NamedTuple

from swref import checks
from swref.measures import Measure, check_ends, support_of
from swref.messages import json_number
from swref.networks import Network, check_network
from swref.reprs import Shown
from swref.theory.assumptions.hessian import largest_hessian
from swref.theory.assumptions.layerwise import NetworkBounds, network_bounds, times


class StepRatios(NamedTuple):
    """A step over alpha_0, printed and sharp; None where there is no alpha_0."""

    printed: float | None
    sharp: float | None


@dataclass(frozen=True, repr=False)
class StepBounds(Shown):
    """alpha_0 twice, None where it has no positive bound, and the largest |Hess f| found: 1/hessian exceeds both."""

    printed: float | None
    sharp: float | None
    hessian: float | None  # None where no search was made

    def ratios(self, alpha: float) -> StepRatios:
        """`alpha` over both.

        >>> StepBounds(printed=0.1, sharp=0.25, hessian=3.0).ratios(0.5)
        StepRatios(printed=5.0, sharp=2.0)
        """
        return StepRatios(*(alpha / bound if bound else None for bound in (self.printed, self.sharp)))

    def to_dict(self) -> dict[str, float | None]:
        """The three numbers, ready for JSON."""
        return {name: json_number(getattr(self, name)) for name in ("printed", "sharp", "hessian")}


def alpha_0(d: int, target_radius: float, n_params: int, M: float) -> float:
    """The printed alpha_0 = 1 / ((d^2 + 2 R_y) d_u M) of Theorem 1 (p = 2); 0 for an infinite R_y or M.

    d: dimension of the target; target_radius: R_y = sup |y|; n_params: d_u; M: the bound of A5.
    Raises InputError for a number out of range. Source: Tanguy (TMLR 2023), Theorem 1.

    >>> alpha_0(2, 3.0, 10, 0.5)
    0.02
    """
    d, n_params = checks.integer("d", d, minimum=1), checks.integer("n_params", n_params, minimum=1)
    R_y = checks.number("target_radius", target_radius, minimum=0.0, infinite=True)
    product = (d * d + 2 * R_y) * n_params * checks.number("M", M, minimum=0.0, infinite=True)
    return 1 / product if product else math.inf


def alpha_0_sharp(bounds: NetworkBounds, target_radius: float) -> float:
    """The sharp alpha_0 = 1 / (2 (Lip_u^2 + (sup |T| + R_y) S_2)) <= 1 / sup |Hess f|; 0 where a bound is infinite.

    bounds: those of the network over the set that u stays in, S_2 being their `curvature`; target_radius: R_y.
    Raises InputError for a negative radius. Source: derived, from Hess f above.

    >>> from swref.networks import Particles
    >>> alpha_0_sharp(network_bounds(Particles(3, 2), radius=1.0, input_radius=2.0), target_radius=5.0)
    0.5
    """
    checks.instance("bounds", bounds, NetworkBounds)
    R_y = checks.number("target_radius", target_radius, minimum=0.0, infinite=True)
    largest = 2 * (bounds.lip_u**2 + times(bounds.size + R_y, bounds.curvature))
    return 1 / largest if largest else math.inf


def step_bounds(
    net: Network, source: Measure, target: Measure, *, M: float | None, radius: float = math.inf, seed: int = 0
) -> StepBounds | None:
    """Both alpha_0 of `net` between `source` and `target`, p = 2; None where neither has a positive bound.

    M: the bound of A5 over all u, None where there is none (the printed one rests on it). The sharp one and the search
    are for |u| <= radius, the ball of the projected scheme, or for all u where it is infinite.
    """
    check_network("net", net)
    source, target = check_ends(net, source, target)
    seed = checks.int_seed("seed", seed)
    x, y = support_of(source), support_of(target)
    bounds = None if x is None else network_bounds(net, radius, x.radius)
    if y is None:
        return None
    printed = None if M is None else alpha_0(net.dim_out, y.radius, net.n_params, M) or None
    sharp = None if bounds is None else alpha_0_sharp(bounds, y.radius) or None
    if printed is None and sharp is None:
        return None
    return StepBounds(printed, sharp, largest_hessian(net, source, target, radius=radius, seed=seed))
