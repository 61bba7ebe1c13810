"""Groups of a sweep and the best of them. Oracle: numbers made up, for which the answer is known."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest

from swref.errors import InputError
from swref.runs.sweep.groups import best, grouped


def table(losses: dict[str, list[float | None]]) -> list[dict]:
    """A row a run: group, seed, and a loss; inf diverged, None failed."""
    rows = []
    for name, values in losses.items():
        for seed, value in enumerate(values):
            outcome = "failed" if value is None else "diverged" if math.isinf(value) else "done"
            rows.append({"g": name, "seed": seed, "outcome": outcome, "loss": value if outcome == "done" else None})
    return rows


def test_a_diverged_run_counts_as_infinite_and_a_failed_one_not_at_all():
    half, most = grouped(
        table({"half": [1.0, math.inf, None, 2.0], "most": [1.0, math.inf, math.inf, 2.0]}), ["g"], "loss"
    )
    assert (half.median.value, half.runs, len(half.values), half.diverged) == (2.0, 4, 3, 1)
    assert (most.median.value, most.diverged) == (math.inf, 2)
    assert json.dumps(most.to_dict(), allow_nan=False)


def test_the_difference_is_seed_by_seed():
    """Groups whose medians overlap by far are told apart where each seed says the same."""
    noise = 10.0 * np.arange(8)
    found = best(table({"a": list(noise), "b": list(noise + 0.1), "c": list(noise[::-1] + 0.1)}), ["g"], "loss")
    by_name = {entry.group.point["g"]: entry for entry in found.ranked}
    assert found.ranked[0].group.point == {"g": "a"}
    assert by_name["b"].worse.low == pytest.approx(0.1)
    assert (by_name["a"].tied, by_name["b"].tied, by_name["c"].tied) == (True, False, True)


def test_luck_is_taken_off():
    """20 groups of one law of median 0: the best of them looks better, and choosing it is worth what any is."""
    rng, names = np.random.default_rng(0), [str(k) for k in range(20)]
    sweeps = [dict(zip(names, rng.standard_normal((20, 8)).tolist(), strict=True)) for _ in range(40)]
    found = [best(table(sweep), ["g"], "loss") for sweep in sweeps]
    assert np.mean([one.ranked[0].group.median.value for one in found]) < -0.6
    assert abs(np.mean([one.chosen.value for one in found])) < 3 * 0.4 / np.sqrt(40)
    assert json.dumps(found[0].to_dict(), allow_nan=False)


def test_too_few_seeds_tell_nothing_apart():
    found = best(table({"a": [1.0], "b": [2.0]}), ["g"], "loss")
    assert [entry.tied for entry in found.ranked] == [True, True]
    assert math.isnan(found.chosen.value)


def test_nothing_to_rank_is_one_line():
    with pytest.raises(
        InputError, match=r"no run has a loss so far \(small data have no ratio\); other metrics are ratio_to"
    ):
        best(table({"a": [None]}), ["g"], "loss")
    with pytest.raises(InputError, match=r"metric must be one of .*, got 'los'; did you mean 'loss'?"):
        grouped([], ["g"], "los")
