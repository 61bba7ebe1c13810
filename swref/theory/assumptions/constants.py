"""The constants of the convergence theorems: K_w, K_f, K_F, Lip and M, each beside an empirical value, and alpha_0.

A bound that holds for every network of a kind is loose for the one at hand. Beside each stands what a seeded search
found, a bound from the other side, so that the looseness is visible. Source: Tanguy (TMLR 2023), sections 2 and 3; what
is named sharp, and the bounds of the networks, are derived.
"""

from __future__ import annotations

import dataclasses
import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from swref import checks
from swref.errors import InputError, InputTypeError
from swref.measures import Discrete, Measure, check_discrete_ends, check_ends, support_of
from swref.messages import json_number
from swref.networks import Network, check_network
from swref.reprs import Shown
from swref.theory.assumptions.layerwise import NetworkBounds, network_bounds
from swref.theory.assumptions.steps import StepBounds, step_bounds


@dataclass(frozen=True)
class ConstantReport:
    """A proven upper `bound` and the `empirical` value that a search found."""

    bound: float
    empirical: float | None  # None where no search was made

    @property
    def ratio(self) -> float | None:
        """How loose the bound is at most, at least 1 up to rounding.

        >>> ConstantReport(bound=6.0, empirical=3.0).ratio
        2.0
        """
        if self.empirical is None or not 0 < self.empirical < math.inf or self.bound == 0:
            return None
        return self.bound / self.empirical

    def to_dict(self) -> dict[str, float | None]:
        """The three numbers; infinity as None, which JSON lacks."""
        return {name: json_number(getattr(self, name)) for name in ("bound", "empirical", "ratio")}


@dataclass(frozen=True, repr=False)
class Constants(Shown):
    """The constants on B(u0, delta) and the supports of the measures; `radius` = |u0| + delta."""

    radius: float  # of the ball around 0 that Lip and M are for
    input_radius: float  # R_x
    target_radius: float  # R_y
    lip: ConstantReport
    M: ConstantReport
    k_w_sharp: ConstantReport
    k_w_printed: ConstantReport | None  # printed for p = 2 only, as alpha_0
    k_f_sharp: ConstantReport
    k_f_printed: ConstantReport | None
    k_F_sharp: ConstantReport | None  # an expectation over batches: for discrete measures
    k_F_printed: ConstantReport | None
    alpha_0: StepBounds | None  # None for p != 2

    def to_dict(self) -> dict[str, Any]:
        """Plain numbers, ready for JSON."""
        values = {f.name: getattr(self, f.name) for f in dataclasses.fields(self)}
        return {
            k: v.to_dict() if isinstance(v, (ConstantReport, StepBounds)) else json_number(v) for k, v in values.items()
        }


def k_w(n: int, rho: float, x_norm: float, y_norm: float, *, p: float = 2.0, printed: bool = False) -> float:
    """K_w: w_theta(., Y) is K_w-Lipschitz for |X| = max_k ||x_k|| on the ball of radius rho around X.

        printed (p = 2)  2 n (rho + |X| + |Y|)         sharp  p (rho + |X| + |Y|)^{p-1}

    n: batch size; x_norm, y_norm: |X| and |Y|. Raises InputError for the printed form with p != 2 and for a negative
    number. Source: Tanguy (TMLR 2023), Proposition on w_theta; the sharp form is derived, and attained in the limit.

    >>> k_w(10, 1.0, 2.0, 3.0), k_w(10, 1.0, 2.0, 3.0, printed=True), k_w(10, 1.0, 2.0, 3.0, p=3)
    (12.0, 120.0, 108.0)
    """
    n, p = checks.count("n", n), checks.order(p)
    if checks.flag("printed", printed) and p != 2:
        raise InputError(f"p must be 2 for the printed constant, got {p:g}")
    named = (("rho", rho), ("x_norm", x_norm), ("y_norm", y_norm))
    reach = sum(checks.number(name, value, minimum=0.0, infinite=True) for name, value in named)
    return p * reach ** (p - 1) * (n if printed else 1)


