"""swref plot: figures of finished and interrupted runs, read back."""

from __future__ import annotations

import json
from pathlib import Path

from tests.commands.support import succeed
from tests.support import run_python


def test_plot_draws_into_a_folder(run):
    value = json.loads(succeed("plot", run, "--out", "a/b", "--format", "svg", "--json"))
    assert value["figures"] == ["a/b/loss.svg", "a/b/samples.svg", "a/b/columns.svg"]
    text = Path("a/b/samples.svg").read_text()
    assert "</svg>" in text


def test_plot_of_an_interrupted_run(short_evaluation):
    script = """
from pathlib import Path
from swref.runs import TrainConfig, train
def stop(iterates, total):
    for iterate in iterates:
        if iterate.t == 5: raise KeyboardInterrupt
        yield iterate
train(TrainConfig(target="digits", hidden=(4,), batch=8), Path("run"), stop)
"""
    assert "KeyboardInterrupt" in run_python(script, timeout=60).stderr
    assert [Path(line).name for line in succeed("plot", "run").split()] == ["loss.png", "samples.png"]
