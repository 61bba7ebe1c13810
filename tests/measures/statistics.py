"""Means held to five standard errors.

Two-sided probability 6e-7 a comparison, the standard error computed from the closed form, not from the sample; the
seeds are fixed, so a failure means a change of the law or of the stream.
"""

from __future__ import annotations

import numpy as np

STANDARD_ERRORS = 5.0
N = 20_000


def rng(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


def assert_mean(values: np.ndarray, mean: np.ndarray | float, variance: np.ndarray | float) -> None:
    """The mean of i.i.d. rows is within STANDARD_ERRORS of `mean`, each with standard error sqrt(variance/n)."""
    error = np.abs(values.mean(axis=0) - mean)
    assert (error <= STANDARD_ERRORS * np.sqrt(np.asarray(variance) / len(values))).all(), error
