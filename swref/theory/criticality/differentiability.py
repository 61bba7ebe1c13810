"""Whether F is known to be differentiable at one u: there, its Clarke subdifferential is its gradient."""

from __future__ import annotations

import numpy as np

from swref.networks import MLP, Activation, CutOff, Network, Particles
from swref.theory.population.exact_loss import ExactLoss


def obstacle(loss: ExactLoss, u: np.ndarray) -> str | None:
    """Why F is not known to be differentiable at u [d_u]; None where it is.

    It is where (1) T(., x_k) is C^1 near u for every x_k of positive weight, and (2) the images T(u, x_k) of distinct
    x_k are distinct, which batch = 1 does not need: matching a single point knows no ties.

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
    x = np.unique(x, axis=0)  # equal inputs have equal images and Jacobians: together, they are one atom
    kink = activation_obstacle(loss.net, u, x)
    if kink is not None or loss.batch == 1:
        return kink
    images = loss.net.forward(u, x)[0]
    _, counts = np.unique(images + 0.0, axis=0, return_counts=True)  # -0.0 is 0.0
    if counts.max() > 1:
        return f"the images T(u, x) of {int(counts[counts > 1].sum())} distinct inputs coincide"
    return None


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
        h = x
        for (W, b), act in zip(net.layers(u), acts, strict=True):
            z = h @ W + b
            if not _continuously_differentiable(act) and bool(np.any(z == 0)):
                return f"an input of the activation {act.name} is at its kink"
            h = act.value(z)
        return None
    return f"the activation {rough[0]} has kinks" if rough else None


def _continuously_differentiable(act: Activation) -> bool:
    return act.c2 or act.name == "elu"  # whose second derivative alone jumps
