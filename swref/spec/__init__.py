"""The paper in NumPy: the definitions of this library, written to be read. Every fast kernel is checked against it."""

from swref.spec.one_dimension import Matching, cumulative, match, potential, stable_order, wasserstein_1d
from swref.spec.sliced import Estimate, project, sw_estimate, sw_loss_and_grad, sw_losses, uniform_directions

__all__ = [
    "Estimate",
    "Matching",
    "cumulative",
    "match",
    "potential",
    "project",
    "stable_order",
    "sw_estimate",
    "sw_loss_and_grad",
    "sw_losses",
    "uniform_directions",
    "wasserstein_1d",
]
