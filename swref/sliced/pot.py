"""The sliced Wasserstein distance with the arguments, order, defaults and convention of POT."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from swref import checks
from swref.directions import directions
from swref.errors import InputError, InputTypeError
from swref.randomness import Seed, generator
from swref.sliced.losses import evaluate
from swref.sliced.root import rooted


def sliced_wasserstein_distance(
    X_s: ArrayLike,
    X_t: ArrayLike,
    a: ArrayLike | None = None,
    b: ArrayLike | None = None,
    n_projections: int = 50,
    p: float = 2,
    projections: ArrayLike | None = None,
    seed: Seed | None = None,
    log: bool = False,
    scaler: Callable[[np.ndarray], ArrayLike] | Any | None = None,
) -> float | tuple[float, dict[str, np.ndarray]]:
    """The sliced Wasserstein distance (with the root 1/p), called as ``ot.sliced_wasserstein_distance`` of POT 0.9.7.

        SWD = ( (1/L) sum_l W_p^p(theta_l . X_s, theta_l . X_t) )^(1/p)

    `X_s` [n, d], `X_t` [m, d]; `a` [n], `b` [m] probabilities or None; `projections` [d, L], used as given, not
    normalised; otherwise `n_projections` uniform directions are drawn from `seed` (int, Generator or SeedSequence).
    The draws are those of swref.directions, not POT's: the same int seed gives other directions there. `scaler` is a
    callable or an object with .transform, applied to both clouds. With `log` a dict comes too, with `projections`
    [d, L] and `projected_emds` [L] (W_p^p on each). The distance neither over- nor underflows where it is a float,
    though these powers may. Raises InputError or InputTypeError as sw_loss does.

    >>> sliced_wasserstein_distance([[3.0, 0.0]], [[0.0, 0.0]], projections=np.eye(2)) == 4.5**0.5
    True
    """
    X_s, X_t, log = checks.points("X_s", X_s), checks.points("X_t", X_t), checks.flag("log", log)
    if scaler is not None:
        apply = getattr(scaler, "transform", scaler)
        if not callable(apply):
            raise InputTypeError(f"scaler must be a callable or have a method transform, got {checks.shown(scaler)}")
        X_s, X_t = checks.points("scaler(X_s)", apply(X_s)), checks.points("scaler(X_t)", apply(X_t))
    L, rng = checks.count("n_projections", n_projections), generator(seed)
    if projections is None:
        projections = directions(rng, L, X_s.shape[1]).T
    theta = _projections(projections, X_s.shape[1]).T
    names = ("X_s", "X_t", "projections", "a", "b")
    with np.errstate(over="ignore", under="ignore", invalid="ignore"):
        loss, losses, _ = evaluate(X_s, X_t, theta, p, a, b, (), "auto", unit=False, names=names)
    distance = rooted(loss, X_s, X_t, theta, p, a, b)
    return (distance, {"projections": theta.T, "projected_emds": losses}) if log else distance


def _projections(value: ArrayLike, d: int) -> np.ndarray:
    array = checks.points("projections", value, axes="d, L")
    if len(array) != d:
        raise InputError(f"projections must have {d} rows, one a coordinate, got shape {array.shape}")
    return array
