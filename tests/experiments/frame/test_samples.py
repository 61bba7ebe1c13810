"""Samples: arrays with named axes."""

from __future__ import annotations

from functools import partial

import numpy as np
import pytest

from swref.errors import InputError
from swref.experiments.frame.pool import Pool
from swref.experiments.frame.samples import Sample, estimated, sampled
from swref.experiments.frame.settings import Settings
from swref.inference.statistics import mean, median, power_law

AXES = {"a": (0.0, 0.5), "repeat": (0, 1, 2), "r": ("1", "2", "none")}
VALUES = np.random.default_rng(0).standard_normal((2, 3, 3))
SAMPLE = Sample(VALUES, AXES)


def test_parts_are_cut_by_labels():
    """Oracle: indices by hand."""
    np.testing.assert_array_equal(SAMPLE.at(r="none", a=0.5).values, VALUES[1, :, 2])
    assert list(SAMPLE.at(r="none").axes) == ["a", "repeat"]
    some = SAMPLE.where(r=["none", "1"], repeat=lambda repeat: repeat > 0)
    np.testing.assert_array_equal(some.values, VALUES[:, 1:][:, :, [2, 0]])
    assert some.axes == {"a": (0.0, 0.5), "repeat": (1, 2), "r": ("none", "1")}
    assert SAMPLE.at(a=0.0, repeat=1, r="2").item() == VALUES[0, 1, 1]
    np.testing.assert_array_equal(SAMPLE.rows("r", "repeat"), VALUES.transpose(2, 1, 0))


def test_axes_are_aligned_by_name():
    """Oracle: NumPy's broadcasting, spelled out."""
    free, means = SAMPLE.at(r="none"), SAMPLE.over("repeat", np.mean)
    np.testing.assert_array_equal((SAMPLE - free).values, VALUES - VALUES[:, :, 2:])
    np.testing.assert_array_equal((SAMPLE / means).values, VALUES / means.values[:, None, :])
    np.testing.assert_array_equal((SAMPLE * 2.0 + 1.0).values, VALUES * 2 + 1)
    other = Sample(np.ones(2), {"a": (0.0, 0.3)})
    with pytest.raises(InputError, match="same labels along a"):
        SAMPLE - other


def test_a_statistic_is_that_of_each_place_alone():
    """Oracle: the same statistic of one row after the other: to the bit, whatever the layout of the array."""
    long = Sample(np.random.default_rng(1).standard_normal((50, 3)), {"repeat": range(50), "alpha": (1, 2, 3)})
    means = [np.mean(long.values[:, k].copy()) for k in range(3)]
    assert long.over("repeat", np.mean).values.tolist() == means
    quantiles = [np.quantile(long.values[:, k], 0.1) for k in range(3)]
    assert long.over("repeat", partial(np.quantile, q=0.1)).values.tolist() == quantiles
    assert long.count("repeat").values.tolist() == [50, 50, 50]


def test_what_does_not_fit_is_named():
    with pytest.raises(InputError, match=r"shape \(2, 3\) of the axes a, repeat, got \(2, 2\)"):
        Sample(np.ones((2, 2)), {"a": (0, 1), "repeat": (0, 1, 2)})
    with pytest.raises(InputError, match=r"r must be one of \['1', '2', 'none'\], got '3'"):
        SAMPLE.at(r="3")
    with pytest.raises(InputError, match="axis must be one of a, repeat, r, got 'q'"):
        SAMPLE.at(q=1)


def part(config: Settings, a: float, repeat: int) -> dict[str, np.ndarray | float]:
    return {"row": np.array([a + repeat, config.seed]), "sum": a + repeat}


def test_parts_are_stacked_over_every_combination():
    """Oracle: two loops."""
    outer = {"a": (0.0, 0.5), "repeat": range(3)}
    found = sampled(Pool(), "parts", part, Settings(seed=4), outer, {"row": "k"}, {"k": ("x", "y")})
    assert found["row"].axes == {"a": (0.0, 0.5), "repeat": (0, 1, 2), "k": ("x", "y")}
    for a in outer["a"]:
        for repeat in outer["repeat"]:
            assert found["row"].at(a=a, repeat=repeat).values.tolist() == [a + repeat, 4]
            assert found["sum"].at(a=a, repeat=repeat).item() == a + repeat
    with pytest.raises(InputError, match=r"parts: row: values must have the shape .* a, repeat, got"):
        sampled(Pool(), "parts", part, Settings(), outer)


def test_intervals_are_those_of_each_place():
    """Oracle: the interval of each place's values."""
    sample = Sample(np.random.default_rng(2).standard_normal((30, 2)), {"repeat": range(30), "r": ("1", "none")})
    for k, r in enumerate(("1", "none")):
        assert estimated(sample).at(r=r).estimate() == mean(sample.values[:, k])
        assert estimated(sample, median).at(r=r).estimate() == median(sample.values[:, k])


def test_a_slope_goes_along_its_axis():
    """Oracle: power_law of the rows themselves."""
    alphas = (0.1, 0.2, 0.4)
    values = np.array(alphas) ** 0.5 * np.exp(0.1 * np.random.default_rng(3).standard_normal((2, 25, 3)))
    sample = Sample(values, {"k": ("x", "y"), "repeat": range(25), "alpha": alphas})
    found = estimated(sample, partial(power_law, alphas), along="alpha")
    assert found.at(k="y").estimate() == power_law(alphas, values[1])
