"""docs/scale.md: its plan is one, its commands have the arguments that the page gives them."""

from __future__ import annotations

import re
import shlex
import tomllib

import pytest

from swref.runs.sweep import Plan
from tests.commands.support import invoke
from tests.support import ROOT

PAGE = (ROOT / "docs" / "scale.md").read_text(encoding="utf-8")
TABLES = re.findall(r"^```toml\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)
COMMANDS = re.findall(r"^(swref .*?)(?: +#.*)?$", PAGE, re.MULTILINE)


def test_the_plan_is_one():
    """Oracle: its sections, counted by hand."""
    plan = Plan.of(tomllib.loads(TABLES[0]))
    assert plan.count == 2 * 2 * 4 * 6
    assert plan.varied == ("hidden", "noise", "radius", "step")


def test_the_cluster_is_a_class_and_its_arguments():
    jobqueue = pytest.importorskip("dask_jobqueue")
    values = tomllib.loads(TABLES[1])
    kind = getattr(jobqueue, values["class"])
    with kind(**values["arguments"], scheduler_options={"dashboard_address": ":0"}) as cluster:
        assert f"--cpus-per-task={values['arguments']['cores']}" in cluster.job_script()


@pytest.mark.parametrize("line", COMMANDS)
def test_commands_have_these_arguments(line):
    """Oracle: the parser, which --help leaves before anything is done."""
    result = invoke(*shlex.split(line)[1:], "--help")
    assert result.exit_code == 0, result.output
