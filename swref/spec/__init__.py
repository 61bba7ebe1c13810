"""The paper in NumPy: the definitions of this library, written to be read. Every fast kernel is checked against it."""

from swref.spec.one_dimension import Matching, match, potential, stable_order, wasserstein_1d
from swref.spec.order_statistics import expected_loss, expected_loss_by_enumeration
from swref.spec.permutations import permuted_losses
from swref.spec.population import population_sw_by_arcs
from swref.spec.sliced import SWEstimate, centred, project, sw_estimate, sw_loss_and_grad, sw_losses, uniform_directions

__all__ = [
    "Matching",
    "SWEstimate",
    "centred",
    "expected_loss",
    "expected_loss_by_enumeration",
    "match",
    "permuted_losses",
    "population_sw_by_arcs",
    "potential",
    "project",
    "stable_order",
    "sw_estimate",
    "sw_loss_and_grad",
    "sw_losses",
    "uniform_directions",
    "wasserstein_1d",
]
