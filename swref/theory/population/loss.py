"""The population loss F as a number: the expectation of the sample loss over minibatches and directions.

    F = E w_theta(X, Y),    X ~ z^n, Y ~ w^n i.i.d. minibatches of size n, theta uniform on the sphere

for discrete measures z and w. It is a *minibatch* loss: positive even where z = w. As n grows it decreases to the full
sliced Wasserstein distance SW_p^p(z, w), which `batch=None` asks for. No minibatch is sampled: the expected order
statistics of n draws are known (David and Nagaraja, Order Statistics). Nor is a direction, for d <= 2: the loss is
integrated arc by arc of constant order. Source of F: Tanguy (TMLR 2023), section 2.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from swref import checks
from swref.errors import InputError
from swref.measures import Discrete, check_discrete_ends
from swref.networks import Network, check_network
from swref.reprs import Shown
from swref.theory.population.atoms import Atoms, about_centre, atoms_of_both
from swref.theory.population.plane import planar_sw
from swref.theory.population.sphere import RANDOMISATIONS, SphereMean, directional_sw, sphere_mean


@dataclass(frozen=True, repr=False)
class PopulationSW(Shown):
    """A population loss with its gradient; unpacks as (value, grad).

    Where `exact`, the value is good to rounding, relative to `scale`, and the standard errors are 0. Where not, it is
    a randomised quasi-Monte-Carlo estimate, whose standard errors have 15 degrees of freedom (covered at the level
    0.95: value -+ 2.13 of them, see `interval`; 1.96 of them cover 0.93), `met` says whether that of the value reached
    accuracy * scale, and `directions` how many directions it is the mean of. scale = sum wx |z - c|^p + sum wy
    |w - c|^p, c midway between the means: F itself may be near 0.
    """

    value: float
    grad: np.ndarray  # [m, d] in z, or [d_u] in u
    standard_error: float
    grad_standard_error: np.ndarray | None  # of the shape of grad; None where it was not computed
    exact: bool
    accuracy: float
    scale: float
    directions: int

    @property
    def met(self) -> bool:
        """Whether the requested accuracy was reached."""
        return self.standard_error <= self.accuracy * self.scale

    @property
    def interval(self) -> tuple[float, float]:
        """(low, high) of the value at the level 0.95, by Student's quantile; simulated coverage 0.95."""
        from scipy.special import stdtrit

        half = 0.0 if self.exact else float(stdtrit(RANDOMISATIONS - 1, 0.975)) * self.standard_error
        return self.value - half, self.value + half

    def __iter__(self) -> Iterator[Any]:
        return iter((self.value, self.grad))

    def to_dict(self) -> dict[str, Any]:
        """Plain numbers and lists, ready for JSON.

        >>> sorted(population_sw([[0.0]], [[1.0]], 1).to_dict())[:3]
        ['accuracy', 'directions', 'exact']
        """
        error = self.grad_standard_error
        return {
            "value": self.value,
            "standard_error": self.standard_error,
            "interval": list(self.interval),
            "exact": self.exact,
            "met": self.met,
            "accuracy": self.accuracy,
            "scale": self.scale,
            "directions": self.directions,
            "grad": self.grad.tolist(),
            "grad_standard_error": None if error is None else error.tolist(),
        }


def population_sw(
    z: ArrayLike,
    w: ArrayLike,
    batch: int | None,
    z_weights: ArrayLike | None = None,
    w_weights: ArrayLike | None = None,
    p: float = 2.0,
    *,
    accuracy: float = 1e-4,
    max_directions: int = 1 << 18,
    seed: int = 0,
) -> PopulationSW:
    """F between the measures on z [m, d] and w [mt, d] for minibatches of size `batch`, and its gradient [m, d] in z.

        F = E_theta sum_jl Pi_jl |theta . (z_(j) - w_(l))|^p,    Pi = (1/n) A^T B

    with A, B the order statistic weights of the two projections. Weights [m], [mt] are non-negative of sum 1, None for
    uniform. batch=None is the limit n -> infinity, SW_p^p of the measures themselves (Pi the quantile coupling).

    Exact to rounding for d = 1 and d = 2, any p >= 1, and for batch = 1 in any d. Otherwise, d >= 3, quasi-Monte-Carlo
    with independent randomisations from `seed`: as many directions as give a standard error <= accuracy * scale, or
    `max_directions`, and then fresh ones for the result, which says whether that was reached. Computed and returned in
    float64. Where points of z coincide, the gradient shares the sum of their rows in proportion to their weights: the
    expectation of the sample gradient.
    Costs in d = 2: 37 bytes for each of the (m^2 + mt^2)/2 changes of order, 16 n bytes for each point with
    batches, and the time that theory.planar states.

    Raises InputError or InputTypeError for arrays that do not fit, batch < 1, p < 1, accuracy <= 0, or numbers whose
    powers overflow. Source: F of Tanguy (TMLR 2023), section 2; its value through order statistics is derived here.

    >>> value, grad = population_sw([[0.0, 1.0], [0.0, -1.0]], [[0.0, 1.0], [0.0, -1.0]], batch=2)
    >>> round(value, 12), population_sw([[0.0, 1.0]], [[0.0, 3.0]], batch=None).value
    (0.75, 2.0)
    """
    z, w = checks.points("z", z).astype(np.float64), checks.points("w", w).astype(np.float64)
    if z.shape[1] != w.shape[1]:
        raise InputError(f"z and w must have as many columns, got shapes {z.shape} and {w.shape}")
    wx = None if z_weights is None else checks.weights("z_weights", z_weights, len(z))
    wy = None if w_weights is None else checks.weights("w_weights", w_weights, len(w))
    n = None if batch is None else checks.count("batch", batch)
    p, accuracy = checks.order(p), checks.number("accuracy", accuracy, above=0.0)
    budget = checks.count("max_directions", max_directions)
    seed = checks.int_seed("seed", seed)
    za, wa = atoms_of_both(z, w, wx, wy)
    with np.errstate(over="ignore", invalid="ignore"):  # reported below
        scale = _scale(za, wa, p)
        if math.isfinite(scale):
            mean, exact = _mean(za, wa, n, p, accuracy * scale, budget, seed)
    if not (math.isfinite(scale) and math.isfinite(mean.value) and np.all(np.isfinite(mean.grad))):
        raise InputError(f"z and w must be small enough for |z - w|^{p:g} in float64, got a scale of {scale:.3g}")
    return PopulationSW(
        value=mean.value,
        grad=za.spread(mean.grad),
        standard_error=mean.standard_error,
        grad_standard_error=za.spread(mean.grad_standard_error),
        exact=exact,
        accuracy=accuracy,
        scale=scale,
        directions=mean.directions,
    )


