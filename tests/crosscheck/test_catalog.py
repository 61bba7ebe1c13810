"""The catalogue: names, reasons, seeds, closed forms."""

from __future__ import annotations

import numpy as np
import pytest

import swref
from swref.crosscheck import Case, Convention, NetworkCase, TraceCase, cases, check, find
from swref.crosscheck.answer.expected import Answer
from swref.crosscheck.catalog import (
    arguments,
    calls,
    closed_forms,
    clouds,
    layouts,
    means,
    networks,
    refusals,
    relations,
    scales,
    ties,
    weights,
)
from tests.support import run_python

POINTS = [case for case in cases() if isinstance(case, Case)]


def test_catalogue_is_large_named_and_documented():
    assert len(cases()) >= 80
    assert len({case.name for case in cases()}) == len(cases())
    assert all(case.why and case.tags and case.levels for case in cases())


def test_inputs_are_seeded_by_the_name():
    """Oracle: the same case made again; another name gives other numbers."""
    first, again = find("cloud-8x2-float64").inputs, find("cloud-8x2-float64").make(np.random.default_rng(0))
    assert first.x.shape == again.x.shape
    assert not np.array_equal(first.x, again.x)
    script = "from swref.crosscheck import find; print(find('cloud-8x2-float64').inputs.x[0, 0].hex())"
    assert run_python(script, timeout=60).stdout.strip() == first.x[0, 0].hex()


@pytest.mark.parametrize("case", [c for c in POINTS if c.closed_form is not None], ids=lambda c: c.name)
def test_closed_forms_hold_the_specification(case):
    """Oracle: the formula in the case."""
    assert Answer(case.inputs, Convention()).value.centre == pytest.approx(case.closed_form, rel=1e-14)


def test_networks_of_the_catalogue_are_the_package_s():
    names = {type(case.net).__name__ for case in cases() if isinstance(case, NetworkCase)}
    assert {"MLP", "SkipNet", "CutOff", "Particles"} <= names


def test_trace_cases_cover_noise_and_one_direction():
    found = [case for case in cases() if isinstance(case, TraceCase)]
    assert any(case.noise for case in found)
    assert any(case.directions == 1 for case in found)


FROZEN = ("layout-read-only", "layout-zero-stride")


@pytest.mark.parametrize(
    ("module", "count", "holds"),
    [
        (closed_forms, 10, lambda case: case.closed_form is not None and "closed-form" in case.tags),
        (clouds, 30, lambda case: case.expect == "answer"),
        (ties, 20, lambda case: case.tags[0] == "ties"),
        (weights, 20, lambda case: case.tags[0] in ("unequal", "weights")),
        (scales, 15, lambda case: (case.expect == "overflow") == ("overflow" in case.tags)),
        (
            layouts,
            8,
            lambda case: case.inputs.x.flags.writeable or case.name in ("layout-read-only", "layout-zero-stride"),
        ),
        (refusals, 23, lambda case: case.levels == ("refusal",)),
        (arguments, 13, lambda case: case.levels[0] == "theta"),
        (relations, 10, lambda case: case.pair[0] is not case.pair[1]),
        (networks, 20, lambda case: case.net.n_params > 0),
        (calls, 5, lambda case: not np.array_equal(case.pair[0].x, case.pair[1].x)),
        pytest.param(means, 9, lambda case: case.value(case.inputs) > 0, marks=pytest.mark.slow),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_what_each_module_of_the_catalogue_holds(module, count, holds):
    """Oracle: what the module says it is about, and how many cases it had when this was written."""
    found = module.cases()
    assert len(found) >= count
    assert all(holds(case) for case in found)


def test_some_of_the_catalogue_by_value():
    """Oracle: the formula |x - y|^2 / d of one point, and the three scales whose power is not representable."""
    assert find("mean-one-point").value(find("mean-one-point").inputs) == pytest.approx(2.75, abs=0.0005)
    assert sum(case.expect == "overflow" for case in scales.cases()) == 3
    assert [case.name for case in cases("ties", "near-tie")] == ["near-tie", "near-tie-reversed"]


REACH = [case for case in POINTS if case.name.startswith(("unequal-repeated", "large-d", "large-L", "large-n"))]


@pytest.mark.parametrize("case", REACH, ids=lambda case: case.name)
def test_repeated_clouds_and_single_large_sizes(case):
    """Oracle: the same measure twice has W = 0; the backend in Numba passes, and a value of 1e-3 nowhere there."""
    assert check(swref.sw_loss, case), check(swref.sw_loss, case)
    if "repeated" in case.name:
        assert check(lambda x, y, theta, x_weights=None, y_weights=None: 0.0, case).judgements[0].status == "pass"
        assert Answer(case.inputs, Convention()).value.centre < 1e-7
        assert not check(lambda x, y, theta, x_weights=None, y_weights=None: 1e-1, case)
