"""Whether F is known to be differentiable at one u: there, its Clarke subdifferential is its gradient."""

from __future__ import annotations

import numpy as np

from swref.networks import MLP, Activation, CutOff, Network, Particles, SkipNet
from swref.theory.criticality.forward_error import image_error, layers_with_errors
from swref.theory.population.exact_loss import ExactLoss


def obstacle(loss: ExactLoss, u: np.ndarray) -> str | None:
    """Why F is not known to be differentiable at u [d_u]; None where it is.

    It is where (1) T(., x_k) is C^1 near u for every x_k of positive weight, and (2) the images T(u, x_k) of distinct
    x_k are distinct, which batch = 1 does not need: matching a single point knows no ties. Both are decided up to the
    rounding of the forward pass: images that differ by no more than its error count as one.

    >>> from swref.measures import Discrete
    >>> points = Particles(2, 2)
    >>> F = ExactLoss(points, Discrete(points.indices()), Discrete([[0.0, 1.0], [0.0, -1.0]]), None)
    >>> obstacle(F, np.zeros(4))
    'the images T(u, x) of 2 distinct inputs coincide'
    >>> obstacle(F, np.arange(4.0)) is None
    True
    """
    weights, x = loss.source.weights, loss.source.points
    if weights is not None:
        x = x[weights > 0]
    # Equal inputs (-0.0 is 0.0) have equal images and Jacobians: together, they are one atom.
    x = np.unique(x + 0.0, axis=0)
    kink = activation_obstacle(loss.net, u, x)
    if kink is not None or loss.batch == 1:
        return kink
    tied = _tied(loss.net.forward(u, x)[0], 2 * image_error(loss.net, u, x))
    return f"the images T(u, x) of {tied} distinct inputs coincide" if tied else None


def _tied(z: np.ndarray, width: float) -> int:
    """How many of the z [m, d] have another one within `width` in every entry."""
    from scipy.spatial import cKDTree

    if len(z) < 2:
        return 0
    nearest = np.asarray(cKDTree(z).query(z, k=2, p=np.inf)[0])[:, 1]
    return int(np.sum(nearest <= width))


def activation_obstacle(net: Network, u: np.ndarray, x: np.ndarray) -> str | None:
    """Why T(., x_k) is not known to be C^1 at u [d_u] for the inputs x [n, dx]; None where it is.

    >>> net = MLP((1, 1, 1), "relu")
    >>> x = np.array([[1.0]])
    >>> activation_obstacle(net, np.array([2.0, 0.0, 1.0, 0.0]), x) is None
    True
    >>> activation_obstacle(net, np.zeros(4), x)
    'an input of the activation relu is at its kink'
    """
    if isinstance(net, CutOff):
        return activation_obstacle(net.net, u, x)
    acts = () if isinstance(net, Particles) else getattr(net, "activations", None)
    if acts is None:
        return f"the regularity of a {type(net).__name__} is not known"
    rough = [act.name for act in acts if not _continuously_differentiable(act)]
    if rough and isinstance(net, MLP):
        for act, z, error, _ in layers_with_errors(SkipNet.of_mlp(net), u, x):
            if not _continuously_differentiable(act) and bool(np.any(np.abs(z) <= error)):
                return f"an input of the activation {act.name} is at its kink"
        return None
    return f"the activation {rough[0]} has kinks" if rough else None


def _continuously_differentiable(act: Activation) -> bool:
    return act.c2 or act.name == "elu"  # whose second derivative alone jumps
