"""swref compare: what the library finds, printed; the figure of the losses; runs on either side of a distance."""

from __future__ import annotations

import json
import re
from pathlib import Path

import numpy as np

from swref.directions import directions
from swref.randomness import stream
from swref.runs import Run
from swref.runs.comparison import compare
from swref.sliced import sw_loss
from tests.commands.support import TINY, refuse, succeed


def test_it_prints_what_the_library_finds(run, short_evaluation):
    """Oracle: compare."""
    succeed("train", "penguins", *TINY, "--directions", "3", "--out", "other")
    text = succeed("compare", str(run), "other", "--figure", "losses.svg")
    result = compare([Run.load(Path(run)), Run.load(Path("other"))])
    assert text.startswith("directions: 1 | 3\n")
    assert re.search(
        rf"  other +{result.runs[1].distance:.4g} \+- .* difference \{result.runs[1].difference:+.4g}", text
    )
    assert Path("losses.svg").read_text().count("</svg>") == 1
    value = json.loads(succeed("compare", str(run), "other", "--json"))
    assert value == {**json.loads(json.dumps(result.to_dict())), "figure": None}


def test_a_figure_overwrites_no_file_of_a_run(run):
    Path("a.png").symlink_to(run / "history.csv")
    assert "the figure must be another file" in refuse("compare", str(run), str(run), "--figure", "a.png")


def test_a_run_stands_for_its_generator_in_a_distance(run):
    """Oracle: sw_loss of points drawn by hand, columns paired by name."""
    options = ("--directions", "9", "--seed", "4", "-n", "50", "--permutations", "19", "--json")
    for arguments, purpose in ((("penguins", str(run)), "target"), ((str(run), "penguins"), "source")):
        record = json.loads(succeed("distance", *arguments, *options))
        points = Run.load(Path(run)).generator.sample(stream(4, purpose), 50)
        penguins = Run.load(Path(run)).kept.points
        expected = sw_loss(points, penguins, directions(stream(4, "directions"), 9, 4))
        assert record["value"] == np.float64(record["value"]).item()
        assert abs(record["value"] / expected - 1) < 1e-9
        assert record["test"]["permutations"] == 19
    held_out = json.loads(succeed("distance", str(run), f"{run}:held-out", *options))
    points = Run.load(Path(run)).generator.sample(stream(4, "source"), 50)
    expected = sw_loss(points, Run.load(Path(run)).kept.held_out, directions(stream(4, "directions"), 9, 4))
    assert (held_out["m"], abs(held_out["value"] / expected - 1) < 1e-9) == (171, True)
    both = json.loads(succeed("distance", str(run), str(run), "--columns", "body_mass_g", *options))
    assert (both["dim"], both["n"], both["value"] > 0) == (1, 50, True)  # two independent samples
    assert "--gradient needs data as A" in refuse("distance", str(run), "penguins", "--gradient", "g.npy")
    assert "did you mean" in refuse("distance", str(run), "penguins", "--columns", "body_mass")
