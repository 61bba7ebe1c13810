"""The figures of a sweep. Oracle: the data that the artists hold, and the refusals; every figure was looked at."""

from __future__ import annotations

import math

import pytest

from swref.errors import InputError
from swref.runs.sweep.figures import draw_sweep


def table(**more) -> list[dict]:
    rows = []
    for step in (0.01, 0.1, 1.0):
        for radius in (2.0, math.inf):
            for seed in range(3):
                lost = step == 1.0 and seed
                loss = None if lost else step * (1 + seed) + (0 if math.isinf(radius) else 0.001)
                row = {"step": step, "radius": radius, "seed": seed, "outcome": "diverged" if lost else "done"}
                rows.append({**row, "loss": loss, **more})
    return rows


def test_lines_and_a_map_of_two_fields(tmp_path):
    paths = draw_sweep(table(p=2.0), ["step", "radius", "p"], tmp_path, metric="loss", format="svg")
    assert [path.name for path in paths] == ["lines-loss.svg", "map-loss.svg"]
    assert all(path.stat().st_size > 2000 for path in paths)
    # Of both radii two of three runs with step 1 diverged; the third inf is the name of a row.
    assert paths[1].read_text().count("<!-- inf -->") == 3


def test_words_and_infinities_have_places_of_their_own(tmp_path):
    (path,) = draw_sweep(table(), ["step", "radius"], tmp_path, metric="loss", x="radius", scattered=["radius"])
    assert path.stat().st_size > 2000


@pytest.mark.parametrize(
    ("options", "line"),
    [
        ({"x": "stp"}, "x must be one of step, radius, got 'stp'; did you mean 'step'?"),
        ({"by": "step"}, "by must be one of radius, got 'step'"),
        ({"metric": "rank"}, "metric must be one of"),
        ({"format": "gif"}, "format must be one of png, svg, pdf, got 'gif'"),
        ({"varied": []}, "nothing is varied but the seed"),
    ],
)
def test_refusals(tmp_path, options, line):
    with pytest.raises(InputError, match=line):
        draw_sweep(table(), **{"varied": ["step", "radius"], "destination": tmp_path, "metric": "loss", **options})
