"""POT on JAX arrays: the gradients come from jax.grad through ot.sliced_wasserstein_distance."""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp
import numpy as np

from swref.crosscheck.adapter import Evaluation
from swref.crosscheck.inputs import Inputs
from swref.crosscheck.target.adapters.jax import array, differentiate, in_arguments, sixty_four_bits
from swref.crosscheck.target.adapters.pot import PotAdapter, distance


def _weights(weights: np.ndarray | None, size: int, dtype: str) -> Any:
    # Left to its default, POT 0.9.7 asks a traced array of JAX for its device, which raises.
    return array(np.full(size, 1 / size) if weights is None else weights, dtype)


class PotJaxAdapter(PotAdapter):
    """The distance with its root, differentiated as it is returned; not jitted, weights always given."""

    has_gradient = True
    compiles = True

    def evaluate(self, inputs: Inputs, gradient: bool) -> Evaluation:
        """The distance and its gradients."""
        with sixty_four_bits():
            a = _weights(inputs.x_weights, inputs.n, inputs.dtype)
            b = _weights(inputs.y_weights, inputs.m, inputs.dtype)
            return differentiate(
                lambda x, y, theta: distance(x, y, a, b, p=inputs.p, projections=theta),
                inputs,
                self.convention.theta(inputs.theta),
                gradient,
            )

    def in_arguments(self, inputs: Inputs) -> Evaluation:
        """The distance and its gradients in theta and the weights."""

        def loss(x: Any, y: Any, theta: Any, a: Any, b: Any) -> Any:
            filled = (np.full(len(v), 1 / len(v)) if w is None else w for v, w in ((x, a), (y, b)))
            return distance(x, y, *map(jnp.asarray, filled), p=inputs.p, projections=theta)

        return in_arguments(loss, inputs, self.convention.theta(inputs.theta))
