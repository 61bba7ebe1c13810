"""The backends of swref through its public functions."""

from __future__ import annotations

from typing import Final

from swref.crosscheck.adapters.base import Adapter, Evaluation
from swref.crosscheck.inputs import Inputs
from swref.sliced import sw_loss, sw_loss_and_grad

BACKENDS: Final = ("numpy", "cpu", "cuda")


class SwrefAdapter(Adapter):
    """swref.sw_loss_and_grad with one backend.

    >>> from swref.crosscheck.catalog import find
    >>> float(SwrefAdapter("numpy").evaluate(find("one-point-p2").inputs, False).value)
    12.5
    """

    def __init__(self, backend: str):
        self.name = backend
        self.backend = backend
        self.compiles = self.backend != "numpy"

    def evaluate(self, inputs: Inputs, gradient: bool) -> Evaluation:
        """The checked public function; float32 inputs stay float32."""
        options = {
            "p": inputs.p,
            "x_weights": inputs.x_weights,
            "y_weights": inputs.y_weights,
            "backend": self.backend,
        }
        if not gradient:
            return Evaluation(sw_loss(inputs.x, inputs.y, inputs.theta, **options))
        value, (dx, dy) = sw_loss_and_grad(inputs.x, inputs.y, inputs.theta, wrt=("x", "y"), **options)
        return Evaluation(value, dx, dy)