def k_f(
    n: int, lip: float, delta: float, t_norm: float, y_norm: float, *, p: float = 2.0, printed: bool = False
) -> float:
    """K_f: f(., X, Y, theta) is K_f-Lipschitz on B(u0, delta).

        K_f = Lip K_w,   rho = delta Lip,  |X| = |T(u0, X)|:     printed (p = 2)  2 n Lip (delta Lip + |T(u0, X)| + |Y|)

    lip: a Lipschitz constant of T(., x) on that ball, `lip_u` of network_bounds; t_norm: |T(u0, X)|. Errors and source
    as of k_w.

    >>> k_f(10, lip=2.0, delta=0.5, t_norm=2.0, y_norm=3.0)
    24.0
    """
    lip, delta = checks.number("lip", lip, minimum=0.0, infinite=True), checks.number("delta", delta, minimum=0.0)
    t_norm = checks.number("t_norm", t_norm, minimum=0.0, infinite=True)
    return lip * k_w(n, delta * lip, t_norm, y_norm, p=p, printed=printed)


def k_F(
    net: Network,
    u0: np.ndarray,
    source: Discrete | ArrayLike,
    target: Discrete | ArrayLike,
    batch: int,
    *,
    lip: float,
    delta: float,
    p: float = 2.0,
    printed: bool = False,
) -> float:
    """K_F = E K_f over batches X ~ source, Y ~ target of size `batch`: F is K_F-Lipschitz on B(u0, delta).

    The law of the largest norm in a batch is known, P(max <= v) = P(norm <= v)^n, so that the expectation is a finite
    sum. Errors as of k_w, and InputTypeError for measures that are not Discrete.

    >>> from swref import MLP
    >>> dot = Discrete([[1.0]])
    >>> k_F(MLP((1, 1)), np.array([1.0, 0.0]), dot, dot, 5, lip=1.0, delta=1.0)
    6.0
    """
    check_network("net", net)
    u0 = checks.parameters("u0", u0, net.n_params)
    source, target = check_discrete_ends(net, source, target)
    batch, p = checks.count("batch", batch), checks.order(p)
    image = Discrete(net.forward(u0, source.points.astype(u0.dtype))[0], source.weights)
    t, t_mass = _largest_norm(image, batch)
    y, y_mass = _largest_norm(target, batch)
    values = [[k_f(batch, lip, delta, a, b, p=p, printed=printed) for b in y] for a in t] if p != 2 else None
    if values is not None:
        return float(t_mass @ np.array(values) @ y_mass)
    return k_f(batch, lip, delta, float(t_mass @ t), float(y_mass @ y), printed=printed)  # linear in both norms


def _largest_norm(measure: Discrete, n: int) -> tuple[np.ndarray, np.ndarray]:
    """The values and probabilities of max_k |x_k| over n draws."""
    norms, owner = np.unique(np.linalg.norm(measure.points, axis=1), return_inverse=True)
    weights = np.full(measure.m, 1 / measure.m) if measure.weights is None else measure.weights
    rest = np.cumsum(np.bincount(owner, weights=weights)[:0:-1])[::-1]  # beyond each norm but the largest: no 1 - c^n
    beyond = -np.expm1(n * np.log1p(-np.minimum(rest, 1 - np.finfo(np.float64).epsneg)))
    return norms, -np.diff(beyond, prepend=1.0, append=0.0)


