"""POT on torch tensors: the gradients come from torch.autograd through ot.sliced_wasserstein_distance."""

from __future__ import annotations

from swref.crosscheck.adapter import Evaluation
from swref.crosscheck.inputs import Inputs
from swref.crosscheck.target.adapters.pot import PotAdapter, distance
from swref.crosscheck.target.adapters.torch import array, differentiate


class PotTorchAdapter(PotAdapter):
    """The distance with its root, differentiated as it is returned."""

    has_gradient = True

    def evaluate(self, inputs: Inputs, gradient: bool) -> Evaluation:
        """The distance and its gradients."""
        a, b = (None if w is None else array(w, inputs.dtype) for w in (inputs.x_weights, inputs.y_weights))
        return differentiate(
            lambda x, y, theta: distance(x, y, a, b, p=inputs.p, projections=theta),
            inputs,
            self.convention.theta(inputs.theta),
            gradient,
        )
