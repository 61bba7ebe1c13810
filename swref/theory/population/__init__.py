"""What F is: the exact expectation of the minibatch loss over batches and directions, as a number and as a function."""

from swref.theory.population.exact_loss import ExactLoss
from swref.theory.population.loss import PopulationSW, population_loss, population_loss_and_grad, population_sw

__all__ = [
    "ExactLoss",
    "PopulationSW",
    "population_loss",
    "population_loss_and_grad",
    "population_sw",
]
