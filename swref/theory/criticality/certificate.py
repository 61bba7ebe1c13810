"""A proof that a critical point is near: a small residual is none, F = (tanh(u) - 2)^2 has no critical point at all.

    Phi(s) = 0 is solved with |s| <= rho    if    |A Phi(0)| + q rho + |A| L rho^2/2 <= rho,    q = |I - A D| < 1,

D = DPhi(0), A near its inverse, L a Lipschitz constant of DPhi: s - A Phi(s) maps that ball into itself (Newton and
Kantorovich; by Brouwer's theorem no contraction is needed). Three systems make a point of C_r:

    grad F(v + s) = 0                             inside the ball: isolated critical points
    grad E(T(v + Q s)) = 0                        inside, E being F as a function of the images, Q a basis of the rows
                                                  of J = dT/du: minima of networks with parameters to spare, in continua
    grad F(v + s) + (t/r)(v + s) = 0,             on the sphere, with t >= 0
    (|v + s|^2 - r^2)/(2r) = 0

L comes from bounds of the derivatives of T and E (jets.py, curvature.py), D from central differences of exact
gradients, whose error L bounds as well. A gradient is trusted to ROUNDING times the size of its terms: far more than
its error as tests find it, but no proven bound of the arithmetic. (derived)
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from swref.sgd import project_on_ball
from swref.theory.criticality.curvature import Curvature, curvature
from swref.theory.criticality.jets import Jet, image_jet
from swref.theory.population.exact_loss import ExactLoss, on_sphere
from swref.theory.population.loss import population_sw

ROUNDING = 1e-14
REACHES = (1e-5, 1e-7)  # radii, over max(1, |u|), of the balls on which bounds are tried
NEAR_SPHERE = 1e-6  # of r: from so near, a point pushed outwards is moved onto the sphere

Phi = Callable[[np.ndarray], np.ndarray]


@dataclass(frozen=True)
class Certificate:
    """A point of C_r lies within `error` of `point` [d_u]; where nothing is proven `error` is infinite, and `obstacle`
    says why."""

    point: np.ndarray
    error: float
    obstacle: str = ""

    @property
    def certified(self) -> bool:
        """Whether there is a proof."""
        return math.isfinite(self.error)


def certify(loss: ExactLoss, v: np.ndarray, r: float) -> Certificate:
    """Look for a proof that C_r has a point near v [d_u], |v| <= r, where F is smooth; `point` is v, or v moved onto
    the sphere.

    Not certified are critical points at ties of images, at kinks, on the rim of a cut-off, and those that are
    degenerate in another way than by parameters to spare. p must be 2.

    >>> from swref.measures import Discrete
    >>> from swref.networks import Particles
    >>> net = Particles(1, 2)
    >>> F = ExactLoss(net, Discrete(net.indices()), Discrete([[3.0, 4.0]]), None)
    >>> certify(F, np.array([3.0, 4.0]), math.inf).error < 1e-9
    True
    >>> certify(F, np.array([3.0, 4.1]), math.inf).certified
    False
    """
    g = loss(v)[1]
    norm = float(np.linalg.norm(v))
    system = _inside
    if norm >= r * (1 - NEAR_SPHERE) and g @ v < 0:
        v, system = project_on_ball(2 * v, r), _on_sphere
    elif on_sphere(v, r):
        return Certificate(v, math.inf, "the point is on the sphere, but descent does not push it outwards")
    found = Certificate(v, math.inf)
    for reach in REACHES:
        local = _Local.of(loss, v, reach * max(1.0, norm))
        found = Certificate(v, math.inf, local) if isinstance(local, str) else system(local, r)
        if found.certified:
            break
    return found


@dataclass(frozen=True)
class _Local:
    """F and E near v [d_u], with bounds on the ball of radius `reach` around it."""

    loss: ExactLoss
    v: np.ndarray
    reach: float
    x: np.ndarray  # [m, dx] the distinct inputs of positive weight
    wx: np.ndarray  # [m] their weights
    J: np.ndarray  # [m d, d_u] dT/du at v
    jet: Jet  # its `first` from J
    terms: float  # the size of the terms of dT/du, which may cancel: what its rounding goes by
    E: Curvature

    @classmethod
    def of(cls, loss: ExactLoss, v: np.ndarray, reach: float) -> _Local | str:
        """Or why there are no bounds."""
        points, weights = loss.source.points, loss.source.weights
        x, owner = np.unique(points, axis=0, return_inverse=True)
        wx = np.bincount(owner.ravel(), np.full(len(points), 1 / len(points)) if weights is None else weights)
        x, wx = x[wx > 0], wx[wx > 0]
        jet = image_jet(loss.net, v, reach, x)
        if isinstance(jet, str):
            return jet
        z, cache = loss.net.forward(v, x)
        J = np.array([loss.net.backward(cache, row.reshape(z.shape)) for row in np.eye(z.size)])
        terms = jet.first
        norm = float(np.linalg.norm(J, 2)) * (1 + 1e-9) + ROUNDING * terms
        jet = replace(jet, first=min(terms, norm + jet.second * reach))
        moved = jet.first * (reach + ROUNDING * float(np.linalg.norm(v))) + ROUNDING * jet.size
        E = curvature(z, loss.target.points, wx, loss.batch, moved)
        return E if isinstance(E, str) else cls(loss, v, reach, x, wx, J, jet, terms, E)

    @property
    def image_rounding(self) -> float:
        """What an evaluated grad E may miss by, errors of the images included."""
        moved = self.jet.size + self.jet.first * float(np.linalg.norm(self.v))
        return ROUNDING * (self.E.gradient + self.E.hessian * moved)

    @property
    def rounding(self) -> float:
        """The same for grad F = J^T grad E."""
        return self.jet.first * self.image_rounding + ROUNDING * self.terms * self.E.gradient

    @property
    def lipschitz(self) -> float:
        """A Lipschitz constant of the Hessian of F = E(T), by the chain rule."""
        jet, E = self.jet, self.E
        return E.third * jet.first**3 + 3 * E.hessian * jet.first * jet.second + E.gradient * jet.third

    def gradient(self, s: np.ndarray) -> np.ndarray:
        """grad F(v + s) [d_u]."""
        return self.loss(self.v + s)[1]

    def image_gradient(self, s: np.ndarray) -> np.ndarray:
        """grad E(T(v + s)) [m d]."""
        loss = self.loss
        z = loss.net.forward(self.v + s, self.x)[0]
        return population_sw(z, loss.target.points, loss.batch, self.wx, loss.target.weights).grad.ravel()


def _inside(at: _Local, r: float) -> Certificate:
    room = min(at.reach, r - float(np.linalg.norm(at.v)))
    rho = math.inf
    entries = len(at.J)  # m d
    if entries <= len(at.v) and np.linalg.norm(at.image_gradient(0 * at.v)) <= at.E.hessian * at.jet.first * at.reach:
        Q = np.linalg.qr(at.J.T)[0]  # [d_u, m d]
        L = at.E.third * at.jet.first**2 + at.E.hessian * at.jet.second
        rho = _root(lambda s: at.image_gradient(Q @ s), entries, L, at.image_rounding, at.reach)
    if rho > room:
        rho = _root(at.gradient, len(at.v), at.lipschitz, at.rounding, at.reach)
    if rho > room:
        return Certificate(at.v, math.inf, "the Newton-Kantorovich test fails")
    return Certificate(at.v, rho)


def _on_sphere(at: _Local, r: float) -> Certificate:
    multiplier = -float(at.gradient(0 * at.v) @ at.v) / r

    def system(s: np.ndarray) -> np.ndarray:
        u, t = at.v + s[:-1], multiplier + s[-1]
        return np.append(at.gradient(s[:-1]) + t / r * u, (u @ u - r * r) / (2 * r))

    rounding = at.rounding + ROUNDING * (r + multiplier)
    rho = _root(system, len(at.v) + 1, at.lipschitz + math.sqrt(2) / r, rounding, at.reach)
    if rho > min(at.reach, multiplier):
        return Certificate(at.v, math.inf, "the Newton-Kantorovich test fails on the sphere")
    return Certificate(at.v, rho)


def _root(phi: Phi, k: int, L: float, rounding: float, reach: float) -> float:
    """rho such that phi: R^k -> R^k has a root in |s| <= rho, infinite without a proof.

    L: a Lipschitz constant of its derivative on |s| <= reach; rounding: what a value of phi may miss by.
    """
    h = min(reach, math.sqrt(2 * rounding / L)) if L > 0 else reach
    D = np.column_stack([(phi(h * e) - phi(-h * e)) / (2 * h) for e in np.eye(k)])
    error = math.sqrt(k) * (L * h / 2 + rounding / h)  # of D: a column misses by L h/2 and by rounding
    A = np.linalg.pinv(D)
    size = float(np.linalg.norm(A, 2))
    q = float(np.linalg.norm(np.eye(k) - A @ D, 2)) + size * (error + k * ROUNDING * float(np.linalg.norm(D)))
    start = float(np.linalg.norm(A @ phi(np.zeros(k)))) + size * rounding
    discriminant = (1 - q) ** 2 - 2 * size * L * start
    if q >= 1 or not discriminant >= 0:
        return math.inf
    rho = 2 * start / (1 - q + math.sqrt(discriminant))
    return rho if rho <= reach else math.inf