def theorem_constants(
    net: Network,
    source: Measure | ArrayLike,
    target: Measure | ArrayLike,
    *,
    batch: int,
    delta: float,
    u0: np.ndarray | None = None,
    p: float = 2.0,
    seed: int = 0,
    tries: int = 64,
) -> Constants:
    """Every constant on B(u0, delta), each beside the empirical value of `tries` seeded searches.

    Lip and M are for |u| <= |u0| + delta and |x| <= R_x; u0 is 0 by default, so that delta is then the radius. K_w is
    at T(u0, X) for the batch X with the largest images, with rho = delta Lip_u, Lip_u the constant of T in u alone.
    `net` is an MLP, SkipNet, CutOff or Particles. Infinite bounds are reported as such, without a search. Raises
    InputTypeError for another network, InputError for measures of another dimension or of unknown support, and for
    arguments out of range.

    >>> from swref import MLP, Discrete
    >>> found = theorem_constants(MLP((1, 1)), Discrete([[0.0], [2.0]]), Discrete([[1.0]]), batch=2, delta=2.0)
    >>> found.lip.bound, round(found.lip.ratio, 1)
    (3.0, 1.0)
    """
    from swref.theory.assumptions import searches  # here: it needs the loss, and that compiles

    check_network("net", net)
    n, p, seed = checks.count("batch", batch), checks.order(p), checks.int_seed("seed", seed)
    delta, tries = checks.number("delta", delta, above=0.0), checks.integer("tries", tries, minimum=1)
    u0 = np.zeros(net.n_params) if u0 is None else checks.parameters("u0", u0, net.n_params).astype(np.float64)
    source, target = check_ends(net, source, target)
    R_x, R_y = _radius("source", source), _radius("target", target)
    radius = float(np.linalg.norm(u0)) + delta
    bounds = _bounds(net, radius, R_x)
    search = searches.Search(net, source, target, u0, delta, R_x, n, p, seed, tries)
    t_norm = _image_radius(net, u0, source, bounds)
    lip_u = bounds.lip_u
    rho = delta * lip_u
    found_w, found_f, found_M = search.k_w(rho, t_norm, R_y), search.k_f(), search.second_derivative(bounds.M)
    printed = p == 2
    found_F = search.k_F()

    def expected(printed: bool) -> ConstantReport | None:
        if not isinstance(source, Discrete) or not isinstance(target, Discrete):
            return None
        value = k_F(net, u0, source, target, n, lip=lip_u, delta=delta, p=p, printed=printed)
        return ConstantReport(value, found_F)

    return Constants(
        radius=radius,
        input_radius=R_x,
        target_radius=R_y,
        lip=ConstantReport(bounds.lip, search.lipschitz(bounds.lip)),
        M=ConstantReport(bounds.M, found_M),
        k_w_sharp=ConstantReport(k_w(n, rho, t_norm, R_y, p=p), found_w),
        k_w_printed=ConstantReport(k_w(n, rho, t_norm, R_y, printed=True), found_w) if printed else None,
        k_f_sharp=ConstantReport(k_f(n, lip_u, delta, t_norm, R_y, p=p), found_f),
        k_f_printed=ConstantReport(k_f(n, lip_u, delta, t_norm, R_y, printed=True), found_f) if printed else None,
        k_F_sharp=expected(False),
        k_F_printed=expected(True) if printed else None,
        alpha_0=step_bounds(net, source, target, M=bounds.M, radius=radius, seed=seed) if printed else None,
    )


def _bounds(net: Network, radius: float, R_x: float) -> NetworkBounds:
    bounds = network_bounds(net, radius, R_x)
    if bounds is None:
        raise InputTypeError(
            f"net must be an MLP, SkipNet, CutOff or Particles to have bounds, got {checks.shown(net)}"
        )
    return bounds


def _radius(name: str, measure: Measure) -> float:
    support = support_of(measure)
    if support is None:
        raise InputError(f"{name} must be a measure whose support is known, got {checks.shown(measure)}")
    return support.radius


def _image_radius(net: Network, u0: np.ndarray, source: Measure, bounds: NetworkBounds) -> float:
    """max |T(u0, x)| over the support: exact for a discrete source, otherwise the bound."""
    if not isinstance(source, Discrete):
        return bounds.size
    return float(np.linalg.norm(net.forward(u0, source.points)[0], axis=1).max())
