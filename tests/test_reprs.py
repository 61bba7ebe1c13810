"""What objects show: one short line, a table whose text is escaped, and no long array in either."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest

from swref import (
    MLP,
    CutOff,
    Discrete,
    Gaussian,
    Particles,
    Shape,
    SkipNet,
    Standardize,
    Uniform,
    cells,
    check_assumptions,
    clarke_vertices,
    distance_between,
    gradient_flow,
    kkt_residual,
    load_measure,
    population_loss_and_grad,
    sgd,
    standardized,
    two_sample_test,
)
from swref.crosscheck import Target, check, find, run
from swref.measures.image import ImageDensity
from swref.reprs import Shown

NET = MLP((2, 16, 2))
LAW = Gaussian(np.zeros(50), np.eye(50))
CLOUD = np.random.default_rng(0).standard_normal((60, 2))
DOTS = CLOUD[:6]
FLOW = gradient_flow(NET, NET.init(0), DOTS, DOTS[::-1], 2, 0.1, rtol=1e-3, atol=1e-3)
RESULTS = [
    FLOW,
    FLOW.sampled(0.1),
    FLOW.sampled(0.1).trajectory,
    FLOW.loss,
    population_loss_and_grad(NET, NET.init(0), DOTS, DOTS[::-1], 2),
    kkt_residual(NET, NET.init(0), DOTS, DOTS[::-1], 2),
    clarke_vertices(np.zeros((4, 2)), CLOUD[:4], [1.0, 0.0]),
    cells(CLOUD),
    check(lambda x, y, theta: 1.0, find("one-point-p2")),
    run(Target("numpy"), [find("one-point-p2")]),
]


@pytest.mark.parametrize(
    "thing",
    [
        NET,
        SkipNet((2, 3, 2)),
        CutOff(NET, 3.0, 5.0, 1.0),
        Particles(100, 2),
        LAW,
        Uniform("ball", 50),
        Shape("moons"),
        Discrete(CLOUD),
        ImageDensity(np.eye(40)),
        Standardize(np.zeros(50), np.ones(50)),
        standardized(LAW, Standardize(np.zeros(50), np.ones(50))),
        next(sgd(NET, Shape("moons"), Shape("moons"), NET.init(0), step=0.1, batch=4, steps=1)),
        distance_between(CLOUD, CLOUD, directions=3, gradient=True),
        two_sample_test(CLOUD, CLOUD, permutations=9),
        *RESULTS,
    ],
    ids=lambda thing: type(thing).__name__,
)
def test_each_is_one_short_line_and_a_small_table(thing):
    """Oracle: the limits themselves; a vector of 50 numbers would pass neither."""
    assert isinstance(thing, Shown)
    assert repr(thing).startswith(f"{type(thing).__name__}(")
    assert "\n" not in repr(thing)
    assert len(repr(thing)) < 400
    table = thing._repr_html_()
    assert table.startswith(f"<table><caption>{type(thing).__name__}</caption><tr><th>")
    assert len(table) < 1200


def test_text_is_escaped():
    """Oracle: the characters that HTML gives a meaning."""

    @dataclass(frozen=True, repr=False)
    class Named(Shown):
        name: str

    assert "<td>&#x27;&lt;b&gt; &amp;&#x27;</td>" in Named("<b> &")._repr_html_()


def test_numbers_and_short_arrays_are_shown():
    assert repr(Gaussian([1.5, 2.0], np.eye(2))) == "Gaussian(mean=[1.5, 2], covariance=float64 [2, 2])"
    assert repr(Uniform("ball", 1)) == "Uniform(shape='ball', dim=1, radius=1, center=[0])"


def test_a_table_shows_its_columns_and_what_was_guessed(tmp_path):
    (tmp_path / "a.csv").write_text("x;y\n1,5;2\n2,5;3\n")
    table = load_measure(tmp_path / "a.csv")
    assert (table.facts()["columns"], table.facts()["note 1"]) == ("x, y", table.reading.notes[0])


def test_assumptions_are_verdicts_at_a_prompt_and_reasons_in_a_notebook():
    report = check_assumptions(NET, DOTS, DOTS)
    assert repr(report).startswith("AssumptionReport(A1 holds, A2 fails, ")
    assert f"<tr><th>A3</th><td>holds: {report['A3'].reason.replace('<', '&lt;')}" in report._repr_html_()
