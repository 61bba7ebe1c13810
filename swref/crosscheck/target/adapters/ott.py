"""OTT-JAX: ott.tools.sliced.sliced_wasserstein. SqEuclidean for p = 2, PNormP (the p-th power over p) otherwise."""

from __future__ import annotations

from functools import partial
from typing import Any

import jax
import numpy as np
from ott.geometry import costs
from ott.tools import sliced

from swref.crosscheck.adapter import Adapter, Evaluation
from swref.crosscheck.inputs import Inputs
from swref.crosscheck.target.adapters.jax import array, in_arguments, sixty_four_bits


def distance(x: Any, y: Any, theta: Any, p: float, a: Any, b: Any) -> Any:
    """SW_p^p: the directions enter as a projection function, and PNormP's division by p is undone."""
    cost = costs.SqEuclidean() if p == 2 else costs.PNormP(p)
    value, _ = sliced.sliced_wasserstein(x, y, a, b, cost_fn=cost, proj_fn=lambda points: points @ theta.T)
    return value * (1.0 if p == 2 else p)


@partial(jax.jit, static_argnums=3)
def _value_and_grads(x: Any, y: Any, theta: Any, p: float, a: Any, b: Any) -> Any:
    return jax.value_and_grad(distance, argnums=(0, 1))(x, y, theta, p, a, b)


class OttAdapter(Adapter):
    """sliced_wasserstein under jit(value_and_grad)."""

    compiles = True

    def evaluate(self, inputs: Inputs, gradient: bool) -> Evaluation:
        """Value and gradients, compiled together."""
        with sixty_four_bits():
            points = [array(v, inputs.dtype) for v in (inputs.x, inputs.y, inputs.theta)]
            weights = [None if w is None else array(w, inputs.dtype) for w in (inputs.x_weights, inputs.y_weights)]
            value, (dx, dy) = _value_and_grads(*points, inputs.p, *weights)
            return Evaluation(np.asarray(value), np.asarray(dx), np.asarray(dy))

    def in_arguments(self, inputs: Inputs) -> Evaluation:
        """Gradients in theta and the weights, not compiled."""
        return in_arguments(lambda x, y, theta, *w: distance(x, y, theta, inputs.p, *w), inputs, inputs.theta)
