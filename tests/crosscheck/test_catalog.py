"""The catalogue: names, reasons, seeds, closed forms."""

from __future__ import annotations

import numpy as np
import pytest

from swref.crosscheck import Case, Convention, NetworkCase, TraceCase, cases, find
from swref.crosscheck.answer.expected import Answer
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
