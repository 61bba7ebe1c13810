"""The nearest critical point that a search finds and a certificate proves: an upper bound of dist(u, C_r)."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from swref import checks
from swref.errors import InputError
from swref.measures import Discrete
from swref.networks import Network, Particles
from swref.randomness import Seed, generator
from swref.reprs import Shown
from swref.sgd import project_on_ball
from swref.theory.clouds.energy import cloud_hessian
from swref.theory.criticality.certificate import Certificate, certify
from swref.theory.criticality.differentiability import obstacle
from swref.theory.criticality.kkt import natural_map
from swref.theory.population.exact_loss import ExactLoss

MAX_PARAMETERS = 2000
NEWTON_STEPS = 60
DESCENT_STEPS = 300
DIFFERENCE = 1e-5  # central differences of the exact gradient: errors of 1e-10 by truncation, 1e-11 by rounding

ROUNDING = 1e-15  # keeps the matrix of a step regular


@dataclass(frozen=True, repr=False)
class CriticalPoint(Shown):
    """What `distance_to_critical` found: `distance` is an upper bound of dist(u, C_r), infinite unless `certified`.

    point [d_u], its natural `residual` |point - pi_r(point - grad F)|, F there, and whether F is known to be
    differentiable there. certified: it is proven that C_r has a point within `error` of it, and distance = |point - u|
    + error; else `obstacle` says why not. found: residual <= tolerance, which proves nothing: where a gradient dies
    out far away, it is small without a critical point anywhere.
    """

    point: np.ndarray
    distance: float
    residual: float
    value: float
    differentiable: bool
    found: bool
    certified: bool
    error: float
    obstacle: str
    searches: int

    def to_dict(self) -> dict[str, Any]:
        """Plain values, ready for JSON; `distance_upper_bound` and `error` are None where nothing is certified."""
        return {
            "distance_upper_bound": self.distance if self.certified else None,
            "certified": self.certified,
            "error": self.error if self.certified else None,
            "obstacle": self.obstacle,
            "residual": self.residual,
            "value": self.value,
            "differentiable": self.differentiable,
            "found": self.found,
            "searches": self.searches,
            "point": self.point.tolist(),
        }


def distance_to_critical(
    net: Network,
    u: ArrayLike,
    source: Discrete | ArrayLike,
    target: Discrete | ArrayLike,
    batch: int | None,
    radius: float = math.inf,
    *,
    tolerance: float = 1e-10,
    starts: int = 4,
    spread: float = 0.1,
    seed: Seed | None = 0,
) -> CriticalPoint:
    """An upper bound of dist(u, C_r) for u [d_u], |u| <= radius, p = 2, `batch` as in population_loss.

    Levenberg-Marquardt on the natural residual u - pi_r(u - grad F(u)), from u, then from where projected descent
    leads from u, then both from `starts` perturbed points u + spread xi, |xi| uniform in [0, 1]. Of the points whose
    residual is at most `tolerance` the nearest with a certificate (swref.theory.criticality.certificate) is returned;
    there may be nearer ones: F has many critical points, and saddles attract only this search. Without any certificate
    the nearest is returned, and no bound claimed: `certified` is false, the distance infinite. So it is at ties of
    images, with activations that are not C^3, and at degenerate critical points but for those of networks whose images
    can move freely. Derivatives of grad F are central differences of the exact gradient, or the exact Hessian for
    Particles in the plane; 2 d_u gradients a step.

    Raises InputError for more than 2000 parameters, and as kkt_residual does.

    >>> from swref.networks import MLP, Particles
    >>> points = Particles(1, 2)
    >>> x, y = Discrete(points.indices()), Discrete([[3.0, 4.0]])
    >>> near = distance_to_critical(points, [0.0, 0.0], x, y, None)
    >>> near.certified, round(near.distance, 9)
    (True, 5.0)
    >>> one, two = Discrete([[1.0]]), Discrete([[2.0]])
    >>> flat = distance_to_critical(MLP((1, 1), output_activation="tanh"), [7.0, 7.0], one, two, None)
    >>> flat.found, flat.certified, flat.distance  # F = (tanh(w + b) - 2)^2 has no critical point
    (True, False, inf)
    """
    loss = ExactLoss(net, source, target, batch)
    u, r = loss.parameters_in_ball("u", u, radius)
    if len(u) > MAX_PARAMETERS:
        raise InputError(f"net must have at most {MAX_PARAMETERS} parameters for this search, got {len(u)}")
    tolerance, spread = checks.number("tolerance", tolerance, above=0.0), checks.number("spread", spread, minimum=0.0)
    rng = generator(seed)
    starting = [u]
    for _ in range(checks.integer("starts", starts, minimum=0)):
        xi = rng.standard_normal(len(u))
        starting.append(project_on_ball(u + spread * rng.random() * xi / np.linalg.norm(xi), r))
    ends = [u]
    for start in starting:
        ends.append(solve(loss, start, r))
        ends.append(solve(loss, descend(loss, start, r), r))
    residuals = np.array([np.linalg.norm(natural_map(end, loss(end)[1], r)) for end in ends])
    distances = np.array([np.linalg.norm(end - u) for end in ends])
    candidates = [k for k in np.argsort(distances, kind="stable") if residuals[k] <= tolerance]
    none = Certificate(ends[int(np.argmin(residuals))], math.inf, "no point of so small a residual was found")
    tried = (certify(loss, ends[k], r) for k in candidates)  # by increasing distance
    nearest = next(tried, none)
    certificate = nearest if nearest.certified else next((other for other in tried if other.certified), nearest)
    point = certificate.point
    value, g = loss(point)
    return CriticalPoint(
        point=point,
        distance=float(np.linalg.norm(point - u)) + certificate.error,
        residual=float(np.linalg.norm(natural_map(point, g, r))),
        value=value,
        differentiable=obstacle(loss, point) is None,
        found=bool(candidates),
        certified=certificate.certified,
        error=certificate.error,
        obstacle=certificate.obstacle,
        searches=2 * len(starting),
    )


def solve(loss: ExactLoss, u: np.ndarray, r: float) -> np.ndarray:
    """Levenberg-Marquardt for R(u) = u - pi_r(u - grad F(u)) = 0 from u [d_u], in B(0, r): |R| never increases.

        (J^T J + lambda |R| I) step = -J^T R

    The damping vanishes with |R|, so that it converges like Newton's method where J is regular. It needs no invertible
    J: critical points of networks come in continua, or at infinity, where this may end short of `tolerance`.
    """
    damping = 1e-3
    R = natural_map(u, loss(u)[1], r)
    for _ in range(NEWTON_STEPS):
        size = float(np.linalg.norm(R))
        if size <= 1e-15 * (1 + np.linalg.norm(u)):
            break
        J = natural_jacobian(loss, u, r)
        A, b = J.T @ J, J.T @ R
        improved = False
        while not improved and damping < 1e12:
            step = np.linalg.solve(A + (damping * size + ROUNDING * np.trace(A)) * np.eye(len(u)), -b)
            trial = project_on_ball(u + step, r)
            trial_R = natural_map(trial, loss(trial)[1], r)
            improved = float(np.linalg.norm(trial_R)) < size
            damping = max(1e-8, damping / 10) if improved else 10 * damping
        if not improved:
            break
        u, R = trial, trial_R
    return u


def natural_jacobian(loss: ExactLoss, u: np.ndarray, r: float) -> np.ndarray:
    """The Jacobian [d_u, d_u] of u - pi_r(u - grad F(u)): H inside, I - P (I - H) where v = u - grad F leaves the ball.

    P = (r/|v|)(I - v v^T/|v|^2) is the Jacobian of pi_r at v.
    """
    H = hessian(loss, u)
    v = u - loss(u)[1]
    length = float(np.linalg.norm(v))
    if length <= r:
        return H
    e = v / length
    identity = np.eye(len(u))
    return identity - r / length * (identity - np.outer(e, e)) @ (identity - H)


def hessian(loss: ExactLoss, u: np.ndarray) -> np.ndarray:
    """The Hessian [d_u, d_u] of F at u: exact for Particles against as many points in the plane, differences else."""
    if _is_cloud(loss):
        try:
            return cloud_hessian(u.reshape(-1, 2), loss.target.points)
        except InputError:  # coincident or collinear points: no such formula
            pass
    H = np.empty((len(u), len(u)))
    for k in range(len(u)):
        h = np.zeros(len(u))
        h[k] = DIFFERENCE * max(1.0, abs(u[k]))
        H[k] = (loss(u + h)[1] - loss(u - h)[1]) / (2 * h[k])
    return (H + H.T) / 2


def _is_cloud(loss: ExactLoss) -> bool:
    """Whether F(u) is E(Y), Y = u read as [m, 2]."""
    net, source, target = loss.net, loss.source, loss.target
    return (
        isinstance(net, Particles)
        and net.d == 2
        and loss.batch is None
        and source.weights is None
        and target.weights is None
        and target.points.shape == (net.m, 2)
        and np.array_equal(source.points, net.indices())
    )


def descend(loss: ExactLoss, u: np.ndarray, r: float) -> np.ndarray:
    """Projected gradient descent on F from u [d_u] in B(0, r), with Armijo's rule, for at most DESCENT_STEPS steps."""
    value, g = loss(u)
    t = 1.0
    for _ in range(DESCENT_STEPS):
        trial = project_on_ball(u - t * g, r)
        moved = float(np.sum((trial - u) ** 2))
        if moved <= 1e-24:
            break
        trial_value, trial_g = loss(trial)
        if trial_value <= value - 1e-4 * moved / t:
            u, value, g, t = trial, trial_value, trial_g, 2 * t
        else:
            t /= 2
    return u
