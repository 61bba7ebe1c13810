"""What the tests of experiments share."""

from __future__ import annotations

from swref.experiments.flow import Config

TINY = Config(
    points=4, hidden=2, batch=2, alphas=(0.5, 0.25), variant_alphas=(0.5, 0.25), repeats=3, variant_repeats=2, k_max=2,
    etas=(0.3, 0.4, 0.5),
)  # fmt: skip
