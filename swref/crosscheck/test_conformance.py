"""The suite inside a backend's own continuous integration: pytest --pyargs swref.crosscheck

Environment: SWREF_TARGET (an adapter's name, module:function, file.py:function or command:PROGRAM; without it every
test is skipped), SWREF_RETURNS, SWREF_DIRECTIONS, SWREF_GRADIENT, SWREF_DTYPES (its conventions), SWREF_TIMEOUT
(seconds a case), SWREF_XFAIL (a file: one line a case, "case-name  the reason", # comments), SWREF_REPORT (a JSON file
to write).
"""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from swref.checks import number
from swref.crosscheck import Report, Target, cases, find, run
from swref.crosscheck.suite import FORMAT
from swref.decoding import decoding
from swref.errors import DataError, InputError
from swref.files import read_regular, write_output
from swref.messages import shown

NAME = os.environ.get("SWREF_TARGET")
NAMES = [case.name for case in cases()] if NAME else ["no-target"]


def expected_failures(path: str | None) -> dict[str, str]:
    """The reasons by case of an xfail file; raises DataError for a line without a reason or an unknown case."""
    reasons: dict[str, str] = {}
    if not path:
        return reasons
    with decoding(Path(path), DataError):
        lines = read_regular(Path(path)).decode().splitlines()
    for k, line in enumerate(lines, start=1):
        name, _, reason = line.partition("#")[0].strip().partition(" ")
        if not name:
            continue
        try:
            find(name)
        except InputError as error:
            raise DataError(f"{path}, line {k}: {error}") from None
        if not reason.strip():
            raise DataError(f"{path}, line {k}: expected the name of a case and a reason, got {line.strip()!r}")
        reasons[name] = reason.strip()
    return reasons


def seconds_of(text: str) -> float:
    """SWREF_TIMEOUT; raises InputError where it is no number > 0.

    >>> seconds_of("20")
    20.0
    """
    try:
        return number("SWREF_TIMEOUT", float(text), above=0.0)
    except ValueError:
        raise InputError(f"SWREF_TIMEOUT must be a number of seconds, got {shown(text)}") from None


XFAIL = expected_failures(os.environ.get("SWREF_XFAIL"))


@pytest.fixture(scope="session")
def report() -> Report:
    """The suite, run once on the target."""
    if NAME is None:
        pytest.skip("SWREF_TARGET is not set")
    target = Target(
        NAME,
        os.environ.get("SWREF_RETURNS", "sw_pp"),
        os.environ.get("SWREF_DIRECTIONS", "ld"),
        os.environ.get("SWREF_GRADIENT", "none"),
        dtypes=tuple(os.environ.get("SWREF_DTYPES", "float64,float32").split(",")),
    )
    result = run(target, seconds=seconds_of(os.environ.get("SWREF_TIMEOUT", "20")))
    path = os.environ.get("SWREF_REPORT")
    if path:
        values = {"format": FORMAT, "xfail": XFAIL, "reports": [result.to_dict()]}
        write_output(Path(path), (json.dumps(values, indent=1, allow_nan=False) + "\n").encode())
    if result.status != "ran":
        pytest.fail(f"{NAME} is {result.status}: {result.detail}")
    return result


@pytest.mark.parametrize("name", NAMES)
def test_case(name: str, report: Report) -> None:
    """Every level of the case passes or does not apply; an expected failure must fail."""
    outcome = next(outcome for outcome in report.outcomes if outcome.case.name == name)
    wrong = [f"{j.level}: {j.status} {j.detail}" for j in outcome.judgements if not j.ok]
    if name in XFAIL:
        if not wrong:
            pytest.fail(f"expected to fail ({XFAIL[name]}) but is right: take it out of the file")
        pytest.xfail(f"{XFAIL[name]} ({'; '.join(wrong)})")
    if wrong:
        why = "; ".join(d.sentence for d in report.diagnoses[:1])
        pytest.fail("; ".join(wrong) + (f" (what fits best: {why})" if why else ""), pytrace=False)
    if outcome.skipped:
        pytest.skip(outcome.judgements[0].detail)
