"""The sliced Wasserstein functions, checked: `losses`, their twin `on_device` for arrays on a GPU, and POT's."""

from swref.sliced.estimate import sw_estimate
from swref.sliced.losses import (
    BACKENDS,
    WRT,
    loss_and_gradient_in_x,
    sw_loss,
    sw_loss_and_grad,
    sw_losses,
)
from swref.sliced.matrix import sw_matrix
from swref.sliced.pairs import sw_pairs
from swref.sliced.pot import sliced_wasserstein_distance

__all__ = [
    "BACKENDS",
    "WRT",
    "loss_and_gradient_in_x",
    "sliced_wasserstein_distance",
    "sw_estimate",
    "sw_loss",
    "sw_loss_and_grad",
    "sw_losses",
    "sw_matrix",
    "sw_pairs",
]
