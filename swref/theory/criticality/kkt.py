"""How far u is from critical: the KKT residual on the ball, between two bounds, and the natural residual.

    dist(0, dC F(u) + N_r(u)),    N_r(u) = {0} inside the ball B(0, r),  {s u, s >= 0} on its sphere

The critical set of Theorem 2 is C_r = {u: 0 in -dC F(u) - N_r(u)}. Source: Tanguy (TMLR 2023), section 4.
"""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from swref.measures import Discrete
from swref.networks import Network
from swref.reprs import Shown
from swref.sgd import project_on_ball
from swref.theory.criticality.differentiability import activation_obstacle, obstacle
from swref.theory.criticality.least_norm import least_norm
from swref.theory.population.exact_loss import ExactLoss, normal_multiplier, on_sphere
from swref.theory.population.loss import population_sw

MAX_ELEMENTS = 200  # of the outer set, for the lower bound
GAP = 1e-9
SPLIT = 1e-7  # how far coincident images are moved apart, in units of the clouds
PLANAR_ERROR = 1e-6  # allowance for what moving them changes in the plane; on the line it changes nothing


@dataclass(frozen=True, repr=False)
class KKTResidual(Shown):
    """lower <= dist(0, dC F(u) + N_r(u)) <= upper; `exact` where they are equal, F being differentiable at u.

    natural: |u - pi_r(u - g)| for the selected gradient g, which at ties may be positive on C_r. on_sphere, multiplier:
    the s of the normal cone element s u used with g. obstacle: why it is not exact, empty where it is. At a kink of an
    activation, a null set of u, the formal gradient g need not be in dC F(u): upper is then the residual of a formal
    element.
    """

    lower: float
    upper: float
    exact: bool
    natural: float
    on_sphere: bool
    multiplier: float
    obstacle: str

    def to_dict(self) -> dict[str, Any]:
        """Plain values, ready for JSON."""
        return asdict(self)


def kkt_residual(
    net: Network,
    u: ArrayLike,
    source: Discrete | ArrayLike,
    target: Discrete | ArrayLike,
    batch: int | None,
    radius: float = math.inf,
) -> KKTResidual:
    """dist(0, dC F(u) + N_r(u)) for u [d_u], |u| <= radius, p = 2, `batch` as in population_loss.

        g in dC F(u):  |g| inside,  |g + s* u| on the sphere,  s* = max(0, -<g, u>/r^2)

    Exact where F is differentiable at u: activations C^2 (or off their kinks) and distinct images of distinct inputs,
    by more than the rounding of the forward pass.
    Else upper takes the selected gradient, and lower the least element of the outer set J^T dC E(z) + N_r(u), where
    E is F as a function of the images z = T(u, x). For C^1 activations that is more than a bound: E is smooth minus
    convex, so -E is regular and the chain rule an equality (Clarke 1983, Theorem 2.3.10), hence lower the distance
    itself, up to 1e-9 of |g| on the line and 1e-6 in the plane. At kinks of an activation lower is 0: nothing is known.
    "On the sphere" means |u| >= r (1 - 1e-12).

    Raises InputError or InputTypeError for arguments that do not fit, |u| > radius, or an F that is not exact.

    >>> from swref.networks import Particles
    >>> points = Particles(2, 1)
    >>> pair = Discrete([[-1.0], [1.0]])
    >>> r = kkt_residual(points, [0.0, 0.0], Discrete(points.indices()), pair, None)  # one place: critical by symmetry
    >>> r.exact, r.lower, r.obstacle
    (False, 0.0, 'the images T(u, x) of 2 distinct inputs coincide')
    """
    loss = ExactLoss(net, source, target, batch)
    u, r = loss.parameters_in_ball("u", u, radius)
    g = loss(u)[1]
    multiplier = normal_multiplier(u, g, r)
    upper = float(np.linalg.norm(g + multiplier * u))
    why = obstacle(loss, u)
    lower = upper
    if why is not None:
        smooth = activation_obstacle(net, u, loss.source.points) is None
        lower = min(upper, _least_of_outer_set(loss, u, g, r)) if smooth else 0.0
    return KKTResidual(
        lower=lower,
        upper=upper,
        exact=why is None,
        natural=float(np.linalg.norm(natural_map(u, g, r))),
        on_sphere=on_sphere(u, r),
        multiplier=multiplier,
        obstacle=why or "",
    )


