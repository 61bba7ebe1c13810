"""POT on torch tensors: the gradients come from torch.autograd through ot.sliced_wasserstein_distance."""

from __future__ import annotations

from swref.crosscheck.adapter import Evaluation
from swref.crosscheck.inputs import Inputs
from swref.crosscheck.target.adapters.pot import PotAdapter, distance
from swref.crosscheck.target.adapters.torch import Loss, array, differentiate, in_arguments


class PotTorchAdapter(PotAdapter):
    """The distance with its root, differentiated as it is returned."""

    has_gradient = True

    def evaluate(self, inputs: Inputs, gradient: bool) -> Evaluation:
        """The distance and its gradients."""
        return differentiate(self.loss(inputs), inputs, self.convention.theta(inputs.theta), gradient)

    def in_arguments(self, inputs: Inputs) -> Evaluation:
        """The distance and its gradients in theta and the weights."""
        return in_arguments(self.loss(inputs), inputs, self.convention.theta(inputs.theta))

    def loss(self, inputs: Inputs) -> Loss:
        """The distance with p and the weights of `inputs` filled in."""
        weights = [None if w is None else array(w, inputs.dtype) for w in (inputs.x_weights, inputs.y_weights)]
        return lambda x, y, theta, *others: distance(x, y, *(others or weights), p=inputs.p, projections=theta)
