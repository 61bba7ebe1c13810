"""POT on torch tensors: the gradients come from torch.autograd through ot.sliced_wasserstein_distance."""

from __future__ import annotations

from swref.crosscheck.adapters.base import Evaluation
from swref.crosscheck.adapters.pot_numpy import PotAdapter, ot
from swref.crosscheck.adapters.torch_autograd import differentiate, tensor
from swref.crosscheck.inputs import Inputs


class PotTorchAdapter(PotAdapter):
    """The distance with its root, differentiated as it is returned."""

    name = "pot-torch"
    has_gradient = True

    def evaluate(self, inputs: Inputs, gradient: bool) -> Evaluation:
        """The distance and its gradients."""
        a, b = (None if w is None else tensor(w, inputs.dtype) for w in (inputs.x_weights, inputs.y_weights))
        return differentiate(
            lambda x, y, theta: ot.sliced_wasserstein_distance(x, y, a, b, p=inputs.p, projections=theta),
            inputs,
            self.convention.theta(inputs.theta),
            gradient,
        )
