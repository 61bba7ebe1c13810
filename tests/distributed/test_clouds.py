"""Weights as whole masses. Oracle: the weights times 2^61, in Python's integers."""

from __future__ import annotations

import numpy as np
import pytest

from swref.distributed.certified import tables_of
from swref.distributed.clouds import cloud_of
from swref.distributed.frame import Frame
from swref.errors import InputError


def test_masses_are_within_a_half_of_the_weights(tmp_path):
    weights = np.random.default_rng(0).dirichlet(np.ones(100))
    np.save(tmp_path / "w.npy", weights)
    for given in (weights, weights.tolist(), tmp_path / "w.npy"):
        masses = cloud_of("x", np.zeros((100, 1)), given).masses(10, 90).tolist()
        for mass, weight in zip(masses, weights[10:90], strict=True):
            assert abs(mass - int(weight * 2.0**80) / 2**19) <= 0.5
    assert cloud_of("x", np.zeros((3, 1)), None).masses(0, 3) is None


@pytest.mark.parametrize(
    ("weights", "line"),
    [
        ([0.5, 0.5], r"x_weights must have shape \(3,\), one weight a point, got \(2,\)"),
        ([0.5, 0.75, -0.25], r"x_weights must be non-negative, got -0.25 at \[2\]"),
        ([0.5, np.nan, 0.5], r"x_weights must be finite, got nan at \[1\]"),
        ([9.0, 0.0, 0.0], r"x_weights must be at most 1, got 9.0 at \[0\]"),
        ([0.5, 0.5, 0.5], "x_weights must sum to 1, got a sum of 1.5"),
    ],
)
def test_weights_that_are_none_are_refused(weights, line):
    points = np.zeros((3, 1))

    def one_pass():
        cloud = cloud_of("x", points, weights)
        tables = tables_of(cloud, Frame.of([points], np.ones((1, 1)), 8))
        cloud.check_total(int(tables.cells(0).ends[-1]) / 2**61)

    with pytest.raises(InputError, match=line):
        one_pass()
