"""POT on NumPy arrays: ot.sliced_wasserstein_distance, the value alone. It returns the root, directions are [d, L]."""

from __future__ import annotations

import warnings

from swref.crosscheck.adapters.base import Adapter, Evaluation
from swref.crosscheck.convention import Convention
from swref.crosscheck.inputs import Inputs

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # it warns about the array libraries that it finds
    import ot


class PotAdapter(Adapter):
    """ot.sliced_wasserstein_distance(x, y, a, b, p=p, projections=theta.T)."""

    name = "pot"
    convention = Convention("sw", "dl")
    has_gradient = False

    def evaluate(self, inputs: Inputs, gradient: bool) -> Evaluation:
        """The distance."""
        return Evaluation(
            ot.sliced_wasserstein_distance(
                inputs.x,
                inputs.y,
                inputs.x_weights,
                inputs.y_weights,
                p=inputs.p,
                projections=self.convention.theta(inputs.theta),
            )
        )
