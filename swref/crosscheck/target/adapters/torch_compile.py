"""torch.compile around the loss of the torch adapter: the same source, generated code."""

from __future__ import annotations

import torch

from swref.crosscheck.inputs import Inputs
from swref.crosscheck.target.adapters.torch import Loss, TorchAdapter, array, sw_pp


class TorchCompileAdapter(TorchAdapter):
    """torch.compile(sw_pp, dynamic=True): few compilations serve the shapes of the catalogue."""

    dtypes = ("float64", "float32")
    compiles = True

    def __init__(self) -> None:
        torch._dynamo.config.recompile_limit = 256
        self.compiled = torch.compile(sw_pp, dynamic=True)

    def loss(self, inputs: Inputs) -> Loss:
        """The compiled loss with p and the weights of `inputs` filled in."""
        weights = [None if w is None else array(w, inputs.dtype) for w in (inputs.x_weights, inputs.y_weights)]
        return lambda x, y, theta, *others: self.compiled(x, y, theta, inputs.p, *(others or weights))
