"""swref.torch: the loss of swref under torch.autograd."""

from __future__ import annotations

import swref.torch
from swref.crosscheck.inputs import Inputs
from swref.crosscheck.target.adapters.torch import Loss, TorchAdapter, array


class SwrefTorchAdapter(TorchAdapter):
    """swref.torch.sw_loss in place of the loss that is written in torch; networks and steps are torch's."""

    dtypes = ("float64", "float32")
    compiles = True

    def loss(self, inputs: Inputs) -> Loss:
        """The loss with p and the weights of `inputs` filled in."""
        given = [None if w is None else array(w, inputs.dtype) for w in (inputs.x_weights, inputs.y_weights)]

        def loss(x: object, y: object, theta: object, *others: object) -> object:
            wx, wy = others or given
            return swref.torch.sw_loss(x, y, theta, p=inputs.p, x_weights=wx, y_weights=wy)

        return loss
