"""The backends of swref through its public functions."""

from __future__ import annotations

from typing import Final

import numpy as np

from swref.crosscheck.adapter import Adapter, Evaluation, MissingLibrary
from swref.crosscheck.inputs import Inputs
from swref.errors import BackendError
from swref.sliced import BACKENDS, sw_loss, sw_loss_and_grad
from swref.sliced.losses import WRT

NAMES: Final = tuple(name for name in BACKENDS if name != "auto")


class SwrefAdapter(Adapter):
    """swref.sw_loss_and_grad with one backend. Raises MissingLibrary for one that cannot run here.

    >>> from swref.crosscheck.catalog import find
    >>> float(SwrefAdapter("numpy").evaluate(find("one-point-p2").inputs, False).value)
    12.5
    """

    def __init__(self, backend: str):
        self.name = self.backend = backend
        self.compiles = backend != "numpy"
        if backend == "cuda":
            try:
                sw_loss(np.zeros((1, 1)), np.zeros((1, 1)), np.ones((1, 1)), backend=backend)
            except BackendError as error:
                raise MissingLibrary(str(error)) from None

    def evaluate(self, inputs: Inputs, gradient: bool) -> Evaluation:
        """The checked public function; float32 inputs stay float32."""
        x, y, theta, p, wx, wy = inputs.x, inputs.y, inputs.theta, inputs.p, inputs.x_weights, inputs.y_weights
        if not gradient:
            return Evaluation(sw_loss(x, y, theta, p=p, x_weights=wx, y_weights=wy, backend=self.backend))
        value, (dx, dy) = sw_loss_and_grad(
            x, y, theta, p=p, x_weights=wx, y_weights=wy, wrt=("x", "y"), backend=self.backend
        )
        return Evaluation(value, dx, dy)

    def in_arguments(self, inputs: Inputs) -> Evaluation:
        """All gradients of the checked public function."""
        x, y, theta, p, wx, wy = inputs.x, inputs.y, inputs.theta, inputs.p, inputs.x_weights, inputs.y_weights
        value, grads = sw_loss_and_grad(x, y, theta, p=p, x_weights=wx, y_weights=wy, wrt=WRT, backend=self.backend)
        return Evaluation(value, *grads)
