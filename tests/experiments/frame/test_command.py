"""`swref experiment` as a user runs it."""

from __future__ import annotations

import io
import json
import os
from pathlib import Path

import pytest
from click.testing import CliRunner

from swref import experiments
from swref.commands import main
from swref.commands.progress import PartsBar
from tests.experiments.support import TINY
from tests.support import run_python, slowness

NAMES = list(experiments.EXPERIMENTS)


def test_the_command_lists_and_refuses(tmp_path):
    run = CliRunner().invoke
    for name, text in (
        ("other.toml", 'experiment = "critical"'),
        ("format.toml", "format = 99"),
        ("site/index.html", "mine"),
        ("one/config.toml", ""),
        ("some/practice/mine", ""),
    ):
        (tmp_path / name).parent.mkdir(exist_ok=True, parents=True)
        (tmp_path / name).write_text(text)
    listed = run(main, ["experiment", "list"])
    assert listed.exit_code == 0
    assert [line.split()[0] for line in listed.output.splitlines()] == NAMES
    assert json.loads(run(main, ["experiment", "list", "--json"]).stdout)["experiments"].keys() == set(NAMES)
    for arguments, words in (
        (["flwo"], "did you mean 'flow'"),
        (["flow", "--workers", "0"], "--workers must be >= 1, got 0"),
        (["flow", "--seed", "-1"], "--seed must be >= 0, got -1"),
        (["flow", "--config", str(tmp_path / "none.toml")], "cannot be read"),
        (["all", "--config", str(tmp_path / "other.toml")], "--config is for one experiment, not for all"),
        (["flow", "--quick", "--full"], "--quick and --full exclude each other"),
        (["flow", "--out", str(tmp_path / "site")], "must be new or empty, or hold this same experiment"),
        (["all", "--out", str(tmp_path / "some")], "must be new or empty, or hold this same experiment"),
        (["flow", "--config", str(tmp_path / "other.toml")], "--config must be of experiment 'flow', got 'critical'"),
        (["flow", "--config", str(tmp_path / "format.toml")], "--config must be of format 2, got 99"),
        (["all", "--out", str(tmp_path / "site")], "is not an index of experiments and would be overwritten"),
        (["all", "--out", str(tmp_path / "one")], "holds one experiment"),
    ):
        result = run(main, ["experiment", *arguments])
        assert result.exit_code == 2, result.output
        assert words in result.output
        assert "Traceback" not in result.output


@pytest.mark.slow
def test_the_command_runs_from_a_config_file(tmp_path):
    path = tmp_path / "tiny.toml"
    path.write_text(TINY.to_toml())
    result = CliRunner().invoke(
        main,
        [
            "experiment",
            "flow",
            "--config",
            str(path),
            "--out",
            str(tmp_path / "out"),
            "--workers",
            "1",
            "--pdf",
            "--json",
        ],
    )
    assert result.exit_code == 0, result.output
    document = json.loads(result.stdout)
    assert document["experiment"] == "flow"
    assert len(document["verdicts"]) == 4
    assert Path(document["page"]).is_file()
    assert all(Path(figure).with_suffix(".pdf").is_file() for figure in document["figures"])


@pytest.mark.slow
def test_experiments_run_quickly_from_the_command_line(tmp_path):
    """As a user runs one; with SWREF_EXPERIMENTS=all, each after the other in one process, which takes ten minutes."""
    wanted = os.environ.get("SWREF_EXPERIMENTS", "critical")
    arguments = ["experiment", wanted, "--quick", "--out", str(tmp_path)]
    script = f"from swref.commands import main\nif __name__ == '__main__':\n    main({arguments!r}, prog_name='swref')"
    result = run_python(script, timeout=1800)
    assert result.returncode == 0, result.stderr
    slow = slowness()
    for name in NAMES if wanted == "all" else [wanted]:
        folder = tmp_path / name if wanted == "all" else tmp_path
        if wanted == "all":
            assert f'href="{name}/index.html"' in (tmp_path / "index.html").read_text()
        verdicts = json.loads((folder / "verdict.json").read_text())["verdicts"]
        assert verdicts, name
        assert {verdict["outcome"] for verdict in verdicts} <= {"agree", "disagree", "undecided"}
        assert {path.suffix for path in (folder / "figures").iterdir()} == {".png", ".svg"}
        assert json.loads((folder / "run.json").read_text())["seconds"] < 120 * slow, name


def test_a_closed_terminal_ends_no_work():
    class Closed(io.StringIO):
        def isatty(self) -> bool:
            return True

        def write(self, _: str) -> int:
            raise OSError(5, "Input/output error")

    with PartsBar("flow", Closed()) as bar:
        bar("plain", 0, 2)
        bar("plain", 1, 2)
        assert not bar.shown


def test_listing_imports_no_recipe():
    """Oracle: the modules that Python has loaded."""
    script = (
        "import sys\nfrom swref import experiments\nassert list(experiments.EXPERIMENTS)\n"
        "recipes = {f'swref.experiments.{name}' for name in experiments.EXPERIMENTS}\n"
        "print(sorted(set(sys.modules) & (recipes | {'numba', 'scipy', 'matplotlib'})))"
    )
    result = run_python(script, timeout=60)
    assert result.stdout.strip() == "[]", result.stdout + result.stderr
