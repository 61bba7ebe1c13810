"""POT on NumPy arrays: ot.sliced_wasserstein_distance, the value alone. It returns the root, directions are [d, L]."""

from __future__ import annotations

import warnings

from swref.crosscheck.adapter import Adapter, Evaluation
from swref.crosscheck.answer.convention import Convention
from swref.crosscheck.inputs import Inputs

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # it warns about the array libraries that it finds
    import ot

distance = ot.sliced_wasserstein_distance


class PotAdapter(Adapter):
    """distance(x, y, a, b, p=p, projections=theta.T)."""

    convention = Convention("sw", "dl")
    has_gradient = False

    def evaluate(self, inputs: Inputs, gradient: bool) -> Evaluation:
        """The distance."""
        measures = (inputs.x, inputs.y, inputs.x_weights, inputs.y_weights)
        return Evaluation(distance(*measures, p=inputs.p, projections=self.convention.theta(inputs.theta)))
