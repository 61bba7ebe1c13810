"""swref.jax: the loss of swref under jax.value_and_grad."""

from __future__ import annotations

from typing import Any

import swref.jax
from swref.crosscheck.adapter import Adapter, Evaluation
from swref.crosscheck.inputs import Inputs
from swref.crosscheck.target.adapters.jax import array, differentiate, in_arguments, sixty_four_bits


class SwrefJaxAdapter(Adapter):
    """swref.jax.sw_loss, differentiated; networks are those of swref."""

    compiles = True

    def evaluate(self, inputs: Inputs, gradient: bool) -> Evaluation:
        """Value and gradients."""
        return differentiate(_loss(inputs), inputs, inputs.theta, gradient)

    def in_arguments(self, inputs: Inputs) -> Evaluation:
        """Gradients in theta and the weights."""
        return in_arguments(_loss(inputs), inputs, inputs.theta)


def _loss(inputs: Inputs) -> Any:
    with sixty_four_bits():
        given = [None if w is None else array(w, inputs.dtype) for w in (inputs.x_weights, inputs.y_weights)]

    def loss(x: Any, y: Any, theta: Any, *others: Any) -> Any:
        wx, wy = others or given
        return swref.jax.sw_loss(x, y, theta, p=inputs.p, x_weights=wx, y_weights=wy)

    return loss