def natural_residual(
    net: Network,
    u: ArrayLike,
    source: Discrete | ArrayLike,
    target: Discrete | ArrayLike,
    batch: int | None,
    radius: float = math.inf,
) -> float:
    """|u - pi_r(u - grad F(u))|, for r infinite |grad F(u)|: where F is C^1 continuous, and 0 exactly on C_r.

    At ties it is that of the selected gradient, and may be positive on C_r, where 0 is another element of dC F(u):
    kkt_residual bounds the distance there. A small one does not prove that C_r is near: distance_to_critical does.

    Arguments and errors as of kkt_residual. Source: Facchinei and Pang, Finite-Dimensional Variational Inequalities
    (2003), section 1.5.

    >>> from swref.networks import Particles
    >>> points = Particles(1, 2)
    >>> x, y = Discrete(points.indices()), Discrete([[3.0, 4.0]])
    >>> natural_residual(points, [0.6, 0.8], x, y, None, radius=1.0) < 1e-12  # F = |u - y|^2/2: the nearest point
    True
    """
    loss = ExactLoss(net, source, target, batch)
    u, r = loss.parameters_in_ball("u", u, radius)
    return float(np.linalg.norm(natural_map(u, loss(u)[1], r)))


def natural_map(u: np.ndarray, g: np.ndarray, r: float) -> np.ndarray:
    """u - pi_r(u - g) [d_u]; g itself where the projection does nothing."""
    v = u - g
    return g if float(np.linalg.norm(v)) <= r else u - project_on_ball(v, r)


def _least_of_outer_set(loss: ExactLoss, u: np.ndarray, g: np.ndarray, r: float) -> float:
    """A lower bound of |y + s u| over y in J^T dC E(z) and s u in N_r(u), by Wolfe's method from the element g.

    x is the least element of what has been found. Every y has <x, y> >= the least of <x, y> over the set, and
    <x, u> >= 0 on the sphere, so that this least product over |x| is a lower bound. The y that attains it is the
    gradient with the ties broken along J x: E being smooth minus convex, its one-sided derivative is the least product.
    """
    ray = u if on_sphere(u, r) else None
    z, cache = loss.net.forward(u, loss.source.points)  # [m, d]
    elements, lower, weights = [g], 0.0, None
    for _ in range(MAX_ELEMENTS):
        found = np.array(elements)
        weights = least_norm(found, ray, weights)
        x = weights[: len(found)] @ found
        if ray is not None:
            x = x + weights[-1] * ray
        length, scale = float(np.linalg.norm(x)), float(np.max(np.linalg.norm(found, axis=1)))
        if length <= GAP * scale:
            return 0.0
        y = loss.net.backward(cache, _broken_gradient(loss, z, loss.net.jvp(u, loss.source.points, x)))
        allowance = PLANAR_ERROR * scale if z.shape[1] > 1 else 0.0
        lower = max(lower, float(x @ y) / length - allowance)
        if length - lower <= GAP * scale + allowance:
            break
        elements.append(y)
    return lower


def _broken_gradient(loss: ExactLoss, z: np.ndarray, v: np.ndarray) -> np.ndarray:
    """The limit of grad E(z + eps v) [m, d] as eps goes to 0 from above: the ties of z [m, d] broken along v [m, d].

    Taken at a small eps, and corrected for what the quadratic part of E, (1/d) sum_k wx_k |z_k|^2, gains there.
    """
    source, target = loss.source, loss.target
    size = float(np.max(np.abs(v)))
    scale = max(float(np.ptp(target.points, axis=0).max()), float(np.ptp(z, axis=0).max()), 1e-3 * np.max(np.abs(z)))
    if size == 0 or scale == 0:
        return population_sw(z, target.points, loss.batch, source.weights, target.weights).grad
    moved = v * (SPLIT * scale / size)
    grad = population_sw(z + moved, target.points, loss.batch, source.weights, target.weights).grad
    wx = 1 / len(z) if source.weights is None else source.weights[:, None]
    return grad - 2 / z.shape[1] * wx * moved
