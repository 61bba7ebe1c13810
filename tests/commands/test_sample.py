"""swref sample: points that come back from CSV and NPY, and a closed pipe."""

from __future__ import annotations

import subprocess
from pathlib import Path

import numpy as np

from swref.measures import load_measure
from tests.commands.support import CLI, succeed


def test_sample_round_trips_through_csv_and_npy(run):
    text = succeed("sample", run, "-n", "7", "--seed", "3")
    Path("a.csv").write_text(text)
    assert "7 samples" in succeed("sample", run, "-n", "7", "--seed", "3", "--out", "b.csv")
    succeed("sample", run, "-n", "7", "--seed", "3", "--out", "c.npy")
    assert Path("a.csv").read_text() == Path("b.csv").read_text()
    measure = load_measure("b.csv")
    assert measure.names == ("bill_length_mm", "bill_depth_mm", "flipper_length_mm", "body_mass_g")
    assert np.array_equal(measure.points, np.load("c.npy"))


def test_a_closed_pipe_is_quiet(run):
    """`swref sample ... | head -1`: no traceback, no message."""
    child = subprocess.Popen(
        [*CLI, "sample", str(run), "-n", "200000"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert child.stdout.readline().startswith("bill_length_mm,")
    child.stdout.close()
    assert child.stderr.read() == ""
    child.stderr.close()
    child.wait(timeout=60)