def _scale(z: Atoms, w: Atoms, p: float) -> float:
    sides = zip((z, w), about_centre(z, w), strict=True)
    return float(sum(side.probabilities @ np.linalg.norm(x, axis=1) ** p for side, x in sides))


def _mean(
    z: Atoms, w: Atoms, n: int | None, p: float, target: float, budget: int, seed: int
) -> tuple[SphereMean, bool]:
    d = z.points.shape[1]
    if n == 1:
        value, grad = _single_draws(z, w, p)
    elif d == 1:
        value, grad = directional_sw(z, w, n, p, np.ones((1, 1)))
    elif d == 2:
        value, grad = planar_sw(z, w, n, p)
    else:
        return sphere_mean(z, w, n, p, target, budget, seed), False
    return SphereMean(float(value), grad, 0.0, np.zeros_like(grad), 0), True


def _single_draws(z: Atoms, w: Atoms, p: float) -> tuple[float, np.ndarray]:
    """n = 1: no matching to make, F = c E|z - w|^p with c = E|theta_1|^p (1/d for p = 2)."""
    d, wx, wy = z.points.shape[1], z.probabilities, w.probabilities
    c = 1 / d
    if p != 2:
        logs = math.lgamma(d / 2) + math.lgamma((p + 1) / 2) - math.lgamma((d + p) / 2)
        c = math.exp(logs) / math.sqrt(math.pi)
    value, grad = 0.0, np.empty(z.points.shape)
    for i, point in enumerate(z.points):
        D = point - w.points  # [kt, d]
        length = np.linalg.norm(D, axis=1)  # [kt]
        value += wx[i] * float(wy @ length**p)
        # |D|^(p-2) D through the unit vector: no division by 0 where D = 0, whatever p.
        unit = D / np.where(length > 0, length, 1.0)[:, None]
        grad[i] = p * wx[i] * ((wy * length ** (p - 1)) @ unit)
    return c * value, c * grad


def population_loss(
    net: Network,
    u: np.ndarray,
    source: Discrete | ArrayLike,
    target: Discrete | ArrayLike,
    batch: int | None,
    p: float = 2.0,
    **options: Any,
) -> float:
    """F(u), the population loss of T(u, .)#source against target; see population_loss_and_grad.

    >>> import numpy as np
    >>> from swref import MLP, Discrete
    >>> net = MLP((1, 4, 2))
    >>> dots = Discrete([[0.0], [1.0]])
    >>> population_loss(net, np.zeros(net.n_params), dots, Discrete([[0.0, 2.0]]), batch=None)
    2.0
    """
    return population_loss_and_grad(net, u, source, target, batch, p, **options).value


def population_loss_and_grad(
    net: Network,
    u: np.ndarray,
    source: Discrete | ArrayLike,
    target: Discrete | ArrayLike,
    batch: int | None,
    p: float = 2.0,
    **options: Any,
) -> PopulationSW:
    """F(u) = E w_theta(T(u, X), Y) over minibatches X ~ source^n, Y ~ target^n, n = `batch`, and its gradient [d_u].

        dF/du = sum_i (dT/du(u, x_i))^T dF/dz_i,    z_i = T(u, x_i)

    net: T from R^dx to R^d; u [d_u]; source and target Discrete measures on R^dx and R^d. `options` are population_sw's
    accuracy, max_directions and seed, and what is said there of exactness holds; `grad_standard_error` is None unless
    exact, the errors of the rows dF/dz_i being dependent. The gradient has u's dtype. At a kink of an activation it
    is the formal one.

    Raises InputError or InputTypeError for what does not fit. Source: Tanguy (TMLR 2023), the loss F of section 2.

    >>> import numpy as np
    >>> from swref import MLP, Discrete
    >>> net = MLP((1, 2))
    >>> u = np.zeros(net.n_params)
    >>> value, du = population_loss_and_grad(net, u, Discrete([[1.0]]), Discrete([[0.0, 2.0]]), batch=1)
    >>> value, du.shape
    (2.0, (4,))
    """
    check_network("net", net)
    u = checks.parameters("u", u, net.n_params)
    x, y = check_discrete_ends(net, source, target)
    z, cache = net.forward(u, x.points.astype(u.dtype))  # T(u, x) [m, d]
    F = population_sw(z, y.points, batch, x.weights, y.weights, p, **options)
    return PopulationSW(
        value=F.value,
        grad=net.backward(cache, F.grad.astype(u.dtype)),
        standard_error=F.standard_error,
        grad_standard_error=np.zeros(len(u)) if F.exact else None,
        exact=F.exact,
        accuracy=F.accuracy,
        scale=F.scale,
        directions=F.directions,
    )
