"""The range of an axis and its power of ten: all but heavy tails, and no exponents beside an axis."""

from __future__ import annotations

import numpy as np
import pytest

from swref.plots.ranges import beyond, in_powers, power_of_ten, shown_limits


@pytest.mark.parametrize("law", ["standard_normal", "random", "standard_exponential"])
def test_light_tails_are_shown_whole(law):
    values = getattr(np.random.default_rng(0), law)(3000)
    low, high = shown_limits(values)
    assert low < values.min() < values.max() < high
    assert beyond(values[:, None], [(low, high)]) == 0


@pytest.mark.parametrize("values", [np.zeros(5), np.ones(1), np.append(np.zeros(999), 1.0)])
def test_of_a_column_that_mostly_repeats_a_value_all_is_shown(values):
    low, high = shown_limits(values)
    assert low < values.min() <= values.max() < high


def test_heavy_tails_end_at_the_quantiles():
    """Oracle: NumPy's quantiles, and a count by hand."""
    values = np.random.default_rng(0).standard_cauchy(2000)
    low, high = shown_limits(values)
    middle = np.quantile(values, [0.01, 0.99])
    assert (low, high) == pytest.approx(middle + 0.04 * np.ptp(middle) * np.array([-1, 1]))
    points = np.column_stack([values, np.zeros(2000)])
    assert beyond(points, [(low, high), (-1, 1)]) == np.sum((values < low) | (values > high)) > 0


@pytest.mark.parametrize(("largest", "power"), [(0.009, -3), (0.01, 0), (90000.0, 0), (1e5, 5), (-3e-300, -300)])
def test_numbers_of_common_size_stay_as_they_are(largest, power):
    assert power_of_ten(np.array([0.0, largest])) == power
    label, (column,) = in_powers("a", np.array([largest, largest / 2]))
    assert label == ("a" if power == 0 else f"a [$10^{{{power}}}$]")
    np.testing.assert_allclose(column * 10.0**power, [largest, largest / 2], rtol=1e-15)
